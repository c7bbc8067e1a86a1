"""Scores of nodes in whole conversations, on the cases that both a variant and the baseline bring there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from byok_widgets.cases.case import Case
from byok_widgets.cases.checks import same_value
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.units import groups_of, weights_of
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.results.evidence import require_statistics, validities, why_withheld
from byok_widgets.compare.results.figures import interval, percent, points
from byok_widgets.compare.results.results import Results
from byok_widgets.compare.results.variant_result import WITHHELD
from byok_widgets.display import markup
from byok_widgets.secrets import redact

if TYPE_CHECKING:
    from byok_widgets.compare.statistics import CommonCases, Difference, SequentialEvidence

_COLUMNS = ("node", "variant", "common cases", "score", "baseline's", "difference", "verdict", "naive")


@dataclass(frozen=True)
class NodeScore:
    """A variant at one node, against the baseline.

    Attributes:
        node: Name of the node.
        variant: Name of the variant.
        common: Scores on the cases that both bring to the node, and the naive difference.
        difference: The difference on these cases, with its interval and verdict.
        withheld: Why no verdict is given; empty where one is.
    """

    node: str
    variant: str
    common: CommonCases
    difference: Difference
    withheld: str = ""

    @property
    def verdict(self) -> str:
        """The verdict that is given: better, worse, no worse, no difference shown, too few or withheld."""
        return WITHHELD if self.withheld else str(self.difference.verdict)

    @property
    def share(self) -> float:
        """The share of the cases with an expectation for the node that both variants bring to it."""
        return self.difference.n / self.common.n_cases

    @property
    def words(self) -> str:
        """What a reader has to know about the difference."""
        return (
            f"Node {self.node!r}, {self.variant}: on the {self.difference.n} of {self.common.n_cases} cases that "
            "both variants bring to this node. Harder callers may be missing, and the conversation before it "
            "differs. For the node alone use node.compare."
        )

    @property
    def naive_reason(self) -> str:
        """Why the naive difference is not to be trusted."""
        return (
            f"The naive difference of {points(self.common.naive)} compares the {self.common.n_ours} cases of this "
            f"variant with the {self.common.n_baseline} of the baseline: a variant that loses hard callers before "
            "the node looks better at it."
        )


class NodeScores(tuple[NodeScore, ...]):
    """Scores of nodes in whole conversations."""

    __slots__ = ()

    def _table(self) -> list[tuple[str, ...]]:
        return [
            (
                one.node,
                one.variant,
                f"{one.difference.n} of {one.common.n_cases} ({percent(one.share)})",
                percent(one.common.ours),
                percent(one.common.baseline),
                interval(one.difference),
                one.verdict,
                points(one.common.naive),
            )
            for one in self
        ]

    @property
    def _notes(self) -> list[str]:
        said = [note for one in self for note in (one.withheld, one.words, one.naive_reason) if note]
        return list(dict.fromkeys(said))

    def __repr__(self) -> str:
        if not self:
            return "No node that calls a model writes a value that a case expects."
        lines = ["  ".join(row) for row in [_COLUMNS, *self._table()]]
        return redact("\n".join([*lines, *self._notes]), words=False)

    def _repr_html_(self) -> str:
        if not self:
            return markup.text(repr(self))
        rows = [[redact(cell, words=False) for cell in row] for row in self._table()]
        said = "".join(markup.block(markup.facts(redact(note, words=False))) for note in self._notes)
        caption = "Nodes, on the cases that both variants bring to them"
        return f"{markup.table(rows, caption=caption, columns=_COLUMNS)}{said}"


def node_scores(
    results: Results,
    baseline: Variant,
    writes: Mapping[str, Sequence[str]],
    *,
    margin: float | None,
    fixed: bool,
) -> NodeScores:
    """Return each variant's score at each node whose values cases expect; the family is one node's variants.

    Args:
        results: The cells.
        baseline: The variant that the others are compared with.
        writes: The variables that each node writes.
        margin: The loss that was declared acceptable beforehand.
        fixed: Whether all has ended, of cases that were fixed before anybody looked: else verdicts go by evidence,
            without intervals.

    Raises:
        ConfigError: numpy and scipy are missing.
    """
    require_statistics()
    from byok_widgets.compare import statistics

    found = []
    others = [variant for variant in results.variants if variant.id != baseline.id]
    reasons = why_withheld(validities(results), baseline)
    withheld = {variant.name: reasons[variant.id] for variant in others}
    for node, names in writes.items():
        cases = [case for case in results.cases if set(names) & set(case.values)]
        if not cases:
            continue
        groups, weights = groups_of(cases), weights_of(cases)
        theirs = _table_of(results, baseline, cases, node, names)
        tables = {variant.name: _table_of(results, variant, cases, node, names) for variant in others}
        common = {
            name: statistics.common_cases(table, theirs, groups=groups, weights=weights)
            for name, table in tables.items()
        }
        decided = statistics.verdicts({name: one.contrast for name, one in common.items()}, margin=margin)
        if not fixed:
            for variant in others:
                shown = statistics.live_evidence(
                    tables[variant.name],
                    theirs,
                    _ended(results, [variant, baseline], cases),
                    family_size=len(others),
                    margin=margin,
                    weights=weights,
                    groups=groups,
                )
                decided[variant.name] = _by_evidence(decided[variant.name], shown)
        found += [NodeScore(node, name, one, decided[name], withheld[name]) for name, one in common.items()]
    return NodeScores(found)


def _ended(results: Results, variants: Sequence[Variant], cases: Sequence[Case]) -> list[bool]:
    """Return whether all cells of each case have ended."""
    repeats = range(1, results.repeat + 1)
    return [
        all(results.cell(variant, case, repeat) is not None for variant in variants for repeat in repeats)
        for case in cases
    ]


def _by_evidence(difference: Difference, shown: SequentialEvidence) -> Difference:
    """Return a difference with the verdict of what may be looked at at any time, and without an interval."""
    return replace(
        difference,
        low=math.nan,
        high=math.nan,
        p=math.nan,
        p_adjusted=math.nan,
        method="e-process",
        verdict=shown.verdict,
        reason=shown.reason,
    )


def _table_of(
    results: Results, variant: Variant, cases: Sequence[Case], node: str, names: Sequence[str]
) -> list[list[float]]:
    repeats = range(1, results.repeat + 1)
    return [
        [_score(results.cell(variant, case, repeat), case, node, names) for repeat in repeats] for case in cases
    ]


def _score(cell: ResultCell | None, case: Case, node: str, names: Sequence[str]) -> float:
    """Return the share of the expected values that a node has read by its last visit; nan where it had none."""
    if cell is None or not cell.counts:
        return math.nan
    read = _read(cell, node)
    if read is None:
        return math.nan
    held = [same_value(case.values[name], read.get(name)) for name in names if name in case.values]
    return sum(held) / len(held)


def _read(cell: ResultCell, node: str) -> dict[str, Any] | None:
    read: dict[str, Any] | None = None
    for turn in cell.output.get("turns") or ():
        for visited, learned in turn["learned"]:
            if visited == node:
                read = {**(read or {}), **learned}
    return read
