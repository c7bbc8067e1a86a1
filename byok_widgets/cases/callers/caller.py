"""`Caller`: a person that a model plays: who it is, what it wants, what it knows, and when it may say that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from byok_widgets.attributes.strict import unknown_name_error
from byok_widgets.cases.callers.prompts import CALLER, HELD_BACK, NO_FACTS, TEMPER, VERSION
from byok_widgets.errors import ConfigError
from byok_widgets.graph.conditions.expression import Expression
from byok_widgets.hashing import hashed
from byok_widgets.secrets.quoting import as_given

_NAMES = (
    *("persona", "goal", "facts", "model", "temper", "done_if"),
    *("referee", "max_turns", "attempts", "min_validity"),
)


@dataclass(frozen=True)
class Fact:
    """One thing that a caller knows.

    Attributes:
        value: What it is, in the words in which it is said.
        asked_by: Words by which one can tell that the flow asks for it; with any, it may not be said before.
    """

    value: str
    asked_by: tuple[str, ...] = ()

    @property
    def data(self) -> Any:
        """The fact as a file holds it."""
        return {"value": self.value, "asked_by": list(self.asked_by)} if self.asked_by else self.value


@dataclass(frozen=True)
class Caller:
    """A caller that a model plays. It talks to a flow until its goal, a limit, or an end of its own or the flow's.

    Attributes:
        persona: Who calls, in a sentence or two.
        goal: What the caller wants.
        facts: What the caller knows, by name: a text, or `{"value": "AOK", "asked_by": ["insurance"]}` for what it
            keeps back until the flow uses one of these words. It may state nothing else about itself.
        model: The model that plays it, written `provider:model-id`. It is part of the case: other models
            make other dialogues.
        temper: How the caller is, such as "impatient".
        done_if: When the goal is reached, exactly: an expression over the flow's variables, as of an edge. Without
            one, the referee says whether it is.
        referee: The model that looks at each dialogue for errors of the caller; by default the caller's own.
        max_turns: Most things that the caller says.
        attempts: How often a dialogue is played at most, when the caller itself goes wrong.
        min_validity: Share of valid dialogues below which verdicts are withheld.
    """

    persona: str
    goal: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    temper: str = ""
    done_if: str = ""
    referee: str = ""
    max_turns: int = 12
    attempts: int = 3
    min_validity: float = 0.8

    def __post_init__(self) -> None:
        for name in ("persona", "goal", "model"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise _wrong(f"it needs a {name}, as a text")
        for name in ("temper", "done_if", "referee"):
            if not isinstance(getattr(self, name), str):
                raise _wrong(f"{name} is a text, not {as_given(getattr(self, name))}")
        for name, least in (("max_turns", 1), ("attempts", 1)):
            count = getattr(self, name)
            if isinstance(count, bool) or not isinstance(count, int) or not least <= count <= 1000:
                raise _wrong(f"{name} is a whole number from 1 to 1000, not {as_given(count)}")
        share = self.min_validity
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise _wrong(f"min_validity is a share from 0 to 1, not {as_given(share)}")
        if ":" not in self.model or (self.referee and ":" not in self.referee):
            raise _wrong("its models are written with their provider, as provider:model-id")
        _ = self.known, self.is_done  # what cannot be read is reported now

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return the caller that an entry of a file of cases describes.

        Raises:
            ConfigError: A field is missing, unknown or of a wrong kind.
        """
        for name in data:
            if name not in _NAMES:
                raise unknown_name_error(f"A caller has no {as_given(name)}.", str(name), _NAMES, data[name])
        return cls(**{"persona": "", "goal": "", **data})

    @property
    def data(self) -> dict[str, Any]:
        """The caller as a file of cases holds it."""
        found = {name: getattr(self, name) for name in _NAMES if name != "facts"}
        return {**found, "facts": {name: fact.data for name, fact in self.known.items()}}

    @cached_property
    def id(self) -> str:
        """What identifies what it does: with another prompt it is another caller."""
        return hashed([VERSION, self.data])

    @cached_property
    def known(self) -> Mapping[str, Fact]:
        """The facts by name."""
        if not isinstance(self.facts, Mapping):
            raise _wrong(f"facts are a mapping from names to texts, not {as_given(self.facts)}")
        return {str(name): _fact(name, given) for name, given in self.facts.items()}

    @cached_property
    def is_done(self) -> Expression | None:
        """The condition under which the goal is reached; `None` where the referee says so."""
        return Expression(self.done_if) if self.done_if else None

    @property
    def system(self) -> str:
        """What its model is told."""
        lines = [
            f"- {name}: {fact.value}{HELD_BACK if fact.asked_by else ''}" for name, fact in self.known.items()
        ]
        temper = TEMPER.format(temper=self.temper) if self.temper else ""
        facts = "\n".join(lines) or NO_FACTS
        return CALLER.format(persona=self.persona, temper=temper, goal=self.goal, facts=facts)

    @property
    def refs(self) -> list[str]:
        """The models that it calls."""
        return list(dict.fromkeys([self.model, self.referee or self.model]))

    @property
    def said(self) -> str:
        """The caller in a few words."""
        return f"a caller who wants: {self.goal}"


def _fact(name: Any, given: Any) -> Fact:
    if isinstance(given, Fact):
        return given
    if isinstance(given, Mapping):
        unknown = sorted(map(str, given.keys() - {"value", "asked_by"}))
        words = given.get("asked_by") or ()
        listed = (words,) if isinstance(words, str) else words
        texts = isinstance(listed, (list, tuple)) and all(isinstance(word, str) and word for word in listed)
        if unknown or not texts or not isinstance(given.get("value"), str):
            raise _wrong(f'the fact {as_given(name)} is a text, or {{"value": "...", "asked_by": ["..."]}}')
        return Fact(given["value"], tuple(listed))
    if isinstance(given, (bool, list, tuple)) or given is None or not str(given).strip():
        raise _wrong(f"the fact {as_given(name)} is a text, not {as_given(given)}")
    return Fact(str(given))


def _wrong(problem: str) -> ConfigError:
    fix = 'Write Caller("a busy mother", goal="a slot", facts={"name": "Ana"}, model="provider:model-id").'
    return ConfigError(f"A simulated caller: {problem}.", kind="caller", fix=fix)
