"""What a comparison lists, as tables: verdicts, and the cases on which variants disagree."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from byok_widgets import markup
from byok_widgets.cases.case import Case
from byok_widgets.compare.figures import interval, percent
from byok_widgets.secrets import redact
from byok_widgets.text_tables import aligned

if TYPE_CHECKING:
    from byok_widgets.compare.evidence import VariantResult

Row = tuple[str, ...]
_VERDICTS = ("variant", "score", "difference (points)", "verdict", "why")


class Verdicts(list["VariantResult"]):
    """What is shown of each variant, in the order of the columns."""

    def __repr__(self) -> str:
        return redact("\n".join(aligned([_VERDICTS, *map(verdict_row, self)])), words=False)

    def _repr_html_(self) -> str:
        return verdicts_html(self)


def verdicts_html(results: Iterable[VariantResult]) -> str:
    """Return the table of verdicts as HTML."""
    rows = [_redacted(verdict_row(result)) for result in results]
    return markup.table(rows, caption="Verdicts", columns=_VERDICTS, numbers={1, 2})


def verdict_row(result: VariantResult) -> Row:
    """Return the cells of a row: the score and its difference from the baseline with their intervals, and why."""
    score, apart = result.score, result.difference
    bounds = "" if math.isnan(score.low) else f" ({percent(score.low)} to {percent(score.high)})"
    return (
        result.variant.name,
        f"{percent(score.estimate)}{bounds}",
        "" if apart is None else interval(apart),
        result.verdict,
        result.reason,
    )


class Disagreements(list[Case]):
    """The cases in which variants got different scores, the widest apart first.

    Attributes:
        scores: The mean score of each case, by variant and case.
    """

    def __init__(self, cases: Iterable[Case], scores: Mapping[str, Mapping[str, float]]) -> None:
        """Keep those of `cases` whose `scores` differ."""
        self.scores = scores
        super().__init__(sorted((case for case in cases if self._gap(case)), key=self._gap, reverse=True))

    def _gap(self, case: Case) -> float:
        means = [scores[case.name] for scores in self.scores.values() if case.name in scores]
        return max(means) - min(means) if means else 0.0

    @property
    def _columns(self) -> Row:
        return ("case", "said", *self.scores)

    def _table(self) -> list[Row]:
        return [
            (case.name, case.said_in_line, *(_mean(means.get(case.name)) for means in self.scores.values()))
            for case in self
        ]

    def __repr__(self) -> str:
        if not self:
            return _AGREED
        return redact("\n".join(aligned([self._columns, *self._table()])), words=False)

    def _repr_html_(self) -> str:
        if not self:
            return markup.facts(_AGREED)
        rows = [_redacted(row) for row in self._table()]
        scored = range(2, len(self._columns))
        shown = f"{len(self)} case{'' if len(self) == 1 else 's'} with different scores, the widest apart first"
        return markup.table(rows, caption=shown, columns=_redacted(self._columns), numbers=scored)


_AGREED = "No case: the variants got the same score in each."


def _redacted(row: Sequence[str]) -> list[str]:
    return [redact(cell, words=False) for cell in row]


def _mean(score: float | None) -> str:
    return "–" if score is None else percent(score)
