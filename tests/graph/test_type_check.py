"""Conditions that compare what never meets: each is found, and what is found is so when it runs."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel
from typing_extensions import TypeAliasType

from byok_widgets import ConfigError, Flow
from byok_widgets.graph import Expression
from byok_widgets.graph.finding import Finding


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

MISTAKES = {
    'age > "x"': "compares age, a number, with 'x', a text. Compare values of one kind.",
    'age > "18"': "Write it without quotes: 18.",
    "1 < age < 'x'": "compares age, a number, with 'x', a text",
    "name > 18": "compares name, a text, with 18, a number",
    "name == age": "compares name, a text, with age, a number",
    "name is True": "compares name, a text, with True, a yes or no",
    'urgent == "yes"': "compares urgent, a yes or no, with 'yes', a text. Write urgent, or not urgent.",
    'urgent != "yes"': "Write urgent, or not urgent.",
    "(age > 17) == 'yes'": "compares age > 17, a yes or no, with 'yes', a text",
    "born > 2000": "compares born, a date or time, with 2000, a number",
    "tags > 3": "compares tags, a list, with 3, a number",
    "tags == 'x'": "compares tags, a list, with 'x', a text. Write 'x' in tags.",
    "weekday == ['Sat']": "Write weekday in ['Sat'].",
    "place == 'x'": "compares place, an object, with 'x', a text",
    'weekday == "Sun"': "compares weekday with 'Sun', which it never is. Its values: 'Mon', 'Tue', 'Sat'.",
    '"Sun" != weekday': "compares weekday with 'Sun', which it never is",
    'weekday == "sat"': "Did you mean 'Sat'? Its values: 'Mon', 'Tue', 'Sat'.",
    'weekday == "Saturday" or weekday == "Satt"': "Did you mean 'Sat'?",
    'lower(weekday) == "Mon"': "Did you mean 'mon'? Its values: 'mon', 'tue', 'sat'.",
    'weekday in ["Sun", "Fri"]': "compares weekday with 'Fri', which it never is",
    'weekday not in ("Sun",)': "compares weekday with 'Sun', which it never is",
    "weekday == size": "compares weekday with size, which it never is",
    "size == 'SMALL'": "Its values: 'S', 'L'.",
    "stars == 4": "Its values: 1, 2, 3.",
    "stars in ['1', '2']": "Write it without quotes: 2.",
    "'Sun' in days": "compares the entries of days with 'Sun', which it never is",
    "5 in tags": "compares 5, a number, with the entries of tags, a text",
    "5 in name": "compares 5, a number, with name, a text",
    "'x' in age": "looks for 'x' in age, a number",
    "'yes' in urgent": "looks for 'yes' in urgent, a yes or no",
    "name + 1 > 2": "counts with name, a text",
    "-name == 3": "counts with name, a text",
    "urgent * 2 == 2": "counts with urgent, a yes or no",
    "len(age) > 2": "asks for the length of age, a number",
    "lower(name) == 3": "compares lower(name), a text, with 3, a number",
    "len(name) == '3'": "Write it without quotes: 3.",
}

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
def flow(flow: Flow) -> Flow:
    flow.extraction("data", fields={name: kind for name, (kind, _) in VALUES.items()})
    flow.conversation("ask", "Ask.")
    flow.connect("data", "data", when="never")
    flow.connect("data", "ask")
    return flow


def found(flow: Flow, condition: str, **more: Any) -> list[Finding]:
    flow.connect("data", "ask", if_=condition)
    return [finding for finding in flow.check(**more) if finding.kind == "types"]


def outcomes(condition: str) -> set[bool | str]:
    """What comes of a condition, whatever the values."""
    expression = Expression(condition)
    outcome: set[bool | str] = set()
    for values in itertools.product(*(VALUES[name][1] for name in expression.names)):
        try:
            outcome.add(expression.holds(dict(zip(expression.names, values, strict=True))))
        except ConfigError:
            outcome.add("error")
    return outcome


@pytest.mark.parametrize(("condition", "said"), MISTAKES.items())
def test_a_mistake_is_named_and_the_condition_is_of_no_use_when_it_runs(
    flow: Flow, condition: str, said: str
) -> None:
    findings = found(flow, condition)
    assert {(finding.level, finding.where) for finding in findings} == {("error", "data")}
    assert any(said in str(finding) for finding in findings)
    assert str(findings[0]).startswith(f"error: The condition {condition!r} of node 'data' ")
    assert len(outcomes(condition) - {"error"}) < 2


@pytest.mark.parametrize("condition", GOOD)
def test_what_may_hold_is_no_mistake(flow: Flow, condition: str) -> None:
    assert found(flow, condition) == []
    assert outcomes(condition) == {True, False}


@pytest.mark.parametrize("condition", ["weekday in ['Sat', 'Sun']", "age in ['18', 19]"])
def test_a_list_of_which_a_part_is_of_no_use_is_a_warning(flow: Flow, condition: str) -> None:
    assert [finding.level for finding in found(flow, condition)] == ["warning"]
    assert outcomes(condition) == {True, False}


@pytest.mark.parametrize("condition", ["nobody == 3 and nobody > 'x'", "name is None", "born != None"])
def test_what_is_not_known_is_not_said(flow: Flow, condition: str) -> None:
    assert found(flow, condition, variables=["nobody"]) == []


def test_several_nodes_may_write_a_variable(flow: Flow) -> None:
    assert len(found(flow, "age == 'old'")) == 1
    flow.extraction("again", age=str, weekday=["Sun"], stars=["many"], enter="they say it again")
    assert found(flow, "age == 'old' and weekday == 'Sun' and stars == 'many' and stars == 2") == []
    assert "Its values: 'Mon', 'Tue', 'Sat', 'Sun'." in found(flow, "weekday == 'Fri'")[0].fix
    flow.extraction("again", weekday=str, enter="they say it again")
    assert found(flow, "weekday == 'Fri'") == []


def test_what_code_sets_may_be_of_any_type(flow: Flow) -> None:
    assert len(found(flow, "age == 'old'")) == 1
    assert found(flow, "age == 'old'", variables=["age"]) == []


def test_what_a_function_asks_is_not_known(flow: Flow) -> None:
    flow.connect("data", "ask", if_=lambda variables: variables["age"] == "old")
    assert [finding for finding in flow.check() if finding.kind == "types"] == []


def test_a_long_list_of_values_is_cut(flow: Flow) -> None:
    flow.extraction("data", code=[f"c{number}" for number in range(99)])
    fix = found(flow, "code == 'zzz'")[0].fix
    assert fix.endswith("'c11', and others.")


def test_lists_of_their_own_kind_and_schemas_of_any_form(flow: Flow) -> None:
    nested = TypeAliasType("nested", list["nested"])  # type: ignore[misc]
    flow.extraction("data", tree=nested, note=Any)
    assert found(flow, "tree == 3 and note > 3")[0].problem.endswith("compares tree, a list, with 3, a number.")
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
    expected = ("letter with 'c'", "when, a date or time,", "mixed, a number,")
    assert all(words in text for words, text in zip(expected, said, strict=True))
