"""The sync door for work that a cell watches: run it on the engine, and show text and progress as they come.

Floor 1: knows the engine, the providers' callbacks and the door to the frontend; knows no node, session or widget.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from byok_widgets.engine import ENGINE, TextFeed
from byok_widgets.frontend import Screen, frontend
from byok_widgets.providers.base import OnProgress, OnText

R = TypeVar("R")
Work = Callable[[OnText, OnProgress], Coroutine[Any, Any, R]]


def run_shown(work: Work[R], *, show: bool | None, show_text: bool = True) -> R:
    """Run `work` and wait for it; in a notebook cell, show what it writes.

    Args:
        work: Takes whom to tell of text and of progress.
        show: Whether to show anything; `None` means where there is a cell.
        show_text: Whether text is shown, or progress alone.
    """
    screen = frontend().screen() if show is not False else None
    if screen is None:
        return ENGINE.run(work(unseen, unseen))
    monitor = _Monitor(screen)
    try:
        result = ENGINE.run(
            work(monitor.feed.put if show_text else unseen, monitor.on_progress), tick=monitor.tick
        )
    except BaseException:
        monitor.tick()
        screen.close(None)
        raise
    screen.close(result)
    return result


def unseen(*_: object) -> None:
    """Nobody is watching."""


class _Monitor:
    """Brings text and progress from the engine's thread to the screen of the thread that waits."""

    def __init__(self, screen: Screen) -> None:
        self.feed = TextFeed()
        self._screen = screen
        self._progress: tuple[str, int, int] | None = None

    def on_progress(self, what: str, done: int, total: int) -> None:
        self._progress = (what, done, total)

    def tick(self) -> None:
        progress, self._progress = self._progress, None
        if progress:
            self._screen.show_progress(*progress)
        text = self.feed.take()
        if text:
            self._screen.show_text(text)
