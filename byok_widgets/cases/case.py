"""`Case`: what a caller says, and what should come of it. Comparing and testing share it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from byok_widgets import markup
from byok_widgets.cases.assertions import Assertion
from byok_widgets.errors import ConfigError
from byok_widgets.hashing import hashed
from byok_widgets.messages import Message

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, repr=False)
class Case:
    """One case.

    What is said is one of three: `text`, `transcript` or `caller`.

    Attributes:
        name: Its name, unique among the cases.
        text: One text.
        transcript: A dialogue as it was, with both sides.
        caller: What the caller says, turn by turn: it is played through the flow.
        variables: Values that are known from the beginning.
        values: Expected value of each field or variable; `None` for what must not be stated.
        path: Nodes that must be visited, in this order; others may lie between them.
        end_node: Node where the flow must be in the end.
        assertions: What else must hold.
        tags: Words to filter by.
        weight: How often such a conversation comes, relative to the others.
        group: Cases that belong together, such as those of one caller: they are one cluster in the statistics.
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

    def __repr__(self) -> str:
        expected = [f"values={dict(self.values)!r}"] if self.values else []
        expected += [f"path={self.path!r}"] if self.path else []
        return f"Case({', '.join([repr(self.name), repr(self.said), *expected])})"

    @property
    def said(self) -> str:
        """What is said, as the beginning of one line."""
        texts = self.caller or [message.content for message in self.transcript] or [self.text]
        return " / ".join(" ".join(text.split()) for text in texts)

    @property
    def dialogue(self) -> tuple[Message, ...]:
        """The dialogue that a node alone is given; empty for a script, which the flow has to play."""
        return self.transcript or ((Message("user", self.text),) if self.text else ())

    @property
    def script(self) -> tuple[str, ...]:
        """What the caller says to a flow, turn by turn; of a transcript, the caller's side."""
        if self.caller:
            return self.caller
        if self.transcript:
            return tuple(message.content for message in self.transcript if message.role == "user")
        return (self.text,)

    @property
    def questions(self) -> tuple[str, ...]:
        """What a judge is asked about an output."""
        return tuple(dict.fromkeys(each.what for each in self.assertions if each.kind == "judge"))

    @cached_property
    def input_id(self) -> str:
        """Hash of what is given to the flow: a changed expectation leaves it, a changed word does not."""
        given = [self.text, [[m.role, m.content] for m in self.transcript], self.caller, dict(self.variables)]
        return hashed(given)

    @property
    def texts(self) -> list[Any]:
        """All that was written in it, where no key may stand."""
        said = [message.content for message in self.transcript]
        asserted = [[each.what, each.equals] for each in self.assertions]
        known = [dict(self.variables), dict(self.values), asserted]
        return [self.name, self.text, said, self.caller, known, self.tags, self.group]

    @property
    def is_labelled(self) -> bool:
        """Whether anything is expected of it, so that an output can be scored."""
        return bool(self.values or self.path or self.end_node or self.assertions)


class Cases(Sequence[Case]):
    """Cases in their order, with names that are unique."""

    def __init__(self, cases: Sequence[Case], source: str = "") -> None:
        twice = [name for name, count in Counter(case.name for case in cases).items() if count > 1]
        if twice:
            raise ConfigError(
                f"Two cases are called {twice[0]!r}.", kind="cases", fix="Give each case a name of its own."
            )
        self._cases, self.source = tuple(cases), source

    def __len__(self) -> int:
        return len(self._cases)

    def __iter__(self) -> Iterator[Case]:
        return iter(self._cases)

    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, str):
            for case in self._cases:
                if case.name == which:
                    return case
            raise ConfigError(f"There is no case {which!r}.", kind="cases", fix="Look at the list of cases.")
        found = self._cases[which]
        return Cases(found, self.source) if isinstance(which, slice) else found

    def tagged(self, tag: str) -> Cases:
        """Return the cases that have a tag."""
        return Cases([case for case in self._cases if tag in case.tags], self.source)

    def __repr__(self) -> str:
        of = f" of {self.source}" if self.source else ""
        unlabelled = sum(not case.is_labelled for case in self._cases)
        note = f", {unlabelled} without an expectation" if unlabelled else ""
        return f"{len(self)} case{'s' if len(self) != 1 else ''}{of}{note}"

    def _repr_html_(self) -> str:
        rows = [[case.name, _in_line(case.said), _expected(case)] for case in self._cases[:_SHOWN]]
        more = f"The first {_SHOWN} of {len(self)}." if len(self) > _SHOWN else ""
        table = markup.table(rows, caption=repr(self), columns=("case", "said", "expected"))
        return f"{table}{markup.facts(more)}"


_SHOWN = 50
_LINE_CHARS = 90


def _in_line(text: str) -> str:
    return text if len(text) <= _LINE_CHARS else f"{text[: _LINE_CHARS - 1]}…"


def _expected(case: Case) -> str:
    parts = [f"{name}={value!r}" for name, value in case.values.items()]
    parts += [f"by {' → '.join(case.path)}"] if case.path else []
    parts += [f"ends at {case.end_node}"] if case.end_node else []
    return ", ".join([*parts, *(assertion.name for assertion in case.assertions)])
