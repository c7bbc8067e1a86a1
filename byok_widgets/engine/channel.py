"""Text and items on their way from the engine's loop to a reader in another thread or loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class TextFeed:
    """Text on its way from the loop to whoever shows it; pieces that are waiting are handed over together."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._lock = threading.Lock()

    def put(self, text: str) -> None:
        """Add text; called on the loop."""
        with self._lock:
            self._pieces.append(text)

    def take(self) -> str:
        """Return all text since the last call."""
        with self._lock:
            pieces, self._pieces = self._pieces, []
        return "".join(pieces)


class Channel(Generic[T]):
    """Carries items from the engine's loop to one reader: the loop it is made in."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()

    def emit(self, item: T) -> None:
        """Add an item; called on the engine's loop."""
        with self._lock:
            first = not self._items
            self._items.append(item)
        if first:
            self.wake()

    def wake(self) -> None:
        """Let the reader look again. Does nothing when its loop is closed: nobody reads any more."""
        with contextlib.suppress(RuntimeError):  # a look at is_closed() first could be out of date at the call
            self._loop.call_soon_threadsafe(self._ready.set)

    async def take(self) -> list[T]:
        """Wait until there is something, and return all of it."""
        await self._ready.wait()
        self._ready.clear()
        return self.rest()

    def rest(self) -> list[T]:
        """Return what is there now, without waiting."""
        with self._lock:
            items, self._items = self._items, []
        return items
