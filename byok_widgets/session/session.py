"""`Session`: a running flow. It can be talked to, gone back in, forked and saved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from byok_widgets.attributes.delegation import delegated
from byok_widgets.attributes.guesses import AnswersGuesses
from byok_widgets.attributes.strict import StrictAttributes
from byok_widgets.config import FlowConfig
from byok_widgets.config.latency import Latency, checked_latency
from byok_widgets.engine import ENGINE
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.sync_runner import Work, ignore, run_with_output
from byok_widgets.errors import ByokError, ConfigError, FlowError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.graph import FlowGraph
from byok_widgets.messages import TextDelta, Transcript
from byok_widgets.nodes.effects import EffectLog, EffectRecords, Effects
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import delta
from byok_widgets.nodes.unknown_model import tell_if_unknown
from byok_widgets.plain_values import copy_of
from byok_widgets.session import session_file
from byok_widgets.session.arguments import check_text, check_variables, reject_options
from byok_widgets.session.assignment import AS_THE_FLOW_HAS_IT, Assignment
from byok_widgets.session.filed_model import with_chosen_model
from byok_widgets.session.session_data import SavedSession
from byok_widgets.session.timeline import Timeline
from byok_widgets.session.trace import Trace
from byok_widgets.session.turn import Turn
from byok_widgets.session.turn_lock import TurnLock
from byok_widgets.session.turn_log import TurnLog
from byok_widgets.session.turn_runner import OnNode, TurnCallbacks, TurnRunner, TurnStart
from byok_widgets.session.variable_names import VariableNames
from byok_widgets.session.variables import VariableEntry, Variables
from byok_widgets.usage import CostTotal, Usage

OnTurn = Callable[[Turn], None]


class Session(AnswersGuesses, StrictAttributes):
    """A dialogue with a flow, turn by turn.

    A turn counts when it is finished: one that fails, or is stopped before its reply began, leaves the session as
    it was, so that the same text can be said again. The flow is read again at each turn: a node that a cell has
    replaced speaks its new prompt in the next one. A cell that creates the `Flow` itself again creates another
    flow: this session continues with the nodes of the first.
    """

    flow_name: str = delegated("_log", TurnLog.flow_name)
    notice: str = delegated("_log", TurnLog.notice)
    turns: tuple[Turn, ...] = delegated("_log", TurnLog.turns)
    unfinished: tuple[Turn, ...] = delegated("_log", TurnLog.unfinished)
    node: str = delegated("_log", TurnLog.node)
    closed: bool = delegated("_log", TurnLog.closed)
    transcript: Transcript = delegated("_log", TurnLog.transcript)
    trace: Trace = delegated("_log", TurnLog.trace)
    timeline: Timeline = delegated("_log", TurnLog.timeline)
    usage: Usage = delegated("_log", TurnLog.usage)
    cost: CostTotal = delegated("_log", TurnLog.cost)
    summary: str = delegated("_log", TurnLog.summary)
    totals: str = delegated("_log", TurnLog.totals)

    _guessed_kind = "session"

    def __init__(
        self,
        graph: FlowGraph,
        context: FlowContext,
        *,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        effects: EffectLog | None = None,
        assignment: Assignment = AS_THE_FLOW_HAS_IT,
        latency: Latency = "usual",
    ) -> None:
        self._latency = checked_latency(latency)
        self._graph, self._context, self._assignment = graph, context, assignment
        self.model = model
        self._lock = TurnLock()
        self._log = TurnLog(graph, context.config.name)
        self._effects = effects or EffectLog()
        self._known_runs = {record.run_id for record in self._effects.records}
        self._superseded_runs = {record.run_id for record in self._effects.records if record.superseded}
        self._variables = Variables(VariableNames(graph, self._context))
        self._variables.update(check_variables(variables))

    def __repr__(self) -> str:
        return repr(self._log)

    def __str__(self) -> str:
        return str(self._log)

    def _repr_html_(self) -> str:
        return self._log._repr_html_()

    @property
    def graph(self) -> FlowGraph:
        """The graph of its flow as it is now."""
        return self._graph

    @property
    def context(self) -> FlowContext:
        """What it shares with the flow."""
        return self._context

    @property
    def config(self) -> FlowConfig:
        """The settings of its flow."""
        return self._context.config

    def explain(self, turn: int | None = None) -> str:
        """Explain in plain words why the flow did or did not move in a turn.

        Args:
            turn: Its number; by default the last one that was tried, even if it was not finished.

        Raises:
            FlowError: There is no such turn.
        """
        return self._log.explain(turn)

    @property
    def model(self) -> str | None:
        """Model for all calls of this session; `None` leaves the choice to the nodes."""
        return self._model

    @model.setter
    def model(self, text: str | None) -> None:
        self._model = None if text is None else str(self._context.config.ref(text))
        tell_if_unknown(self._context.config, text)

    @property
    def variables(self) -> Variables:
        """The values so far. Assigning sets one: `s.variables["name"] = "Ana"`."""
        return self._variables

    @property
    def effects(self) -> EffectRecords:
        """The runs of actions with effects, including those in failed turns and in forks."""
        return self._effect_records()

    @property
    def busy(self) -> bool:
        """Whether a turn is running."""
        return self._lock.is_held

    @classmethod
    def load(cls, path: Path, graph: FlowGraph, context: FlowContext, *, trust: bool = False) -> Session:
        """Read a session that was saved, to continue it on a flow.

        Args:
            path: The file.
            graph: The graph of the flow.
            context: What its nodes share.
            trust: Whether the model of the file is used even if the flow does not use it.

        Raises:
            ConfigError: The file does not exist, is damaged, is not a session, belongs to a flow with other nodes,
                or was saved by a newer version. It is left unchanged.
        """
        saved = session_file.read(path, graph, context)
        if not trust:
            saved = with_chosen_model(saved, graph, context)
        session = cls(graph, context, model=saved.model, effects=EffectLog(saved.effects))
        session.restore(
            turns=saved.turns, unfinished=saved.unfinished, entries=saved.variables, notice=saved.notice
        )
        return session

    def say(
        self,
        text: str,
        *,
        model: str | None = None,
        show: bool | None = None,
        repeat_effects: bool = False,
        **more: Any,
    ) -> Turn:
        """Say something to the flow and return the resulting turn.

        In a notebook cell the reply appears while it is written. A keyboard interrupt stops the turn within a
        second; the partial reply is kept and marked as incomplete.

        Args:
            text: What the person says.
            model: Model for all calls of this turn.
            show: Whether to stream into the cell; by default where there is one.
            repeat_effects: Whether to run actions with effects again. This concerns actions that ran in a turn
                that failed or was dropped by a fork or a reset, and actions that failed and may have taken effect.
                By default their results are reused, and the turn fails if they ran with other values or gave no
                result. While a recording is replayed, such actions run only if this is set.
            **more: Not accepted: settings such as `max_tokens` belong to the nodes.

        Raises:
            FlowError: There is no text, the session is closed or still running a turn, silent nodes form a loop,
                or an action failed.
            ConfigError: No model is chosen, the current node was removed, a condition cannot be evaluated, or an
                argument is unknown.
            TemplateError: A prompt names a variable that has no value.
            MissingKeyError: "No API key configured" for this flow and a model's provider.
            ProviderError: The provider, the network or an answer failed.
            ExtractionError: An answer did not fit the fields of an extraction, or gave no choice between edges.
            LocalModelError: The local model could not be fetched or started.
        """
        reject_options(more)
        return self._run(check_text(text), model, show=show, repeat_effects=repeat_effects)

    async def asay(
        self, text: str, *, model: str | None = None, repeat_effects: bool = False, **more: Any
    ) -> Turn:
        """Async variant of `say`; shows nothing. Cancelling it stops the turn."""
        reject_options(more)
        work = self.prepare_turn(check_text(text), model=model, repeat_effects=repeat_effects)
        return await ENGINE.arun(work(ignore, ignore))

    async def astream(
        self, text: str, *, model: str | None = None, repeat_effects: bool = False, **more: Any
    ) -> AsyncIterator[TextDelta | Turn]:
        """Yield each piece of the reply as it is written, and the `Turn` at the end; leaving early stops the turn.

        A model whose server does not mark its thinking may take back what it has written so far: see `TextDelta`.
        """
        reject_options(more)
        work = self.prepare_turn(check_text(text), model=model, repeat_effects=repeat_effects)

        async def start(emit: Callable[[TextDelta | Turn], None]) -> None:
            emit(await work(lambda piece: emit(delta(piece)), ignore))

        async for event in ENGINE.astream(start):
            yield event

    def open(self, *, show: bool | None = None) -> Turn:
        """Let the start node speak first; returns turn 0. Errors are those of `say`."""
        return self._run(None, show=show)

    async def aopen(self) -> Turn:
        """Async variant of `open`."""
        return await ENGINE.arun(self.prepare_turn(None)(ignore, ignore))

    def fork(self, turn: int | None = None, *, model: str | None = None) -> Session:
        """Return a session that continues from the end of a turn; this one is unchanged, and no call is made.

        Args:
            turn: Number of the last turn to keep; by default all. With 0, only what the flow said first is kept.
            model: Model for all calls of the fork; by default that of this session.

        Raises:
            FlowError: There is no such turn.
        """
        chosen = self.model if model is None else model
        fork = Session(
            self._graph,
            self._context,
            model=chosen,
            effects=self._effects,  # shared: what an action did outside is done for both
            assignment=self._assignment,
            latency=self._latency,
        )
        fork._log = self._log.until(turn)
        last = fork._log.last_number
        # Copies: a list that is appended to in the fork must stay as it was here.
        entries = [replace(entry, value=copy_of(entry.value)) for entry in self.variables.until(last)]
        fork._variables = Variables(VariableNames(self._graph, self._context), entries, last)
        fork._superseded_runs = set(self._superseded_runs)
        return fork

    def reset(self) -> None:
        """Go back to the beginning: to what the flow said first, and what code had set before.

        Later turns no longer count towards the totals; `fork(0)` keeps them here and starts another session.

        Raises:
            FlowError: A turn is still running.
        """

        async def go_back() -> None:
            async with self._lock.hold(self.flow_name):
                self._variables.go_back(0)
                self._log = self._log.until(0)

        ENGINE.run(go_back())

    def restore(
        self,
        *,
        turns: Iterable[Turn],
        unfinished: Iterable[Turn],
        entries: Iterable[VariableEntry],
        notice: str = "",
    ) -> None:
        """Set the session to the state of another one."""
        self._log = TurnLog(self._graph, self._context.config.name, turns, unfinished, notice)
        names = VariableNames(self._graph, self._context)
        self._variables = Variables(names, entries, self._log.last_number)

    def save(self, path: str | Path) -> None:
        """Save the dialogue, its trace and the variables to a file, which `flow.load_session` reads.

        It never contains a key: whatever looks like one in the dialogue is masked.

        Raises:
            ConfigError: The file cannot be written; an existing one is left unchanged.
        """
        turns = self.turns
        last = turns[-1].number if turns else 0  # a turn may end meanwhile: its values are not saved without it
        saved = SavedSession(
            flow_name=self.flow_name,
            model=self.model,
            turns=turns,
            unfinished=self.unfinished,
            variables=tuple(self.variables.until(last)),
            effects=self._effect_records(),
        )
        session_file.write(saved, Path(path))

    def _effect_records(self) -> EffectRecords:
        """Return the runs as they count for this session."""
        records, superseded = self._effects.records, set(self._superseded_runs)
        return EffectRecords(replace(record, superseded=record.run_id in superseded) for record in records)

    def _run(
        self, text: str | None, model: str | None = None, *, show: bool | None, repeat_effects: bool = False
    ) -> Turn:
        taken: list[Turn] = []
        work = self.prepare_turn(
            text, model=model, on_turn=taken.append, on_unfinished=taken.append, repeat_effects=repeat_effects
        )
        return run_with_output(work, show=show, partial_result=lambda *_: taken[-1] if taken else None)

    def prepare_turn(
        self,
        text: str | None,
        *,
        model: str | None = None,
        on_node: OnNode = ignore,
        on_turn: OnTurn = ignore,
        on_unfinished: OnTurn = ignore,
        repeat_effects: bool = False,
    ) -> Work[Turn]:
        """Return the work of taking a turn, for callers that show it; `None` lets the start node speak first.

        Args:
            text: What the person says.
            model: Model for all calls of this turn.
            on_node: Called with the name of each node that starts to run.
            on_turn: Called with the turn when it joins the session, also when its reply was interrupted.
            on_unfinished: Called with a turn that failed, or was stopped before its reply.
            repeat_effects: As in `say`.
        """

        async def work(on_text: OnText, on_progress: OnProgress) -> Turn:
            async with self._lock.hold(self.flow_name):
                callbacks = TurnCallbacks(on_text, on_progress, on_node)
                chosen = self.model if model is None else model
                start = partial(self._turn_start, repeat_effects=repeat_effects)
                return await self._finish(self._runner(text, chosen, start, callbacks), on_turn, on_unfinished)

        return work

    def _runner(
        self, text: str | None, model: str | None, start: Callable[[], TurnStart], callbacks: TurnCallbacks
    ) -> TurnRunner:
        if self.closed:
            raise FlowError(
                f"The session ended at node {self.node!r}.",
                kind="session_closed",
                fix=f"Start again with reset(), or continue from a turn: fork(turn={self._log.turn_before}).",
            )
        if text is None and self.turns:
            raise FlowError(
                "The flow can speak first only before anything was said.", kind="opened", fix="Use say."
            )
        return TurnRunner(
            self._graph,
            self._context,
            start(),
            number=0 if text is None else self._log.last_number + 1,
            text=text,
            model=model,
            callbacks=callbacks,
        )

    def _turn_start(self, *, repeat_effects: bool) -> TurnStart:
        return TurnStart(
            node=self._current_node(),
            returns_to=self._log.returns_to,
            transcript=self.transcript,
            variables=self.variables,
            visited=self._log.visited,
            spoken=self._log.spoken,
            effects=Effects(
                self._effects,
                self._known_runs,
                self._superseded_runs,
                self._log.runs,
                repeat=repeat_effects,
                replayed=self._context.sends_nothing,
            ),
            assignment=self._assignment,
            speculates=self._latency == "speculative",
        )

    def _current_node(self) -> str:
        """Return the name of the node where the flow is.

        Raises:
            ByokError: It was removed, or the flow has no nodes.
        """
        if not self.node:
            raise FlowError(
                "The flow no longer has any nodes.", kind="empty", fix="Make one with flow.conversation(...)."
            )
        if self.node not in self._graph.nodes:
            raise ConfigError(
                f"The session is at node {self.node!r}, which the flow no longer has.",
                kind="node",
                fix="Create the node again, or continue from an earlier turn with fork(turn=...).",
            )
        return self.node

    async def _finish(self, runner: TurnRunner, on_turn: OnTurn, on_unfinished: OnTurn) -> Turn:
        try:
            turn = await runner.run()
        except BaseException as fault:  # interrupts, too: the calls so far count towards the cost
            unfinished = runner.turn(*_why_unfinished(fault))
            self._log.add_unfinished(unfinished)
            on_unfinished(unfinished)
            raise
        self._variables.learn(runner.entries, turn.number)
        self._log.add(turn)
        on_turn(turn)
        if runner.stopped:
            raise asyncio.CancelledError  # the partial reply is kept, and the caller still learns of the stop
        return turn


def _why_unfinished(fault: BaseException) -> tuple[str, str]:
    """Return the kind and the text of what ended a turn early."""
    if isinstance(fault, asyncio.CancelledError):
        return "interrupted", "stopped"
    if isinstance(fault, ByokError):
        return fault.kind, str(fault)
    return "error", describe_exception(fault)
