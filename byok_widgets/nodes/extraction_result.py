"""`Extraction`: typed values from a dialogue, and how reliable each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

from byok_widgets import markup
from byok_widgets.messages import Message
from byok_widgets.reply import LearnedValue, NodeResult, Reply
from byok_widgets.value_words import in_words, labelled, quoted

Status = Literal["found", "not_stated", "ungrounded", "invalid"]
"""How reliable a value is.

`found`: stated in the dialogue. `not_stated`: not said, the value is `None`. `ungrounded`: a string that does not
occur in the dialogue; the value stands and the reader is warned, or with `grounding="require"` it is `None`.
`invalid`: the model's value does not fit the field.
"""

NOT_SAID = "it is not in the dialogue"

NOT_LITERALLY_SAID = "not literally said"
"""Stands beside a value that does not occur in the dialogue, where there is room for a mark alone."""

_WORDS: Mapping[Status, str] = {
    "found": "found",
    "not_stated": "not stated",
    "ungrounded": "not in the dialogue: check it",
    "invalid": "invalid",
}

_MARKS: Mapping[Status, str] = {"ungrounded": f" ({NOT_LITERALLY_SAID})", "invalid": " (invalid)"}


@dataclass(frozen=True, repr=False)
class Extraction(NodeResult):
    """What an extraction node read from a dialogue.

    Attributes:
        values: Value of each field; `None` if it was not stated or is invalid, never `""`, 0 or `False`.
        status: One of `found`, `not_stated`, `ungrounded`, `invalid` for each field.
        problems: For each invalid field, what was expected and what was received; under `""`, a violated rule of
            the object as a whole.
        record: The pydantic object, if a class was given, its required fields are present and nothing is invalid.
        reply: The model's answer, unchanged, with tokens, cost, time and model; repairs are included. Its
            `reasoning` is that of each request in order.
        node: Name of the node.
        required: Names of the fields without which it is not complete; `None` for all.
        rejected: Values that do not occur in the dialogue and so count as not stated, with `grounding="require"`:
            in `values` they are `None`, and their status is `ungrounded`.
    """

    field_name: ClassVar[str] = "reads"
    _guessed_kind: ClassVar[str] = "extraction result"
    verb: ClassVar[str] = "reads"
    unsaved: ClassVar[frozenset[str]] = frozenset({"record"})

    values: Mapping[str, Any]
    status: Mapping[str, Status]
    reply: Reply
    node: str
    problems: Mapping[str, str] = field(default_factory=dict)
    record: Any = None
    required: tuple[str, ...] | None = None
    rejected: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def complete(self) -> bool:
        """Whether every required field was found, and nothing is in doubt."""
        needed = self.status if self.required is None else self.required
        sure = not self.problems and "ungrounded" not in self.status.values()
        return sure and all(self.status[name] == "found" for name in needed)

    @property
    def line(self) -> str:
        """The values in one line, each that is in doubt with a mark."""
        return ", ".join(f"{labelled(name, value)}{self._mark(name)}" for name, value in self.values.items())

    @property
    def model_reply(self) -> Reply:
        """The model's answer."""
        return self.reply

    @property
    def request(self) -> Any:
        """What the model was asked, as a `SentRequest`; see `Reply.request`."""
        return self.reply.request

    @property
    def requests(self) -> tuple[Any, ...]:
        """Every request that it took, repairs included."""
        return self.reply.requests

    @property
    def notices(self) -> tuple[str, ...]:  # type: ignore[override]
        """The notices of the model's answer."""
        return self.reply.notices

    @property
    def learned(self) -> tuple[LearnedValue, ...]:
        """The values that were found; a doubtful one says so, and so does one that was not taken."""
        return tuple(
            LearnedValue(
                name,
                value,
                "ungrounded" if self.status[name] == "ungrounded" else "found",
                self.rejected.get(name),
            )
            for name, value in self.values.items()
            if value is not None or name in self.rejected
        )

    @property
    def explanation(self) -> str:
        """What was read, and what was not, as the end of a sentence."""
        stated = ((name, value) for name, value in self.values.items() if value is not None)
        found = [f"{labelled(name, value)}{self._warning(name)}" for name, value in stated]
        refused = [f"did not take {labelled(name, value)}, {NOT_SAID}" for name, value in self.rejected.items()]
        missing = [name for name, status in self.status.items() if status == "not_stated"]
        invalid = [f"{name} was invalid" for name, status in self.status.items() if status == "invalid"]
        not_said = [f"{', '.join(missing)} {'was' if len(missing) == 1 else 'were'} not stated"] if missing else []
        return (
            f"read {'; '.join([', '.join(found) or 'nothing', *refused, *invalid, *not_said])}{self.reply.noted}"
        )

    def with_transcript(self, dialogue: tuple[Message, ...]) -> Extraction:
        """Return it with the dialogue it was read from."""
        return replace(self, reply=replace(self.reply, transcript=dialogue))

    def _reason(self, name: str) -> str:
        if name in self.rejected:
            return f"{quoted(self.rejected[name])} was not taken: {NOT_SAID}"
        return _WORDS[self.status[name]]

    def _warning(self, name: str) -> str:
        return f" ({_WORDS['ungrounded']})" if self.status[name] == "ungrounded" else ""

    def __repr__(self) -> str:
        return f"Extraction({self.line})"

    def _mark(self, name: str) -> str:
        if name in self.rejected:
            return f" ({quoted(self.rejected[name])} was {NOT_LITERALLY_SAID})"
        return _MARKS.get(self.status[name], "")

    def _repr_html_(self) -> str:
        rows = [
            (name, shown_value(value), self.problems.get(name) or self._reason(name))
            for name, value in self.values.items()
        ]
        table = markup.table(rows, caption=f"{self.node} reads", columns=("field", "value", "status"))
        rule = markup.facts(self.problems.get("", ""))
        return f"{table}{rule}{self.reply.reasoning_html}{self.reply.facts_html}"


def shown_value(value: Any) -> str:
    """Return a value for a table."""
    return "–" if value is None else in_words(value)
