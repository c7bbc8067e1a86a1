"""`Optimisation`: the cheapest assignment of models that was shown to be no worse, with the runs that show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from byok_widgets.compare.results.figures import dollars, interval, percent
from byok_widgets.compare.results.recommendation import Recommendation
from byok_widgets.compare.results.variant_row import COLUMNS, figures_of
from byok_widgets.compare.tables import SECOND_LOOK
from byok_widgets.display import markup
from byok_widgets.display.cards import ByName, Card, Cards, Listing
from byok_widgets.secrets import redact
from byok_widgets.usage import CostTotal

if TYPE_CHECKING:
    from byok_widgets.compare.comparison import Comparison
    from byok_widgets.compare.statistics import Difference

_FIGURES = ("score", "cost per 1,000", "time (p50)", "failed")
"""The figures of a variant that are reported of a run."""


@dataclass(frozen=True, repr=False)
class VerifiedStep(Card):
    """An assignment that the whole flow was run with.

    Attributes:
        changes: The models that differ from those in use now, by node.
        difference: Its score against the score now, with interval and verdict.
        passed: Whether it is shown to be no worse by the margin.
    """

    changes: Mapping[str, str]
    difference: Difference
    passed: bool

    @property
    def words(self) -> str:
        """What is changed, in one line."""
        return ", ".join(f"{node}: {model}" for node, model in self.changes.items())

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield what is changed, and what the runs say of it."""
        yield "changed", redact(self.words, words=False)
        yield "difference in points", interval(self.difference)
        yield "cases", str(self.difference.n)
        yield "verdict", str(self.difference.verdict)
        yield "shown safe", "yes" if self.passed else "no"


class VerifiedSteps(Cards[VerifiedStep]):
    """Assignments that the whole flow was run with, in order."""

    __slots__ = ()
    nothing = "The whole flow was run with no other models."
    numbers = frozenset({"cases"})


class FlowRuns(Listing["Comparison"]):
    """Runs of the whole flow, each with one assignment of models."""

    __slots__ = ()
    nothing = "The whole flow was not run."
    numbers = frozenset(_FIGURES)

    def _columns(self) -> Sequence[str]:
        return ("models", "cases", *_FIGURES)

    def _rows(self) -> Iterator[Sequence[str]]:
        for run in self:
            for name, *figures in _figures(run):
                yield (name, str(len(run.cases)), *figures)


class NodeRuns(ByName["Comparison"]):
    """The comparison of each node alone, by its name."""

    __slots__ = ()
    nothing = "No node was compared alone."
    numbers = frozenset(_FIGURES)

    def _columns(self) -> Sequence[str]:
        return ("node", "model", "cases", *_FIGURES)

    def _rows(self) -> Iterator[Sequence[str]]:
        for node, run in self.items():
            for model, *figures in _figures(run):
                yield (node, model, str(len(run.cases)), *figures)


def _figures(run: Comparison) -> Iterator[list[str]]:
    """Yield the name and the figures of each variant."""
    for variant in run.variants:
        figures = dict(zip(COLUMNS, figures_of(run, variant, None), strict=True))
        yield [redact(variant.name, words=False), *(figures[name].words for name in _FIGURES)]


@dataclass(frozen=True, repr=False)
class Optimisation:
    """What `flow.optimise` found.

    Attributes:
        changes: The models to change to, by node; empty where nothing cheaper was shown to be safe.
        baseline: The models that the nodes have now.
        steps: The assignments that the whole flow was run with, in order; the last one may have failed.
        more_cases: About how many more cases would decide the step that failed; `None` where that is not known.
        reason: Why the search ended where it did.
        margin: The loss of score that was accepted.
        unjudged: Nodes that keep their model since no case expects anything of them.
        nodes: The comparison of each node alone, by its name.
        runs: The runs of the whole flow, each with one assignment.
        spent: What the search cost; finished cells of earlier searches are not paid again.
        usd_per_1000: What 1,000 conversations cost with the changes; `None` if that is not known.
        baseline_usd_per_1000: What they cost now.
    """

    changes: Mapping[str, str]
    baseline: Mapping[str, str]
    steps: VerifiedSteps
    more_cases: int | None
    reason: str
    margin: float
    unjudged: tuple[str, ...]
    nodes: NodeRuns
    runs: FlowRuns
    spent: CostTotal
    usd_per_1000: Decimal | None
    baseline_usd_per_1000: Decimal | None

    @property
    def models(self) -> dict[str, str]:
        """The model of each node that was searched, with the changes."""
        return {**self.baseline, **self.changes}

    @property
    def saving(self) -> float | None:
        """The share of the cost now that is saved, from runs of the whole flow; `None` if that is not known."""
        if self.usd_per_1000 is None or not self.baseline_usd_per_1000:
            return None
        return float(1 - self.usd_per_1000 / self.baseline_usd_per_1000)

    def best(self) -> Recommendation:
        """Return the assignment for `flow.apply`; without evidence it changes nothing, and says why."""
        if not self.changes:
            return Recommendation("now", dict(self.baseline), is_baseline=True, reason=self.reason)
        shown = [step for step in self.steps if step.passed][-1]
        reason = (
            f"{shown.difference.verdict} than now in runs of the whole flow: {interval(shown.difference)} points, "
            f"{shown.difference.n} cases, margin {100 * self.margin:g} points"
        )
        return Recommendation(shown.words, dict(self.changes), is_baseline=False, reason=reason)

    @property
    def _headline(self) -> str:
        if not self.changes:
            return "The models stay as they are."
        saved = "" if self.saving is None else f" It saves {percent(self.saving)} of the cost."
        changed = ", ".join(f"{node} can use {model}" for node, model in self.changes.items())
        return f"{changed}.{saved}"

    @property
    def _notes(self) -> list[str]:
        more = f" About {self.more_cases} more cases would decide." if self.more_cases else ""
        money = [f"Now: {dollars(self.baseline_usd_per_1000)} per 1,000 conversations."] if self.nodes else []
        if self.changes:
            money += [f"With the changes: {dollars(self.usd_per_1000)} per 1,000 conversations."]
        kept = [f"Not judged by these cases, so unchanged: {', '.join(self.unjudged)}."] if self.unjudged else []
        kept += [SECOND_LOOK] if any(run.is_second_look for run in self.runs) else []
        search = f"This search {'cost' if self.spent.usd else 'was'} {self.spent}."
        return [f"{self.reason}{more}", *money, search, *kept]

    def _rows(self) -> list[tuple[str, ...]]:
        return [(str(number), *(text for _, text in step.facts())) for number, step in enumerate(self.steps, 1)]

    @property
    def _columns(self) -> tuple[str, ...]:
        return ("step", *(name for name, _ in self.steps[0].facts()))

    def __repr__(self) -> str:
        table = ["  ".join(row) for row in [self._columns, *self._rows()]] if self.steps else []
        return redact("\n".join([self._headline, *table, *self._notes]), words=False)

    def _repr_html_(self) -> str:
        rows, caption = self._rows(), redact(self._headline, words=False)
        shown = markup.table(rows, caption=caption, columns=self._columns) if rows else markup.strong(caption)
        return f"{shown}{''.join(markup.block(markup.facts(redact(note, words=False))) for note in self._notes)}"
