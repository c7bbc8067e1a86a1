"""Passes text and items from the engine's loop to a reader in another thread or loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Generic, TypeVar

from byok_widgets.engine.callbacks import Retraction

T = TypeVar("T")


class TextFeed:
    """Passes text from the loop to the thread that shows it; pending pieces are delivered together."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._is_retracted = False
        self._lock = threading.Lock()

    def put(self, text: str) -> None:
        """Add text; called on the loop."""
        with self._lock:
            if isinstance(text, Retraction):
                self._pieces, self._is_retracted = [], True
            self._pieces.append(text)

    def take(self) -> str:
        """Return all text since the last call."""
        with self._lock:
            pieces, self._pieces = self._pieces, []
        return "".join(pieces)

    def take_retraction(self) -> bool:
        """Return whether the text of earlier calls has been taken back since the last call of this method."""
        with self._lock:
            is_retracted, self._is_retracted = self._is_retracted, False
        return is_retracted


class Channel(Generic[T]):
    """Carries items from the engine's loop to one reader: the loop it is created in."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()

    def emit(self, item: T) -> None:
        """Add an item; called on the engine's loop."""
        with self._lock:
            first = not self._items  # the reader takes all at once, so it is woken once
            self._items.append(item)
        if first:
            self.wake()

    def wake(self) -> None:
        """Wake the reader. Does nothing if its loop is closed, since nobody is reading any more."""
        with contextlib.suppress(RuntimeError):  # checking is_closed() first would be a race
            self._loop.call_soon_threadsafe(self._ready.set)

    async def take(self) -> list[T]:
        """Wait until items are available and return all of them."""
        await self._ready.wait()
        self._ready.clear()
        return self.rest()

    def rest(self) -> list[T]:
        """Return the items available now, without waiting."""
        with self._lock:
            items, self._items = self._items, []
        return items
