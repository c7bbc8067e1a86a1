"""Looks for the cheapest assignment of models to the nodes of a flow that is not worse than the one in use.

Each model runs on each node with what the baseline gives it, the outcomes are combined per case into all
assignments, and runs of the whole flow decide, from the safest candidate to the cheapest. Finished cells are kept
in the store, so the same call continues where an earlier one ended.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from byok_widgets.cases.case import Case
from byok_widgets.cases.reading import read_cases
from byok_widgets.compare.cells.frozen import FrozenFlow, LiveFlow
from byok_widgets.compare.cells.units import groups_of, weights_of
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.comparison import Comparison
from byok_widgets.compare.flow_comparison import played_flow
from byok_widgets.compare.node_comparison import compare_node
from byok_widgets.compare.results import evidence
from byok_widgets.compare.search.optimisation import FlowRuns, NodeRuns, Optimisation, VerifiedStep, VerifiedSteps
from byok_widgets.compare.search.search_space import checked_margin, choices_of, judging_cases, reject_simulated
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.errors import ConfigError
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.usage import CostTotal

if TYPE_CHECKING:
    from byok_widgets.compare.statistics.assignments import Assignment, SafeAssignment

NOW = "now"
"""Name of the variant that changes nothing."""
Table = list[list[float]]


class LimitReachedError(Exception):
    """Raised inside a search where its money or its calls are used up."""


class AssignmentSearch:
    """One search."""

    def __init__(
        self,
        flow: LiveFlow,
        *,
        models: Iterable[str] | Mapping[str, Iterable[str]],
        cases: Any,
        options: CompareOptions,
        metrics: Mapping[str, Any],
    ) -> None:
        """Check what was given; nothing is sent.

        Raises:
            ConfigError: A model, a case, a metric or a limit cannot be used, or the cases judge no node.
        """
        evidence.require_statistics()
        self._flow = FrozenFlow.of(flow.graph, flow.context, opens=flow.opens())
        graph = self._flow.graph
        self._margin = checked_margin(options.margin)
        self._cases = read_cases(cases)
        self._order: Sequence[Case] = self._cases  # of the runs, when there are some: evidence bets in that one
        reject_simulated(self._cases)
        self._metrics = dict(metrics)
        self._choices = choices_of(self._flow, models, self._metrics)
        self._labelled = {name: judging_cases(graph, name, self._cases, self._metrics) for name in self._choices}
        self._nodes = [name for name, labelled in self._labelled.items() if labelled]
        self._unjudged = tuple(name for name in self._choices if name not in self._nodes)
        if not self._nodes:
            raise ConfigError(
                "The cases expect nothing of a node that calls a model, so no model of it could be judged.",
                kind="cases",
                fix='Give the cases values={...} that an extraction reads, or metrics={"ask": function}.',
            )
        self._options = options
        self._limits = Limits().changed(options.budget, options.max_calls)
        self._started: list[Comparison] = []
        self._is_stopped = False
        self._node_comparisons: dict[str, Comparison] = {}
        self._runs: dict[Assignment, Comparison] = {}

    def _limited(self) -> CompareOptions:
        """Return the options with what is left as their limits.

        Raises:
            LimitReachedError: Nothing is left.
        """
        if self._limits.is_used_up:
            raise LimitReachedError
        return replace(self._options, budget=self._limits.usd, max_calls=self._limits.max_calls)

    @property
    def _baseline(self) -> Assignment:
        return (0,) * len(self._nodes)

    def stop(self) -> None:
        """Give up what is under way; finished cells stay."""
        self._is_stopped = True
        for comparison in self._started:
            comparison.stop()

    def run(self) -> Optimisation:
        """Search, and return what was found.

        Raises:
            ByokError: The store or a metric failed.
        """
        from byok_widgets.compare import statistics

        try:
            now = self._flow_run(self._baseline)
            self._order = now.results.cases
            if not self._usd_per_1000(self._baseline):
                return self._unchanged(_nothing_to_save(self._usd_per_1000(self._baseline)))
            for name in self._nodes:
                self._node_comparisons[name] = self._node_run(name)
        except LimitReachedError:
            early = "It was stopped" if self._is_stopped else "The limit was reached"
            return self._unchanged(f"{early} before anything could be shown. The same call continues from here.")
        outcomes, costs = self._outcomes(), self._costs(now)
        chains = statistics.chains_of(outcomes, costs, self._baseline, margin=self._margin)
        found = statistics.cheapest_safe(
            chains,
            self._scores_of,
            is_second_look=lambda assignment: self._runs[assignment].is_second_look,
            baseline=self._baseline,
            baseline_cost=sum(each[0] for each in costs),
            margin=self._margin,
            groups=groups_of(self._order),
            weights=weights_of(self._order),
        )
        if not any(chains):
            more = statistics.cases_to_decide(outcomes, costs, self._baseline, margin=self._margin)
            found = replace(found, more_cases=more)
        return self._result(found)

    async def arun(self) -> Optimisation:
        """Async variant of `run`; cancelling it stops the calls."""
        # no thread can be cancelled; `stop` ends it
        searching = asyncio.ensure_future(asyncio.to_thread(self.run))
        try:
            return await asyncio.shield(searching)
        except asyncio.CancelledError:
            self.stop()
            await searching
            raise

    # Runs

    def _node_run(self, name: str) -> Comparison:
        options = replace(self._limited(), metric=self._metrics.get(name, "all"), margin=None)
        return self._complete(
            compare_node(
                self._flow.graph.node(name),
                self._flow,
                models=self._choices[name],
                cases=self._labelled[name],
                options=replace(options, baseline=self._choices[name][0]),
            )
        )

    def _flow_run(self, assignment: Assignment) -> Comparison:
        """Return the runs of the whole flow with an assignment; they are run once."""
        if assignment not in self._runs:
            now = self._runs.get(self._baseline)
            self._runs[assignment] = self._complete(
                played_flow(
                    self._flow,
                    variants={self._name(assignment): self._changes(assignment)},
                    cases=self._cases,
                    options=replace(self._limited(), baseline=None),
                    against=now.baseline.id if now else "",
                )
            )
        return self._runs[assignment]

    def _complete(self, comparison: Comparison) -> Comparison:
        """Run a comparison to its end.

        Raises:
            LimitReachedError: It ended for want of money or calls, or was stopped.
        """
        self._started.append(comparison)
        comparison.begin(wait=True)
        self._limits = self._limits.without(*comparison.used)
        if self._is_stopped or comparison.stopped_for:
            raise LimitReachedError
        return comparison

    def _scores_of(self, assignment: Assignment) -> Table | None:
        try:
            run = self._flow_run(assignment)
        except LimitReachedError:
            return None
        return _table(run, run.variants[0], self._order)

    # What they show

    def _outcomes(self) -> list[list[Table]]:
        """Return the scores by node and model; a case that expects nothing of a node is right with every model."""
        right = [1.0] * self._options.repeat
        found = []
        for name in self._nodes:
            run, labelled = self._node_comparisons[name], self._labelled[name]
            rows = [
                {case.name: row for case, row in zip(labelled, _table(run, variant, labelled), strict=True)}
                for variant in run.variants
            ]
            found.append([[row.get(case.name, right) for case in self._order] for row in rows])
        return found

    def _costs(self, now: Comparison) -> list[list[float]]:
        """Return the cost of a case by node and model: that of a visit, times the visits that a case has now."""
        counted = [
            (case.weight, cell.output.get("path", ())) for _, case, cell, _ in now.results.items() if cell.counts
        ]
        found = []
        for name in self._nodes:
            visits = sum(weight * path.count(name) for weight, path in counted)
            visits /= sum(weight for weight, _ in counted) or 1
            run = self._node_comparisons[name]
            usd = [run.results.summary(variant).usd_per_1000 for variant in run.variants]
            found.append([math.nan if each is None else visits * float(each) / 1000 for each in usd])
        return found

    def _changes(self, assignment: Assignment) -> dict[str, str]:
        return {
            name: self._choices[name][model]
            for name, model in zip(self._nodes, assignment, strict=True)
            if model != 0
        }

    def _name(self, assignment: Assignment) -> str:
        return ", ".join(f"{name}: {ref}" for name, ref in self._changes(assignment).items()) or NOW

    def _unchanged(self, reason: str) -> Optimisation:
        return self._optimisation({}, (), None, reason)

    def _result(self, found: SafeAssignment) -> Optimisation:
        steps = tuple(
            VerifiedStep(self._changes(step.candidate.assignment), step.difference, step.passed)
            for step in found.steps
        )
        return self._optimisation(
            self._changes(found.assignment), steps, found.more_cases, found.reason, run=found.assignment
        )

    def _optimisation(
        self,
        changes: Mapping[str, str],
        steps: Sequence[VerifiedStep],
        more_cases: int | None,
        reason: str,
        *,
        run: Assignment | None = None,
    ) -> Optimisation:
        return Optimisation(
            changes=changes,
            baseline={name: self._choices[name][0] for name in self._nodes},
            steps=VerifiedSteps(steps),
            more_cases=more_cases,
            reason=reason,
            margin=self._margin,
            unjudged=self._unjudged,
            nodes=NodeRuns(self._node_comparisons),
            runs=FlowRuns(self._runs.values()),
            spent=sum((comparison.spent for comparison in self._started), CostTotal()),
            usd_per_1000=self._usd_per_1000(run),
            baseline_usd_per_1000=self._usd_per_1000(self._baseline),
        )

    def _usd_per_1000(self, assignment: Assignment | None) -> Decimal | None:
        run = self._runs.get(self._baseline if assignment is None else assignment)
        return None if run is None else run.results.summary(run.variants[0]).usd_per_1000


def _table(run: Comparison, variant: Variant, cases: Sequence[Case]) -> Table:
    """Return the scores of a variant in the order of the cases; nan where one is missing."""
    repeats = range(1, run.results.repeat + 1)
    rows = [[run.results.score(variant, case, repeat) for repeat in repeats] for case in cases]
    return [[math.nan if score is None else score for score in row] for row in rows]


def _nothing_to_save(usd: Decimal | None) -> str:
    if usd is None:
        return "The cost of the models in use now is not known, so nothing can be said to be cheaper."
    return "The models in use now are free of charge: there is nothing to save."
