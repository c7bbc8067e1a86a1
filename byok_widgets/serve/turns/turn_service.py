"""`TurnService`: finds the state from which a dialogue continues, and answers each turn once."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import Literal

from byok_widgets.engine import clock
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.serve.stores.dialogue import Dialogue, digest
from byok_widgets.serve.stores.state import State, turn_key
from byok_widgets.serve.stores.store import Claim
from byok_widgets.serve.turns.asked import Asked
from byok_widgets.serve.turns.chat_request import ChatRequest
from byok_widgets.serve.turns.execution import Execution, Surroundings
from byok_widgets.serve.turns.fallback import Fallback
from byok_widgets.serve.turns.live_turn import Answer, LiveTurn
from byok_widgets.serve.turns.parents import NextTurn, Parents, Talk
from byok_widgets.serve.turns.protocol_error import ProtocolError
from byok_widgets.serve.turns.served_flow import ServedFlow, Versions
from byok_widgets.serve.turns.stored import answer_of
from byok_widgets.serve.turns.turn_record import LostTurnError

_LOG = logging.getLogger("byok_widgets.serve")
_POLL_S = 0.05
_LONGEST_POLL_S = 0.5
_MOST_TRIES = 3
"""A turn that was lost so often is given up: a store that gives turns away and takes nothing back would have each
try paid for."""
LEFT_S = 3.0
"""A turn that nobody waits for any more, and that has said nothing yet, goes on for so long: a client that has
lost its connection asks again."""


class TurnService:
    """Answers the turns of all conversations with a flow.

    Everything here runs on one event loop.

    Attributes:
        running: The turns that run here, by key.
        is_ready: Whether turns are taken.
        is_warm: Whether the first caller would wait no longer than the others.
        has_store: Whether the store answers.
    """

    def __init__(self, versions: Versions, around: Surroundings) -> None:
        self.versions, self.around = versions, around
        self.running: dict[str, LiveTurn] = {}
        self.is_ready, self.is_warm, self.has_store = True, False, True
        self._begun: dict[str, Asked] = {}
        self._tasks: dict[asyncio.Task[None], LiveTurn] = {}
        self._owners = itertools.count(1)
        self._parents = Parents(versions, around, self.running, self._begin)

    @property
    def state(self) -> Literal["ok", "starting", "stopping", "no store"]:
        """Whether callers should be sent here, and if not, why."""
        if not self.is_ready:
            return "stopping"
        if not self.has_store:
            return "no store"
        return "ok" if self.is_warm else "starting"

    async def ask(self, request: ChatRequest, caller: str) -> LiveTurn:
        """Return the turn that answers a request, which may have begun, or ended, before.

        Raises:
            ProtocolError: It lacks the id of its session, which this flow needs, or the server is stopping.
        """
        self._require(request)
        asked_at = clock()
        dialogue = Dialogue.of(request.messages)
        if dialogue.is_answered:
            return LiveTurn.ended("", Answer())
        try:
            return self._begin(await self._asked(request, caller, dialogue, asked_at))
        except Exception:  # noqa: BLE001 - a caller is on the phone: where the store fails, something is said
            _LOG.exception("a dialogue could not be looked up")
        return self._without_store(request, caller, dialogue)

    async def _asked(self, request: ChatRequest, caller: str, dialogue: Dialogue, asked_at: float) -> Asked:
        """Return the turn that a request asks for."""
        talk = Talk(dialogue, self._session(request, caller), caller, request.session_id)
        at = len(dialogue.texts) - 1
        said = dialogue.keys[at] if at >= 0 else "opening"
        name, trace = request.session_id, request.trace

        def after(parent: State, flow: ServedFlow, owner: str = "") -> Asked:
            key = turn_key(parent.key, said, request.idempotency_key)
            return Asked(
                key, parent, dialogue, at, flow, caller, name, trace=trace, owner=owner, asked_at=asked_at
            )

        following = NextTurn(after, self._new_owner())
        parent = await self._parents.of(talk, following)
        return following.claimed or after(parent, await self.versions.of(parent.version))

    def _session(self, request: ChatRequest, caller: str) -> str:
        return digest("session", self.versions.current.name, caller, request.session_id)

    def _without_store(self, request: ChatRequest, caller: str, dialogue: Dialogue) -> LiveTurn:
        """Return the turn if it was begun before the store went away; else no model is asked, but the caller told.

        What a model says now could not be stored, so a repeated request would hear something else.
        """
        session = self._session(request, caller)
        for key, asked in self._begun.items():
            if asked.is_asked_by(session, dialogue, request.idempotency_key):
                return self.running[key]
        return LiveTurn.ended("", Answer(self._sorry(self.versions.current), fallback="error"))

    def leave(self, live: LiveTurn) -> None:
        """Take note that somebody does not follow a turn any more."""
        if live.answer is None and not live.followers and not live.placed.is_set():
            asyncio.get_running_loop().call_later(LEFT_S, self._give_up, live)

    async def stop(self, grace_s: float) -> None:
        """Take no more turns, let those that run end, and end the rest after a while with what they have said."""
        self.is_ready = False
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=grace_s)

    def _require(self, request: ChatRequest) -> None:
        if not self.is_ready:
            raise ProtocolError(503, "The server is stopping.", code="stopping", headers={"retry-after": "1"})
        if self.versions.current.actions and not request.session_id:
            raise ProtocolError(
                400,
                "This flow runs actions, so a request needs the id of its session: callers who say the same could "
                "not be told apart. Send it as the header X-Byok-Session, as user, or as metadata.session_id.",
                code="session_id_required",
                param="user",
            )

    def _begin(self, asked: Asked) -> LiveTurn:
        """Return the turn, which begins if it does not run yet."""
        live = self.running.get(asked.key)
        if live is None:
            live = self.running[asked.key] = LiveTurn(asked.key)
            self._begun[asked.key] = asked
            task = asyncio.create_task(self._answer(asked, live))
            self._tasks[task] = live
            task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return live

    async def _answer(self, asked: Asked, live: LiveTurn) -> None:
        owner = live.owner = asked.owner or self._new_owner()
        claimed = Claim("owned", asked.row) if asked.owner else None
        try:
            for _ in range(_MOST_TRIES):
                claim, claimed = claimed or await self._claimed(asked, owner), None
                if claim.kind == "ended":
                    live.end(answer_of(claim.turn.answer))
                    return
                await self._execute(asked, claim, live, owner)
                if live.answer is not None:
                    return
            live.end(Answer(live.said or self._sorry(asked.flow), fallback="error"))
        except asyncio.CancelledError:
            if live.answer is None:
                live.end(Answer(live.said or self._sorry(asked.flow), fallback="stopping"))
                await self._release(asked.key, owner)
        except Exception:  # noqa: BLE001 - a caller is on the phone: whatever failed, something is said
            _LOG.exception("a turn failed")
            live.end(Answer(live.said or self._sorry(asked.flow), fallback="error"))
        finally:
            self._forget(live)

    def _forget(self, live: LiveTurn) -> None:
        if self.running.get(live.key) is live:  # given up, it may have been replaced already
            del self.running[live.key], self._begun[live.key]

    async def _release(self, key: str, owner: str) -> None:
        try:
            await self.around.store.release(key, owner)
        except Exception as error:  # noqa: BLE001 - whatever a store raises: others wait a little longer then
            _LOG.warning("turn %s could not be given up: %s", key[:12], describe_exception(error))

    def _new_owner(self) -> str:
        return f"{self.around.store.process}:{next(self._owners)}"

    def _sorry(self, flow: ServedFlow) -> str:
        return Fallback.of(self.around.options, flow).whole

    async def _claimed(self, asked: Asked, owner: str) -> Claim:
        """Return the claim to a turn, as soon as no other living process answers it."""
        wait_s = _POLL_S
        while (claim := await self.around.store.claim(asked.row, owner)).kind == "busy":
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_POLL_S)
        return claim

    async def _execute(self, asked: Asked, claim: Claim, live: LiveTurn, owner: str) -> None:
        try:
            await Execution(asked, claim, live, owner, self.around).run()
        except LostTurnError:
            _LOG.warning("turn %s is answered elsewhere, or its session was deleted", asked.key[:12])
            live.retract()

    def _give_up(self, live: LiveTurn) -> None:
        """Stop a turn for which nobody has waited for a while; what it has finished is kept."""
        if live.followers or live.placed.is_set():
            return
        self._forget(live)
        for task, other in list(self._tasks.items()):
            if other is live:
                task.cancel()
