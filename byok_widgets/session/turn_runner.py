"""`TurnRunner`: one turn of a session, from what the user said to what the flow answers.

the text joins the transcript
├── at a silent node: it runs, also again, since the dialogue has grown; one with effects runs only once
├── the edges of the node are judged; while one holds, the flow moves
│     ├── to a silent node: it runs, and its edges are judged next
│     └── to a conversation node: it speaks, and the turn ends
└── none holds: the conversation node speaks again
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from byok_widgets.config import ResolvedModel
from byok_widgets.display.reading_order import in_order
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.errors import ByokError, ConfigError, FlowError
from byok_widgets.graph import EVERYWHERE, AnyNode, Edge, FlowGraph
from byok_widgets.messages import Message
from byok_widgets.nodes import NodeInput
from byok_widgets.nodes.calls.call_budget import TurnBudget
from byok_widgets.nodes.effects import Effects
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.reply import Reply
from byok_widgets.session.assignment import AS_THE_FLOW_HAS_IT, Assignment
from byok_widgets.session.background_calls import BackgroundCalls
from byok_widgets.session.call_ledger import CallLedger
from byok_widgets.session.evaluation import evaluate
from byok_widgets.session.judge import NOT_JUDGED, Judged, judge_model, judge_prompts
from byok_widgets.session.steps import EdgeVerdict, Judgement, Step, Visit
from byok_widgets.session.turn import Turn
from byok_widgets.session.variables import VariableEntry, Variables, entries_of
from byok_widgets.surrogates import repair_notice, without_surrogates

MAX_SILENT = 12
"""Number of silent nodes after which a turn that reaches one of them again is a loop."""


@dataclass(frozen=True)
class TurnStart:
    """What a turn starts from.

    Attributes:
        node: Where the flow is.
        returns_to: The node to which the global node there returns; empty outside a global node.
        transcript: The dialogue so far.
        variables: The variables so far.
        visited: Names of the nodes that have run already.
        spoken: Names of those that have spoken.
        effects: The effects of the session and its forks.
        assignment: Models and settings of nodes that hold in this session in place of the flow's.
        speculates: Whether the likeliest reply begins while the judge decides.
    """

    node: str
    returns_to: str
    transcript: tuple[Message, ...]
    variables: Variables
    visited: frozenset[str]
    spoken: frozenset[str]
    effects: Effects
    assignment: Assignment = AS_THE_FLOW_HAS_IT
    speculates: bool = False


@dataclass(frozen=True)
class Place:
    """Where a flow is.

    Attributes:
        node: The node.
        returns_to: The node to which the global node there returns; empty outside a global node.
        closed: Whether the session is closed.
    """

    node: str
    returns_to: str = ""
    closed: bool = False


M = TypeVar("M")

OnNode = Callable[[str], None]


@dataclass(frozen=True)
class TurnCallbacks:
    """Callbacks for what a turn does: pieces of the reply, the download of a model, nodes that start to run."""

    on_text: OnText
    on_progress: OnProgress
    on_node: OnNode


class TurnRunner:
    """One running turn.

    Args:
        heard: What the person heard in a turn that is replayed: no node speaks, the rest runs.

    Attributes:
        entries: What its nodes have added to the variables.
        stopped: Whether it was cancelled after a part of the reply had arrived.
    """

    def __init__(
        self,
        graph: FlowGraph,
        context: FlowContext,
        start: TurnStart,
        *,
        number: int,
        text: str | None,
        model: str | None,
        callbacks: TurnCallbacks,
        heard: str | None = None,
    ) -> None:
        self.entries: list[VariableEntry] = []
        self.stopped = False
        self._graph, self._context, self._start, self._model = graph, context, start, model
        self._number, self._text = number, text if text is None else without_surrogates(text)
        self._callbacks, self._heard = callbacks, heard
        said = (Message("user", self._text),) if self._text is not None else ()
        self._messages = (*start.transcript, *said)
        self._node, self._returns_to, self._closed = start.node, start.returns_to, False
        self._steps: list[Step] = []
        self._ledger = CallLedger(context, callbacks.on_text, callbacks.on_progress)
        self._background = BackgroundCalls(self._ledger)
        self._budget = TurnBudget(context.config.turn_limits)
        self._notices = [note for note in [repair_notice(text or "")] if note]

    async def run(self) -> Turn:
        """Run the turn.

        Raises:
            ByokError: A call failed, or the flow goes round in a silent loop; the turn is then not part of the
                session.
        """
        try:
            with self._budget.active():
                await self._take_turn()
        except asyncio.CancelledError:
            partial_result = self._ledger.interrupted(self._node, self._messages)
            if partial_result is None:
                raise
            self.stopped = True
            self._steps.append(Visit(self._node, partial_result))
            self._leave()
        except ByokError as error:
            self._ledger.failed(error)
            error.at(flow=self._context.config.name, node=self._node)
            raise
        return self.turn()

    async def _take_turn(self) -> None:
        try:
            await (self._open() if self._text is None else self._answer())
            self._ledger.all_is_said()
            await self._finish()
        finally:
            await self._background.give_up()

    async def _finish(self) -> None:
        """Wait for what the judge still writes; a person who stops that stops nothing that was said."""
        try:
            await self._background.finish(self._steps)
        except asyncio.CancelledError:
            self.stopped = True

    def turn(self, fault_kind: str = "", fault: str = "") -> Turn:
        """Return the turn so far, with the reason why it was not finished, if any."""
        visit = self._context.visit
        return Turn(
            number=self._number,
            text=self._text,
            steps=tuple(self._steps),
            node=self._node,
            returns_to=self._returns_to,
            closed=self._closed,
            latency_s=self._seconds if self._is_taped else self._ledger.latency_s,
            time_to_first_token_s=self._first_token_s,
            notices=(*self._notices, *self._budget.notices, *(visit.notices if visit else ())),
            lost_costs=tuple(self._ledger.lost_costs),
            lost_reasoning=self._ledger.lost_reasoning,
            fault_kind=fault_kind,
            fault=fault,
        )

    @property
    def _is_taped(self) -> bool:
        """Whether calls are recorded or replayed: then the seconds are those of what ran, and equal in both."""
        return self._context.tape is not None

    @property
    def _seconds(self) -> float:
        return sum(step.duration_s for step in self._steps)

    @property
    def _first_token_s(self) -> float | None:
        last = self._steps[-1] if self._steps else None
        reply = last.result.spoken if isinstance(last, Visit) else None
        if last is None or reply is None or not self._is_taped:
            return self._ledger.time_to_first_token_s
        first = reply.time_to_first_token_s if reply.model else 0.0
        return None if first is None else self._seconds - last.duration_s + first

    async def _open(self) -> None:
        if self._graph.is_silent(self._node):
            raise FlowError(
                f"The start node {self._node!r} is silent and cannot speak first.", kind="silent_start"
            )
        await self._run_node()

    async def _answer(self) -> None:
        node = self._graph.node(self._node)
        # One with effects runs only if it has not yet, as at the start of the flow.
        if node.reruns or (not node.speaks and node.name not in self._start.visited):
            await self._run_node()
        look_everywhere = True
        while not self._closed and (edge := await self._edge_that_holds(look_everywhere=look_everywhere)):
            look_everywhere = False
            self._move(edge)
            if not self._graph.is_silent(self._node):
                break
            await self._run_node()
            if not self._graph.is_silent(self._node):  # a global node has returned to one that speaks
                break
        if self._closed:
            return
        if self._graph.is_silent(self._node):
            self._notices.append(f"no edge of {self._node} holds, so nobody spoke: give it an else edge")
        else:
            await self._run_node()

    async def _edge_that_holds(self, *, look_everywhere: bool) -> Edge | None:
        """Judge the edges of the current node: logic first, then prompts in one call, then else."""
        own = self._graph.outgoing(self._node)
        ways_in = self._graph.ways_in(but=self._node) if look_everywhere else ()
        if not own and not ways_in:
            return None
        found: dict[Edge, EdgeVerdict] = {}
        variables = self._variables()
        taken = await self._exact(own, variables, found)
        prompts = [edge for edge in (*own, *ways_in) if edge.condition.is_judged]
        last = next((edge for edge in own if edge.condition.is_fallback), None)
        judged, judge = NOT_JUDGED, None
        if taken is None and prompts:
            self._speculate(last.target if last else self._node)
            judge = await self._judge()
            judged = await self._judged(judge, prompts, variables)
            taken = judged.taken
        if taken is None and last:
            _, reason = await evaluate(last.condition, variables, flow=self._context.config.name)
            taken, found[last] = last, _verdict(last, "holds", reason)

        def verdicts_of(judged: Judged) -> tuple[EdgeVerdict, ...]:
            known = {**judged.verdicts, **found}
            return tuple(known.get(edge) or _verdict(edge, "not looked at") for edge in (*own, *ways_in))

        target = taken.target if taken else None
        dropped = await self._background.drop_unless(target or self._node)
        self._steps.append(Judgement(self._node, verdicts_of(judged), target, judged.reply, dropped))
        if judge is not None:
            self._background.follow(len(self._steps) - 1, judged, judge, verdicts_of)
        return taken

    def _speculate(self, name: str) -> None:
        """Begin the reply of the node that speaks where the judge finds nothing to be true."""
        node = self._graph.nodes.get(name)
        speculates = self._start.speculates and not self._context.sends_nothing  # a replay has nothing to wait for
        if not speculates or node is None or not node.speaks:
            return
        given = self._given_to(node)
        with contextlib.suppress(ByokError):  # of which the person hears when the node really comes
            model = node.model_for(given)
            if model is not None:
                self._background.speculate(node, given, model, self._ledger.on_progress)

    async def _judge(self) -> ResolvedModel:
        node = self._graph.node(self._node)
        chosen = self._model_for_judging(node.name)
        return await self._model_of(partial(judge_model, self._context, node, chosen))

    async def _judged(self, judge: ResolvedModel, prompts: Sequence[Edge], variables: Mapping[str, Any]) -> Judged:
        judging = judge_prompts(
            prompts,
            node=self._graph.node(self._node),
            context=self._context,
            transcript=self._messages,
            variables=variables,
            resolved=judge,
            on_progress=self._ledger.on_progress,
        )
        return await self._ledger.ask(judge, judging)

    async def _exact(
        self, edges: tuple[Edge, ...], variables: Mapping[str, Any], found: dict[Edge, EdgeVerdict]
    ) -> Edge | None:
        for edge in edges:
            condition = edge.condition
            if condition.is_judged or condition.is_fallback:
                continue
            _require_known(edge, variables)
            holds, reason = await evaluate(condition, variables, flow=self._context.config.name)
            found[edge] = _verdict(edge, "holds" if holds else "does not hold", reason)
            if holds:
                return edge
        return None

    def _move(self, edge: Edge) -> None:
        self._returns_to = self._node if edge.source == EVERYWHERE else ""
        self._node = edge.target

    async def _run_node(self) -> None:
        node = self._graph.node(self._node)
        if not node.speaks:
            self._stop_loops()
        self._callbacks.on_node(node.name)
        if node.speaks and self._heard is not None:
            self._steps.append(Visit(node.name, Reply(self._heard, "static", node.name)))
            self._leave()
            return
        given = self._given_to(node)
        model, work = await self._model_of(partial(node.model_for, given)), node.prepare(given)
        begun = await self._background.reply_of(node, given)
        replying = (
            begun.use(self._ledger.on_text) if begun else work(self._ledger.on_text, self._ledger.on_progress)
        )
        result = await self._ledger.ask(model, replying)
        self._steps.append(Visit(node.name, result))
        self.entries += entries_of(result, self._number)
        self._leave()

    def _given_to(self, node: AnyNode) -> NodeInput:
        return NodeInput(
            self._messages,
            self._variables(),
            self._chosen_model(node.name),
            first_visit=node.name not in self._start.spoken,
            effects=self._start.effects,
            settings=self._start.assignment.settings.get(node.name, {}),
        )

    def _model_for_judging(self, node: str) -> str | None:
        """Return the model that was chosen for a node's edges: an assignment counts as the node's own override."""
        return self._model if self._context.config.judge_model else self._chosen_model(node)

    def _chosen_model(self, node: str) -> str | None:
        """Return the model of this turn, or else the one that a node is assigned; `None` leaves it to the flow."""
        return self._start.assignment.models.get(node) if self._model is None else self._model

    async def _model_of(self, choose: Callable[[], M]) -> M:
        """Return the model for a call; where there is none, a missing key is reported first."""
        try:
            return choose()
        except ByokError as error:
            fault = error
        raise await self._context.without_model(fault)

    @property
    def place_after(self) -> Place:
        """Where the flow will be when the node has run at which it is now.

        An end node closes the session; a global node that leads nowhere else returns, unless the node it came from
        was removed meanwhile.
        """
        if self._node in self._graph.ends:
            return Place(self._node, self._returns_to, closed=True)
        if (
            self._returns_to in self._graph.nodes
            and self._graph.is_global(self._node)
            and not self._graph.outgoing(self._node)
        ):
            return Place(self._returns_to)
        return Place(self._node, self._returns_to, self._closed)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What has been done so far."""
        return tuple(self._steps)

    @property
    def path(self) -> tuple[str, ...]:
        """The nodes that have run, and the one that is about to."""
        return (*(step.node for step in self._steps if isinstance(step, Visit)), self._node)

    def _leave(self) -> None:
        place = self.place_after
        self._node, self._returns_to, self._closed = place.node, place.returns_to, place.closed

    def _stop_loops(self) -> None:
        path = [step.node for step in self._steps if isinstance(step, Visit)]
        if len(path) < MAX_SILENT or self._node not in path:
            return
        raise FlowError(
            f"The turn went round in a loop of silent nodes: {in_order([*path[-6:], self._node])}.",
            kind="silent_loop",
            cause=f"It was stopped after {MAX_SILENT} of them. Nothing was added to the session.",
            fix="Let one of these edges lead to a conversation node; flow.check() names the loop.",
        )

    def _variables(self) -> Mapping[str, Any]:
        return self._start.variables.now | {entry.name: entry.value for entry in self.entries if entry.counts}


def _require_known(edge: Edge, variables: Mapping[str, Any]) -> None:
    """Reject a condition on a variable that nothing sets: with a misspelt name it would silently never hold."""
    for name in edge.condition.reads:
        if name not in variables:
            near = difflib.get_close_matches(name, list(variables), n=1)
            raise ConfigError(
                f"The condition {edge.condition.text!r} reads the variable {name!r}, which nothing sets.",
                kind="condition",
                fix=f"Did you mean {near[0]!r}?" if near else f"Set it: s.variables[{name!r}] = ...",
            )


def _verdict(edge: Edge, verdict: Any, reason: str = "") -> EdgeVerdict:
    condition = edge.condition
    return EdgeVerdict(edge.target, condition.kind, condition.text, verdict, reason, edge.source == EVERYWHERE)
