"""Fetches a local model with a progress bar in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from byok_widgets.engine.callbacks import Fetching, OnProgress, Progress
from byok_widgets.files import SHARED_MODELS_VARIABLE
from byok_widgets.providers.local import models

_WIDTH = 30
_MB = 1_000_000


def fetch_with_bar(model: str, into: Path | None = None) -> Path:
    """Print what is fetched and how large it is, fetch it, and return the file; at once if it is already here.

    Args:
        model: A known id.
        into: Folder to keep it in, for many people; by default the person's cache.

    Raises:
        LocalModelError: It is unknown, or cannot be fetched; the message says what to do.
    """
    found = None if into else models.find(model)
    if found is not None:
        print(f"{models.title(model)} is already here.", file=sys.stderr)
        return found
    print(models.announce_download(models.resolve(model), into), file=sys.stderr)
    try:
        path = models.fetch(model, Bar(), into=into)
    finally:
        print(file=sys.stderr)
    if into:
        print(f"Others use it with {SHARED_MODELS_VARIABLE}={path.parent.absolute()}", file=sys.stderr)
    return path


def bar_of_each() -> OnProgress:
    """Return what draws a bar for each model that is fetched, under its name."""
    bars: dict[str, Bar] = {}

    def draw(progress: Progress) -> None:
        if not isinstance(progress, Fetching):
            return
        if progress.what not in bars:
            print(f"Fetching {progress.what}, which is not on this machine.", file=sys.stderr)
            bars[progress.what] = Bar()
        bars[progress.what](progress.done, progress.total)

    return draw


class Bar:
    """Draws progress: one line that is overwritten in a terminal, a line for each tenth elsewhere."""

    def __init__(self) -> None:
        self._in_place = sys.stderr.isatty()
        self._tenth = -1

    def __call__(self, done: int, total: int) -> None:
        """Draw how far it is, in bytes."""
        share = min(1.0, done / total) if total else 0.0
        if not self._in_place and int(share * 10) == self._tenth:
            return
        self._tenth = int(share * 10)
        bar = "█" * int(share * _WIDTH) + "·" * (_WIDTH - int(share * _WIDTH))
        line = f"{bar} {done / _MB:.0f} of {total / _MB:.0f} MB"
        print(
            f"\r{line}" if self._in_place else line,
            end="" if self._in_place else "\n",
            file=sys.stderr,
            flush=True,
        )
