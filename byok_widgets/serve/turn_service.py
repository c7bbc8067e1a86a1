"""`TurnService`: answers requests. It finds the state that a dialogue goes on from, and answers each turn once."""

from __future__ import annotations

import asyncio
import time

from byok_widgets.serve.chat_request import ChatRequest
from byok_widgets.serve.dialogue import Dialogue, digest
from byok_widgets.serve.execution import Asked, Execution
from byok_widgets.serve.live_turn import Answer, LiveTurn
from byok_widgets.serve.matching import tail_of, words_of
from byok_widgets.serve.parents import Parents
from byok_widgets.serve.served_flow import ServedFlow
from byok_widgets.serve.state import turn_key
from byok_widgets.serve.store import Store, StoredTurn
from byok_widgets.serve.stored import answer_of

_POLL_S = 0.05


class TurnService:
    """Answers the turns of all conversations with a flow.

    Everything here runs on one event loop. Attributes that hold turns hold only those that run.
    """

    def __init__(self, flow: ServedFlow, store: Store) -> None:
        self.flow, self.store = flow, store
        self.running: dict[str, LiveTurn] = {}
        self.is_ready = True
        self._tasks: set[asyncio.Task[None]] = set()
        self._parents = Parents(flow, store, self.running)

    async def ask(self, request: ChatRequest, caller: str) -> LiveTurn:
        """Return the turn that answers a request, which may have begun, or ended, before."""
        dialogue = Dialogue.of(request.messages)
        if dialogue.is_answered:
            return LiveTurn.ended("", Answer())
        session = digest("session", caller, request.session_id)
        parent = await self._parents.of(dialogue, session, strict=not request.session_id)
        at = len(dialogue.texts) - 1
        said = dialogue.keys[at] if at >= 0 else "opening"
        key = turn_key(parent.key, said, request.idempotency_key)
        live = self.running.get(key)
        if live is None:
            live = self.running[key] = LiveTurn(key)
            asked = Asked(key, parent, dialogue, at, self.flow)
            task = asyncio.create_task(self._answer(asked, live))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return live

    def stop(self) -> None:
        """Say that no more turns are taken; those that run go on."""
        self.is_ready = False

    async def _answer(self, asked: Asked, live: LiveTurn) -> None:
        try:
            row = StoredTurn(
                asked.key,
                asked.parent.session,
                asked.parent.key,
                words_of(asked.said),
                tail_of(asked.said),
                asked.text or "",
                time.time(),
            )
            while (claim := await self.store.claim(row)).kind == "busy":
                await asyncio.sleep(_POLL_S)
            if claim.kind == "ended":
                live.end(answer_of(claim.turn.answer))
            else:
                await Execution(asked, claim.turn, live, self.store).run()
        finally:
            self.running.pop(asked.key, None)
