"""`Store`: where served conversations are kept. Several processes may use one; no turn is answered by two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

LEASE_S = 3.0
"""A process that has not been heard of for so long, in seconds, counts as gone: another takes over its turns."""


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


@dataclass(frozen=True)
class Claim:
    """What became of the wish to answer a turn.

    Attributes:
        kind: `"owned"`: this process answers it. `"busy"`: another one does. `"ended"`: it was answered.
        turn: The turn.
        taken_over: Whether a process had begun it that is gone.
        journal: What that process had finished, by place.
    """

    kind: Literal["owned", "busy", "ended"]
    turn: StoredTurn
    taken_over: bool = False
    journal: Mapping[str, str] = field(default_factory=dict)


class Store(Protocol):
    """Keeps turns, and who answers them."""

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
        """Return the turns of a session after which the caller had said these words; else those with this tail."""

    async def turn(self, key: str) -> StoredTurn | None:
        """Return a turn."""

    async def claim(self, turn: StoredTurn) -> Claim:
        """Begin to answer a turn, unless it is answered, or another living process does it."""

    async def note(self, key: str, place: str, data: str) -> None:
        """Keep what a step of a turn gave, for the process that may take it over."""

    async def put(self, turn: StoredTurn) -> bool:
        """Store what is known of a turn by now; false if it is not this process's any more, or was deleted."""

    async def release(self, key: str) -> None:
        """Give up a turn that has no state yet, so that anybody may begin it again."""
