"""`Calls`: the conversations that were held, as they are listed and looked at."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from byok_widgets.display.cards import Card, Cards
from byok_widgets.errors import FlowError
from byok_widgets.files import finite_json
from byok_widgets.secrets import redact
from byok_widgets.serve.stores.damage import reading
from byok_widgets.serve.stores.store import Store, StoredSession, StoredTurn
from byok_widgets.serve.turns.live_turn import Answer
from byok_widgets.serve.turns.served_flow import ServedFlow, Versions
from byok_widgets.serve.turns.stored import answer_of
from byok_widgets.session import Session
from byok_widgets.session.session_data import session_of
from byok_widgets.session.session_file import MAX_BYTES
from byok_widgets.session.steps import Visit
from byok_widgets.session.variables import entries_of

_SHOWN_CHARS = 80
_TURN_CHARS = 1_000
"""What a turn takes beside its record, about."""
_EPOCH = datetime.datetime.fromtimestamp(0, tz=datetime.UTC)


@dataclass(frozen=True, repr=False)
class ServedCall(Card):
    """A conversation in a list.

    Attributes:
        key: Its key.
        name: The client's id for it; empty if it sends none: then all calls of that caller are this one.
        node: Where the flow is.
        last_at: When its last turn began, in seconds since 1970.
        text: What the caller said last.
        reply: What the flow said last.
        fallback: Kind of the error in whose place that was said; empty where all went well.
    """

    key: str
    name: str
    node: str
    last_at: float
    text: str = ""
    reply: str = ""
    fallback: str = ""

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield where the conversation is and what was said last."""
        last = datetime.datetime.fromtimestamp(self.last_at, tz=datetime.UTC)
        yield "call", redact(self.name) or f"{self.key} (all calls without an id)"
        yield "at node", self.node
        yield "last turn", f"{last:%Y-%m-%d %H:%M:%S} UTC"
        yield "caller", redact(self.text, words=False)
        yield "flow", redact(self.reply, words=False)
        yield "fallback for", self.fallback


class ServedCalls(Cards[ServedCall]):
    """The last conversations, the newest first."""

    __slots__ = ()
    nothing = "Nobody has called yet."


class Calls:
    """Reads conversations from a store."""

    def __init__(self, store: Store, versions: Versions) -> None:
        self._store, self._versions = store, versions

    def __repr__(self) -> str:
        return f"Calls({type(self._store).__name__})"

    async def latest(self, limit: int) -> ServedCalls:
        """Return the last conversations, the newest first."""
        return ServedCalls([await self._listed(session) for session in await self._store.sessions(limit)])

    async def session(self, name: str) -> Session:
        """Return a conversation as a session, up to its last turn.

        Args:
            name: Its key, or the client's id for it: then the newest with that id.

        Raises:
            FlowError: None is stored, or none of its turns has ended.
        """
        found = await self._store.named(name)
        rows = await self._chain(found[0].last_turn) if found else []
        if not rows:
            problem = "no turn of that conversation has ended yet" if found else "no such conversation is stored"
            raise FlowError(
                f"The conversation {name[:_SHOWN_CHARS]!r} cannot be shown: {problem}.",
                kind="serve_session",
                fix="Choose one of sessions(). What was deleted, or has expired, is stored no more.",
            )
        what = f"the conversation {name[:_SHOWN_CHARS]!r}"
        with reading(what):
            version = str(finite_json(rows[-1].state)["version"])
        flow = await self._versions.of(version)
        with reading(what):
            return _session(rows, flow)

    async def delete(self, name: str) -> int:
        """Delete the conversation with this key, or those with this id of the client; return how many."""
        found = await self._store.named(name)
        return sum([await self._store.delete_session(session.key) for session in found])

    async def _listed(self, session: StoredSession) -> ServedCall:
        row = await self._store.turn(session.last_turn)
        text, answer, last_at = row.text if row else "", Answer(fallback="serve_damaged"), 0.0
        with suppress(FlowError), reading("a conversation"):  # it is still listed, so that it can be deleted
            last_at = (_EPOCH + datetime.timedelta(seconds=session.last_at)).timestamp()
            answer = answer_of(row.answer) if row and row.answer else Answer()
        key, name, node = str(session.key), str(session.name), str(session.node)
        return ServedCall(key, name, node, last_at, str(text), answer.text, answer.fallback)

    async def _chain(self, at: str) -> list[StoredTurn]:
        """Return the turns up to the last one that was answered.

        Raises:
            FlowError: They are more than can be shown. A damaged store may lead in a circle, or on without end.
        """
        answered: list[StoredTurn] = []
        seen: set[str] = set()
        room = MAX_BYTES
        while at and at not in seen and (row := await self._store.turn(at)) is not None:
            room -= _TURN_CHARS + len(row.record)
            if room < 0:
                raise _too_large()
            if row.record:  # each state holds all that was said before; only the last one is needed
                answered.append(replace(row, state="") if answered else row)
            seen.add(at)
            at = row.parent
        return answered[::-1]


def _too_large() -> FlowError:
    return FlowError(
        f"The conversation cannot be shown: it is larger than {MAX_BYTES // 1_000_000} MB.",
        kind="serve_session",
        fix="If it cannot be so long, somebody else has written to the store: restore it from a backup.",
    )


def _session(rows: list[StoredTurn], flow: ServedFlow) -> Session:
    turns: list[Any] = []
    unfinished: list[Any] = []
    for row in rows:
        record = finite_json(row.record)
        turns += record["turns"]
        unfinished += record["unfinished"]
    data = {"flow": flow.name, "model": None, "turns": turns, "unfinished": unfinished, "variables": []}
    saved = session_of(data, flow.graph, flow.context)
    session = Session(flow.graph, flow.context)
    entries = [
        entry
        for turn in saved.turns
        for step in turn.steps
        if isinstance(step, Visit)
        for entry in entries_of(step.result, turn.number)
    ]
    notice = "a call that was served"
    session.restore(turns=saved.turns, unfinished=saved.unfinished, entries=entries, notice=notice)
    return session
