"""`GatheredOutput`: what a running node writes where nobody watches the cell, such as under `jupyter execute`.

Whoever executes a notebook without a page keeps each write as an output of its own: a streamed answer would stand
there with one word to a line. So all of it is written at once, when the run has ended.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TextIO

from byok_widgets.messages import Reply
from byok_widgets.session import Turn
from byok_widgets.widgets.cell_output import CellOutput


class GatheredOutput:
    """One run of a node, written to standard output at its end.

    Args:
        out: Where to write.
        shown: Told of the reply or turn whose text now stands in the cell.
    """

    def __init__(self, out: TextIO, shown: Callable[[Reply | Turn], None]) -> None:
        self._out, self._text = out, io.StringIO()
        self._cell = CellOutput(self._text, shown)

    def show_text(self, piece: str) -> None:
        """Take the next piece of an answer."""
        self._cell.show_text(piece)

    def show_progress(self, what: str, done: int, total: int) -> None:
        """Take note of a download that is complete."""
        if total > 0 and done >= total:
            self._cell.show_progress(what, done, total)

    def show_wait(self, kind: str, left_s: int) -> None:
        """Say nothing: a wait that is over is no news to whoever reads the cell later."""

    def close(self, result: object) -> None:
        """Write everything. It is not flushed: what else the cell writes at this time joins it."""
        self._cell.close(result)
        self._out.write(self._text.getvalue())
