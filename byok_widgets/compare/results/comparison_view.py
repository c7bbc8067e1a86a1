"""What tables, reports and recommendations need of a comparison."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol

from byok_widgets.cases.case import Case, Cases
from byok_widgets.compare.cells.scoring import Metric
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.results.divergence import Divergences
from byok_widgets.compare.results.node_scores import NodeScores
from byok_widgets.compare.results.results import Results
from byok_widgets.compare.results.variant_result import VariantResult
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.spending.prices import CostEstimate
from byok_widgets.compare.tasks.task import Task
from byok_widgets.errors import ByokError
from byok_widgets.usage import CostTotal


class ComparisonView(Protocol):
    """A comparison, running or not; see `comparison.Comparison`."""

    results: Results
    estimate: CostEstimate

    @property
    def started_at(self) -> float:
        """When it was made, in seconds since 1970."""

    @property
    def title(self) -> str:
        """What is compared."""

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The columns."""

    @property
    def cases(self) -> Cases:
        """The rows."""

    @property
    def baseline(self) -> Variant:
        """What the others are compared with."""

    @property
    def margin(self) -> float | None:
        """The accepted loss."""

    @property
    def is_second_look(self) -> bool:
        """Whether cases or repeats were added after a verdict could be seen."""

    @property
    def is_stale(self) -> bool:
        """Whether the same call would say something else now."""

    @property
    def outdated(self) -> list[str]:
        """What was changed since it ended, in words."""

    @property
    def metric(self) -> Metric:
        """How outputs are scored."""

    @property
    def task(self) -> Task:
        """What is compared."""

    @property
    def badge(self) -> str:
        """The word that says where its answers come from."""

    @property
    def running(self) -> bool:
        """Whether it runs."""

    @property
    def stopped_for(self) -> str:
        """Why not everything was run."""

    @property
    def limits(self) -> Limits:
        """What a run may use."""

    @property
    def used(self) -> tuple[Decimal, int]:
        """The money and the calls that the last run used."""

    @property
    def given_up(self) -> int:
        """Number of cells that had begun when it was stopped, and that gave no result."""

    @property
    def spent(self) -> CostTotal:
        """What this run cost."""

    @property
    def cost(self) -> CostTotal:
        """What the cells cost."""

    def verdicts_now(self) -> list[VariantResult]:
        """What is shown now."""

    def verdicts(self) -> list[VariantResult]:
        """What is shown in the end."""

    def problem(self) -> ByokError | None:
        """What ended it early."""

    def differences(self) -> list[str]:
        """How requests differ."""

    def divergences(self) -> Divergences:
        """Where variants of a flow diverge."""

    def node_scores(self) -> NodeScores:
        """How they do at single nodes."""

    def table_html(self) -> str:
        """The table, without pictures, as HTML."""

    def diff(self, case: str | Case) -> Any:
        """What each variant made of a case."""
