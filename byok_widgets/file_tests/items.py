"""What pytest collects: a file of cases, and each case as a test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from byok_widgets.cases.case import Case, Cases
from byok_widgets.cases.fields import hint_at
from byok_widgets.cases.reading import read_cases
from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError, ConfigError, MissingKeyError
from byok_widgets.file_tests.loading import Allowed, open_flow
from byok_widgets.file_tests.pairs import FLOW, flows_beside
from byok_widgets.file_tests.ways_on import ways_on
from byok_widgets.secrets.quoting import as_given
from byok_widgets.testing.junit import report_of
from byok_widgets.testing.outcomes import CaseOutcome, Outcome

if TYPE_CHECKING:
    from byok_widgets.flow import Flow


class CaseError(Exception):
    """A case failed, or could not be run; what it says is shown without a traceback."""


class CasesFile(pytest.File):
    """A file of cases beside a flow file, or beside several of which none is called like it."""

    def __init__(self, *, flow_path: Path | None, **given: Any) -> None:
        super().__init__(**given)
        self._flow_path = flow_path
        self._flow: Flow | None = None
        self._outcomes: dict[str, CaseOutcome] = {}

    def collect(self) -> Iterable[pytest.Item]:
        """Yield a test for each case; reading them calls nothing and imports nothing that a file names."""
        if self._flow_path is None:
            raise self.CollectError(_no_flow(self.path))
        try:
            cases = read_cases(self.path)
        except ByokError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            yield CaseItem.from_parent(self, name=sanitize(" ".join(case.name.split())), case=case)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Return what is shown where the file cannot be read."""
        if isinstance(excinfo.value, self.CollectError):
            return str(excinfo.value)
        return super(pytest.Collector, self).repr_failure(excinfo, style)

    def outcome(self, case: Case) -> CaseOutcome:
        """Return the outcome of a case; all selected cases of this file run together, when the first is asked for.

        Raises:
            ByokError: They could not be run.
        """
        if case.name not in self._outcomes:
            self._flow = self._flow or self._opened()
            result = self._flow.test(
                Cases(self._together(case), self.path.name),
                runs=self._number("runs", int, 1),
                budget=self._number("budget", float, None),
                max_calls=self._number("max_calls", int, None),
                wait=True,
            )
            self._outcomes |= {each.name: each for each in result.outcomes}
        return self._outcomes[case.name]

    def _together(self, case: Case) -> list[Case]:
        """Return the cases that are run with one: alone where several processes share the tests."""
        if hasattr(self.config, "workerinput"):
            return [case]
        return list(self._selected())

    def _selected(self) -> Iterator[Case]:
        for item in self.session.items:
            if isinstance(item, CaseItem) and item.parent is self:
                yield item.case

    def _opened(self) -> Flow:
        assert self._flow_path is not None  # noqa: S101 - without one, there are no tests
        allowed = Allowed(self._option("key"), self._option("base_url"))
        flow = open_flow(self._flow_path, allowed)
        if cassette := self._option("record"):
            flow.record(self._flow_path.parent / cassette)
        elif cassette := self._option("replay"):
            flow.replay(self._flow_path.parent / cassette)
        self.ihook.pytest_byok_flow(flow=flow, path=self._flow_path)
        return flow

    @property
    def cassette(self) -> str:
        """The cassette that is replayed; empty where none is."""
        return "" if self._option("record") else str(self._option("replay") or "")

    def _number(self, name: str, kind: type[int | float], default: int | None) -> Any:
        given = self._option(name)
        try:
            return kind(given) if given else default
        except ValueError:
            words = "a whole number" if kind is int else "a number"
            problem = f"byok_{name} is {words}, not {as_given(given)}."
        raise ConfigError(problem, kind="argument", fix="Correct it in the command or in the configuration file.")

    def _option(self, name: str) -> Any:
        given = self.config.getoption(f"byok_{name}")
        return self.config.getini(f"byok_{name}") if given is None else given


def _no_flow(cases: Path) -> str:
    """Say that a file of cases matches none of several flow files, and which one may be meant."""
    there = [path.name for path in flows_beside(cases)]
    hint = hint_at(cases.name.partition(".")[0] + FLOW, there)
    return f"{cases.name} does not match the name of any flow file beside it; {hint}."


class CaseItem(pytest.Item):
    """One case.

    Attributes:
        case: The case.
    """

    def __init__(self, *, case: Case, **given: Any) -> None:
        super().__init__(**given)
        self.case = case
        self.extra_keyword_matches.update(case.tags)

    def runtest(self) -> None:
        """Run it.

        Raises:
            CaseError: It failed, or could not be run.
        """
        assert isinstance(self.parent, CasesFile)  # noqa: S101 - only such a file makes these
        try:
            found = self.parent.outcome(self.case)
        except MissingKeyError as error:
            if error.kind == MissingKeyError.default_kind:
                error.fix = (
                    "Name the variable that holds it, --byok-key PROVIDER=env:NAME, or replay: --byok-replay."
                )
            raise CaseError(str(error)) from None
        except ByokError as error:
            raise CaseError(str(error)) from None
        if found.outcome is Outcome.UNCHECKED:
            pytest.skip("Nothing is expected of it.")
        if found.outcome is not Outcome.PASSED:
            raise CaseError("\n".join([report_of(found) or str(found.outcome), *self._ways_on(found)]))

    def _ways_on(self, found: CaseOutcome) -> Iterator[str]:
        assert isinstance(self.parent, CasesFile)  # noqa: S101 - as above
        cassette = self.parent.cassette
        record = f"run pytest --byok-record {cassette}" if cassette else ""
        return ways_on([found], record=record, functions="implement pytest_byok_flow(flow, path) in a conftest.py")

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Return what went wrong, without a traceback of this package."""
        if isinstance(excinfo.value, CaseError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where it stands and what it is called."""
        return self.path, None, f"case {self.name}"
