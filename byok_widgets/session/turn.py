"""`Turn`: what was said, the steps that led there, and what they cost. A frozen value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from byok_widgets.attributes.guesses import AnswersGuesses
from byok_widgets.display import markup, reasoning_display
from byok_widgets.display.cards import Listing
from byok_widgets.display.reading_order import in_order
from byok_widgets.graph.drawing import one_line
from byok_widgets.messages import Message, Transcript
from byok_widgets.nodes.extraction.status import not_supported
from byok_widgets.reply import LearnedValue, NodeResult, Replies, Reply, badge
from byok_widgets.sent_request import SentRequests
from byok_widgets.session.steps import (
    STEP_COLUMNS,
    Judgement,
    Step,
    Steps,
    Visit,
    caller_of,
    silent_reasoning,
    step_rows,
    step_table,
)
from byok_widgets.usage import Cost, CostTotal, Usage, Usages, token_words


@dataclass(frozen=True, repr=False)
class Turn(AnswersGuesses):
    """What happened between what a person said and what they heard.

    Attributes:
        number: 1 for the first thing that the user said; 0 for what the flow said before that.
        text: What the user said; `None` in turn 0.
        steps: Judgements and visits, in order.
        node: Where the flow is after it.
        returns_to: The node to which a global node will return; empty outside a global node.
        closed: Whether an end node was reached.
        latency_s: Seconds from the user's text to the end of the turn.
        time_to_first_token_s: Seconds from the user's text to the first piece of the reply; `None` without one.
        notices: Notices for the user.
        lost_costs: What each call cost that gave no answer, or one that cannot be used; its usage is unknown.
        lost_reasoning: What the model had thought when it was stopped, or failed, before it wrote anything.
        fault_kind: Why the turn was not finished: the kind of the error, or `"interrupted"`; empty for a finished
            turn, and in sessions saved by an older version.
        fault: The same in words; empty for a finished turn. An unfinished one is not part of the session.
    """

    _guessed_kind: ClassVar[str] = "turn"

    number: int
    text: str | None
    steps: tuple[Step, ...]
    node: str
    returns_to: str = ""
    closed: bool = False
    latency_s: float = 0.0
    time_to_first_token_s: float | None = None
    notices: tuple[str, ...] = ()
    lost_costs: tuple[Cost, ...] = ()
    fault_kind: str = ""
    fault: str = ""
    lost_reasoning: str = ""

    def __post_init__(self) -> None:
        """Let the steps be readable in a cell, too."""
        if not isinstance(self.steps, Steps):
            object.__setattr__(self, "steps", Steps(self.steps))

    @property
    def reply(self) -> Reply | None:
        """What the flow said; `None` if no node spoke."""
        return next((result.spoken for result in reversed(self._results) if result.spoken), None)

    @property
    def shown_notices(self) -> tuple[str, ...]:
        """The notices for a cell in which the turn was shown while it came."""
        return (*(self.reply.notices if self.reply else ()), *self.notices)

    @property
    def path(self) -> tuple[str, ...]:
        """The nodes in the order in which they were visited."""
        return tuple([step.node for step in self.steps if isinstance(step, Visit)])

    @property
    def way(self) -> str:
        """The path in words, with the node that was left first."""
        left = self.moves[0][0] if self.moves else ""
        nodes = self.path if left in ("", *self.path[:1]) else (left, *self.path)
        return in_order(nodes) or self.node

    @property
    def moves(self) -> tuple[tuple[str, str], ...]:
        """Each move, as the node it left and the node it reached."""
        return tuple((s.node, s.target) for s in self.steps if isinstance(s, Judgement) and s.target)

    @property
    def variables(self) -> dict[str, Any]:
        """The values that variables were given in this turn."""
        learned = (found for result in self._results for found in result.learned)
        return {found.name: found.value for found in learned if found.value is not None}

    @property
    def _results(self) -> list[NodeResult]:
        return [step.result for step in self.steps if isinstance(step, Visit)]

    @property
    def _silent_results(self) -> list[NodeResult]:
        return [result for result in self._results if result.spoken is None]

    @property
    def messages(self) -> Transcript:
        """What this turn adds to the transcript."""
        said = [Message("user", self.text)] if self.text is not None else []
        return Transcript([*said, self.reply.transcript_entry] if self.reply else said)

    @cached_property
    def calls(self) -> Replies:
        """The model answers in this turn, in order."""
        replies = [step.reply for step in self.steps]
        return Replies([reply for reply in replies if reply is not None and reply.model is not None])

    @property
    def requests(self) -> SentRequests:
        """What all calls of this turn asked, the judge's and repairs included, in their order.

        Each is a `SentRequest`. There is none for a call that gave no answer, and none in a session that was read
        from a file.
        """
        return SentRequests(request for reply in self.calls for request in reply.requests)

    @property
    def lost_calls(self) -> int:
        """How many calls gave no answer, or one that cannot be used."""
        return len(self.lost_costs)

    @property
    def usage(self) -> Usage:
        """Tokens of all calls; a count that one of them does not report is unknown."""
        first, *more = self.usages or [Usage(0, 0, 0, 0)]
        return sum(more, first)

    @property
    def usages(self) -> Usages:
        """Tokens of each call; of a call that was lost, nothing is known."""
        return Usages([*[reply.usage for reply in self.calls], *[Usage() for _ in self.lost_costs]])

    @property
    def cost(self) -> CostTotal:
        """What all calls cost; a lower bound if one of them has no price."""
        return CostTotal.of([*[reply.cost for reply in self.calls], *self.lost_costs])

    @property
    def complete(self) -> bool:
        """Whether a node spoke and finished its answer."""
        return self.reply is not None and self.reply.complete

    def __str__(self) -> str:
        return self.reply.text if self.reply else ""

    def __repr__(self) -> str:
        reply = self.reply.text if self.reply else None
        ended = f", finish_reason={self.reply.finish_reason!r}" if self.reply and not self.reply.complete else ""
        lines = [result.line for result in self._silent_results]
        read = f", read=({', '.join(lines)})" if lines else ""
        return f"Turn({self.number}, {self.text!r}, path={' → '.join(self.path)!r}{read}, reply={reply!r}{ended})"

    def _repr_html_(self) -> str:
        spoken = markup.spoken(self.signed_text) if self.reply else ""
        return f"{self.reasoning_html}{spoken}{self.facts_html}"

    @property
    def signed_text(self) -> str:
        """What the flow said, with the sign ` […]` where it was cut off; empty where no node spoke."""
        return self.reply.signed_text if self.reply else ""

    @property
    def reasoning_html(self) -> str:
        """The reasoning of the reply, or of the call that gave none, as HTML that opens on a click."""
        return self.reply.reasoning_html if self.reply else reasoning_display.folded(self.lost_reasoning)

    @property
    def reasoning_note(self) -> str:
        """One line that says where this reasoning is; empty without any."""
        if self.reply:
            return reasoning_display.noted(self.reply.reasoning, "turn.reply.reasoning")
        return reasoning_display.noted(self.lost_reasoning, "turn.lost_reasoning")

    @property
    def facts_html(self) -> str:
        """The summary as HTML; it opens to the turn's steps, and to the reasoning of those that do not speak."""
        rows = [row for step in self.steps for row in step_rows(step)]
        summary = markup.facts(self.summary)
        if not rows:
            return summary
        thought = "".join(reasoning_display.folded(text, of=caller) for caller, text in self._silent_reasoning)
        return markup.details(summary, f"{step_table(STEP_COLUMNS, rows)}{thought}")

    @property
    def _silent_reasoning(self) -> Iterator[tuple[str, str]]:
        """Yield who thought without speaking, and what."""
        for step in self.steps:
            if silent_reasoning(step):
                article = "the " if isinstance(step, Judgement) else ""
                yield f"{article}{caller_of(step)}", silent_reasoning(step)

    @property
    def summary(self) -> str:
        """One line of facts: the path, calls, tokens, cost, seconds, and any notices."""
        unfinished = [f"not finished: {one_line(self.fault)}"] if self.fault else []
        return " · ".join([self.facts, *self._of_calls, *self.notices, *self._doubts, *unfinished])

    @property
    def _of_calls(self) -> Iterable[str]:
        """The notices of all calls, including those that read or judged; each once."""
        by_caller = ((caller_of(step), step.notices) for step in self.steps)
        return dict.fromkeys(
            f"{caller}: {notice}" if caller else notice for caller, notices in by_caller for notice in notices
        )

    @property
    def _doubts(self) -> list[str]:
        learned = {found.name: found for result in self._results for found in result.learned}
        return [_doubt(found) for found in learned.values() if found.status == "ungrounded"]

    @property
    def badge(self) -> str:
        """The word that says where its answers came from: `LIVE`, `LOCAL`, `REPLAY`; empty without any."""
        return badge(reply.origin for reply in self.calls)

    @property
    def facts(self) -> str:
        """Where its answers came from, the path, calls, tokens, cost and seconds in one line."""
        calls = self.cost.calls
        facts = [*filter(None, [self.badge]), self.way]
        if calls:
            facts += [f"{calls} call{'s' if calls > 1 else ''}", token_words(*self.usages), str(self.cost)]
        facts.append(f"{self.latency_s:.1f} s")
        return " · ".join([*facts, "the session is closed"] if self.closed else facts)


class Turns(Listing[Turn]):
    """Several turns, in their order."""

    __slots__ = ()
    nothing = "Nothing has been said yet."
    numbers = frozenset({"turn"})

    def _columns(self) -> Sequence[str]:
        return ("turn", "said", "path", "reply")

    def _rows(self) -> Iterator[Sequence[str]]:
        for turn in self:
            yield (str(turn.number), turn.text or "", turn.way, turn.fault or turn.signed_text)


def _doubt(found: LearnedValue) -> str:
    if found.rejected is None:
        return f"{found.name} is not supported by the dialogue: check it"
    return f"{found.name} was not taken: {not_supported(found.rejected)}"
