"""`CellOutput`: what a running node writes into its cell, as plain standard output.

Every frontend can show and save plain output: JupyterLab, VS Code, a terminal, nbconvert, GitHub. Its size
depends only on the text. The caller batches pieces to at most 30 per second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from byok_widgets.display.sanitize import sanitize
from byok_widgets.display.shortening import MAX_CHARS, shortened
from byok_widgets.reply import NodeResult
from byok_widgets.session import Turn
from byok_widgets.widgets.progress_words import at_work, silence, waiting, when

PROGRESS_S = 0.5
"""Minimum time between two updates of a progress line, in seconds: a saved notebook keeps each of them."""


class CellOutput:
    """One run of a node on standard output.

    Args:
        out: Where to write.
        shown: Called with the result or turn whose text now stands in the cell.
    """

    def __init__(self, out: TextIO, shown: Callable[[NodeResult | Turn], None]) -> None:
        self._out = out
        self._shown = shown
        self._chars = 0
        self._ends_line = True
        self._held = ""
        self._progress = ""
        self._is_passing = False
        self._progress_at = float("-inf")
        self._fetched: set[str] = set()

    def show_text(self, piece: str) -> None:
        """Write the next piece of an answer, as far as the limit allows."""
        self._end_progress()
        piece, self._held = self._held + piece, ""
        if piece.endswith("\r"):  # it may be the first half of a line break
            piece, self._held = piece[:-1], "\r"
        room = max(0, MAX_CHARS - self._chars)
        self._chars += len(piece)
        self._write(sanitize(piece[:room]))

    def show_progress(self, what: str, done: int, total: int) -> None:
        """Update the line that shows a download's progress."""
        name, mb = sanitize(what), round(total / 1e6)
        finished = total > 0 and done >= total
        line = f"Fetched {name}: {mb} MB." if finished else f"Fetching {name}: {round(done / 1e6)} of {mb} MB"
        now = time.monotonic()
        if (
            line == self._progress
            or line in self._fetched
            or (not finished and now - self._progress_at < PROGRESS_S)
        ):
            return
        self._progress_at = now
        self._rewrite(line, is_passing=False)
        if finished:
            self._fetched.add(line)
            self._end_progress()

    def show_wait(self, kind: str, left_s: int) -> None:
        """Rewrite one line that says why and when a request is sent again; nothing is left of it afterwards."""
        self._rewrite(f"{waiting(kind)} {when(left_s)}", is_passing=True)

    def show_thinking(self, seconds: int, silent_s: int, *, is_thinking: bool, is_over: bool = False) -> None:
        """Rewrite one line that says how long the model has been at work; in the end, how long it thought."""
        if not is_over:
            self._rewrite(f"{at_work(is_thinking=is_thinking)} {seconds} s{silence(silent_s)}", is_passing=True)
            return
        if is_thinking:
            self._rewrite(f"Thought for {seconds} s.", is_passing=False)
        self._end_progress()

    def show_standing(self, line: str) -> None:
        """Rewrite one line that says how far something is; nothing is left of it afterwards."""
        if (shown := sanitize(line)) != self._progress:
            self._rewrite(shown, is_passing=True)

    def close(self, result: object) -> None:
        """End the output, so that what follows starts on a new line."""
        self._end_progress()
        held, self._held = self._held, ""
        if held and self._chars < MAX_CHARS:
            self._write(sanitize(held))
        self._end_line()
        if self._chars > MAX_CHARS:
            self._write(f"{shortened(self._chars)}\n")
        if isinstance(result, (NodeResult, Turn)):
            for notice in result.shown_notices:
                self._write(f"[{sanitize(notice)}]\n")
            if self._chars:
                self._tell_origin(result.badge)
                self._shown(result)

    def _tell_origin(self, badge: str) -> None:
        """Say below a text where it came from; who saves the notebook keeps that, and a screen reader reads it."""
        if badge:
            self._write(f"[{badge}]\n")

    def _rewrite(self, line: str, *, is_passing: bool) -> None:
        if not self._progress:
            self._end_line()
        self._write(f"\r{line.ljust(len(self._progress))}" if self._progress else line)
        self._progress, self._is_passing = line, is_passing

    def _end_progress(self) -> None:
        """End the line, or wipe it if it describes something that is over: a saved notebook would keep it."""
        line, self._progress = self._progress, ""
        if line and self._is_passing:
            self._write(f"\r{' ' * len(line)}\r")
            self._ends_line = True
        elif line:
            self._end_line()

    def _end_line(self) -> None:
        if not self._ends_line:
            self._write("\n")

    def _write(self, text: str) -> None:
        if text:
            self._out.write(text)
            self._out.flush()
            self._ends_line = text.endswith("\n")
