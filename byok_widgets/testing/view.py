"""What tables and files need of a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from byok_widgets.compare.results.comparison_view import ComparisonView
from byok_widgets.testing.baseline import Baseline
from byok_widgets.testing.outcomes import CaseOutcome, Outcome


class RunView(ComparisonView, Protocol):
    """A test, running or not; see `run.TestRun`."""

    baseline_file: Baseline | None

    @property
    def runs(self) -> int:
        """How often each case is run."""

    @property
    def outcomes(self) -> tuple[CaseOutcome, ...]:
        """The outcome of each case."""

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many cases came out so."""

    @property
    def parts(self) -> Mapping[str, str]:
        """A hash of each part of the flow."""

    def pass_k_now(self, k: int) -> float | None:
        """Return pass^k with what there is now."""
