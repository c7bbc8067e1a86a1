"""`Parents`: finds the state that a dialogue goes on from, or makes it again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from byok_widgets.serve.dialogue import Dialogue, digest
from byok_widgets.serve.live_turn import LiveTurn
from byok_widgets.serve.matching import Candidate, Past, best, is_end_of
from byok_widgets.serve.served_flow import ServedFlow
from byok_widgets.serve.state import State, state_of, turn_key
from byok_widgets.serve.store import LEASE_S, Store, StoredTurn
from byok_widgets.session.turn_runner import Place

_POLL_S = 0.05


class Parents:
    """Finds states."""

    def __init__(self, flow: ServedFlow, store: Store, running: Mapping[str, LiveTurn]) -> None:
        self._flow, self._store, self._running = flow, store, running

    async def of(self, dialogue: Dialogue, session: str, *, strict: bool) -> State:
        """Return the state before the last words of a dialogue.

        Args:
            dialogue: The words.
            session: Key of the session.
            strict: Whether replies must be those that were heard; see `best`.
        """
        past = Past(dialogue.keys[:-1], dialogue.heard[:-1])
        if not past.said:
            return self._start(session, opened=bool(dialogue.texts and dialogue.opening))
        found = await self._stored(past, session, strict=strict)
        return found or self._start(session, opened=bool(dialogue.opening))

    def _start(self, session: str, *, opened: bool) -> State:
        graph = self._flow.graph
        root = State(digest("start", session), session, self._flow.version, Place(graph.start))
        if not opened:
            return root
        return State(
            turn_key(root.key, "opening"),
            session,
            root.version,
            Place(graph.start, closed=graph.start in graph.ends),
            visited=frozenset({graph.start}),
            spoken=frozenset({graph.start}),
        )

    async def _stored(self, past: Past, session: str, *, strict: bool) -> State | None:
        rows = await self._store.found(session, past.words, past.tail)
        states = [state for row in rows if (state := await self._state(row)) is not None]
        states = [state for state in states if is_end_of(past.said, state.said)]
        if len(states) == 1 and not strict:
            return states[0]
        candidates = [await self._candidate(state, len(past.said)) for state in states]
        at = best(past, candidates, strict=strict)
        return None if at is None else states[at]

    async def _state(self, row: StoredTurn) -> State | None:
        """Return the state after a turn; waits for it while the turn runs. `None` if it was given up."""
        known: StoredTurn | None = row
        waited_s = 0.0
        while known is not None and not known.state:
            live = self._running.get(row.key)
            if live is not None:
                await live.placed.wait()
            elif waited_s > LEASE_S:
                return None
            else:
                await asyncio.sleep(_POLL_S)
                waited_s += _POLL_S
            known = await self._store.turn(row.key)
        return None if known is None else self._decoded(known)

    def _decoded(self, row: StoredTurn) -> State:
        return state_of(row.key, row.session, json.loads(row.state), self._flow.graph)

    async def _candidate(self, state: State, turns: int) -> Candidate:
        replies: list[str | None] = []
        key = state.key
        for _ in range(turns):
            row = await self._store.turn(key)
            if row is None:
                break
            replies.insert(0, json.loads(row.answer)["text"] if row.answer else None)
            key = row.parent
        return Candidate(state.said, tuple(replies))
