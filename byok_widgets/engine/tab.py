"""The engine of a browser's tab: there are no threads, so all work runs on the caller's own loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from byok_widgets.engine.home_thread import HOME_THREAD
from byok_widgets.engine.loop import POLL_S, TICK_S, Engine
from byok_widgets.errors import ConfigError

T = TypeVar("T")


class TabEngine(Engine):
    """Runs coroutines on the loop of the page.

    Nothing can block there. A sync call waits by letting the browser suspend the cell (JavaScript Promise
    Integration), and where that is not possible, it is refused.
    """

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the page."""
        return asyncio.get_event_loop()

    @property
    def is_current_thread(self) -> bool:
        """`False`: whoever calls may wait, since waiting does not stop the loop."""
        return False

    @property
    def can_wait(self) -> bool:
        """Whether this browser can suspend the caller."""
        from pyodide.ffi import can_run_sync

        return bool(can_run_sync())

    def refusal(self) -> ConfigError:
        """Return the error of a sync call in a browser that cannot suspend it."""
        return ConfigError(
            "A sync call cannot be made from here: this browser does not let a cell wait.",
            kind="sync_call_on_loop",
            fix="Use the async variant, such as `await node.arun(...)`.",
        )

    def run(self, work: Coroutine[Any, Any, T], *, tick: Callable[[], None] | None = None) -> T:
        """Run `work` while the browser suspends the caller.

        Raises:
            ConfigError: The browser cannot suspend it.
        """
        from pyodide.ffi import run_sync

        if not self.can_wait:
            work.close()
            raise self.refusal()
        task = self.loop.create_task(work)
        try:
            while not task.done():
                run_sync(asyncio.wait({task}, timeout=TICK_S if tick else POLL_S))
                HOME_THREAD.run_pending()
                if tick:
                    tick()
        except BaseException:
            task.cancel()
            raise
        if task.cancelled():  # a caller meets the same as where there are threads
            raise concurrent.futures.CancelledError
        return task.result()
