"""`Execution`: answers one turn, from the state before it to the state after it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

from byok_widgets.engine import clock
from byok_widgets.engine.callbacks import Retraction
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ByokError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.nodes.admission import admitted_by
from byok_widgets.nodes.effects import EffectLog, Effects
from byok_widgets.nodes.turn_scope import in_scope
from byok_widgets.secrets.json_redaction import redact_keys
from byok_widgets.serve.asked import Asked
from byok_widgets.serve.live_turn import Answer, LiveTurn
from byok_widgets.serve.options import ServeOptions
from byok_widgets.serve.report import Observers, TurnReport
from byok_widgets.serve.served_scope import ServedEffects, ServedScope
from byok_widgets.serve.spending import Spending
from byok_widgets.serve.state import State
from byok_widgets.serve.store import Claim, Store, StoredSession
from byok_widgets.serve.stored import answer_json, record_json
from byok_widgets.session.steps import Visit
from byok_widgets.session.turn import Turn
from byok_widgets.session.turn_runner import TurnCallbacks, TurnRunner, TurnStart
from byok_widgets.session.variable_names import VariableNames
from byok_widgets.session.variables import Variables


@dataclass(frozen=True)
class Surroundings:
    """What all turns of a server share."""

    store: Store
    options: ServeOptions
    spending: Spending
    observers: Observers


class LostTurnError(Exception):
    """Another process has taken this turn over, or its session was deleted."""


class Execution:
    """One turn that this process answers."""

    def __init__(self, asked: Asked, claim: Claim, live: LiveTurn, owner: str, around: Surroundings) -> None:
        self._asked, self._claim, self._live = asked, claim, live
        self._owner, self._around = owner, around
        self._began, self._began_at = clock(), time.time()
        self._first_token_s: float | None = None
        self._placing: asyncio.Task[None] | None = None
        self._limit: asyncio.Timeout | None = None
        self._scope = ServedScope(asked.key, claim.journal, around.store, asked.flow.graph)
        self._effects: EffectLog = EffectLog()
        self._tried: list[Turn] = []
        self._runner = self._new_runner(None)

    async def run(self) -> None:
        """Answer the turn.

        Raises:
            LostTurnError: It is not this process's any more.
        """
        if self._asked.parent.place.closed:
            await self._finish(Answer(), self._unmoved())
            return
        if self._asked.flow.has_effects:
            stored = await self._around.store.effects(self._asked.parent.session)
            graph = self._asked.flow.graph
            self._effects = ServedEffects(self._asked.parent.session, stored, self._around.store, graph)
            self._runner = self._new_runner(None)
        spending = await self._around.spending.turn(
            self._asked.key, self._asked.parent.session, self._asked.caller
        )
        try:
            with in_scope(self._scope), admitted_by(spending):
                await self._attempt()
        finally:
            await spending.end()

    async def _attempt(self) -> None:
        """Answer with the flow's models, then with the one for failures; else say that it failed."""
        models = [None, *filter(None, [self._around.options.fallback_model])]
        fault = ""
        for model in models:
            if fault:
                self._runner = self._new_runner(model)
            fault = await self._run()
            if not fault or self._live.text:
                break
        if self._placing:
            await self._placing
        if fault:
            await self._finish(self._excuse(fault), self._state() if self._live.text else self._unmoved())
            return
        turn, asked = self._tried[-1], self._asked
        if asked.heard is not None:
            await self._finish(Answer(asked.heard), self._state())
            return
        reply = turn.reply
        finish = reply.finish_reason if reply and reply.finish_reason in ("length", "content_filter") else "stop"
        await self._finish(Answer(str(turn), finish, ends_call=turn.closed, usage=turn.usage), self._state())

    async def _run(self) -> str:
        """Run the turn; return the kind of the error that ended it, empty where none did."""
        try:
            async with asyncio.timeout(self._around.options.first_token_s) as self._limit:
                self._tried.append(await self._runner.run())
        except TimeoutError:
            fault, words = "timeout", "nothing was said in time"
        except ByokError as error:
            fault, words = error.kind, str(error)
        except LostTurnError:
            raise
        except Exception as error:  # noqa: BLE001 - a caller is on the phone: whatever failed, something is said
            fault, words = "error", describe_exception(error)
        else:
            return ""
        self._tried.append(self._runner.turn(fault, words))
        return fault

    def _new_runner(self, model: str | None) -> TurnRunner:
        asked, parent, flow = self._asked, self._asked.parent, self._asked.flow
        known = parent.runs
        start = TurnStart(
            node=parent.place.node,
            returns_to=parent.place.returns_to,
            transcript=asked.before,
            variables=Variables(VariableNames(flow.graph, flow.context), parent.entries, parent.number),
            visited=parent.visited,
            spoken=parent.spoken,
            effects=Effects(self._effects, known=set(known), finished=known),
            speculates=flow.speculates and asked.heard is None,
        )
        return TurnRunner(
            flow.graph,
            flow.context,
            start,
            number=len(asked.said),
            text=asked.text,
            model=model,
            callbacks=TurnCallbacks(self._on_text, ignore, ignore),
            heard=asked.heard,
        )

    def _on_text(self, piece: str) -> None:
        if isinstance(piece, Retraction):
            self._live.retract()
            return
        if self._placing is None:
            self._first_token_s = clock() - self._began
            if self._limit is not None:
                self._limit.reschedule(None)
            self._placing = asyncio.ensure_future(self._place())
        self._live.add(piece)

    async def _place(self) -> None:
        """Save where the flow is; only then is the reply heard."""
        turn = replace(self._claim.turn, state=self._state().to_json())
        if not await self._around.store.put(turn, self._owner, self._session()):
            raise LostTurnError
        self._live.speak()

    async def _finish(self, answer: Answer, state: State) -> None:
        turn = replace(
            self._claim.turn,
            state=state.to_json(),
            answer=answer_json(answer),
            record=record_json(self._tried, self._asked.flow),
        )
        if not await self._around.store.put(turn, self._owner, self._session(state.place.node)):
            raise LostTurnError
        self._live.end(answer)
        self._around.observers.tell(self._report(answer, state))

    def _excuse(self, fault: str) -> Answer:
        """Return what is said when a turn has failed, after what was said before it did."""
        options = self._around.options
        words = " ".join(filter(None, (self._live.text.rstrip(), options.fallback)))
        heard = self._asked.heard
        return Answer(words if heard is None else heard, ends_call=options.end_on_failure, fallback=fault)

    def _session(self, node: str = "") -> StoredSession:
        asked = self._asked
        where = node or self._runner.place_after.node
        name = redact_keys(asked.session_id)
        return StoredSession(asked.parent.session, name, asked.caller, where, time.time(), asked.key)

    def _unmoved(self) -> State:
        """Return the state after a turn that changed nothing."""
        return replace(self._asked.parent, key=self._asked.key, said=self._asked.said)

    def _state(self) -> State:
        asked, parent, path = self._asked, self._asked.parent, self._runner.path
        graph = asked.flow.graph
        variables = Variables(VariableNames(graph, asked.flow.context), parent.entries)
        variables.learn(self._runner.entries, len(asked.said))
        turn = self._runner.turn()
        runs = {step.result.effect_id for step in turn.steps if isinstance(step, Visit)} - {""}
        return State(
            asked.key,
            parent.session,
            parent.version,
            self._runner.place_after,
            asked.said,
            parent.visited.union(path),
            parent.spoken.union(name for name in path if not graph.is_silent(name)),
            parent.runs | runs,
            variables.current,
        )

    def _report(self, answer: Answer, state: State) -> TurnReport:
        asked = self._asked
        return TurnReport(
            key=asked.key,
            session=state.session,
            flow=asked.flow.name,
            version=asked.flow.version,
            turns=tuple(self._tried),
            node=state.place.node,
            began_at=self._began_at,
            seconds=clock() - self._began,
            first_token_s=self._first_token_s,
            fallback=answer.fallback,
            reused=self._scope.reused,
            paid_again=int(self._claim.taken_over and self._scope.done > 0),
            trace=asked.trace,
        )
