"""`Setup`: how a comparison is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from byok_widgets.cases.case import Cases
from byok_widgets.compare.cells.scoring import Metric
from byok_widgets.compare.cells.shard import WHOLE, Shard
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.executors.base import LOCAL, CellExecutor
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.tasks.judging import Judge
from byok_widgets.compare.tasks.task import Task
from byok_widgets.errors import ConfigError
from byok_widgets.hashing import hashed
from byok_widgets.nodes.flow_context import FlowContext


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
        against: Id of a variant that was run before, apart from these, and that they are compared with; or empty.
        is_second_look: Whether cases or repeats were added after a verdict could be seen.
        limits: What it may take.
        shard: Which part of it is run here.
        executor: Where its cells run.
        batch: Whether calls go by the providers' batches, where they have them.
        variants_now: Returns the variants that the same call would have now; `None` where nothing can change.
        judge_now: Returns the judge that the same call would have now; `None` where nothing can change.
        context: What the nodes of the flow share, keys included; `None` where no batch is submitted.
        remarks: What is noted with it in the store.
        badge: The word that says where its answers come from: `LIVE`, `LOCAL`, `REPLAY`.
    """

    id: str
    flow: str
    task: Task
    cases: Cases
    metric: Metric
    baseline: Variant
    margin: float | None = None
    against: str = ""
    is_second_look: bool = False
    limits: Limits = field(default_factory=Limits)
    judge: Judge | None = None
    shard: Shard = WHOLE
    executor: CellExecutor = LOCAL
    batch: bool = False
    variants_now: Callable[[], Sequence[Variant]] | None = None
    judge_now: Callable[[], Judge] | None = None
    context: FlowContext | None = None
    remarks: Mapping[str, Any] = field(default_factory=dict)
    badge: str = ""

    @property
    def refs(self) -> list[str]:
        """The models that are called: those of the variants, and those that are asked besides them."""
        judging = [self.judge.ref] if self.judge else []
        called = [ref for variant in self.task.variants for ref in variant.models.values()]
        return list(dict.fromkeys([*called, *self.task.beside(self.cases), *judging]))

    def changed(self) -> list[str]:
        """Return the names of the variants that the same call would run otherwise now.

        Raises:
            ConfigError: They could not be made any more.
        """
        if self.variants_now is None:
            return []
        now = {variant.name: variant.id for variant in self.variants_now()}
        return [variant.name for variant in self.task.variants if now.get(variant.name) != variant.id]

    @cached_property
    def scoring(self) -> dict[str, str]:
        """A hash of each thing that decides about scores, by its name in words."""
        return {
            "the metric": self.metric.version,
            "the judge": self.judge.id if self.judge else "",
            "what cases expect": hashed([[case.name, case.expected_data] for case in self.cases]),
        }

    def outdated(self, metric: Metric, noted: Mapping[str, str]) -> list[str]:
        """Return what the same call would do otherwise now, in words; nothing where all is as it was.

        Args:
            metric: How outputs are scored, which may be another one than at first.
            noted: The `scoring` of the latest call that was the same but for that.

        Raises:
            ConfigError: Its variants, or its judge, could not be made any more.
        """
        own = self.scoring
        found = {name for name in own if noted.get(name, own[name]) != own[name]}
        found |= {"the metric"} if metric.is_changed else set()
        if self.judge is not None and self.judge_now is not None and self.judge_now().id != self.judge.id:
            found.add("the judge")
        return [*(["the flow"] if self.changed() else []), *(name for name in own if name in found)]

    def require_unchanged(self, metric: Metric, noted: Mapping[str, str]) -> None:
        """Make sure that the flow, and what scores it, are still as they were when the comparison was made.

        Args:
            metric: As of `outdated`.
            noted: As of `outdated`.

        Raises:
            ConfigError: Kind `flow_changed`: cells that are run now would be those of another flow, or would be
                scored otherwise than those that there are.
        """
        if changed := self.changed():
            raise ConfigError(
                f"The flow was changed since this comparison was made, and with it {', '.join(changed)}.",
                kind="flow_changed",
                fix="Call compare again: it takes the flow as it is now, and pays only for what is new.",
            )
        if outdated := self.outdated(metric, noted):
            raise ConfigError(
                f"What scores this comparison was changed since it was made: {', '.join(outdated)}.",
                kind="flow_changed",
                fix="Call compare again: it scores all that there is as it is now, and pays only for what is new.",
            )

    def limited(self, budget: float | Decimal | None, max_calls: int | None) -> Setup:
        """Return it with other limits, of which a shard takes its part; `None` leaves one as it is.

        Raises:
            ConfigError: A limit is no number above 0; a model has no price, or what it may cost no bound.
        """
        given = self.shard.limits(Limits().changed(budget, max_calls))
        wanted = self.limits.changed(given.usd, given.max_calls)
        found = wanted.priced(self.refs, self.task.prices)
        if found.usd is not None:
            self.task.require_bound(self.cases)
        return replace(self, limits=found)
