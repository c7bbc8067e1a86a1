"""`Progress`: the line in a cell that waits for a comparison."""

from __future__ import annotations

from byok_widgets.compare.results.comparison_view import ComparisonView
from byok_widgets.engine import clock
from byok_widgets.frontend import OutputSink
from byok_widgets.secrets import redact

PAUSE_S = 0.5
"""Least time between two states of the line, in seconds: adding up what thousands of cells cost takes its time."""


class Progress:
    """Shows the progress and the cost of a comparison."""

    def __init__(self, comparison: ComparisonView, sink: OutputSink) -> None:
        self._comparison, self._sink = comparison, sink
        self._next_at = 0.0

    def tick(self) -> None:
        """Show it, unless it was shown just now."""
        now = clock()
        if now >= self._next_at:
            self._next_at = now + PAUSE_S
            self._sink.show_standing(redact(self._line, words=False))

    @property
    def _line(self) -> str:
        results = self._comparison.results
        cost = f" · cost {self._comparison.cost}" if len(results) else ""
        return f"Comparing: {len(results)} of {results.total} cells{cost}"
