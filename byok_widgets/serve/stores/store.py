"""`Store`: where served conversations are kept, for several processes: no turn is answered by two of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

LEASE_S = 3.0
"""A process that has not been heard of for so long, in seconds, counts as gone: another takes over its turns."""

MOST_FOUND = 50


@dataclass(frozen=True)
class StoredTurn:
    """A turn as it is stored.

    Attributes:
        key: Its key.
        session: Key of the session.
        parent: Key of the turn before.
        words: Digest of all that the caller has said.
        tail: Digest of the last two things that the caller has said.
        text: What the caller said.
        made_at: When it was asked for first, in seconds since 1970.
        state: Where the flow is after it, as JSON; empty until that is known.
        answer: What was said, as JSON; empty until the turn has ended.
        record: The turn with its trace, as JSON; empty until the turn has ended.
    """

    key: str
    session: str
    parent: str
    words: str
    tail: str
    text: str
    made_at: float = 0.0
    state: str = ""
    answer: str = ""
    record: str = ""

    def known(self, state: str, answer: str = "", record: str = "") -> StoredTurn:
        """Return it with what is known by now of what came of it."""
        asked = (self.key, self.session, self.parent, self.words, self.tail, self.text, self.made_at)
        return StoredTurn(*asked, state, answer, record)


@dataclass(frozen=True)
class StoredSession:
    """A conversation as it is listed.

    Attributes:
        key: Its key.
        name: The client's id for it; empty if it sends none: then all calls of that caller are this one.
        caller: Digest of the token with which it asks.
        node: Where the flow is.
        last_at: When its last turn began, in seconds since 1970.
        last_turn: Key of that turn.
    """

    key: str
    name: str
    caller: str
    node: str = ""
    last_at: float = 0.0
    last_turn: str = ""


class Spent(NamedTuple):
    """Calls of models, and what they cost as far as that is known."""

    calls: int = 0
    usd: Decimal = Decimal(0)

    @classmethod
    def stored(cls, calls: str | int, usd_parts: str | int, parts_of_usd: int) -> Spent:
        """Return what was spent by two sums that were stored.

        Raises:
            ValueError: They cannot be sums: by one below zero, no cap would ever be reached.
        """
        counts = int(calls), int(usd_parts)
        if min(counts) < 0:
            raise ValueError("less than nothing was spent")
        return cls(counts[0], Decimal(counts[1]) / parts_of_usd)


def session_scope(session: str, first_words: str = "") -> str:
    """Return the scope of what a session has spent.

    Args:
        session: Its key.
        first_words: Digest of the words of its first turn, where the session is all calls without an id: each
            dialogue has a scope of its own then, as far as they can be told apart.
    """
    return f"session:{session}:{first_words}" if first_words else f"session:{session}"


class Bill(NamedTuple):
    """What is to be added to what was spent in some scopes."""

    scopes: tuple[str, ...]
    spent: Spent


@dataclass(frozen=True)
class StoredToken:
    """An access token, of which only a digest is stored."""

    digest: str
    name: str
    made_at: float
    revoked: bool = False


@dataclass(frozen=True)
class Claim:
    """What became of the wish to answer a turn.

    Attributes:
        kind: `"owned"`: it may be answered. `"busy"`: another process does. `"ended"`: it was answered.
        turn: The turn.
        taken_over: Whether a process had begun it that is gone.
        journal: What the steps gave that were finished before, by digests.
    """

    kind: Literal["owned", "busy", "ended"]
    turn: StoredTurn
    taken_over: bool = False
    journal: Mapping[str, str] = field(default_factory=dict)


Begin = Callable[[Sequence[StoredTurn]], tuple[StoredTurn, str] | None]
"""Returns the turn that follows those that were found, and its owner; `None` if that is not known yet. It may be
called in another thread."""


class Store(Protocol):
    """Keeps turns, and who answers them.

    An owner is a text that begins with the name of its process and a colon.
    """

    @property
    def process(self) -> str:
        """A name of this process that no other has."""

    async def open(self) -> None:
        """Get ready.

        Raises:
            ConfigError: It cannot be used.
        """

    async def close(self) -> None:
        """Write what is to be written, and let go."""

    async def beat(self) -> None:
        """Say that this process is alive; see `LEASE_S`."""

    async def found(self, session: str, words: str, tail: str) -> list[StoredTurn]:
        """Return the turns of a session with these words, the newest first; else those with this tail.

        They come without their records, of which nothing is needed to find where a dialogue is.
        """

    async def found_and_begun(
        self, session: str, words: str, tail: str, begin: Begin
    ) -> tuple[list[StoredTurn], bool]:
        """Return what `found` does, and whether the turn that follows is new and was claimed in the same step.

        A store to which that is no cheaper claims nothing.
        """

    async def latest(self, session: str) -> list[StoredTurn]:
        """Return the last turns of a session, the newest first, without their records."""

    async def turn(self, key: str) -> StoredTurn | None:
        """Return a turn."""

    async def claim(self, turn: StoredTurn, owner: str) -> Claim:
        """Begin to answer a turn, unless it is answered, or another process does it that may be alive.

        Where the store was away, no process could say that it is alive: one that has not been heard of for as long
        as a lease takes nothing over.
        """

    async def note(self, key: str, step: str, data: str) -> None:
        """Keep what a step of a turn gave; it outlives this process when this returns."""

    async def put(self, turn: StoredTurn, owner: str, session: StoredSession, bill: Bill | None = None) -> bool:
        """Store what is known of a turn by now, and what it has spent, both or neither.

        What was stored already counts once: where a confirmation is lost, the same is stored again.

        Returns:
            False, with nothing stored, if it is not this owner's, has ended otherwise, or was deleted.
        """

    async def release(self, key: str, owner: str) -> None:
        """Give up a turn that has no state yet, so that anybody may begin it again."""

    async def effects(self, session: str) -> list[str]:
        """Return the runs of actions with effects in a session."""

    async def note_effect(self, session: str, run: str, data: str) -> None:
        """Keep a run of an action with effects, before all that is stored later."""

    async def keep_version(self, version: str, data: str) -> None:
        """Keep a version of the flow."""

    async def version(self, version: str) -> str | None:
        """Return a version of the flow."""

    async def sessions(self, limit: int) -> list[StoredSession]:
        """Return the last conversations, the newest first."""

    async def named(self, name: str) -> list[StoredSession]:
        """Return the conversation with this key; if there is none, those with this id of the client.

        The newest comes first.
        """

    async def delete_session(self, session: str) -> bool:
        """Delete a conversation with all its turns and what it has spent; false if there was none."""

    async def expire(self, kept_s: float) -> int:
        """Delete the conversations that have not continued for so long; return how many.

        All calls without an id of the client are one conversation, which may go on for ever: its turns are deleted
        one by one when they are as old. The store's own clock says how long: by that of a process that is wrong,
        all of them would be old.
        """

    async def spent(self, scopes: Collection[str]) -> dict[str, Spent]:
        """Return what was spent in each scope."""

    async def spend(self, bill: Bill) -> None:
        """Add to what was spent in each scope."""

    async def tokens(self) -> list[StoredToken]:
        """Return the access tokens, also those that were revoked."""

    async def put_token(self, token: StoredToken) -> None:
        """Add an access token, or change one."""
