"""Numbers keep their digits, each in the type of its field."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from pydantic import Field as Rule

from byok_widgets.schema import ExtractionSchema
from byok_widgets.schema.values.exact_numbers import WrittenNumber

INVALID = object()


class Line(BaseModel):
    price: Decimal
    weight: float
    pieces: int = 1


def read(type_: Any, written: str) -> Any:
    """Return the value of a field for a number that is written in an answer, or `INVALID`."""
    checked = ExtractionSchema.of(fields={"x": type_}).check_answer(f'{{"x": {written}}}')
    return INVALID if checked.problems else checked.values["x"]


@pytest.mark.parametrize(
    ("type_", "written", "value"),
    [
        (Decimal, "1234567890123456.78", Decimal("1234567890123456.78")),
        (Decimal, "12.30", Decimal("12.30")),
        (Decimal, '"12.30"', Decimal("12.30")),
        (Decimal, "12345678901234567890", Decimal(12345678901234567890)),
        (Decimal | None, "0.10", Decimal("0.10")),
        (list[Decimal], "[1.10, 2]", [Decimal("1.10"), Decimal(2)]),
        (dict[str, Decimal], '[{"key": "a", "value": 1.10}]', {"a": Decimal("1.10")}),
        (Line, '{"price": 9.90, "weight": 0.1}', Line(price=Decimal("9.90"), weight=0.1)),
        (float, "12.30", 12.3),
        (float, "3.1415926535897932", 3.141592653589793),
        (float, "52.520006599999998", 52.520006599999995),
        (float, "0.1000000000000000055511151231257827021181583404541015625", 0.1),
        (float, "0.10000000000000000000000000", 0.1),
        (float, "1e23", 1e23),
        (float | str, "12.30", 12.3),
        (str, "12.30", "12.30"),
        (str, "12e5", "12e5"),
        (str, "1E3", "1E3"),
        (int, "9007199254740993", 9007199254740993),
        (int, "9007199254740993.0", 9007199254740993),
        (int, "12345678901234567890123", 12345678901234567890123),
        (int, "1.2e3", 1200),
        (Any, "0.5", 0.5),
        (float, "1234567890123456.78", INVALID),
        (float, "3.14159265358979323846", INVALID),
        (list[float], "[0.1234567890123456789]", INVALID),
        (float, "9007199254740993", INVALID),
        (list[float], "[9007199254740993]", INVALID),
        (Line, '{"price": 1, "weight": 9007199254740993}', INVALID),
        (float, "1e400", INVALID),
        (float, "1" + "0" * 400, INVALID),
        (float, "1e-400", INVALID),
        (int, "1e400", INVALID),
        (int, "1e999999", INVALID),
        (int, "36.5", INVALID),
        (Annotated[float, Rule(multiple_of=0.01)], "0.07", 0.07),
    ],
)
def test_no_digit_is_lost(type_: Any, written: str, value: Any) -> None:
    got = read(type_, written)
    assert repr(got) == repr(value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("PT90M", timedelta(minutes=90)),
        ("P2W", timedelta(days=14)),
        ("P1M", INVALID),
        ("P1Y2DT3H", INVALID),
        ("-P1M", INVALID),
    ],
)
def test_months_have_no_fixed_length(written: str, value: Any) -> None:
    assert read(timedelta, json.dumps(written)) == value
    assert read(list[timedelta], json.dumps([written])) == (value if value is INVALID else [value])


def test_a_number_stays_as_it_was_written_in_copies() -> None:
    number = WrittenNumber("12e5")
    copies = [pickle.loads(pickle.dumps(number)), copy.deepcopy(number), copy.copy(number)]
    assert [str(each) for each in copies] == ["12e5"] * 3
    assert copies == [Decimal("1.2e6")] * 3


@pytest.mark.parametrize("number", ["0.07", "19.99", "4.35", "1.10", "1e20", "12345678901234567890", "-0.03", "0"])
def test_multiples_are_counted_in_decimals(number: str) -> None:
    schema = ExtractionSchema.of({"properties": {"x": {"type": "number", "multipleOf": 0.01}}})
    assert not schema.check_answer(f'{{"x": {number}}}').problems
    assert "multiple" in schema.check_answer('{"x": 1.005}').problems["x"]


def test_a_json_schema_gives_values_that_json_can_hold() -> None:
    number: dict[str, Any] = {"type": "number"}
    schema = ExtractionSchema.of({"properties": {"x": number, "y": {"items": number}, "z": {}}})
    values = schema.check_answer('{"x": 12.30, "y": [1.5, 12345678901234567890], "z": 0.25}').values
    assert json.loads(json.dumps(values)) == values == {"x": 12.3, "y": [1.5, 12345678901234567890], "z": 0.25}


def test_an_example_may_hold_decimals() -> None:
    schema = ExtractionSchema.of(fields={"price": Decimal, "lines": list[Line]})
    written = schema.wire({"price": Decimal("9.90"), "lines": [Line(price=Decimal("1.10"), weight=1.5)]})
    assert json.loads(json.dumps(written))["price"] == "9.90"
    assert schema.check(written).values["lines"] == [Line(price=Decimal("1.10"), weight=1.5)]


def test_no_part_of_a_microsecond_is_lost() -> None:
    assert read(datetime, '"2026-11-27T09:30:00.1234567"') is INVALID
    assert read(time, '"09:30:00.1234567"') is INVALID
    assert read(time, '"09:30:00.123456000"') == time(9, 30, 0, 123456)
