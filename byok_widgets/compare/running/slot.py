"""`Slot`: one cell's place among those under way; it is given back while the cell waits to be sent again."""

from __future__ import annotations

from collections.abc import Callable

from byok_widgets.engine.callbacks import Progress, Waiting


class Slot:
    """One cell's place.

    Args:
        change_waiting: Called with 1 when the cell begins to wait, and with -1 when that ends.
    """

    def __init__(self, change_waiting: Callable[[int], None]) -> None:
        self._change_waiting, self._waits = change_waiting, False

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if self._waits:
            self._change_waiting(-1)

    def on_progress(self, progress: Progress) -> None:
        """Take note of whether the cell waits."""
        waits = isinstance(progress, Waiting)
        if waits != self._waits:
            self._waits = waits
            self._change_waiting(1 if waits else -1)
