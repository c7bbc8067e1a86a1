"""`HOME_THREAD`: runs calls for other threads in the kernel's main thread, such as refreshing a panel.

ipywidgets are not thread-safe, and the thread that sends a widget's messages decides where its events are handled.
So the results of background threads are shown by the thread that runs the cells.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class HomeThread:
    """The kernel's main thread, once known. Repeated requests for the same pending call are merged into one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: list[Callable[[], None]] = []

    def adopt(self) -> None:
        """Remember the running loop if this is the main thread and it has one, as in a kernel."""
        if not _is_main_thread():
            return
        with contextlib.suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()

    def call(self, function: Callable[[], None]) -> None:
        """Call `function` in the main thread: at once if this is the main thread, else as soon as it is free.

        If the main thread runs no loop, as in a terminal, `function` is called in this thread.
        """
        if _is_main_thread() or not self._wake_for(function):
            function()

    def run_pending(self) -> None:
        """Run the pending calls if this is the main thread. Failures are logged."""
        if not _is_main_thread():
            return
        with self._lock:
            pending, self._pending = self._pending, []
        for function in pending:
            call_logged(function)

    def _wake_for(self, function: Callable[[], None]) -> bool:
        with self._lock:
            if self._loop is None:
                return False
            if function in self._pending:
                return True
            self._pending.append(function)  # before the wake-up, which may run at once
            try:
                self._loop.call_soon_threadsafe(self.run_pending)
            except RuntimeError:  # the loop is closed
                self._loop, self._pending = None, []
                return False
            return True


def call_logged(function: Callable[[], None]) -> None:
    """Call a function that nobody waits for. An exception is logged by type only: its text may contain a key."""
    try:
        function()
    except Exception as error:  # noqa: BLE001 - it may be a user's function
        _log.error("A function that observes a flow's changes raised %s.", type(error).__name__)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


HOME_THREAD = HomeThread()
