"""Checks: each expectation of a case, beside what an output has there, with the turn that it is about."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from byok_widgets.cases.assertions import JUDGED, Question
from byok_widgets.cases.case import Case
from byok_widgets.cases.expectation import Expectation
from byok_widgets.errors import ByokError

CALLER = "caller"
"""Where an output holds what a simulated caller did."""
NOT_REACHED = "the conversation had ended"


@dataclass(frozen=True)
class Check:
    """One expectation of a case, and whether an output meets it.

    Attributes:
        name: What is expected, with the turn.
        expected: What should be there.
        found: What is there.
        holds: Whether that is as expected.
        turn: Number of the turn that it is about; `None` for the whole.
        kind: What it is about: `value`, `status`, `path`, `node`, `turn` (that it was reached), a limit, or the
            kind of an assertion.
        about: Of a value or a status, the name of the variable or field.
    """

    name: str
    expected: Any
    found: Any
    holds: bool
    turn: int | None = None
    kind: str = ""
    about: str = ""


def checks(case: Case, output: Mapping[str, Any], *, tells_faults: bool = False) -> Iterator[Check]:
    """Yield each expectation of a case with what an output has there, the single turns first.

    Args:
        case: The case.
        output: The output.
        tells_faults: Whether the fault of a person's function takes the place of its finding.

    Raises:
        ConfigError: A function failed.
    """
    by_number = {turn["number"]: turn for turn in output.get("turns") or () if "number" in turn}
    for number, expected in sorted(case.turns.items()) if _is_of_flow(output) else ():
        turn = by_number.get(number)
        if turn is None:
            yield Check(f"turn {number}", "was reached", NOT_REACHED, holds=False, turn=number, kind="turn")
        else:
            yield from _of(expected, _view(turn, output), number, tells_faults=tells_faults)
    yield from _of(expected_of(case, output), output, None, tells_faults=tells_faults)
    if case.simulated:
        reached = (output.get(CALLER) or {}).get("goal") is True
        yield Check("goal of the caller", "reached", "reached" if reached else "not reached", reached, kind="goal")


def expected_of(case: Case, output: Mapping[str, Any]) -> Expectation:
    """Return what is expected of a whole output; of a node alone nothing that other nodes or the flow do."""
    if _is_of_flow(output):
        return case.expected
    own = output.get("values") or {}
    return Expectation(
        values={name: value for name, value in case.values.items() if name in own},
        status={name: status for name, status in case.status.items() if name in own},
        assertions=tuple(each for each in case.assertions if not each.variable or each.variable in own),
    )


def _is_of_flow(output: Mapping[str, Any]) -> bool:
    return "path" in output


def questions_of(case: Case, output: Mapping[str, Any]) -> list[Question]:
    """Return what a judge is asked about an output: nothing about turns that were not reached."""
    reached = {None, *(turn.get("number") for turn in output.get("turns") or ())}
    return [question for question in case.questions if question.turn in reached]


def _view(turn: Mapping[str, Any], output: Mapping[str, Any]) -> dict[str, Any]:
    """Return a turn as an output of its own."""
    return {**turn, "text": turn["reply"], "end_node": turn["node"], JUDGED: output.get(JUDGED) or ()}


def _of(
    expected: Expectation, output: Mapping[str, Any], turn: int | None, *, tells_faults: bool
) -> Iterator[Check]:
    before = "" if turn is None else f"turn {turn}: "

    def check(name: str, wanted: Any, found: Any, *, holds: bool, kind: str, about: str = "") -> Check:
        return Check(f"{before}{name}", wanted, found, holds, turn, kind, about)

    values, statuses = output.get("values") or {}, output.get("status") or {}
    for name, value in expected.values.items():
        found = values.get(name)
        yield check(name, value, found, holds=same_value(value, found), kind="value", about=name)
    for name, status in expected.status.items():
        found = statuses.get(name)
        yield check(f"status of {name}", status, found, holds=status == found, kind="status", about=name)
    if expected.path:
        path = list(output.get("path") or ())
        yield check("path", list(expected.path), path, holds=is_within(expected.path, path), kind="path")
    if expected.node:
        end = output.get("end_node") or ""
        name = "end node" if turn is None else "node"
        yield check(name, expected.node, end, holds=expected.node == end, kind="node")
    for name, most, key in _LIMITS:
        limit = getattr(expected, name)
        if limit is not None:
            found = output.get(key)
            yield check(most, limit, _told(key, found), holds=_is_at_most(found, limit), kind=name)
    for assertion in expected.assertions:
        try:
            holding: bool | str = assertion.holds(output, turn)
        except ByokError as error:
            if not tells_faults:
                raise
            holding = error.problem
        yield check(assertion.name, wanted=True, found=holding, holds=holding is True, kind=assertion.kind)


_LIMITS = (
    ("max_calls", "most calls", "calls"),
    ("max_cost", "most cost in US dollars", "usd"),
    ("max_seconds", "most seconds", "seconds"),
)


def _told(key: str, found: Any) -> Any:
    if found is None:
        return "not priced" if key == "usd" else "not known"
    return float(found) if key == "usd" else found


def _is_at_most(found: Any, limit: float) -> bool:
    """Whether an amount is within a limit; one that is not known is not shown to be."""
    return found is not None and Decimal(str(found)) <= Decimal(str(limit))


def same_value(expected: Any, found: Any) -> bool:
    """Whether a value is the expected one. Texts are compared without regard to case and white space."""
    if expected is None or found is None:
        return expected is found
    if isinstance(expected, bool) or isinstance(found, bool):
        return _plain(expected) == _plain(found)
    if isinstance(expected, (int, float)) and isinstance(found, (int, float)):
        return math.isclose(expected, found, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(
            same_value(expected[name], found[name]) for name in expected
        )
    if isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        return len(expected) == len(found) and all(map(same_value, expected, found))
    return _plain(expected) == _plain(found)


def _plain(value: Any) -> str:
    return " ".join(str(value).split()).casefold()


def is_within(wanted: Sequence[str], path: Sequence[str]) -> bool:
    """Whether nodes were visited in this order; others may lie between them."""
    left = iter(path)
    return all(node in left for node in wanted)
