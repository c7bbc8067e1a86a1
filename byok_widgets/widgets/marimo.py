"""Whether the code runs in marimo."""

from __future__ import annotations

import sys


def in_marimo() -> bool:
    """Whether a marimo notebook runs here: it shows one anywidget, such as the chat, but no panel of several."""
    running = getattr(sys.modules.get("marimo"), "running_in_notebook", None)
    return bool(running and running())
