"""`Parents`: finds the state from which a dialogue continues, or makes it again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from byok_widgets.errors import FlowError
from byok_widgets.files import finite_json
from byok_widgets.serve.stores.damage import reading
from byok_widgets.serve.stores.dialogue import Dialogue, digest, normal
from byok_widgets.serve.stores.state import State, state_of, turn_key
from byok_widgets.serve.stores.store import LEASE_S, StoredTurn
from byok_widgets.serve.turns.asked import Asked
from byok_widgets.serve.turns.execution import Surroundings
from byok_widgets.serve.turns.live_turn import LiveTurn
from byok_widgets.serve.turns.matching import Candidate, Past, best, is_end_of, tail_of, words_of
from byok_widgets.serve.turns.served_flow import ServedFlow, Versions
from byok_widgets.serve.turns.stored import answer_of
from byok_widgets.session.turn_runner import Place

_LOG = logging.getLogger("byok_widgets.serve")
_POLL_S = 0.05


@dataclass(frozen=True)
class Talk:
    """What a request says, and whose it is.

    Attributes:
        dialogue: The words.
        session: Key of the session.
        caller: Digest of the access token.
        session_id: The client's id of the conversation; empty if it sends none.
    """

    dialogue: Dialogue
    session: str
    caller: str
    session_id: str

    @property
    def past(self) -> Past:
        """What was said before the words that are to be answered."""
        return Past(self.dialogue.keys[:-1], self.dialogue.heard[:-1])


class NextTurn:
    """The turn that a request asks for, which is claimed while its parent is found, if that is plain.

    Args:
        after: Makes it of the state before it, the flow, and its owner.
        owner: The owner.

    Attributes:
        claimed: It, where it was claimed.
    """

    def __init__(self, after: Callable[[State, ServedFlow, str], Asked], owner: str) -> None:
        self._after, self._owner = after, owner
        self.claimed: Asked | None = None

    def claim(self, parent: State, flow: ServedFlow) -> Asked:
        """Return it as it is once its claim holds."""
        self.claimed = self._after(parent, flow, self._owner)
        return self.claimed


class Parents:
    """Finds states.

    Args:
        versions: The versions of the flow.
        around: The store, and how the flow is served.
        running: The turns that run here.
        begin: Begins a turn.
    """

    def __init__(
        self,
        versions: Versions,
        around: Surroundings,
        running: Mapping[str, LiveTurn],
        begin: Callable[[Asked], LiveTurn],
    ) -> None:
        self._versions, self._around, self._running, self._begin = versions, around, running, begin
        self._store = around.store

    async def of(self, talk: Talk, following: NextTurn) -> State:
        """Return the state before the last words of a dialogue; their turn may be claimed at the same time."""
        said = talk.dialogue.keys[:-1]
        if not said:
            return await self._start(talk)
        begin = partial(self._claim, said, talk, following)
        rows, is_claimed = await self._store.found_and_begun(talk.session, words_of(said), tail_of(said), begin)
        if is_claimed and following.claimed is not None:
            return following.claimed.parent
        following.claimed = None
        past = talk.past
        return await self._matching(rows, past, talk) or await self._made_again(past, talk)

    def _claim(
        self, said: Sequence[str], talk: Talk, following: NextTurn, rows: Sequence[StoredTurn]
    ) -> tuple[StoredTurn, str] | None:
        """Return the turn that follows the only one that was found; this is called in the store's thread."""
        if len(rows) != 1 or not rows[0].state or not talk.session_id:
            return None
        try:
            with reading("a turn"):
                data = finite_json(rows[0].state)
                flow = self._versions.known(str(data["version"]))
                state = state_of(rows[0].key, rows[0].session, data, flow.graph) if flow else None
        except FlowError:
            return None  # it is read again, where that is said
        if flow is None or state is None or not is_end_of(said, state.said):
            return None
        asked = following.claim(state, flow)
        return None if asked.key in self._running else (asked.row, asked.owner)

    async def _start(self, talk: Talk) -> State:
        """Return the state before the first words that were sent: after what the flow said, if that was heard."""
        rows = await self._store.latest(talk.session) if talk.session_id else []
        flow = await self._begun_with(rows)
        root = State(digest("start", talk.session), talk.session, flow.version, Place(flow.graph.start))
        if not (talk.dialogue.texts and talk.dialogue.opening):
            return root
        key = turn_key(root.key, "opening")
        known = await self._store.turn(key)
        if not (known and _may_be_heard(talk.dialogue.opening, known)):
            is_foreign = known is None and any(row.parent == key for row in rows)
            if (state := await self._after_reply(rows, talk, is_whole=is_foreign)) is not None:
                return state
        if known is not None and (state := await self._state(known)) is not None:
            return state
        start = flow.graph.start
        place = Place(start, closed=start in flow.graph.ends)
        return State(key, talk.session, flow.version, place, visited=frozenset({start}), spoken=frozenset({start}))

    async def _after_reply(self, rows: Sequence[StoredTurn], talk: Talk, *, is_whole: bool) -> State | None:
        """Return the state after the last turn of a session whose reply is the first thing that a client sent.

        Args:
            rows: The turns of the session, the newest first.
            talk: What was sent.
            is_whole: Whether the reply must have been heard to its end: where the client itself speaks first, its
                words may be those with which a reply begins.
        """
        heard = talk.dialogue.opening
        for row in rows:
            if _may_be_heard(heard, row) and (not is_whole or normal(heard) == normal(_reply_of(row) or "")):
                state = await self._state(row)
                # one that answers the same words is what is asked for, once more
                if state is not None and state.said[-1:] != talk.dialogue.keys[:1]:
                    return state
        return None

    async def _begun_with(self, rows: Sequence[StoredTurn]) -> ServedFlow:
        """Return the version of the flow with which a session goes on: that of its last turn."""
        for row in rows:
            if row.state:
                try:
                    with reading("a turn"):
                        version = str(finite_json(row.state)["version"])
                except FlowError as error:
                    _LOG.warning("%s %s", error.problem, error.cause)
                else:
                    return await self._versions.of(version)
        return self._versions.current

    async def _stored(self, past: Past, talk: Talk) -> State | None:
        return await self._matching(await self._store.found(talk.session, past.words, past.tail), past, talk)

    async def _matching(self, rows: Sequence[StoredTurn], past: Past, talk: Talk) -> State | None:
        """Return the state after that one of some turns with which a dialogue goes on."""
        states = [state for row in rows if (state := await self._state(row)) is not None]
        states = [state for state in states if is_end_of(past.said, state.said)]
        strict = not talk.session_id
        if len(states) == 1 and not strict:
            return states[0]
        known = {row.key: row for row in rows if row.answer}
        candidates = [await self._candidate(state, len(past.said), known) for state in states]
        at = best(past, candidates, strict=strict)
        return None if at is None else states[at]

    async def _made_again(self, past: Past, talk: Talk) -> State:
        """Go through turns that are not known: values are read and edges judged, and nobody speaks."""
        limit = self._around.options.rebuild
        if len(past.said) > limit:
            _LOG.warning("a dialogue of %d turns is not known: it starts again", len(past.said))
            return await self._start(talk)
        state, done = await self._deepest(past, talk)
        _LOG.info("%d turns of a dialogue are not known and are gone through again", len(past.said) - done)
        for at in range(done, len(past.said)):
            state = await self._again(state, talk, at)
        return state

    async def _deepest(self, past: Past, talk: Talk) -> tuple[State, int]:
        """Return the last state that is known on the way, and how many turns there are before it."""
        for turns in range(len(past.said) - 1, 0, -1):
            shorter = Past(past.said[:turns], past.heard[:turns])
            rows = await self._store.found(talk.session, words_of(shorter.said), "")
            if rows and (state := await self._stored(shorter, talk)) is not None:
                return state, turns
        return await self._start(talk), 0

    async def _again(self, before: State, talk: Talk, at: int) -> State:
        dialogue = talk.dialogue
        key = turn_key(before.key, dialogue.keys[at], digest("heard", normal(dialogue.heard[at])))
        flow = await self._versions.of(before.version)
        heard = dialogue.heard[at]
        live = self._begin(Asked(key, before, dialogue, at, flow, talk.caller, talk.session_id, heard=heard))
        await live.whole()
        row = await self._store.turn(key)
        after = await self._decoded(row) if row is not None and row.state else None
        return before if after is None else after

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
        return None if known is None else await self._decoded(known)

    async def _decoded(self, row: StoredTurn) -> State | None:
        """Return the state after a turn; `None`, as of a turn that is not known, where its row cannot be read."""
        flow, version = self._versions.current, ""
        try:
            with reading("a turn"):
                data = finite_json(row.state)
                version = str(data["version"])
            flow = await self._versions.of(version)
            with reading("a turn"):
                return state_of(row.key, row.session, data, flow.graph)
        except FlowError as error:
            if error.kind != "serve_damaged":
                raise
            why = f"{error.problem} {error.cause}"
            if version and flow.version != version:  # it is as it was written
                why = "A turn does not fit the version of the flow that stands in for its own."
            _LOG.warning("%s It is gone through again.", why)
            return None

    async def _candidate(self, state: State, turns: int, known: dict[str, StoredTurn]) -> Candidate:
        """Return a dialogue with its replies; where a caller says the same again and again, many share turns."""
        replies: list[str | None] = []
        key = state.key
        for _ in range(turns):
            row = known.get(key) or await self._store.turn(key)
            if row is None:
                break
            known[key] = row
            replies.insert(0, _reply_of(row))
            key = row.parent
        return Candidate(state.said, tuple(replies))


def _may_be_heard(heard: str, row: StoredTurn) -> bool:
    """Whether what was heard is the reply of a turn, or was cut from it."""
    return normal(_reply_of(row) or "").startswith(normal(heard))


def _reply_of(row: StoredTurn) -> str | None:
    """Return what was said in a turn; `None` where that is not known."""
    try:
        with reading("an answer"):
            return answer_of(row.answer).text if row.answer else None
    except FlowError as error:
        _LOG.warning("%s %s", error.problem, error.cause)
        return None
