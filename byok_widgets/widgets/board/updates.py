"""`Updates`: tells pages what has changed on boards, from a thread of its own.

The engine's loop only says that something has changed: the message is worked out and sent here, so that no call
waits for it. All boards together send at most `MOST_PER_S` messages a second.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from byok_widgets.engine import HAS_THREADS
from byok_widgets.engine.home_thread import call_logged

MOST_PER_S = 25
"""Maximum number of messages per second, for all boards together."""
PAUSE_S = 0.1
"""Minimum time between two messages to a board, in seconds."""

Tell = Callable[[], bool]
"""Tells a page what has changed; whether something is still owed to it."""


class Updates:
    """Calls what tells a page, after something has changed; its thread lives while something is owed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owed: dict[Tell, None] = {}
        self._is_working = False

    def ask(self, tell: Tell) -> None:
        """Let `tell` be called soon. However often it is asked for meanwhile, it is called once."""
        with self._lock:
            self._owed[tell] = None
            if self._is_working:
                return
            self._is_working = True
            if not HAS_THREADS:
                asyncio.get_event_loop().call_soon(self._work_here)
            else:
                threading.Thread(target=self._work, name="byok-boards", daemon=True).start()

    def _work(self) -> None:
        while pause_s := self._tell_all():
            time.sleep(pause_s)

    def _work_here(self) -> None:
        """Do the same on the page's loop, where there are no threads."""
        if pause_s := self._tell_all():
            asyncio.get_event_loop().call_later(pause_s, self._work_here)

    def _tell_all(self) -> float:
        """Tell what is owed; returns the pause after it in seconds, 0 where nothing was owed."""
        owed = self._take()
        for tell in owed:
            call_logged(lambda tell=tell: self._told(tell))  # type: ignore[misc]
        return max(PAUSE_S, len(owed) / MOST_PER_S) if owed else 0.0

    def _told(self, tell: Tell) -> None:
        if tell():
            with self._lock:
                self._owed[tell] = None

    def _take(self) -> list[Tell]:
        with self._lock:
            owed, self._owed = list(self._owed), {}
            self._is_working = bool(owed)  # under the lock: the next request starts a new thread
            return owed


UPDATES = Updates()
