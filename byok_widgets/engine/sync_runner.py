"""The sync entry point: run work on the engine, and show its text and progress in the cell as they arrive."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from byok_widgets.engine.callbacks import Fetching, OnProgress, OnText, Progress, Thinker, Thinking, Waiting
from byok_widgets.engine.channel import TextFeed
from byok_widgets.engine.countdown import Countdown
from byok_widgets.engine.current import ENGINE
from byok_widgets.engine.in_place import IN_PLACE
from byok_widgets.engine.thinking_time import Moment, ThinkingTime
from byok_widgets.errors import RunInterrupted
from byok_widgets.frontend import OutputSink, frontend

_RETRACTED = "\n[The text above is the model's reasoning, not its answer.]\n\n"

R = TypeVar("R")
Work = Callable[[OnText, OnProgress], Coroutine[Any, Any, R]]


def run_with_output(
    work: Work[R],
    *,
    show: bool | None,
    show_text: bool = True,
    in_place: bool = False,
    partial_result: Callable[[str, str], R | None] | None = None,
) -> R:
    """Run `work` and wait for it; in a notebook cell, show its output.

    Args:
        work: Called with the callbacks for text and progress; returns the coroutine to run.
        show: Whether to show anything; `None` shows it if there is a cell.
        show_text: Whether to show text, or only progress.
        in_place: Whether it needs no network, so that it can run in this thread where there is nothing to show.
        partial_result: Builds a result from the text and the reasoning received before an interrupt.

    Raises:
        RunInterrupted: A keyboard interrupt in a cell. In a program it stays a `KeyboardInterrupt`, so that the
            shell sees the usual exit code.
    """
    sink = frontend().output_sink()
    if sink is None:
        return (IN_PLACE if in_place else ENGINE).run(work(ignore, ignore))
    monitor = _Monitor(sink if show is not False else None)
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
    # Outside of `except`: the cell shows no traceback of the interrupt before this one.
    raise RunInterrupted(monitor.partial(partial_result), seen=monitor.has_shown_text)


def ignore(*_: object) -> None:
    """Ignore what is reported."""


class _Monitor:
    """Passes text and progress from the engine's thread to the output of the waiting thread."""

    def __init__(self, sink: OutputSink | None) -> None:
        self.feed = TextFeed()
        self.text = ""
        self._sink = sink
        self._progress: Fetching | Waiting | None = None
        self._countdown: Countdown | None = None
        self._sign: Thinking | None = None
        self._thinking = ThinkingTime()
        self._thinker: Thinker | None = None

    @property
    def has_shown_text(self) -> bool:
        return self._sink is not None and bool(self.text)

    def partial(self, build: Callable[[str, str], R | None] | None) -> R | None:
        reasoning = self._thinker.reasoning if self._thinker else ""
        return build(self.text, reasoning) if build and (self.text or reasoning) else None

    def on_progress(self, progress: Progress) -> None:
        if isinstance(progress, Thinking):
            self._sign, self._thinker = progress, progress.thinker
        else:
            self._progress = progress

    def tick(self) -> None:
        progress, self._progress = self._progress, None
        if self.feed.take_retraction() and self.text:
            self.text = ""
            if self._sink:
                self._sink.show_text(_RETRACTED)
        text = self.feed.take()
        self.text += text
        if self._sink:
            self._show(self._sink, progress, text)

    def _show(self, sink: OutputSink, progress: Fetching | Waiting | None, text: str) -> None:
        if isinstance(progress, Fetching):
            sink.show_progress(progress.what, progress.done, progress.total)
        elif isinstance(progress, Waiting):
            self._end_thinking(sink)
            self._countdown = Countdown(progress)
        self._show_thinking(sink, has_text=bool(text or self.text))
        if text:
            self._countdown = None
            sink.show_text(text)
        if self._countdown and (left_s := self._countdown.news()) is not None:
            sink.show_wait(self._countdown.kind, left_s)

    def _show_thinking(self, sink: OutputSink, *, has_text: bool) -> None:
        sign, self._sign = self._sign, None
        if has_text:
            self._end_thinking(sink)
            return
        if sign:
            self._countdown = None
            self._tell_end(sink, self._thinking.note(sign))
        if moment := self._thinking.news():
            sink.show_thinking(moment.seconds, moment.silent_s, is_thinking=moment.is_thinking)

    def _end_thinking(self, sink: OutputSink) -> None:
        self._tell_end(sink, self._thinking.end())

    @staticmethod
    def _tell_end(sink: OutputSink, moment: Moment | None) -> None:
        if moment:
            sink.show_thinking(moment.seconds, 0, is_thinking=moment.is_thinking, is_over=True)

    def close(self, result: object = None) -> None:
        self.tick()
        if self._sink:
            self._end_thinking(self._sink)
            self._sink.close(result)
