"""Interrupts at a chosen moment: while an answer is being sent, or at a line where Ctrl-C rarely falls."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, FunctionType
from typing import Any

from tests.scripted_server import Say

LONG = Say("word " * 400, pause_s=0.02)


def stopping(stop: Callable[[], object], say: Say = LONG) -> Callable[[dict[str, Any]], Say]:
    """A long answer, with Stop pressed after a part of it has been sent."""

    def answer(_: dict[str, Any]) -> Say:
        threading.Timer(1.0, stop).start()
        return say

    return answer


@contextmanager
def interrupted_at_line(number: int, *functions: FunctionType) -> Iterator[None]:
    """Raise `KeyboardInterrupt` before the line with this number, counted over all lines run of `functions`."""
    left, codes = number, {function.__code__ for function in functions}

    def on_line(_: FrameType, event: str, __: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return on_line

    def on_call(frame: FrameType, _: str, __: Any) -> Any:
        return on_line if frame.f_code in codes else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield
    finally:
        sys.settrace(before)
