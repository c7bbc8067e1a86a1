"""The sync entry point: run work on the engine, and show its text and progress in the cell as they arrive."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.loop import ENGINE, TextFeed
from byok_widgets.errors import RunInterrupted
from byok_widgets.frontend import OutputSink, frontend

R = TypeVar("R")
Work = Callable[[OnText, OnProgress], Coroutine[Any, Any, R]]


def run_with_output(
    work: Work[R],
    *,
    show: bool | None,
    show_text: bool = True,
    partial_result: Callable[[str], R | None] | None = None,
) -> R:
    """Run `work` and wait for it; in a notebook cell, show what it writes.

    Args:
        work: Takes whom to tell of text and of progress.
        show: Whether to show anything; `None` means where there is a cell.
        show_text: Whether text is shown, or progress alone.
        partial_result: Makes a result of the text that had come when the person stopped it.

    Raises:
        Stopped: A keyboard interrupt in a cell. In a program it stays a plain one: the shell knows it by its exit
            code.
    """
    screen = frontend().output_sink()
    if screen is None:
        return ENGINE.run(work(ignore, ignore))
    monitor = _Monitor(screen if show is not False else None)
    try:
        result = ENGINE.run(
            work(monitor.feed.put if show_text else ignore, monitor.on_progress), tick=monitor.tick
        )
    except KeyboardInterrupt:
        monitor.close()
    except BaseException:
        monitor.close()
        raise
    else:
        monitor.close(result)
        return result
    raise RunInterrupted(
        partial_result(monitor.text) if partial_result and monitor.text else None, seen=monitor.has_shown_text
    )


def ignore(*_: object) -> None:
    """Nobody is watching."""


class _Monitor:
    """Brings text and progress from the engine's thread to the screen of the thread that waits."""

    def __init__(self, screen: OutputSink | None) -> None:
        self.feed = TextFeed()
        self.text = ""
        self._screen = screen
        self._progress: tuple[str, int, int] | None = None

    @property
    def has_shown_text(self) -> bool:
        return self._screen is not None and bool(self.text)

    def on_progress(self, what: str, done: int, total: int) -> None:
        self._progress = (what, done, total)

    def tick(self) -> None:
        progress, self._progress = self._progress, None
        text = self.feed.take()
        self.text += text
        if self._screen and progress:
            self._screen.show_progress(*progress)
        if self._screen and text:
            self._screen.show_text(text)

    def close(self, result: object = None) -> None:
        self.tick()
        if self._screen:
            self._screen.close(result)
