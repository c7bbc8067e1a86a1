"""Work that a panel starts and does not wait for. What goes wrong in it is logged, by its kind alone."""

from __future__ import annotations

import concurrent.futures
import logging
from collections.abc import Coroutine
from typing import Any

from byok_widgets.engine import ENGINE

_log = logging.getLogger(__name__)


def start(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` on the engine's loop. It has to tell people of its own faults; the log gets the rest."""
    ENGINE.submit(work).add_done_callback(_report)


def _report(done: concurrent.futures.Future[None]) -> None:
    fault = None if done.cancelled() else done.exception()
    if fault is not None:
        # Not its text and not its frames: either could hold a key.
        _log.error("Background work of the settings panel ended in %s.", type(fault).__name__)
