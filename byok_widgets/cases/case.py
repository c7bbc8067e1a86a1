"""`Case`: what a caller says, and the expected outcome. Comparing and testing share it."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from byok_widgets.attributes.strict import nearest
from byok_widgets.cases.assertions import Assertion, Question
from byok_widgets.cases.callers.caller import Caller
from byok_widgets.cases.expectation import Expectation
from byok_widgets.cases.fields import hint_at
from byok_widgets.display import markup
from byok_widgets.display.reading_order import in_order
from byok_widgets.display.value_words import labelled
from byok_widgets.errors import ConfigError
from byok_widgets.hashing import hashed
from byok_widgets.messages import Message
from byok_widgets.secrets.quoting import as_given

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, repr=False)
class Case:
    """One case.

    What is said is one of four: `text`, `transcript`, `caller` or `simulated`.

    Attributes:
        name: Its name, unique among the cases.
        text: One text.
        transcript: A dialogue as it was, with both sides.
        caller: What the caller says, turn by turn: it is played through the flow.
        simulated: A caller that a model plays, in place of a script.
        variables: Values that are known from the beginning.
        values: Expected value of each field or variable; `None` for what must not be stated.
        path: Nodes that must be visited, in this order; others may lie between them.
        end_node: Node where the flow must be in the end.
        assertions: What else must hold.
        status: Expected status of variables, such as `found` or `not_stated`.
        max_calls: Maximum number of model calls in all turns together.
        max_cost: Most that they may cost, in US dollars.
        max_seconds: Longest time of all turns together, in seconds.
        stubs: What actions give in this case in place of what they do: values of variables, by the node's name.
        turns: What should come of single turns, by their number: 1 for the first thing that the caller says, 0 for
            what the flow says before that.
        tags: Words to filter by.
        weight: How often such a conversation comes, relative to the others.
        group: Cases that belong together, such as those of one caller: they are one cluster in the statistics.
        place: Where it was read, in words, such as `dentist.cases, line 3`; empty where it was made by code.
        is_foreign: Whether it was read from a file for which nobody has vouched.
    """

    name: str
    text: str = ""
    transcript: tuple[Message, ...] = ()
    caller: tuple[str, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    end_node: str = ""
    assertions: tuple[Assertion, ...] = ()
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    group: str = ""
    status: Mapping[str, str] = field(default_factory=dict)
    max_calls: int | None = None
    max_cost: float | None = None
    max_seconds: float | None = None
    turns: Mapping[int, Expectation] = field(default_factory=dict)
    stubs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    simulated: Caller | None = None
    place: str = field(default="", compare=False)
    is_foreign: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        expected = [f"values={dict(self.values)!r}"] if self.values else []
        expected += [f"path={self.path!r}"] if self.path else []
        return f"Case({', '.join([repr(self.name), repr(self.said), *expected])})"

    def _repr_html_(self) -> str:
        return _table([self])

    @property
    def said(self) -> str:
        """What is said, as the beginning of one line."""
        if self.simulated:
            return self.simulated.said
        texts = self.caller or [message.content for message in self.transcript] or [self.text]
        return " / ".join(" ".join(text.split()) for text in texts)

    @property
    def said_in_line(self) -> str:
        """The same, shortened for a table."""
        return self.said if len(self.said) <= _LINE_CHARS else f"{self.said[: _LINE_CHARS - 1]}…"

    @property
    def dialogue(self) -> tuple[Message, ...]:
        """The dialogue that a node alone is given; empty for a script, which the flow has to play."""
        return self.transcript or ((Message("user", self.text),) if self.text else ())

    @property
    def script(self) -> tuple[str, ...]:
        """What the caller says to a flow, turn by turn; of a transcript, the caller's side.

        Raises:
            ConfigError: A model plays the caller.
        """
        if self.simulated:
            raise ConfigError(
                f"What the simulated caller of case {self.name!r} will say is not known in advance.",
                kind="caller",
                fix="Use it with a whole flow: flow.test or flow.compare. For a single node, write a script.",
            )
        if self.caller:
            return self.caller
        if self.transcript:
            return tuple(message.content for message in self.transcript if message.role == "user")
        return (self.text,)

    @cached_property
    def expected(self) -> Expectation:
        """What is expected of the whole conversation."""
        limits = {"max_calls": self.max_calls, "max_cost": self.max_cost, "max_seconds": self.max_seconds}
        return Expectation(self.values, self.status, self.path, self.end_node, self.assertions, **limits)  # type: ignore[arg-type]

    @property
    def most_turns(self) -> int:
        """Most things that the caller says."""
        return self.simulated.max_turns if self.simulated else len(self.script)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """What a judge is asked about an output, and about single turns of it."""
        of_turns = [Question(each.what, turn) for turn, each in self._asserted if each.kind == "judge"]
        return tuple(dict.fromkeys(of_turns))

    @property
    def _asserted(self) -> Iterator[tuple[int | None, Assertion]]:
        """Yield each assertion with the turn that it is about; `None` for the whole."""
        yield from ((None, each) for each in self.assertions)
        for turn, expected in self.turns.items():
            yield from ((turn, each) for each in expected.assertions)

    @cached_property
    def runs_code(self) -> bool:
        """Whether an assertion of it is a person's function."""
        return any(each.function for _, each in self._asserted)

    @property
    def expected_data(self) -> list[Any]:
        """What identifies all that is expected of it."""
        by_turn = [[turn, expected.data] for turn, expected in self.turns.items()]
        return [self.expected.data, by_turn]

    @cached_property
    def input_id(self) -> str:
        """Hash of what is given to the flow: a changed expectation leaves it, a changed word does not."""
        given: list[Any] = [
            self.text,
            [[m.role, m.content] for m in self.transcript],
            self.caller,
            dict(self.variables),
        ]
        given += [{name: dict(stub) for name, stub in self.stubs.items()}] if self.stubs else []
        return hashed([*given, self.simulated.id] if self.simulated else given)

    @property
    def texts(self) -> list[Any]:
        """All that was written in it, where no key may stand."""
        said: list[Any] = [message.content for message in self.transcript]
        expected = [self.expected.texts, *(each.texts for each in self.turns.values())]
        said += [self.simulated.data] if self.simulated else []
        known = [dict(self.variables), {name: dict(stub) for name, stub in self.stubs.items()}]
        return [self.name, self.text, said, self.caller, known, expected, self.tags, self.group]

    @property
    def is_labelled(self) -> bool:
        """Whether anything is expected of it, so that an output can be scored."""
        return bool(self.expected) or any(self.turns.values()) or self.simulated is not None


class UnknownCaseError(ConfigError, IndexError):
    """There is no case of this name or number; it ends an iteration as any `IndexError` does."""


class Cases(Sequence[Case]):
    """Cases in their order, with names that are unique. One is found by its name, or by its number from 0."""

    def __init__(self, cases: Sequence[Case], source: str = "") -> None:
        twice = [name for name, count in Counter(case.name for case in cases).items() if count > 1]
        if twice:
            raise ConfigError(
                f"Two cases have the name {twice[0]!r}.", kind="cases", fix="Give each case its own name."
            )
        self._cases, self.source = tuple(cases), source
        self._by_name = {case.name: case for case in self._cases}

    def __len__(self) -> int:
        return len(self._cases)

    def __iter__(self) -> Iterator[Case]:
        return iter(self._cases)

    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, slice):
            return Cases(self._cases[which], self.source)
        by_name = isinstance(which, str)
        found = self._by_name.get(which) if by_name else self._numbered(which)
        if found is not None:
            return found
        meant = nearest(which, self._by_name) if by_name else ""
        numbers = f"The cases have the numbers 0 to {len(self) - 1}, and names." if self else "There are no cases."
        raise UnknownCaseError(
            f"There is no case {as_given(which)}.",
            kind="cases",
            fix=f"Did you mean {as_given(meant)}?" if meant else numbers,
        )

    def _numbered(self, number: Any) -> Case | None:
        is_number = hasattr(number, "__index__") and not isinstance(number, bool)
        at = operator.index(number) if is_number else len(self)
        return self._cases[at] if -len(self) <= at < len(self) else None

    def tagged(self, tag: str) -> Cases:
        """Return the cases that have a tag.

        Raises:
            ConfigError: None has it.
        """
        found = [case for case in self._cases if tag in case.tags]
        if not found:
            known = list(dict.fromkeys(other for case in self._cases for other in case.tags))
            hint = hint_at(tag, known)
            raise ConfigError(f"No case has the tag {tag!r}; {hint}.", kind="cases", fix="Name one of their tags.")
        return Cases(found, self.source)

    @property
    def note(self) -> str:
        """How many of them expect nothing and are not scored, as the end of a line; empty if none."""
        unlabelled = sum(not case.is_labelled for case in self._cases)
        return f", {unlabelled} without an expectation" if unlabelled else ""

    def __repr__(self) -> str:
        of = f" of {self.source}" if self.source else ""
        return f"{len(self)} case{'s' if len(self) != 1 else ''}{of}{self.note}"

    def _repr_html_(self) -> str:
        more = f"The first {_SHOWN} of {len(self)}." if len(self) > _SHOWN else ""
        return f"{_table(self._cases[:_SHOWN], repr(self))}{markup.facts(more)}"


_SHOWN = 50
_LINE_CHARS = 90


def _table(cases: Iterable[Case], caption: str = "") -> str:
    rows = [[case.name, case.said_in_line, _expected(case)] for case in cases]
    return markup.table(rows, caption=caption, columns=("case", "said", "expected"))


def _expected(case: Case) -> str:
    turns = [f"turn {turn}: {_in_words(each, 'then at')}" for turn, each in sorted(case.turns.items()) if each]
    return "; ".join(filter(None, [_in_words(case.expected, "ends at"), *turns]))


def _in_words(expected: Expectation, at: str) -> str:
    parts = [labelled(name, value) for name, value in expected.values.items()]
    parts += expected.status_words
    parts += [f"by {in_order(expected.path)}"] if expected.path else []
    parts += [f"{at} {expected.node}"] if expected.node else []
    parts += [assertion.name for assertion in expected.assertions]
    return ", ".join([*parts, *expected.limit_words])
