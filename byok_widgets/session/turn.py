"""`Turn`: each edge that was looked at, each node that ran, and what it took. Frozen values."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from byok_widgets.graph.conditions import kind_of_condition
from byok_widgets.graph.drawing import one_line
from byok_widgets.messages import Cost, CostTotal, Message, NodeResult, Reply, Usage

Verdict = Literal["holds", "does not hold", "not looked at"]

VERDICT_WORDS: dict[Verdict, str] = {
    "holds": "holds",
    "does not hold": "does not hold",
    "not looked at": "not looked at",
}
"""What people read of a verdict; programs compare the `Verdict`."""


@dataclass(frozen=True)
class EdgeVerdict:
    """What was found of one edge.

    Attributes:
        target: Where it leads.
        kind: Kind of its condition, such as prompt, logic or else.
        condition: Its condition in words; empty for an else edge.
        verdict: What was found; an edge behind one that holds is not looked at.
        reason: Why, in the model's words or by the values that were read.
        is_way_in: Whether it is the way into a global node.
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


@dataclass(frozen=True)
class Judgement:
    """A look at the edges of one node.

    Attributes:
        node: Where the flow stood.
        verdicts: What was found of each edge.
        target: Where the flow moved; `None` where it stayed.
        reply: The answer of the model that judged; `None` where none was needed.
    """

    node: str
    verdicts: tuple[EdgeVerdict, ...]
    target: str | None
    reply: Reply | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader must know of the model's answer."""
        return self.reply.notices if self.reply else ()

    @property
    def always(self) -> bool:
        """Whether there was one edge to look at, and it has no condition."""
        return [kind_of_condition(verdict.kind).is_fallback for verdict in self.verdicts] == [True]


@dataclass(frozen=True)
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
        """The model's answer, or the fixed sentence; `None` where no model was called."""
        return self.result.model_reply

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader must know of it."""
        return self.result.notices


Step = Judgement | Visit


@dataclass(frozen=True, repr=False)
class Turn:
    """What happened between what a person said and what they heard.

    Attributes:
        number: 1 for the first thing that the person said; 0 for words of the flow before that.
        text: What the person said; `None` in turn 0.
        steps: Judgements and visits in their order.
        node: Where the flow stands after it.
        returns_to: The node to which a global node will return; empty outside of one.
        closed: Whether an end node was reached.
        latency_s: Seconds from the person's text to the end of the turn.
        time_to_first_token_s: Seconds from the person's text to the first piece of the reply; `None` without one.
        notices: What a reader must know.
        lost_calls: Calls that were begun and gave no answer, so that nobody can say what they took.
        fault_kind: Why the turn was not finished: the kind of the error, or `"interrupted"`; empty for a finished
            turn, and in sessions that an older version saved.
        fault: The same in words; empty for a finished turn. An unfinished one is not part of the session.
    """

    number: int
    text: str | None
    steps: tuple[Step, ...]
    node: str
    returns_to: str = ""
    closed: bool = False
    latency_s: float = 0.0
    time_to_first_token_s: float | None = None
    notices: tuple[str, ...] = ()
    lost_calls: int = 0
    fault_kind: str = ""
    fault: str = ""

    @property
    def reply(self) -> Reply | None:
        """What the flow said; `None` where no node spoke."""
        return next((result.spoken for result in reversed(self._results) if result.spoken), None)

    @property
    def path(self) -> tuple[str, ...]:
        """The nodes in the order in which they were visited."""
        return tuple(step.node for step in self.steps if isinstance(step, Visit))

    @property
    def _way(self) -> tuple[str, ...]:
        """The path, with the node that was left first."""
        left = self.moves[0][0] if self.moves else ""
        return self.path if left in ("", *self.path[:1]) else (left, *self.path)

    @property
    def moves(self) -> tuple[tuple[str, str], ...]:
        """Each move, as the node it left and the node it reached."""
        return tuple((s.node, s.target) for s in self.steps if isinstance(s, Judgement) and s.target)

    @property
    def variables(self) -> dict[str, Any]:
        """The values that variables got in this turn."""
        learned = (found for result in self._results for found in result.learned)
        return {found.name: found.value for found in learned if found.value is not None}

    @property
    def _results(self) -> list[NodeResult]:
        return [step.result for step in self.steps if isinstance(step, Visit)]

    @property
    def _silent_results(self) -> list[NodeResult]:
        return [result for result in self._results if result.spoken is None]

    @property
    def messages(self) -> tuple[Message, ...]:
        """What this turn adds to the transcript."""
        said = (Message("user", self.text),) if self.text is not None else ()
        reply = self.reply
        return (*said, Message("assistant", reply.text)) if reply else said

    @property
    def calls(self) -> tuple[Reply, ...]:
        """The answers of models that this turn took, in their order."""
        replies = (step.reply for step in self.steps)
        return tuple(reply for reply in replies if reply is not None and reply.model is not None)

    @property
    def usage(self) -> Usage:
        """Tokens of all calls; what one of them does not say is unknown."""
        lost = Usage() if self.lost_calls else Usage(0, 0, 0, 0)
        return sum((reply.usage for reply in self.calls), lost)

    @property
    def cost(self) -> CostTotal:
        """What all calls cost; with a call that has no price it is a lower bound."""
        return CostTotal.of([*(reply.cost for reply in self.calls), *[Cost()] * self.lost_calls])

    @property
    def complete(self) -> bool:
        """Whether a node spoke, and said all it had to say."""
        return self.reply is not None and self.reply.complete

    def __str__(self) -> str:
        return self.reply.text if self.reply else ""

    def __repr__(self) -> str:
        reply = self.reply.text if self.reply else None
        lines = [result.line for result in self._silent_results]
        read = f", read=({', '.join(lines)})" if lines else ""
        return f"Turn({self.number}, {self.text!r}, path={' → '.join(self.path)!r}{read}, reply={reply!r})"

    def _repr_html_(self) -> str:
        said = f'<div style="white-space: pre-wrap">{html.escape(str(self))}</div>' if self.reply else ""
        return f"{said}<small>{html.escape(self.summary)}</small>"

    @property
    def summary(self) -> str:
        """One line of facts: the path, calls, tokens, cost, seconds, and any notices."""
        unfinished = [f"not finished: {one_line(self.fault)}"] if self.fault else []
        return " · ".join([self.facts, *self._of_calls, *self.notices, *self._doubts, *unfinished])

    @property
    def _of_calls(self) -> Iterable[str]:
        """The notices of all calls, also of those that read or judged; each once."""
        told = ((_caller(step), step.notices) for step in self.steps)
        return dict.fromkeys(f"{caller}{notice}" for caller, notices in told for notice in notices)

    @property
    def _doubts(self) -> list[str]:
        status = {found.name: found.status for result in self._results for found in result.learned}
        return [f"{name} is not in the dialogue: check it" for name in status if status[name] == "ungrounded"]

    @property
    def facts(self) -> str:
        """The path, calls, tokens, cost and seconds in one line."""
        calls = self.cost.calls
        facts = [" → ".join(self._way) or self.node]
        if calls:
            facts += [f"{calls} call{'s' if calls > 1 else ''}", tokens(self.usage), str(self.cost)]
        facts.append(f"{self.latency_s:.1f} s")
        return " · ".join([*facts, "the session is closed"] if self.closed else facts)


def tokens(usage: Usage) -> str:
    """Return how much was read and written, as text."""
    read, written = ("?" if count is None else f"{count:,}" for count in (usage.input_tokens, usage.output_tokens))
    return f"{read} tokens in, {written} out"


def _caller(step: Step) -> str:
    """Say whose notices they are; those of the reply need no name."""
    if isinstance(step, Judgement):
        return f"judge of {step.node}: "
    return "" if step.result.spoken else f"{step.node}: "
