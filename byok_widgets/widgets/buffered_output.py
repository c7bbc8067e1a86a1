"""`BufferedOutput`: what a running node writes where nobody watches the cell, such as under `jupyter execute`.

Whoever executes a notebook without a page keeps each write as an output of its own: a streamed answer would stand
there with one word to a line. So all of it is one display, when the run has ended, and never an update.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable

from byok_widgets.reply import NodeResult
from byok_widgets.session import Turn
from byok_widgets.widgets.cell_output import CellOutput


class BufferedOutput:
    """One run of a node, displayed at its end.

    Args:
        publish: Displays a bundle of forms by their MIME types.
        shown: Called with the result or turn whose text now stands in the cell.
    """

    def __init__(
        self, publish: Callable[[dict[str, str]], None], shown: Callable[[NodeResult | Turn], None]
    ) -> None:
        self._publish, self._text = publish, io.StringIO()
        self._cell = CellOutput(self._text, shown)

    def show_text(self, piece: str) -> None:
        """Take the next piece of an answer."""
        self._cell.show_text(piece)

    def show_progress(self, what: str, done: int, total: int) -> None:
        """Note a completed download."""
        if total > 0 and done >= total:
            self._cell.show_progress(what, done, total)

    def show_wait(self, kind: str, left_s: int) -> None:
        """Show nothing: the wait is over by the time the cell is displayed."""

    def show_thinking(self, seconds: int, silent_s: int, *, is_thinking: bool, is_over: bool = False) -> None:
        """Show nothing: the thinking is over by the time the cell is displayed."""

    def show_standing(self, line: str) -> None:
        """Show nothing: the progress is outdated by the time the cell is displayed."""

    def close(self, result: object) -> None:
        """Display everything, if there is anything."""
        self._cell.close(result)
        text = self._text.getvalue().rstrip("\n")
        if text:
            self._publish({"text/plain": text, "text/html": _paragraph(text)})


def _paragraph(text: str) -> str:
    """Return inert HTML with its line breaks. Dollars in a tag of their own are not typeset as mathematics."""
    words = html.escape(text).replace("$", "<span>$</span>")
    return f'<div dir="auto" style="white-space: pre-wrap">{words}</div>'
