"""`Setup`: how a comparison is run."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from byok_widgets.compare.cases import Cases
from byok_widgets.compare.judging import Judge
from byok_widgets.compare.scoring import Metric
from byok_widgets.compare.task import Task
from byok_widgets.compare.variant import Variant


@dataclass(frozen=True)
class Setup:
    """How a comparison is run.

    Attributes:
        id: What identifies it: the same call gives the same.
        flow: Name of the flow.
        task: What is compared.
        cases: The cases.
        metric: How outputs are scored.
        judge: What answers the questions of cases; `None` where they have none.
        baseline: The variant that the others are compared with.
        margin: The loss that was declared acceptable beforehand; `None` if none was.
        budget_usd: Most money; `None` for no limit.
        max_calls: Most calls of nodes; `None` for no limit.
    """

    id: str
    flow: str
    task: Task
    cases: Cases
    metric: Metric
    baseline: Variant
    margin: float | None = None
    budget_usd: Decimal | None = None
    max_calls: int | None = None
    judge: Judge | None = None
