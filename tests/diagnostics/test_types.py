"""Conditions that compare what can never match: each is found, and each finding proves true when it runs."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel
from typing_extensions import TypeAliasType

from byok_widgets import ConfigError, Flow
from byok_widgets.findings import Finding
from byok_widgets.graph import Expression


class Size(Enum):
    SMALL = "S"
    LARGE = "L"


class Place(BaseModel):
    street: str


VALUES: dict[str, tuple[Any, list[Any]]] = {
    "age": (int, [0, 1, 17, 18, 19]),
    "name": (str, ["Ana", "18", "", "x", "yes"]),
    "weekday": (["Mon", "Tue", "Sat"], ["Mon", "Tue", "Sat"]),
    "size": (Size, [Size.SMALL, Size.LARGE]),
    "stars": ([1, 2, 3], [1, 2, 3]),
    "urgent": (bool, [True, False]),
    "tags": (list[str], [["x"], ["red", "blue"]]),
    "days": (list[Literal["Mon", "Tue"]], [["Mon"], ["Tue"], ["Mon", "Tue"]]),
    "born": (dt.date, [dt.date(1999, 1, 1), dt.date(2020, 1, 1)]),
    "price": (Decimal, [Decimal(1), Decimal(18)]),
    "either": (int | str, [18, "x", 3]),
    "place": (Place, [{"street": "x"}, {"road": "y"}]),
}
"""A field of each type, and values that it may have."""

MISTAKES: dict[str, tuple[str, ...]] = {
    'age > "x"': ("age", "'x'"),
    'age > "18"': ("18",),
    "1 < age < 'x'": ("age", "'x'"),
    "name > 18": ("name", "18"),
    "name == age": ("name", "age"),
    "name is True": ("name", "True"),
    'urgent == "yes"': ("'yes'", "urgent", "not urgent"),
    'urgent != "yes"': ("'yes'", "urgent", "not urgent"),
    "(age > 17) == 'yes'": ("age > 17", "'yes'"),
    "born > 2000": ("born", "2000"),
    "tags > 3": ("tags", "3"),
    "tags == 'x'": ("'x' in tags",),
    "weekday == ['Sat']": ("weekday in ['Sat']",),
    "place == 'x'": ("place", "'x'"),
    'weekday == "Sun"': ("weekday", "'Sun'", "'Mon', 'Tue', 'Sat'"),
    '"Sun" != weekday': ("weekday", "'Sun'"),
    'weekday == "sat"': ("'Sat'", "'Mon', 'Tue', 'Sat'"),
    'weekday == "Saturday" or weekday == "Satt"': ("'Saturday'", "'Mon', 'Tue', 'Sat'"),
    'lower(weekday) == "Mon"': ("'mon'", "'mon', 'tue', 'sat'"),
    'weekday in ["Sun", "Fri"]': ("weekday", "'Sun'"),
    'weekday not in ("Sun",)': ("weekday", "'Sun'"),
    "weekday == size": ("weekday", "size"),
    "size == 'SMALL'": ("'S', 'L'",),
    "stars == 4": ("1, 2, 3",),
    "stars in ['1', '2']": ("'1'",),
    "'Sun' in days": ("days", "'Sun'"),
    "5 in tags": ("5", "tags"),
    "5 in name": ("5", "name"),
    "'x' in age": ("'x'", "age"),
    "'yes' in urgent": ("'yes'", "urgent"),
    "name + 1 > 2": ("name",),
    "-name == 3": ("name",),
    "urgent * 2 == 2": ("urgent",),
    "len(age) > 2": ("age",),
    "lower(name) == 3": ("lower(name)", "3"),
    "len(name) == '3'": ("3",),
}
"""Useless conditions, and what is named for each besides the condition itself: its sides, or what to write."""

GOOD = [
    "age > 17 and age != 18",
    "age > 17.5 and age + 1 > 3",
    "name == 'Ana'",
    "name > 'B'",
    "'A' in name",
    "name in ['Ana', 'Leo']",
    "weekday == 'Sat'",
    "weekday > 'N'",
    "weekday in ['Mon', 'Tue']",
    "weekday in name or name == 'Ana'",
    "lower(weekday) == 'sat'",
    "len(weekday) == 3 and weekday != 'Mon'",
    "size == 'S'",
    "stars == 3",
    "stars == 1.0",
    "urgent",
    "urgent is True",
    "urgent == 1",
    "urgent == (age > 17)",
    "'x' in tags",
    "len(tags) > 1",
    "'Tue' in days",
    "born >= '2020-01-01'",
    "price > 17",
    "price == 18 or price == 'x'",
    "either == 18",
    "either == 'x'",
    "'street' in place",
]


@pytest.fixture
def flow(judged_flow: Flow) -> Flow:
    flow = judged_flow
    flow.extraction("data", fields={name: kind for name, (kind, _) in VALUES.items()})
    flow.conversation("ask", "Ask.")
    flow.connect("data", "data", when="never")
    flow.connect("data", "ask")
    return flow


def found(flow: Flow, condition: str, **more: Any) -> list[Finding]:
    flow.connect("data", "ask", if_=condition)
    return [finding for finding in flow.check(**more) if finding.kind == "types"]


def outcomes(condition: str) -> set[bool | str]:
    """The outcomes of a condition, for all values."""
    expression = Expression(condition)
    outcome: set[bool | str] = set()
    for values in itertools.product(*(VALUES[name][1] for name in expression.names)):
        try:
            outcome.add(expression.holds(dict(zip(expression.names, values, strict=True))))
        except ConfigError:
            outcome.add("error")
    return outcome


@pytest.mark.parametrize(("condition", "named"), MISTAKES.items())
def test_a_mistake_is_named_and_the_condition_is_useless_when_it_runs(
    flow: Flow, condition: str, named: tuple[str, ...]
) -> None:
    findings = found(flow, condition)
    assert {(finding.level, finding.where) for finding in findings} == {("error", "data")}
    assert all(repr(condition) in finding.problem and "'data'" in finding.problem for finding in findings)
    shown = str(findings[0]).replace(repr(condition), "")
    assert all(re.search(rf"(?<![\w']){re.escape(name)}(?![\w'])", shown) for name in named)
    assert len(outcomes(condition) - {"error"}) < 2


@pytest.mark.parametrize("condition", GOOD)
def test_a_condition_that_may_hold_is_not_a_mistake(flow: Flow, condition: str) -> None:
    assert found(flow, condition) == []
    assert outcomes(condition) == {True, False}


@pytest.mark.parametrize("condition", ["weekday in ['Sat', 'Sun']", "age in ['18', 19]"])
def test_a_list_that_is_partly_useless_is_a_warning(flow: Flow, condition: str) -> None:
    assert [finding.level for finding in found(flow, condition)] == ["warning"]
    assert outcomes(condition) == {True, False}


@pytest.mark.parametrize("condition", ["nobody == 3 and nobody > 'x'", "name is None", "born != None"])
def test_nothing_is_said_about_what_is_unknown(flow: Flow, condition: str) -> None:
    assert found(flow, condition, variables=["nobody"]) == []


def test_several_nodes_may_write_a_variable(flow: Flow) -> None:
    assert len(found(flow, "age == 'old'")) == 1
    flow.extraction("again", age=str, weekday=["Sun"], stars=["many"], enter="they say it again")
    assert found(flow, "age == 'old' and weekday == 'Sun' and stars == 'many' and stars == 2") == []
    assert "'Mon', 'Tue', 'Sat', 'Sun'" in found(flow, "weekday == 'Fri'")[0].fix
    flow.extraction("again", weekday=str, enter="they say it again")
    assert found(flow, "weekday == 'Fri'") == []


def test_values_set_by_code_may_have_any_type(flow: Flow) -> None:
    assert len(found(flow, "age == 'old'")) == 1
    assert found(flow, "age == 'old'", variables=["age"]) == []


def test_what_a_function_checks_is_unknown(flow: Flow) -> None:
    flow.connect("data", "ask", if_=lambda variables: variables["age"] == "old")
    assert [finding for finding in flow.check() if finding.kind == "types"] == []


def test_a_long_list_of_values_is_truncated(flow: Flow) -> None:
    flow.extraction("data", code=[f"c{number}" for number in range(99)])
    fix = found(flow, "code == 'zzz'")[0].fix
    assert [f"'c{number}'" in fix for number in (0, 11, 12, 98)] == [True, True, False, False]


def test_recursive_lists_and_schemas_of_any_form(flow: Flow) -> None:
    nested = TypeAliasType("nested", list["nested"])  # type: ignore[misc]
    flow.extraction("data", tree=nested, note=Any)
    (mistake,) = found(flow, "tree == 3 and note > 3")
    assert "tree, a list" in mistake.problem
    schema = {
        "type": "object",
        "properties": {
            "any": {},
            "letter": {"enum": ["a", "b", None]},
            "when": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            "mixed": {"type": ["integer", "null"]},
        },
    }
    flow.extraction("data", schema)
    said = [str(finding) for finding in found(flow, "any == 3 and letter == 'c' and when > 5 and mixed == 'x'")]
    expected = (("letter", "'c'"), ("when", "5"), ("mixed", "'x'"))
    assert all(side in text for sides, text in zip(expected, said, strict=True) for side in sides)
