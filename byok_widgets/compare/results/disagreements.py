"""`Disagreements`: the cases on which the variants of a comparison got different scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from byok_widgets.cases.case import Case
from byok_widgets.compare.results.figures import percent
from byok_widgets.display import markup
from byok_widgets.display.text_tables import aligned
from byok_widgets.secrets import redact


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
    def _none(self) -> str:
        return _AGREED if any(self.scores.values()) else _UNSCORED

    @property
    def _columns(self) -> tuple[str, ...]:
        return ("case", "said", *self.scores)

    def _table(self) -> list[tuple[str, ...]]:
        return [
            (case.name, case.said_in_line, *(_mean(means.get(case.name)) for means in self.scores.values()))
            for case in self
        ]

    def __repr__(self) -> str:
        if not self:
            return self._none
        return redact("\n".join(aligned([self._columns, *self._table()])), words=False)

    def _repr_html_(self) -> str:
        if not self:
            return markup.facts(self._none)
        rows = [_redacted(row) for row in self._table()]
        scored = range(2, len(self._columns))
        shown = f"{len(self)} case{'' if len(self) == 1 else 's'} with different scores, the widest apart first"
        return markup.table(rows, caption=shown, columns=_redacted(self._columns), numbers=scored)


_AGREED = "No case: the variants got the same score in each."
_UNSCORED = "No case: none has a score."


def _redacted(row: Iterable[str]) -> list[str]:
    return [redact(cell, words=False) for cell in row]


def _mean(score: float | None) -> str:
    return "–" if score is None else percent(score)
