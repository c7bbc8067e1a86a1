"""Scores of outputs: a metric makes one number of the checks of a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from byok_widgets.cases.assertions import answered
from byok_widgets.cases.case import Case
from byok_widgets.cases.checks import checks, expected_of, questions_of, same_value
from byok_widgets.cases.code_version import code_version
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.hashing import hashed

Function = Callable[[Case, Mapping[str, Any]], Any]
"""Gets the case and the output (`text`, `values`, `path`), and returns a number from 0 to 1, or a truth value."""


class Score(NamedTuple):
    """The score of a cell.

    Attributes:
        value: From 0 to 1; `None` where it is missing.
        problem: Why it is missing, where a person's function or the judge is the reason; else empty.
    """

    value: float | None
    problem: str = ""


MISSING = Score(None)


@dataclass(frozen=True)
class Metric:
    """How an output becomes a number from 0 to 1.

    Attributes:
        name: Its name.
        function: What computes it; `None` for those that are built in: `checks` is the share of a case's checks
            that hold, `all` is 1 where all of them do, `f1` is micro-F1 of the expected values.
        version: Changes when the function's code does.
        is_named: Whether the function stood under its name in its module, or notebook, when it was given.
    """

    name: str = "checks"
    function: Function | None = None
    version: str = ""
    is_named: bool = field(default=False, kw_only=True)

    @classmethod
    def of(cls, given: str | Function | Metric) -> Metric:
        """Return a metric by its name, or of a function.

        Raises:
            ConfigError: There is no such metric.
        """
        if isinstance(given, Metric):
            return given
        if callable(given):
            name = getattr(given, "__name__", "metric")
            return cls(name, given, code_version(given), is_named=_under_its_name(given) is given)
        if given in ("checks", "all", "f1"):
            return cls(given)
        raise ConfigError(
            f"There is no metric {given!r}.",
            kind="metric",
            fix="Take 'checks', 'all' or 'f1', or give a function of a case and its output.",
        )

    @property
    def is_changed(self) -> bool:
        """Whether its function is defined otherwise now, or something that it reaches."""
        if self.function is None:
            return False
        now = _under_its_name(self.function) if self.is_named else self.function
        return code_version(now) != self.version

    @property
    def needs_labels(self) -> bool:
        """Whether it scores only cases of which something is expected."""
        return self.function is None

    @property
    def counts_values(self) -> bool:
        """Whether it is a ratio of counts over all cases, and no mean of the scores of cases."""
        return self.name == "f1" and self.function is None

    def counts(self, case: Case, cell: ResultCell) -> tuple[int, int, int] | None:
        """Return true positives, false positives and false negatives of the expected values; `None` if missing.

        A wrong value is both a false positive and a false negative.
        """
        if not cell.counts:
            return None
        found = (cell.output.get("values") or {}) if cell.status == "done" else {}
        right = stated = expected = 0
        for name, value in (expected_of(case, cell.output) if "values" in cell.output else case).values.items():
            right += value is not None and same_value(value, found.get(name))
            stated += found.get(name) is not None
            expected += value is not None
        return right, stated - right, expected - right

    def runs_code(self, case: Case) -> bool:
        """Whether a person's function scores a case, or a part of it."""
        return self.function is not None or case.runs_code

    def id_for(self, case: Case, judge: str = "") -> str:
        """Return what identifies a score: a changed expectation, function or judge gives another one.

        Args:
            case: The case.
            judge: What identifies the judge; empty where it is asked nothing.
        """
        return f"{self.name}@{hashed([self.version, case.expected_data, judge])[:12]}"

    def scored(self, case: Case, cell: ResultCell) -> Score:
        """Return the score of a cell, or why there is none."""
        try:
            return Score(self.score(case, cell))
        except ByokError as error:
            return Score(None, error.problem)

    def score(self, case: Case, cell: ResultCell) -> float | None:
        """Return the score of a cell from 0 to 1; `None` where it is missing.

        Raises:
            ConfigError: A function failed, or returned no number from 0 to 1.
        """
        if not cell.counts:
            return None
        if cell.status != "done":
            return 0.0
        if self.function is not None:
            return self._called(self.function, case, cell)
        if any(answered(cell.output, question) is None for question in questions_of(case, cell.output)):
            return None  # the judge failed, or was not asked
        if self.counts_values:
            return _f1(self.counts(case, cell))
        held = [check.holds for check in checks(case, cell.output)]
        if not held:
            return None
        return float(all(held)) if self.name == "all" else sum(held) / len(held)

    def _called(self, function: Function, case: Case, cell: ResultCell) -> float:
        try:
            score = float(function(case, dict(cell.output)))
        except ByokError:
            raise
        except Exception as error:  # noqa: BLE001 - a person's function may raise anything
            problem = f"failed: {describe_exception(error)}, with an output of {', '.join(cell.output)}"
        else:
            if 0 <= score <= 1:
                return score
            problem = f"returned {score:g}"
        raise ConfigError(
            f"The metric {self.name!r} {problem}, for case {case.name!r}.",
            kind="metric",
            fix="Let it return a number from 0 to 1, or a truth value.",
        )


def _under_its_name(function: Function) -> Any:
    """Return what stands under a function's name now: a cell may have defined it again; else the function."""
    known: Mapping[str, Any] = getattr(function, "__globals__", {})
    return known.get(getattr(function, "__qualname__", ""), function)


def _f1(counts: tuple[int, int, int] | None) -> float | None:
    if counts is None:
        return None
    right, false, missed = counts
    return 2 * right / (2 * right + false + missed) if right + false + missed else 1.0
