"""The outcome of each case: passed, flaky or broken, and where it went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from byok_widgets.cases.assertions import JUDGED, KINDS, question_of
from byok_widgets.cases.case import Case
from byok_widgets.cases.checks import Check
from byok_widgets.compare.cells.failures import SETUP_FAULTS
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.tasks.told_checks import told_checks
from byok_widgets.display import markup
from byok_widgets.display.cards import Card, Cards
from byok_widgets.display.reading_order import in_order
from byok_widgets.display.text_tables import aligned
from byok_widgets.display.value_words import quoted
from byok_widgets.secrets import redact
from byok_widgets.testing.places import Place, place_of, unfinished


class Outcome(StrEnum):
    """The outcome of a case."""

    PASSED = "passed"
    FAILED = "failed"
    FLAKY = "flaky"
    BROKEN = "broken"
    ERROR = "could not run"
    UNCHECKED = "nothing expected"
    NOT_RUN = "not run"
    WITHHELD = "withheld"

    def __repr__(self) -> str:
        return repr(self.value)


WRONG = frozenset({Outcome.FAILED, Outcome.FLAKY, Outcome.BROKEN})
"""What makes a test fail: `failed` with one run, `flaky` in some runs, `broken` in all of several."""


@dataclass(frozen=True, repr=False)
class Problem:
    """One thing that went wrong in one run of a case.

    Attributes:
        case: Name of the case.
        run: Number of the run.
        turn: Number of the turn from which on it could not hold any more; `None` where no turn was finished.
        node: Name of the node there.
        reason: What is expected and what is there, or the error, in words.
        why: Why the flow moved in that turn as it did.
    """

    case: str
    run: int
    turn: int | None
    node: str
    reason: str
    why: str = ""

    @property
    def place(self) -> str:
        """The turn and the node, in words."""
        parts = [] if self.turn is None else [f"turn {self.turn}"]
        return ", ".join([*parts, *([f"node {self.node}"] if self.node else [])])

    def __str__(self) -> str:
        return redact(": ".join(filter(None, [self.place, self.reason])), words=False)

    def __repr__(self) -> str:
        return f"Problem({redact(self.case, words=False)}: {' '.join(str(self).split())})"


class Problems(tuple[Problem, ...]):
    """What went wrong, in the order of the cases and their runs."""

    __slots__ = ()

    def _table(self) -> list[tuple[str, ...]]:
        return [
            (each.case, str(each.run), "" if each.turn is None else str(each.turn), each.node, each.reason)
            for each in self
        ]

    def __repr__(self) -> str:
        return redact("\n".join(aligned([_COLUMNS, *self._table()])), words=False) if self else _NOTHING_WRONG

    def _repr_html_(self) -> str:
        rows = [[redact(cell, words=False) for cell in row] for row in self._table()]
        shown = markup.table(rows, caption="Problems", columns=_COLUMNS, numbers={1, 2})
        return shown if self else markup.facts(_NOTHING_WRONG)


_COLUMNS = ("case", "run", "turn", "node", "what went wrong")
_NOTHING_WRONG = "No problems."


@dataclass(frozen=True, repr=False)
class RunOutcome(Card):
    """The outcome of one run of a case.

    Attributes:
        outcome: `passed`, `failed`, `could not run`, `nothing expected` or `not run`.
        problems: What went wrong.
        cell: What was kept of it; `None` while it has not ended.
    """

    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    cell: ResultCell | None = None

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield how it came out, and why."""
        yield "outcome", self.outcome
        yield "what went wrong", _reasons(self.problems)


class RunOutcomes(Cards[RunOutcome]):
    """The outcomes of several runs of a case."""

    __slots__ = ()
    nothing = "No run yet."


@dataclass(frozen=True, repr=False)
class CaseOutcome(Card):
    """The outcome of all runs of a case.

    Attributes:
        case: The case.
        runs: Its runs, in their order.
        is_withheld: Whether nothing is said of it, since simulated callers went wrong too often.
    """

    case: Case
    runs: RunOutcomes
    is_withheld: bool = False

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield the case, how it came out, in how many runs it passed, and why it did not in others."""
        yield "case", redact(self.name, words=False)
        yield "outcome", self.outcome
        yield "passed", f"{self.passes} of {len(self.runs)}"
        yield "what went wrong", _reasons(self.problems)

    @property
    def name(self) -> str:
        """The case's name."""
        return self.case.name

    def count(self, outcome: Outcome) -> int:
        """Return how many runs came out so."""
        return sum(run.outcome == outcome for run in self.runs)

    @property
    def passes(self) -> int:
        """How many runs passed."""
        return self.count(Outcome.PASSED)

    @property
    def decided(self) -> int:
        """How many runs passed or failed."""
        return self.passes + self.count(Outcome.FAILED)

    @property
    def outcome(self) -> Outcome:
        """The overall outcome: with one run that fails, nobody can tell a flaky case from a broken one."""
        if self.is_withheld:
            return Outcome.WITHHELD
        if self.count(Outcome.FAILED):
            if self.passes:
                return Outcome.FLAKY
            return Outcome.BROKEN if self.decided > 1 else Outcome.FAILED
        for outcome in (Outcome.ERROR, Outcome.NOT_RUN, Outcome.UNCHECKED):
            if self.count(outcome):
                return outcome
        return Outcome.PASSED

    @property
    def error_kinds(self) -> frozenset[str]:
        """The kinds of errors with which runs ended."""
        return frozenset(run.cell.error for run in self.runs if run.cell and run.cell.error)

    @property
    def problems(self) -> Problems:
        """What went wrong, in all runs."""
        return Problems(problem for run in self.runs for problem in run.problems)

    @property
    def first_problem(self) -> Problem | None:
        """What went wrong first, in the first run in which anything did."""
        found = next((run.problems for run in self.runs if run.problems), ())
        return min(found, key=lambda each: float("inf") if each.turn is None else each.turn, default=None)


class CaseOutcomes(Cards[CaseOutcome]):
    """The outcomes of several cases."""

    __slots__ = ()
    nothing = "There are no cases."


def _reasons(problems: Iterable[Problem]) -> str:
    return redact("; ".join(dict.fromkeys(problem.reason for problem in problems)), words=False)


def run_outcome(case: Case, number: int, cell: ResultCell | None, score: float | None) -> RunOutcome:
    """Return the outcome of one run of a case.

    Args:
        case: The case.
        number: Number of the run.
        cell: Its cell; `None` while it has not ended.
        score: The score of the cell: 1 where all checks hold; `None` where it is missing.
    """
    if cell is None:
        return RunOutcome(Outcome.NOT_RUN)
    if cell.status != "done":
        own = cell.counts or cell.error in SETUP_FAULTS  # all others say nothing of the flow
        place = unfinished(cell.output)
        problem = _problem(case, number, place, f"{cell.error}: {cell.message}".strip(": "), cell.output)
        return RunOutcome(Outcome.FAILED if own else Outcome.ERROR, (problem,), cell)
    if not case.is_labelled:
        return RunOutcome(Outcome.UNCHECKED, (), cell)
    if score == 1:
        return RunOutcome(Outcome.PASSED, (), cell)
    wrong = [check for check in told_checks(case, cell) if not check.holds]
    problems = tuple(_of_check(case, number, check, cell.output) for check in wrong)
    if score is None:
        return RunOutcome(Outcome.ERROR, problems or (_unscored(case, number, cell),), cell)
    return RunOutcome(Outcome.FAILED, problems, cell)


def _of_check(case: Case, number: int, check: Check, output: Mapping[str, Any]) -> Problem:
    return _problem(case, number, place_of(check, output), reason_of(check, output), output)


def reason_of(check: Check, output: Mapping[str, Any]) -> str:
    """Say what is expected and what is there; of a judge's answer, what the judge says."""
    name = check.name.removeprefix(f"turn {check.turn}: ")
    if check.kind == "turn":
        return f"{name} was not reached: {check.found}"
    if check.kind == "judge":
        said = _judged(check, output)
        return f"{name}: no" + (f" ({said})" if said else "")
    if check.kind in KINDS:
        return f"{name}: {check.found if isinstance(check.found, str) else 'it does not hold'}"
    if check.kind == "path":
        ways = [in_order(way) or "nothing" for way in (check.expected, check.found)]
        return f"{name}: expected {ways[0]}, found {ways[1]}"
    return f"{name}: expected {quoted(check.expected)}, found {quoted(check.found)}"


def _judged(check: Check, output: Mapping[str, Any]) -> str:
    for entry in output.get(JUDGED) or ():
        question = question_of(entry)
        if question.turn == check.turn and check.name.endswith(question.text):
            return str(entry.get("reason") or entry.get("error") or "")
    return ""


def _unscored(case: Case, number: int, cell: ResultCell) -> Problem:
    said = [str(entry["error"]) for entry in cell.output.get(JUDGED) or () if "error" in entry]
    return _problem(case, number, Place(), said[0] if said else "It could not be scored.", cell.output)


def _problem(case: Case, number: int, place: Place, reason: str, output: Mapping[str, Any]) -> Problem:
    turns: Sequence[Mapping[str, Any]] = output.get("turns") or ()
    why = next((str(turn.get("why") or "") for turn in turns if turn["number"] == place.turn), "")
    return Problem(case.name, number, place.turn, place.node, reason, why)
