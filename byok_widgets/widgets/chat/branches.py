"""`Branches`: the sessions of one chat. Going back, editing and regenerating each start another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byok_widgets.errors import FlowError

if TYPE_CHECKING:
    from byok_widgets.session import Session, Turn


@dataclass(frozen=True)
class Alternative:
    """Another answer to a turn.

    Attributes:
        of: Number of the session whose turn it answers.
        turn: Number of that turn.
        session: Number of the session in which it was given.
    """

    of: int
    turn: int
    session: int


class Branches:
    """The first session and those that were forked from it, in the order they were made."""

    def __init__(self, session: Session) -> None:
        self.sessions = [session]
        self.labels = ["First session"]
        self.shown = 0
        self._alternatives: list[Alternative] = []

    @property
    def session(self) -> Session:
        """The session that is shown."""
        return self.sessions[self.shown]

    def labelled(self) -> tuple[tuple[str, Session], ...]:
        """Return all sessions with their labels, the oldest first."""
        return tuple(zip(self.labels, self.sessions, strict=True))

    def show(self, number: int) -> None:
        """Show a session; if it does not exist, the nearest one."""
        self.shown = min(max(number, 0), len(self.sessions) - 1)

    def add(self, session: Session, origin: str = "") -> int:
        """Add a session and return its number."""
        self.sessions.append(session)
        self.labels.append(f"Session {len(self.sessions)}{f' ({origin})' if origin else ''}")
        return len(self.sessions) - 1

    def turn(self, number: int) -> Turn:
        """Return a turn of the shown session.

        Raises:
            FlowError: There is none of this number, or the person said nothing in it.
        """
        for turn in self.session.turns:
            if turn.number == number and turn.text is not None:
                return turn
        raise FlowError(f"You said nothing in turn {number} of this session.", kind="turn", fix="Choose another.")

    def add_alternative(self, turn: int, session: Session, origin: str) -> Alternative:
        """Add a session that has answered a turn of the shown one once more."""
        made = Alternative(self.shown, turn, self.add(session, origin))
        self._alternatives.append(made)
        return made

    def alternatives(self) -> Iterator[Alternative]:
        """Yield the other answers to turns of the shown session."""
        return (each for each in self._alternatives if each.of == self.shown)
