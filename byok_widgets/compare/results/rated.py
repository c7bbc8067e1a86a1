"""`Ratings`: what people have rated by hand, how far a judge agrees with it, and the metric that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from byok_widgets.cases.assertions import answered
from byok_widgets.cases.case import Case
from byok_widgets.cases.checks import questions_of
from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.scoring import Metric
from byok_widgets.compare.results.figures import percent
from byok_widgets.compare.results.rating import HIGHEST, LOWEST, means
from byok_widgets.compare.results.results import Results
from byok_widgets.display import markup
from byok_widgets.errors import ConfigError
from byok_widgets.hashing import hashed
from byok_widgets.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

METRIC = "rating"
_MIDDLE = 0.5
_COLUMNS = ("variant", "rated replies", "mean rating")


@dataclass(frozen=True)
class RatedMetric(Metric):
    """Scores a cell by what people have rated it, from 0 for a 1 to 1 for a 5.

    Attributes:
        ratings: The mean rating of each cell.
    """

    ratings: Mapping[Key, float] = field(default_factory=dict, repr=False)

    @property
    def needs_labels(self) -> bool:
        """It scores cases of which nothing is expected, too."""
        return False

    def runs_code(self, case: Case) -> bool:
        """No function of a person is called."""
        del case
        return False

    def score(self, case: Case, cell: ResultCell) -> float | None:
        """Return the mean rating of a cell; `None` where nobody has rated it."""
        del case
        if not cell.counts:
            return None
        return self.ratings.get(cell.key) if cell.status == "done" else 0.0


@dataclass(frozen=True, repr=False)
class Agreement:
    """How far a judge agrees with people: a 4 or 5 is a yes, a 1 or 2 a no, and a 3 is neither.

    Attributes:
        same: Replies of which the judge says what people say.
        replies: Replies that both have judged with a yes or a no.
        judge_yes: Those of which the judge says yes.
        people_yes: Those of which people say yes.
        undecided: Replies that are left out: people say neither.
    """

    same: int
    replies: int
    judge_yes: int
    people_yes: int
    undecided: int

    @property
    def share(self) -> float | None:
        """The share of the replies on which they agree; `None` without any."""
        return self.same / self.replies if self.replies else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa: 1 is full agreement, 0 what chance gives; `None` where both say the same of all."""
        if not self.replies:
            return None
        judge, people = self.judge_yes / self.replies, self.people_yes / self.replies
        chance = judge * people + (1 - judge) * (1 - people)
        return None if chance == 1 else (self.same / self.replies - chance) / (1 - chance)

    def __repr__(self) -> str:
        left = f"; {self.undecided} rated in the middle are left out" if self.undecided else ""
        if self.share is None:
            return f"The judge has answered about no reply that people rated as good or bad{left}."
        more = "" if self.kappa is None else f", Cohen's kappa {self.kappa:.2f}"
        of = f"{self.same} of {self.replies} replies ({percent(self.share)})"
        return f"The judge agrees with people on {of}{more}{left}."


class Ratings:
    """What people have rated.

    Attributes:
        by: Ratings from 0 to 1, by person and cell.
        agreement: How far the judge agrees; `None` where cases have no questions for one.
    """

    def __init__(self, results: Results, by: Mapping[str, Mapping[Key, float]]) -> None:
        self.by, self._results = by, results
        self._means = means(by.values())
        self.agreement = _agreement(results, self._means)

    def __len__(self) -> int:
        return len(self._means)

    @property
    def metric(self) -> RatedMetric:
        """What scores cells by these ratings.

        Raises:
            ConfigError: Nothing is rated.
        """
        if not self._means:
            raise ConfigError("Nothing is rated yet.", kind="rating", fix='Press "Rate by hand" on the board.')
        version = hashed(sorted([*key, value] for key, value in self._means.items()))
        return RatedMetric(METRIC, None, version, self._means)

    def _rows(self) -> Sequence[tuple[str, ...]]:
        rows = []
        for variant in self._results.variants:
            own = [value for (of, _, _), value in self._means.items() if of == variant.id]
            mean = LOWEST + (HIGHEST - LOWEST) * sum(own) / len(own) if own else None
            shown = "–" if mean is None else f"{mean:.1f} of {HIGHEST}"
            rows.append((redact(variant.name, words=False), str(len(own)), shown))
        return rows

    @property
    def notes(self) -> list[str]:
        """Who has rated how much, how far a judge agrees, and how that leads to verdicts."""
        if not self._means:
            return ["Nothing is rated yet."]
        who = ", ".join(f"{name} {len(own)}" for name, own in self.by.items())
        said = [f"Rated replies: {who}."]
        said += [repr(self.agreement)] if self.agreement else []
        return [*said, 'rescore("rating") makes verdicts of them; replies that nobody rated are missing then.']

    def __repr__(self) -> str:
        lines = ["  ".join(_COLUMNS), *("  ".join(row) for row in self._rows())] if self._means else []
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        said = "".join(markup.block(markup.facts(note)) for note in self.notes)
        if not self._means:
            return said
        return f"{markup.table(self._rows(), caption='Ratings', columns=_COLUMNS, numbers={1, 2})}{said}"


def _agreement(results: Results, rated: Mapping[Key, float]) -> Agreement | None:
    pairs: dict[Key, tuple[bool, float]] = {}
    for _, case, cell, _ in results.items():
        said = [answered(cell.output, question) for question in questions_of(case, cell.output)]
        if said and None not in said and cell.key in rated:
            pairs[cell.key] = (all(said), rated[cell.key])
    if not any(case.questions for case in results.cases):
        return None
    decided = [(judge, people > _MIDDLE) for judge, people in pairs.values() if people != _MIDDLE]
    return Agreement(
        same=sum(judge == people for judge, people in decided),
        replies=len(decided),
        judge_yes=sum(judge for judge, _ in decided),
        people_yes=sum(people for _, people in decided),
        undecided=len(pairs) - len(decided),
    )
