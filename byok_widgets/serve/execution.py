"""`Execution`: answers one turn, from the state before it to the state after it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from byok_widgets.engine.callbacks import Retraction
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.nodes.effects import EffectLog, Effects
from byok_widgets.serve.dialogue import Dialogue
from byok_widgets.serve.live_turn import Answer, LiveTurn
from byok_widgets.serve.served_flow import ServedFlow
from byok_widgets.serve.state import State
from byok_widgets.serve.stored import answer_json, record_json
from byok_widgets.serve.store import Store, StoredTurn
from byok_widgets.session.turn import Turn
from byok_widgets.session.turn_runner import TurnCallbacks, TurnRunner, TurnStart
from byok_widgets.session.variable_names import VariableNames
from byok_widgets.session.variables import Variables


@dataclass(frozen=True)
class Asked:
    """A turn to be answered.

    Attributes:
        key: Its key.
        parent: Where the conversation was before.
        dialogue: The words.
        at: The index of the caller's text in them; -1 lets the flow speak first.
        flow: The flow, in the version of the session.
    """

    key: str
    parent: State
    dialogue: Dialogue
    at: int
    flow: ServedFlow

    @property
    def text(self) -> str | None:
        """What the caller said."""
        return None if self.at < 0 else self.dialogue.texts[self.at]

    @property
    def said(self) -> tuple[str, ...]:
        """Digests of all that the caller has said."""
        return self.parent.said if self.at < 0 else (*self.parent.said, self.dialogue.keys[self.at])


class Execution:
    """One turn that this process answers."""

    def __init__(self, asked: Asked, row: StoredTurn, live: LiveTurn, store: Store, *, heard: str | None = None) -> None:
        self._asked, self._row, self._live, self._store = asked, row, live, store
        self._placing: asyncio.Task[None] | None = None
        self._runner = self._new_runner(heard)

    async def run(self) -> State:
        """Answer the turn and return the state after it.

        Raises:
            ByokError: It failed.
        """
        if self._asked.parent.place.closed:
            return await self._finish(Answer(), None)
        turn = await self._runner.run()
        if self._placing:
            await self._placing
        reply = turn.reply
        finish = reply.finish_reason if reply and reply.finish_reason in ("length", "content_filter") else "stop"
        answer = Answer(str(turn), finish, ends_call=turn.closed, usage=turn.usage)
        return await self._finish(answer, turn)

    def _new_runner(self, heard: str | None) -> TurnRunner:
        asked, parent, flow = self._asked, self._asked.parent, self._asked.flow
        before = asked.dialogue.until(asked.at)[:-1] if asked.at >= 0 else asked.dialogue.messages
        names = VariableNames(flow.graph, flow.context)
        start = TurnStart(
            node=parent.place.node,
            returns_to=parent.place.returns_to,
            transcript=before,
            variables=Variables(names, parent.entries, parent.number),
            visited=parent.visited,
            spoken=parent.spoken,
            effects=Effects(EffectLog()),
        )
        return TurnRunner(
            flow.graph,
            flow.context,
            start,
            number=len(asked.said),
            text=asked.text,
            model=None,
            callbacks=TurnCallbacks(self._on_text, ignore, ignore),
            heard=heard,
        )

    def _on_text(self, piece: str) -> None:
        if isinstance(piece, Retraction):
            self._live.retract()
            return
        if self._placing is None:
            self._placing = asyncio.ensure_future(self._place())
        self._live.add(piece)

    async def _place(self) -> None:
        """Save where the flow is; only then is the reply heard."""
        if await self._store.put(replace(self._row, state=self._state().to_json())):
            self._live.speak()

    async def _finish(self, answer: Answer, turn: Turn | None) -> State:
        state = self._state() if turn else replace(self._asked.parent, key=self._asked.key, said=self._asked.said)
        row = replace(self._row, state=state.to_json(), answer=answer_json(answer))
        await self._store.put(replace(row, record=record_json(turn, self._runner.entries, self._asked.flow)))
        self._live.end(answer)
        return state

    def _state(self) -> State:
        asked, parent, path = self._asked, self._asked.parent, self._runner.path
        graph = asked.flow.graph
        variables = Variables(VariableNames(graph, asked.flow.context), parent.entries)
        variables.learn(self._runner.entries, len(asked.said))
        return State(
            asked.key,
            parent.session,
            parent.version,
            self._runner.place_after,
            asked.said,
            parent.visited.union(path),
            parent.spoken.union(name for name in path if not graph.is_silent(name)),
            variables.current,
        )
