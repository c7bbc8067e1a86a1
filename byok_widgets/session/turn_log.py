"""`TurnLog`: the turns of a session: what was said, why the flow moved, and what the calls cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from byok_widgets.display import markup
from byok_widgets.display.prose import Prose
from byok_widgets.display.reading_order import in_line
from byok_widgets.errors import FlowError
from byok_widgets.graph import FlowGraph
from byok_widgets.graph.colours import node_colours
from byok_widgets.messages import Transcript
from byok_widgets.reply import Reply, badge
from byok_widgets.session.explain import explained
from byok_widgets.session.steps import Visit
from byok_widgets.session.timeline import Timeline
from byok_widgets.session.trace import Trace
from byok_widgets.session.turn import Turn, Turns
from byok_widgets.usage import CostTotal, Usage, token_words


class TurnLog:
    """What has happened in a session so far.

    Args:
        graph: The flow's graph, which says where it starts.
        flow_name: Name of the flow.
        turns: The turns of the session.
        unfinished: Turns that failed, or were stopped before the reply began.
        notice: A notice about the session for the user; empty if all is well.
    """

    def __init__(
        self,
        graph: FlowGraph,
        flow_name: str,
        turns: Iterable[Turn] = (),
        unfinished: Iterable[Turn] = (),
        notice: str = "",
    ) -> None:
        self._graph, self._flow_name, self._notice = graph, flow_name, notice
        self._turns, self._unfinished = list(turns), list(unfinished)

    @property
    def flow_name(self) -> str:
        """Name of the flow."""
        return self._flow_name

    @property
    def notice(self) -> str:
        """A notice for the user, such as that it was saved from another flow; empty if all is well."""
        return self._notice

    def add(self, turn: Turn) -> None:
        """Add a finished turn."""
        self._turns.append(turn)

    def add_unfinished(self, turn: Turn) -> None:
        """Add a turn that failed, or was stopped before the reply began."""
        self._unfinished.append(turn)

    @property
    def runs(self) -> frozenset[str]:
        """Ids of the runs of actions in these turns."""
        steps = (step for turn in self._turns for step in turn.steps)
        return frozenset(step.result.effect_id for step in steps if isinstance(step, Visit)) - {""}

    def until(self, turn: int | None) -> TurnLog:
        """Return the log up to a turn, without unfinished ones.

        Raises:
            FlowError: There is no such turn.
        """
        return TurnLog(self._graph, self._flow_name, self._until(turn), notice=self._notice)

    @property
    def last_number(self) -> int:
        """Number of the last turn; 0 without turns."""
        return self._turns[-1].number if self._turns else 0

    @property
    def turn_before(self) -> int:
        """Number of the turn before the last; 0 is the start."""
        return self._turns[-2].number if len(self._turns) > 1 else 0

    @property
    def returns_to(self) -> str:
        """The node to which a global node will return; empty outside a global node."""
        return self._turns[-1].returns_to if self._turns else ""

    @property
    def visited(self) -> frozenset[str]:
        """Names of the nodes that have run."""
        return frozenset(visit.node for visit in self._visits)

    @property
    def spoken(self) -> frozenset[str]:
        """Names of the nodes that have spoken."""
        return frozenset(visit.node for visit in self._visits if visit.result.spoken)

    @property
    def _visits(self) -> Iterator[Visit]:
        return (step for turn in self._turns for step in turn.steps if isinstance(step, Visit))

    @property
    def turns(self) -> Turns:
        """The turns, oldest first; turn 0, if there is one, is what the flow said before the user."""
        return Turns(self._turns)

    @property
    def unfinished(self) -> Turns:
        """Turns that failed or were stopped before the reply began: not in the dialogue, but in the cost."""
        return Turns(self._unfinished)

    @property
    def node(self) -> str:
        """Name of the node where the flow is."""
        return self._turns[-1].node if self._turns else self._graph.start

    @property
    def closed(self) -> bool:
        """Whether an end node was reached."""
        return bool(self._turns) and self._turns[-1].closed

    @property
    def transcript(self) -> Transcript:
        """The whole dialogue; a node accepts it, too: `node.run(s.transcript)`."""
        return Transcript(message for turn in self._turns for message in turn.messages)

    @property
    def trace(self) -> Trace:
        """Every edge that was looked at and every node that ran in these turns."""
        return Trace(self._turns)

    @property
    def timeline(self) -> Timeline:
        """What each turn took, unfinished ones included: seconds node by node, tokens and cost, with bars."""
        return Timeline(self._all, node_colours(self._graph.nodes))

    @property
    def usage(self) -> Usage:
        """Tokens of all calls, including unfinished turns; a count that one call does not report is unknown."""
        return sum((turn.usage for turn in self._all), Usage(0, 0, 0, 0))

    @property
    def cost(self) -> CostTotal:
        """What all calls cost, including unfinished turns; a lower bound if a call has no price."""
        return sum((turn.cost for turn in self._all), CostTotal())

    def explain(self, turn: int | None = None) -> str:
        """Explain in plain words why the flow did or did not move in a turn.

        Args:
            turn: Its number; by default the last one that was tried, even if it was not finished.

        Raises:
            FlowError: There is no such turn.
        """
        # First match wins: the finished turn of a number, or else the latest attempt at it.
        tried = self._turns if turn is not None else [*self._turns, *reversed(self._unfinished)]
        if not tried:
            return Prose(f"Nothing has been said yet. The flow is at {self.node}.")
        meant = max(known.number for known in tried) if turn is None else turn
        for known in tried:
            if known.number == meant:
                return Prose(explained(known))
        raise self._no_turn(turn)

    def __repr__(self) -> str:
        closed = ", closed" if self.closed else ""
        notice = f", {self.notice}" if self.notice else ""
        return f"Session({self.flow_name!r}, {self._count}, at {self.node!r}{closed}{notice})"

    def __str__(self) -> str:
        return "\n".join(f"{who}: {words}" for who, words in self._spoken(_told))

    def _repr_html_(self) -> str:
        rows = list(self._spoken(_cell))
        table = markup.table(rows, caption=self._caption, columns=("who", "what was said"))
        timeline = markup.details("Timeline", self.timeline._repr_html_()) if self._all else ""
        return f"{table if rows else ''}{markup.facts(self.summary)}{timeline}"

    @property
    def _caption(self) -> str:
        """What the table shows: a cell does not follow a session that continues."""
        last = self._turns[-1].number if self._turns else 0
        when = f"as it was after turn {last}" if last else "as it was at the start"
        return f"Session of flow {self.flow_name!r}" + ("" if self.closed else f", {when}")

    @property
    def summary(self) -> str:
        """One line of facts: where answers came from, where the flow is, turns, tokens, cost, any notice."""
        where = in_line(f"closed at {self.node}" if self.closed else f"at {self.node}")
        facts = [self.badge, in_line(self.flow_name), where, self.totals, self.notice]
        return " · ".join(filter(None, facts))

    @property
    def badge(self) -> str:
        """The word that says where its answers came from: `LIVE`, `LOCAL`, `REPLAY`; empty without any."""
        return badge(reply.origin for turn in self._all for reply in turn.calls)

    @property
    def totals(self) -> str:
        """The number of turns, their tokens and their cost."""
        usages = (usage for turn in self._all for usage in turn.usages)
        return " · ".join([self._count, token_words(*usages), str(self.cost)])

    @property
    def _count(self) -> str:
        turns = f"{len(self._turns)} turn{'' if len(self._turns) == 1 else 's'}"
        incomplete = sum(turn.reply is not None and not turn.reply.complete for turn in self._turns)
        if not incomplete:
            return turns
        return f"{turns}, {incomplete} incomplete repl{'y' if incomplete == 1 else 'ies'}"

    def _spoken(self, shown: Callable[[Reply], str]) -> Iterator[tuple[str, str]]:
        """Yield who said what."""
        for turn in self._turns:
            if turn.text is not None:
                yield "person", turn.text
            if turn.reply:
                yield "flow", shown(turn.reply)

    @property
    def _all(self) -> list[Turn]:
        return [*self._turns, *self._unfinished]

    def _until(self, turn: int | None) -> list[Turn]:
        numbers = [known.number for known in self._turns]
        last = numbers[-1] if turn is None and numbers else turn or 0
        if last != 0 and last not in numbers:
            raise self._no_turn(turn, start=" 0 is the start.")
        return [known for known in self._turns if known.number <= last]

    def _no_turn(self, turn: int | None, *, start: str = "") -> FlowError:
        numbers = [known.number for known in self._turns]
        fix = f"Its turns are {numbers[0]} to {numbers[-1]}." if numbers else "Nothing has been said yet."
        more = start if numbers and 0 not in numbers else ""
        return FlowError(f"The session has no turn {turn!r}.", kind="turn", fix=f"{fix}{more}")


def _told(reply: Reply) -> str:
    return reply.told


def _cell(reply: Reply) -> markup.Markup:
    """Return a reply for a table, with its reasoning folded above it, and why it is not complete below it."""
    why = f"<div>{markup.facts(reply.why_incomplete)}</div>" if reply.why_incomplete else ""
    return markup.Markup(f"{reply.reasoning_html}{markup.text(reply.signed_text)}{why}")
