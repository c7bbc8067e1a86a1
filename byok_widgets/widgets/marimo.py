"""Detects marimo."""

from __future__ import annotations

import sys


def in_marimo() -> bool:
    """Whether this is a marimo notebook, which shows single anywidgets, such as the chat, but not the panel."""
    running = getattr(sys.modules.get("marimo"), "running_in_notebook", None)
    return bool(running and running())
