"""Who sees what a cell shows: a person at a page, or a program that executes the notebook and saves it."""

from __future__ import annotations

import os
import sys
from typing import Any


def is_watched() -> bool:
    """Whether somebody may watch the cell that runs: `jupyter execute`, nbconvert and their like ask for no input.

    A frontend that does not say counts as watched, and so does a terminal.
    """
    kernel = getattr(_shell(), "kernel", None)
    if kernel is None or not hasattr(kernel, "get_parent"):
        return True
    request = kernel.get_parent("shell") or {}
    return (request.get("content") or {}).get("allow_stdin", True) is not False


def shows_widgets() -> bool:
    """Whether a widget that is shown now comes to life: Voila executes like a program, then shows the page."""
    return is_watched() or os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def _shell() -> Any:
    get = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get() if get else None
