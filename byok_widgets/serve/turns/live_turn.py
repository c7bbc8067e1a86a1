"""`LiveTurn`: a turn while it is answered; everybody who asked for it follows the same one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from byok_widgets.usage import Usage


@dataclass(frozen=True)
class Answer:
    """What was said in a turn.

    Attributes:
        text: The words.
        finish: Why they ended, in the words of the protocol.
        ends_call: Whether the flow has come to its end with them.
        usage: The tokens of all calls of the turn.
        fallback: The kind of the error in whose place a sentence was said; empty where all went well.
    """

    text: str = ""
    finish: str = "stop"
    ends_call: bool = False
    usage: Usage = field(default_factory=Usage)
    fallback: str = ""


class LiveTurn:
    """A turn that is being answered, for any number of followers on one event loop.

    Attributes:
        answer: The answer; `None` until the turn has ended.
        followers: How many follow it.
        owner: Under which name this process answers it.
        placed: Set when the flow's position after it is stored, and when it has ended.
    """

    def __init__(self, key: str = "") -> None:
        self.key, self.owner = key, ""
        self.answer: Answer | None = None
        self.followers = 0
        self._said = ""
        self._held_from: int | None = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self.placed = asyncio.Event()

    @classmethod
    def ended(cls, key: str, answer: Answer) -> LiveTurn:
        """Return a turn that was answered before."""
        live = cls(key)
        live.end(answer)
        return live

    @property
    def said(self) -> str:
        """What may be heard so far."""
        return self._said[: self._held_from]

    @property
    def text(self) -> str:
        """All that has come so far."""
        return self._said

    def add(self, piece: str) -> None:
        """Take a piece of the reply; it is held back until the flow's position is saved."""
        self._said += piece
        if self._held_from is None:  # else there is nothing more to hear
            self.stir()

    def retract(self) -> None:
        """Take back what has come so far, as far as nobody has heard it."""
        if self._held_from is not None:
            self._said = self._said[: self._held_from]

    def speak(self) -> None:
        """Let followers hear it: the position is saved."""
        self._held_from = None
        self.placed.set()
        self.stir()

    def hold(self) -> None:
        """Hold back what comes from here on, until `speak` is called again: the flow may still move."""
        self._held_from = len(self._said)

    def end(self, answer: Answer) -> None:
        """Take the answer."""
        self._said, self._held_from, self.answer = answer.text, None, answer
        self.placed.set()
        self.stir()

    async def news(self) -> None:
        """Wait until there is more to hear, the turn has ended or `stir` is called."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)

    def stir(self) -> None:
        """Let all who wait for news look what there is."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def whole(self) -> Answer:
        """Wait for the answer."""
        self.followers += 1
        try:
            while self.answer is None:
                await self.news()
        finally:
            self.followers -= 1
        return self.answer
