"""Work that a panel starts and does not wait for. Of its errors, only the type is logged."""

from __future__ import annotations

import concurrent.futures
import logging
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from byok_widgets.engine import ENGINE, DaemonExecutor
from byok_widgets.keys import KEY_WORK

P = ParamSpec("P")

PANEL_WORK = DaemonExecutor("byok-panel", 4)
"""For reading files and checking flows: whatever would hold up the loop or a click."""

_log = logging.getLogger(__name__)


def start(work: Coroutine[Any, Any, object]) -> None:
    """Run `work` on the engine's loop. It reports its own errors to people; the log gets the rest."""
    ENGINE.submit(work).add_done_callback(_report)


def start_key_work(function: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call a function that may wait for a keyring or a disk, in a thread for such work; otherwise like `start`."""
    KEY_WORK.submit(function, *args, **kwargs).add_done_callback(_report)


def _report(done: concurrent.futures.Future[Any]) -> None:
    error = None if done.cancelled() else done.exception()
    if error is not None:
        # Neither its text nor its frames: either could hold a key.
        _log.error("Background work of the settings panel ended in %s.", type(error).__name__)
