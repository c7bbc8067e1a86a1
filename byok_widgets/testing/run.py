"""`TestRun`: a test of a flow over cases. It is a comparison of one variant: the flow as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.comparison import Comparison
from byok_widgets.compare.results.validity import Validity, validity_of
from byok_widgets.errors import ConfigError
from byok_widgets.testing import junit, saving, tables
from byok_widgets.testing.baseline import Baseline
from byok_widgets.testing.changes import Changes, changes
from byok_widgets.testing.outcomes import (
    WRONG,
    CaseOutcome,
    CaseOutcomes,
    Outcome,
    Problems,
    RunOutcome,
    RunOutcomes,
    run_outcome,
)
from byok_widgets.testing.pass_k import pass_k


class TestRun(Comparison):
    """A test of a flow.

    Its truth value is whether all cases have passed in all runs, so that `assert flow.test(cases)` works.

    Attributes:
        baseline_file: What an earlier test has saved; `None` where there is nothing to look back to.
    """

    __test__: ClassVar[bool] = False  # pytest takes classes of this name for its own
    baseline_file: Baseline | None = None
    _known: tuple[object, CaseOutcomes] = (None, CaseOutcomes())
    _trusted: tuple[object, bool] = (None, True)

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._runs_known: dict[tuple[str, int], tuple[ResultCell | None, float | None, RunOutcome]] = {}

    @property
    def title(self) -> str:
        """What is tested."""
        name = super().title
        return f"Test of {name[:1].lower()}{name[1:]}"

    @property
    def runs(self) -> int:
        """How often each case is run."""
        return self.task.sampling.repeat

    @property
    def parts(self) -> Mapping[str, str]:
        """A hash of each part of the flow, by its name in words."""
        return self.task.parts

    def __bool__(self) -> bool:
        return self.passed

    # Results

    @property
    def outcomes(self) -> CaseOutcomes:
        """The outcome of each case so far, in the order in which the cases were given."""
        of = (self.results.added, self.results.scored, self.running)
        if self._known[0] != of:  # a table, its notes and the board ask one after another
            self._known = (of, CaseOutcomes(map(self.outcome, self.cases)))
        return self._known[1]

    def outcome(self, case: str | int | Case) -> CaseOutcome:
        """Return the outcome of a case so far.

        Args:
            case: A case, its name, or its place in `cases`, from 0.

        Raises:
            ConfigError: There is no such case.
        """
        found = self.cases[case.name if isinstance(case, Case) else case]
        withheld = found.simulated is not None and not self._callers_are_valid
        return CaseOutcome(found, RunOutcomes(self._run(found, at) for at in range(1, self.runs + 1)), withheld)

    def _run(self, case: Case, number: int) -> RunOutcome:
        """Return the outcome of a run; it is worked out once, since that may call a person's function."""
        (variant,) = self.variants
        cell, score = self.results.cell(variant, case, number), self.results.score(variant, case, number)
        known = self._runs_known.get((case.name, number))
        if known is None or known[0] is not cell or known[1] != score:
            known = (cell, score, run_outcome(case, number, cell, score))
            self._runs_known[case.name, number] = known
        return known[2]

    @property
    def validity(self) -> Validity | None:
        """How far the simulated callers can be trusted, so far; `None` where there are none."""
        return validity_of(self.results, *self.variants) if any(case.simulated for case in self.cases) else None

    @property
    def _callers_are_valid(self) -> bool:
        of = (self.results.added, self.results.scored, self.running)
        if self._trusted[0] != of:
            validity = None if self.running else self.validity
            self._trusted = (of, validity is None or validity.is_enough)
        return self._trusted[1]

    @property
    def passed(self) -> bool:
        """Whether all cases have passed in all runs. Waits until it is complete or stopped."""
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """0 if all has passed, 1 if something went wrong, 2 if nothing did, and something could not be run.

        Cases of which nothing is expected count as passed. Waits until it is complete or stopped.
        """
        self.wait()
        if any(each.outcome in WRONG for each in self.outcomes):
            return 1
        return 2 if self.left_out else 0

    @property
    def left_out(self) -> tuple[CaseOutcome, ...]:
        """The cases of which nothing could be told, though something is expected of them.

        Waits until it is complete or stopped.
        """
        self.wait()
        told = WRONG | {Outcome.PASSED, Outcome.UNCHECKED}
        return tuple(each for each in self.outcomes if each.outcome not in told)

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many cases came out so, so far."""
        found = Counter(each.outcome for each in self.outcomes)
        return {outcome: found[outcome] for outcome in Outcome if found[outcome]}

    @property
    def problems(self) -> Problems:
        """What went wrong, in all runs of all cases. Waits until it is complete or stopped."""
        self.wait()
        return Problems(problem for each in self.outcomes for problem in each.problems)

    def pass_k(self, k: int | None = None) -> float | None:
        """Return pass^k: how likely it is that a case passes `k` times out of `k`.

        Estimated without bias, from the runs of each case that passed or failed. Waits until it is complete or
        stopped.

        Args:
            k: How often; by default as often as each case was run.

        Returns:
            The mean over the cases; `None` where a case of which something is expected has fewer such runs, or its
            verdict is withheld.

        Raises:
            ConfigError: It is not a number from 1 to the number of runs.
        """
        wanted = self.runs if k is None else k
        if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= self.runs:
            problem = f"k is a whole number from 1 to the number of runs, {self.runs}."
            raise ConfigError(problem, kind="runs", fix="Test with runs=k.")
        self.wait()
        return self.pass_k_now(wanted)

    def pass_k_now(self, k: int) -> float | None:
        """Do the same with what there is now, without waiting."""
        checked = [each for each in self.outcomes if each.outcome is not Outcome.UNCHECKED]
        if any(each.outcome is Outcome.WITHHELD for each in checked):
            return None
        return pass_k([(each.decided, each.passes) for each in checked], k)

    # What is kept of it

    def save_baseline(self, path: str | Path) -> None:
        """Save the results as a file, usually called `*.baseline.json`, for `flow.test(..., baseline=path)`.

        It holds no key. Waits until it is complete or stopped.

        Raises:
            ConfigError: It could not be written.
        """
        self.wait()
        saving.write(self, Path(path))

    @property
    def changes(self) -> Changes:
        """What has changed since the baseline. Waits until it is complete or stopped.

        Raises:
            ConfigError: There is no baseline.
        """
        self.wait()
        if self.baseline_file is None:
            raise ConfigError(
                "There is no baseline.",
                kind="baseline",
                fix='Save one with save_baseline("dentist.baseline.json"), and test with baseline= that file.',
            )
        return changes(self, self.baseline_file)

    def save_junit(self, path: str | Path) -> None:
        """Save it as JUnit XML, which CI services read. Waits until it is complete or stopped.

        Raises:
            ConfigError: It could not be written.
        """
        self.wait()
        junit.write(self, Path(path))

    # What it shows

    @property
    def headline(self) -> str:
        """What is tested over how many cases and runs."""
        return tables.headline(self)

    @property
    def standing(self) -> str:
        """How far it is, and how many cases have passed, in one line."""
        return tables.standing(self)

    def notes(self, *, reasons: bool = True) -> list[str]:
        """Return what a reader has to know: without a table of `reasons` beside it, also what went wrong."""
        return [*(tables.said_problems(self) if not reasons else []), *tables.notes(self)]

    def table_html(self) -> str:
        """Return the table as HTML."""
        return tables.as_html(self)

    def turn_notes(self, case: Case, cell: ResultCell) -> Mapping[int, str]:
        """Return what went wrong in single turns of a run."""
        found: dict[int, list[str]] = {}
        for problem in self._run(case, cell.repeat).problems:
            if problem.turn is not None:
                found.setdefault(problem.turn, []).append(f"{problem.node}: {problem.reason}")
        return {turn: "; ".join(said) for turn, said in found.items()}

    def __repr__(self) -> str:
        return tables.as_text(self)

    def _repr_html_(self) -> str:
        return tables.as_html(self)
