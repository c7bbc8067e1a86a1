"""Callbacks for the output and the progress of running work."""

from __future__ import annotations

from collections.abc import Callable

OnText = Callable[[str], None]
"""Called with each piece of an answer as it arrives."""

OnProgress = Callable[[str, int, int], None]
"""Called with what is being downloaded, the bytes so far, and the total bytes."""
