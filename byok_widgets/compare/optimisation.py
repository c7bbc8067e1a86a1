"""`Optimisation`: the cheapest assignment of models that was shown to be no worse, with the runs that show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from byok_widgets import markup
from byok_widgets.compare.figures import dollars, interval, percent
from byok_widgets.compare.recommendation import Recommendation
from byok_widgets.secrets import redact
from byok_widgets.usage import CostTotal

if TYPE_CHECKING:
    from byok_widgets.compare.comparison import Comparison
    from byok_widgets.compare.statistics import Difference

_COLUMNS = ("step", "changed", "difference in points", "cases", "verdict", "shown safe")


@dataclass(frozen=True)
class VerifiedStep:
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
    steps: tuple[VerifiedStep, ...]
    more_cases: int | None
    reason: str
    margin: float
    unjudged: tuple[str, ...]
    nodes: Mapping[str, Comparison]
    runs: tuple[Comparison, ...]
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
        search = f"This search {'cost' if self.spent.usd else 'was'} {self.spent}."
        return [f"{self.reason}{more}", *money, search, *kept]

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                str(number),
                step.words,
                interval(step.difference),
                str(step.difference.n),
                str(step.difference.verdict),
                "yes" if step.passed else "no",
            )
            for number, step in enumerate(self.steps, 1)
        ]

    def __repr__(self) -> str:
        table = ["  ".join(row) for row in [_COLUMNS, *self._rows()]] if self.steps else []
        return redact("\n".join([self._headline, *table, *self._notes]), words=False)

    def _repr_html_(self) -> str:
        rows = [[redact(cell, words=False) for cell in row] for row in self._rows()]
        caption = redact(self._headline, words=False)
        shown = markup.table(rows, caption=caption, columns=_COLUMNS) if rows else markup.strong(caption)
        return f"{shown}{''.join(markup.block(markup.facts(redact(note, words=False))) for note in self._notes)}"
