"""`Execution`: answers one turn, from the state before it to the state after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from byok_widgets.engine.callbacks import Retraction
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ByokError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.nodes.calls.admission import admitted_by
from byok_widgets.nodes.calls.turn_scope import in_scope
from byok_widgets.nodes.effects import EffectLog, Effects
from byok_widgets.serve.monitoring.report import Observers
from byok_widgets.serve.stores.state import State
from byok_widgets.serve.stores.store import Claim, Store
from byok_widgets.serve.turns.asked import Asked
from byok_widgets.serve.turns.fallback import Fallback, broken_off, by_another_model, sentence_turn
from byok_widgets.serve.turns.live_turn import Answer, LiveTurn
from byok_widgets.serve.turns.options import ServeOptions
from byok_widgets.serve.turns.served_scope import ServedEffects, ServedScope
from byok_widgets.serve.turns.spending import Spending, TurnSpending
from byok_widgets.serve.turns.turn_record import LostTurnError, TurnRecord
from byok_widgets.session.turn import Turn
from byok_widgets.session.turn_runner import TurnCallbacks, TurnRunner, TurnStart
from byok_widgets.session.variable_names import VariableNames
from byok_widgets.session.variables import Variables

_LOG = logging.getLogger("byok_widgets.serve")
_STORE_AGAIN_S = 0.5


@dataclass(frozen=True)
class Surroundings:
    """What all turns of a server share."""

    store: Store
    options: ServeOptions
    spending: Spending
    observers: Observers


class Execution:
    """One turn that this process answers."""

    def __init__(self, asked: Asked, claim: Claim, live: LiveTurn, owner: str, around: Surroundings) -> None:
        self._asked, self._live = asked, live
        self._around = around
        self._record = TurnRecord(asked, claim, owner, around.store)
        self._place_due: asyncio.Handle | None = None
        self._placing: asyncio.Task[None] | None = None
        self._limit: asyncio.Timeout | None = None
        self._scope = ServedScope(asked.key, claim.journal, around.store, asked.flow.graph)
        self._effects: EffectLog = EffectLog()
        self._spending: TurnSpending | None = None
        self._tried: list[Turn] = []
        self._heard: list[Turn] = []
        self._fallback, self._apology = Fallback.of(around.options, asked.flow), ""
        self._failed = ""
        self._runner = self._new_runner(None)

    async def run(self) -> None:
        """Answer the turn.

        Raises:
            LostTurnError: It is not this process's any more.
        """
        try:
            await self._run_turn()
        finally:
            self._place_due = None
            del self._runner  # both know this object, too: nothing is left for the garbage collector

    async def _run_turn(self) -> None:
        if self._asked.parent.place.closed:
            await self._finish(Answer(), self._record.unmoved)
            return
        if self._asked.flow.has_effects:
            stored = await self._around.store.effects(self._asked.parent.session)
            graph = self._asked.flow.graph
            self._effects = ServedEffects(self._asked.parent.session, stored, self._around.store, graph)
            self._runner = self._new_runner(None)
        asked = self._asked
        self._spending = spending = await self._around.spending.turn(
            asked.key, asked.parent.session, asked.caller, asked.first_words
        )
        try:
            with in_scope(self._scope), admitted_by(spending):
                await self._attempt()
        finally:
            await spending.end()

    async def _attempt(self) -> None:
        """Answer with the flow's models; where they fail, say so, and answer with the model for failures."""
        first = fault = await self._run()
        spare = self._around.options.fallback_model
        if fault and spare and not self._live.text:
            await self._apologise()
            self._runner = self._new_runner(spare)
            fault = await self._run()
        await self._placed(is_whole=not fault)
        if fault:
            await self._give_up(first)
        else:
            await self._answer(first)

    async def _answer(self, failed: str) -> None:
        """End the turn with what a model said; `failed`: why the flow's own models did not."""
        turn, asked = self._tried[-1], self._asked
        if asked.heard is not None:
            await self._finish(Answer(asked.heard, fallback=failed), self._record.state_after(self._runner))
            return
        if failed:
            self._tried[-1] = turn = by_another_model(turn, self._apology, failed)
        reply = turn.reply
        finish = reply.finish_reason if reply and reply.finish_reason in ("length", "content_filter") else "stop"
        words = reply.text if reply else ""
        answer = Answer(words, finish, ends_call=turn.closed, usage=turn.usage, fallback=failed)
        await self._finish(answer, self._record.state_after(self._runner))

    async def _apologise(self) -> None:
        """Say the sentence at once; what comes after it is held back until it is known where the flow is."""
        if self._asked.heard is not None or not self._fallback.sentence:
            return
        self._record.note_first()
        self._apology = self._fallback.sentence
        self._live.add(self._said_before)
        await self._put_place(self._record.unmoved, self._asked.parent.place.node)
        self._live.hold()

    async def _give_up(self, fault: str) -> None:
        """End the turn where no model answered: with the sentence, after what was said before, if anything."""
        asked, options = self._asked, self._around.options
        begun = self._live.text != self._said_before
        rest = self._fallback.last if self._apology else self._fallback.whole
        words = " ".join(filter(None, (self._live.text.rstrip(), rest)))
        if asked.heard is None and begun:
            self._tried[-1] = broken_off(self._tried[-1], words, fault)
        elif asked.heard is None:
            place = asked.parent.place
            self._heard.append(sentence_turn(self._tried[-1], place.node, place.returns_to, words, fault))
        words = words if asked.heard is None else asked.heard
        answer = Answer(words, ends_call=options.end_on_failure, fallback=fault)
        await self._finish(answer, self._record.state_after(self._runner) if begun else self._record.unmoved)

    @property
    def _said_before(self) -> str:
        return f"{self._apology} " if self._apology else ""

    async def _run(self) -> str:
        """Run the turn; return the kind of the error that ended it, empty where none did."""
        try:
            async with asyncio.timeout(self._around.options.first_token_s) as self._limit:
                self._tried.append(await self._runner.run())
        except TimeoutError:
            fault, words = "timeout", "nothing was said in time"
            self._failed = words
        except ByokError as error:
            fault, words = error.kind, str(error)
            self._failed = _call_of(error)
        except LostTurnError:
            raise
        except Exception as error:  # noqa: BLE001 - a caller is on the phone: whatever failed, something is said
            fault, words = "error", describe_exception(error)
            self._failed = type(error).__name__
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
            effects=Effects(self._effects, known=set(known), finished=known, replayed=flow.context.sends_nothing),
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
        if self._place_due is None:
            self._record.note_first()
            if self._limit is not None:
                self._limit.reschedule(None)  # the limit is for the first words alone
            self._place_due = asyncio.get_running_loop().call_soon(self._begin_to_place)
        self._live.add(piece)

    async def _placed(self, *, is_whole: bool) -> None:
        """Wait until it is saved where the flow is; a reply that came at once is saved as a whole instead."""
        if self._placing is not None:
            await self._placing
        elif self._place_due is not None:
            self._place_due.cancel()
            if not is_whole:
                await self._place()

    def _begin_to_place(self) -> None:
        self._placing = asyncio.ensure_future(self._place())

    async def _place(self) -> None:
        """Save where the flow is; only then is the reply heard."""
        await self._put_place(self._record.state_after(self._runner), self._runner.place_after.node)

    async def _put_place(self, state: State, node: str) -> None:
        await self._record.place(state, node)
        self._live.speak()
        self._around.observers.move()

    async def _finish(self, answer: Answer, state: State) -> None:
        bill = self._spending.bill() if self._spending else None
        self._scope.end()
        store = partial(self._record.end, answer, state, [*self._tried, *self._heard], bill)
        fault = await _fault_of(store)
        if fault:
            _LOG.error("turn %s could not be stored: %s", self._asked.key[:12], describe_exception(fault))
        is_lost = isinstance(fault, LostTurnError)
        if fault and self._spending and (is_lost or not self._live.said):
            await self._spending.store(bill)
        if fault and not self._live.said:
            raise fault
        self._live.end(answer)  # heard already, so it is heard to its end
        self._around.observers.tell(self._record.report(answer, state, self._tried, self._scope, self._failed))
        if fault and not is_lost:
            await _store_later(store)


def _call_of(error: ByokError) -> str:
    """Return which call failed; the rest of an error may quote the caller, the model or the provider."""
    return " ".join(filter(None, (error.where, error.request_id and f"Request id: {error.request_id}")))


async def _store_later(store: Callable[[], Awaitable[None]]) -> None:
    """Store what was heard when the store is back; until then, whoever asks for this turn hears the same."""
    while True:
        await asyncio.sleep(_STORE_AGAIN_S)
        fault = await _fault_of(store)
        if fault is None or isinstance(fault, LostTurnError):
            return


async def _fault_of(store: Callable[[], Awaitable[None]]) -> Exception | None:
    """Store a turn; return why that was not possible."""
    try:
        await store()
    except Exception as error:  # noqa: BLE001 - whatever a store raises
        return error
    return None
