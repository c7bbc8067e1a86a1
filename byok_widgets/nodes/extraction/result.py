"""`Extraction`: typed values from a dialogue, and how reliable each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from byok_widgets.display import markup
from byok_widgets.display.value_words import labelled
from byok_widgets.grounding.evidence import Evidence, EvidenceByPath, Mark
from byok_widgets.messages import Message
from byok_widgets.nodes.extraction import evidence_display, result_tree
from byok_widgets.nodes.extraction.status import NOT_SUPPORTED, STATUS_WORDS, Status, Statuses, not_supported
from byok_widgets.reply import LearnedValue, NodeResult, Reply

_MARKS: Mapping[Status, str] = {
    "ungrounded": f" ({NOT_SUPPORTED})",
    "incomplete": " (incomplete)",
    "invalid": " (invalid)",
}


@dataclass(frozen=True, repr=False)
class Extraction(NodeResult):
    """What an extraction node read from a dialogue.

    Attributes:
        values: Value of each field; `None` if it was not stated or is invalid, never `""`, 0 or `False`.
        status: One of `found`, `not_stated`, `ungrounded`, `incomplete`, `invalid` for each field. A part of a
            field is found by its path: `status["home.city"]`, `status["rows[2].price"]`.
        problems: For each invalid field or part, what was expected and what was received, by path; under `""`, a
            violated rule of the object as a whole.
        record: The object, if a class was given, its required fields are present and nothing is invalid.
        pending: Whether rules of the object as a whole, such as model validators, wait for values not yet stated.
        reply: The model's answer, unchanged, with tokens, cost, time and model; repairs are included. Its
            `reasoning` is that of each request in order.
        node: Name of the node.
        required: Names of the fields without which it is not complete; `None` for all.
        rejected: Values that the dialogue does not say and that so count as not stated, with `grounding="require"`
            or `"literal"`, and by default for small local models: in `values` they are `None`, and their status is
            `ungrounded`.
        parts: The status of each part of a field, by path.
        partial: What was stated of each field or part that is incomplete or invalid, by path.
        stated: The JSON value of each part of a field that was stated, by path.
        extra: What the model wrote under names that the schema does not know, by path.
        grounding: How well the dialogue supports each value without parts, by path: `said`, `not_literal` for a
            choice, a number or another form of a word that may be a conclusion, `ungrounded`, or `unchecked` for
            what cannot be looked up, such as a yes or no that is not said plainly. Empty with `grounding="off"`.
        evidence: Where each value was said, by path; `message` is an index in `reply.transcript`.
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
    parts: Mapping[str, Status] = field(default_factory=dict)
    partial: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    stated: Mapping[str, Any] = field(default_factory=dict)
    grounding: Mapping[str, Mark] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    pending: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", Statuses(self.status, self.parts))
        object.__setattr__(self, "evidence", EvidenceByPath(self.evidence))

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def complete(self) -> bool:
        """Whether every required field was found, and nothing is in doubt."""
        needed = self.status if self.required is None else self.required
        sure = not self.problems and not {"ungrounded", "incomplete"} & set(self.status.values())
        return sure and all(self.status[name] == "found" for name in needed)

    @property
    def line(self) -> str:
        """The values in one line, each that is in doubt with a mark."""
        return ", ".join(f"{labelled(name, value)}{self._mark(name)}" for name, value in self.values.items())

    @property
    def reading(self) -> Extraction:
        """Itself: each was read from a dialogue."""
        return self

    @property
    def transcript(self) -> tuple[Message, ...]:
        """The dialogue that it was read from."""
        return self.reply.transcript

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
        refused = [f"{name} was not taken: {not_supported(value)}" for name, value in self.rejected.items()]
        missing = [name for name, status in self.status.items() if status == "not_stated"]
        invalid = [f"{name} was invalid" for name, status in self.status.items() if status == "invalid"]
        invalid += [f"{name} was stated in part" for name in self._incomplete if self.values[name] is None]
        not_said = [f"{', '.join(missing)} {'was' if len(missing) == 1 else 'were'} not stated"] if missing else []
        return (
            f"found {'; '.join([', '.join(found) or 'nothing', *refused, *invalid, *not_said])}{self.reply.noted}"
        )

    @property
    def _incomplete(self) -> list[str]:
        return [name for name, status in self.status.items() if status == "incomplete"]

    @property
    def tree(self) -> str:
        """The fields with their parts, one on a line: value, status, and the words in which it was said."""
        rows = result_tree.rows(self)
        return "\n".join(f"{row.label}: {row.value} ({row.status}{row.said and f', {row.said}'})" for row in rows)

    def with_transcript(self, dialogue: tuple[Message, ...]) -> Extraction:
        """Return it with the dialogue it was read from."""
        return replace(self, reply=replace(self.reply, transcript=dialogue))

    def _warning(self, name: str) -> str:
        status = self.status[name]
        return f" ({STATUS_WORDS[status]})" if status in ("ungrounded", "incomplete") else ""

    def __repr__(self) -> str:
        return f"Extraction({self.line})"

    def _mark(self, name: str) -> str:
        if name in self.rejected:
            return f" ({not_supported(self.rejected[name])})"
        return _MARKS.get(self.status[name], "")

    def _repr_html_(self) -> str:
        rows = result_tree.rows(self)
        shown = 4 if any(row.said for row in rows) else 3
        columns = ("field", "value", "status", "said")[:shown]
        table = markup.table([row[:shown] for row in rows], caption=f"Values of {self.node}", columns=columns)
        rule = markup.facts(self.problems.get("", ""))
        said = evidence_display.said(self.transcript, self.evidence.values())
        return f"{table}{rule}{said}{self.reply.reasoning_html}{self.reply.facts_html}"
