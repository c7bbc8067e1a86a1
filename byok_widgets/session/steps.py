"""The steps of a turn: each node that ran, each edge that was looked at; and their rows in tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from byok_widgets.display import markup
from byok_widgets.display.cards import Card, Listing
from byok_widgets.display.reading_order import from_left
from byok_widgets.graph.conditions import kind_of_condition
from byok_widgets.graph.drawing import one_line
from byok_widgets.reply import NodeResult, Reply
from byok_widgets.usage import token_counts

Verdict = Literal["holds", "does not hold", "not looked at"]

VERDICT_WORDS: dict[Verdict, str] = {
    "holds": "holds",
    "does not hold": "does not hold",
    "not looked at": "not looked at",
}
"""What people read of a verdict; programs compare the `Verdict`."""


@dataclass(frozen=True, repr=False)
class EdgeVerdict(Card):
    """The verdict on one edge.

    Attributes:
        target: Where it leads.
        kind: Kind of its condition, such as prompt, logic or else.
        condition: Its condition in words; empty for an else edge.
        verdict: Whether the condition holds; an edge after one that holds is not looked at.
        reason: Why, in the model's words or from the values that were read.
        is_way_in: Whether it leads into a global node from anywhere.
    """

    target: str
    kind: str
    condition: str
    verdict: Verdict
    reason: str = ""
    is_way_in: bool = False

    @property
    def was_looked_at(self) -> bool:
        """Whether it was found out if the condition holds."""
        return self.verdict != "not looked at"

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield where it leads, and whether its condition holds and why."""
        yield "to", self.target
        yield "condition", self.condition or "else"
        yield "verdict", VERDICT_WORDS[self.verdict]
        yield "reason", self.reason


@dataclass(frozen=True, repr=False)
class Judgement:
    """A judgement of the edges of one node.

    Attributes:
        node: Where the flow was.
        verdicts: The verdict on each edge.
        target: Where the flow moved; `None` if it stayed.
        reply: The answer of the model that judged; `None` if none was needed, or if it failed after the choice.
        dropped: The node whose reply was begun beside the judge and not used; empty if there was none.
    """

    node: str
    verdicts: tuple[EdgeVerdict, ...]
    target: str | None
    reply: Reply | None = None
    dropped: str = ""

    @property
    def notices(self) -> tuple[str, ...]:
        """The notices of the model's answer."""
        return self.reply.notices if self.reply else ()

    @property
    def duration_s(self) -> float:
        """Seconds that a model needed to judge; 0 where none was asked."""
        return self.reply.latency_s if self.reply else 0.0

    @property
    def always(self) -> bool:
        """Whether there was only one edge, without a condition."""
        return [kind_of_condition(verdict.kind).is_fallback for verdict in self.verdicts] == [True]

    def __repr__(self) -> str:
        return f"Judgement(at {self.node!r}, {f'moved to {self.target!r}' if self.target else 'stayed'})"

    def _repr_html_(self) -> str:
        return step_table(STEP_COLUMNS, step_rows(self))


@dataclass(frozen=True, repr=False)
class Visit:
    """A node that ran.

    Attributes:
        node: Its name.
        result: What it said, read or did.
    """

    node: str
    result: NodeResult

    @property
    def reply(self) -> Reply | None:
        """The model's answer, or the fixed sentence; `None` if no model was called."""
        return self.result.model_reply

    @property
    def notices(self) -> tuple[str, ...]:
        """The notices of the result."""
        return self.result.notices

    @property
    def duration_s(self) -> float:
        """Seconds that the node took; 0 where it called nothing."""
        return self.result.duration_s

    def __repr__(self) -> str:
        return f"Visit({self.node!r}, {self.result!r})"

    def _repr_html_(self) -> str:
        return step_table(STEP_COLUMNS, step_rows(self))


Step = Judgement | Visit


def caller_of(step: Step) -> str:
    """Say whose call a step was; empty for the reply, which needs no name."""
    if isinstance(step, Judgement):
        return f"judge of {step.node}"
    return "" if step.result.spoken else step.node


def silent_reasoning(step: Step) -> str:
    """Return the reasoning of a step that does not speak: that of the reply stands above the reply."""
    is_reply = isinstance(step, Visit) and step.result.spoken is not None
    return step.reply.reasoning if step.reply and not is_reply else ""


STEP_COLUMNS = ("node", "what", "verdict", "reason or text", "model", "tokens in", "tokens out", "cost", "seconds")


_NUMBERS = frozenset({"tokens in", "tokens out", "cost", "seconds"})


def step_rows(step: Step) -> Iterator[tuple[str, ...]]:
    """Yield a row of texts for a node that ran, and for each edge that was looked at; see `STEP_COLUMNS`."""
    for cells in _visit(step) if isinstance(step, Visit) else _looks(step):
        yield tuple(map(one_line, (step.node, *cells)))


def step_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "") -> str:
    """Return rows of steps as HTML, without the columns in which nothing stands."""
    filled = list(rows)
    used = [at for at in range(len(columns)) if any(row[at] for row in filled)]
    numbers = {place for place, at in enumerate(used) if columns[at] in _NUMBERS}
    kept = [[row[at] for at in used] for row in filled]
    return markup.table(kept, caption=caption, columns=[columns[at] for at in used], numbers=numbers)


class Steps(Listing[Step]):
    """Several steps, in their order."""

    __slots__ = ()
    nothing = "Nothing has happened."

    def _repr_html_(self) -> str:
        return step_table(self._columns(), self._rows()) if self else super()._repr_html_()

    def _columns(self) -> Sequence[str]:
        return STEP_COLUMNS

    def _rows(self) -> Iterator[Sequence[str]]:
        return (row for step in self for row in step_rows(step))


def _usage(reply: Reply | None) -> tuple[str, ...]:
    """Return model, tokens in and out, cost and seconds of a call as texts; empty where there was none."""
    if reply is None or reply.model is None:
        return ("",) * 5
    return (reply.model, *token_counts([reply.usage]), str(reply.cost), f"{reply.latency_s:.1f}")


def _visit(visit: Visit) -> Iterator[tuple[str, ...]]:
    spoken = visit.result.spoken
    marked = f"fallback: {spoken.fallback}" if spoken and spoken.fallback else ""
    yield (visit.result.verb, marked, visit.result.line, *_usage(visit.reply))


def _looks(judgement: Judgement) -> Iterator[tuple[str, ...]]:
    """Yield a row for each edge; the call stands beside the first of those that it judged."""
    asked = next((verdict for verdict in judgement.verdicts if kind_of_condition(verdict.kind).is_judged), None)
    without = "always" if judgement.always else "else"
    for verdict in judgement.verdicts:
        way = from_left(f"→ {verdict.target}: {verdict.condition or without}")
        reason = "" if judgement.always else verdict.reason
        yield (way, VERDICT_WORDS[verdict.verdict], reason, *_usage(judgement.reply if verdict is asked else None))
    if judgement.dropped:
        yield (f"speculative reply of {judgement.dropped}", "not used", "", *_usage(None))
