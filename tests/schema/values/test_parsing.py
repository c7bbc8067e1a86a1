"""Parsing answers: the object in a text, and values coerced without loss."""

from __future__ import annotations

import contextlib
import datetime
import time
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from byok_widgets import SchemaError
from byok_widgets.schema import ExtractionSchema

NOTHING = object()
DAYS = ["Mon", "Tue", "none"]
ana = ExtractionSchema.of(fields={"name": str, "age": int})


class Place(BaseModel):
    street: str
    number: int
    kind: Literal["home", "work", "none"] = "home"


class Person(BaseModel):
    name: str
    place: Place | None = None
    ages: list[int] = []


def read(type_: Any, value: Any) -> Any:
    """Return the typed value, `NOTHING` if it is not stated, or the problem as an exception."""
    checked = ExtractionSchema.of(fields={"x": type_}).check({"x": value})
    if checked.status["x"] == "invalid":
        raise ValueError(checked.problems["x"])
    return NOTHING if checked.status["x"] in ("not_stated", "incomplete") else checked.values["x"]


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ana", "age": 36}',
        'Sure!\n```json\n{"name": "Ana", "age": 36}\n```\nAnything else?',
        'A set {1, 2} and {...} and {"a": 1}: {"name": "Ana", "age": 36} {"kind": "Bob"}',
        '{"answer": {"person": {"name": "Ana", "age": 36}}}',
        '\ufeff  {"name": "Ana", "age": 36,}  {"name": "Ana", "age": 36}',
        '[{"name": "Ana", "age": 36}]',
    ],
)
def test_the_object_is_found_wherever_it_is(text: str) -> None:
    assert ana.check_answer(text).values == {"name": "Ana", "age": 36}


def test_an_empty_object_states_nothing() -> None:
    assert set(ana.check_answer("{}").status.values()) == {"not_stated"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "JSON"),
        ("I cannot do that.", "JSON"),
        ('{"name": "Ana"', "JSON"),
        ("[1, 2]", "JSON"),
        ('{"first name": "Ana", "years": 36}', "name, age"),
    ],
)
def test_a_text_without_an_answer_is_an_error(text: str, words: str) -> None:
    with pytest.raises(SchemaError, match=words) as caught:
        ana.check_answer(text)
    assert caught.value.kind == "not_json"


@settings(max_examples=200)
@given(st.one_of(st.text(), st.text('{}[]":,\\nulltrue 0e', max_size=40)))
def test_any_text_gives_an_object_or_our_error(text: str) -> None:
    with contextlib.suppress(SchemaError):
        ana.check_answer(text)


@pytest.mark.parametrize("text", ['{"a":' * 20_000, "{" * 100_000, '{"name":' + "[" * 50_000])
def test_an_endless_text_is_given_up_soon(text: str) -> None:
    started = time.process_time()
    with pytest.raises(SchemaError):
        ana.check_answer(text)
    assert time.process_time() - started < 1


def test_an_endlessly_nested_value_is_invalid_and_no_crash() -> None:
    schema = ExtractionSchema.of(
        {"properties": {"x": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}
    )
    for levels in (10, 70, 900):
        checked = schema.check({"x": nested(levels)})
        assert checked.status["x"] == ("found" if levels == 10 else "invalid")


def nested(levels: int) -> list[Any]:
    value: list[Any] = [1]
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "type_", [str, int, bool, datetime.date, ["Mon", "Tue"], list[int], Any, Place, dict[str, int]]
)
@pytest.mark.parametrize("said", [None, "", "  ", "N/A", "unknown", "None", "NULL", "not stated", "-", "?"])
def test_words_for_nothing_count_as_not_stated(type_: Any, said: Any) -> None:
    assert read(type_, said) is NOTHING


@pytest.mark.parametrize(
    ("said", "value"), [("none", "none"), ("NONE", "none"), ("unknown", NOTHING), (None, NOTHING)]
)
def test_a_word_for_nothing_is_a_value_if_it_is_allowed(said: Any, value: Any) -> None:
    assert read(DAYS, said) == value


@pytest.mark.parametrize(
    ("type_", "said", "value"),
    [
        (int, 0, 0),
        (float, 0, 0.0),
        (bool, False, False),
        (int, "0", 0),
        (bool, "false", False),
    ],
)
def test_zero_and_false_are_values(type_: Any, said: Any, value: Any) -> None:
    assert same(read(type_, said), value)


@pytest.mark.parametrize(
    ("type_", "said", "value"),
    [
        (int, "36", 36),
        (int, " +36 ", 36),
        (int, 36.0, 36),
        (int, "36.0", 36),
        (int, "1e3", 1000),
        (int | None, "36", 36),
        (int | str, "36", "36"),
        (float, "36.5", 36.5),
        (float, 36, 36.0),
        (str, 36, "36"),
        (str, " Ana ", " Ana "),
        (bool, "True", True),
        (Decimal, "12.30", Decimal("12.30")),
        (DAYS, "TUE", "Tue"),
        (Literal[1, 2], "2", 2),
        (Literal["a", 1, True], 1, 1),
        (Literal["a", 1, True], True, True),
        (list[int], ["1", 2.0], [1, 2]),
        (list[Literal["Mon"]], ["MON"], ["Mon"]),
        (dict[str, bool], [{"key": "a", "value": "true"}], {"a": True}),
        (dict[str, bool], {"a": "true"}, {"a": True}),
        (tuple[int, str], ["1", 2], (1, "2")),
        (datetime.date, " 2026-12-01 ", datetime.date(2026, 12, 1)),
        (datetime.date | int, "36", 36),
        (Any, "36", "36"),
        (Any, 36, 36),
        (Any, 9007199254740993, 9007199254740993),
        (Any, 1.5, 1.5),
    ],
)
def test_a_type_is_coerced_if_nothing_is_lost(type_: Any, said: Any, value: Any) -> None:
    assert same(read(type_, said), value)


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        (int, "about 36"),
        (int, "36 years"),
        (int, "36.5"),
        (int, 36.5),
        (int, True),
        (int, [36]),
        (int, {"value": 36}),
        (int, "1e400"),
        (int, "9" * 5000),
        (float, True),
        (float, "inf"),
        (float, "nan"),
        (str, True),
        (str, ["Ana"]),
        (bool, 1),
        (bool, 0),
        (bool, "1"),
        (DAYS, "Tuesday"),
        (DAYS, "Mon, Tue"),
        (Literal["a", 1], True),
        (Literal[True], 1),
        (Literal[True, False], 0),
        (Literal[1, 2], True),
        (Literal["a"] | int, True),
        (list[int], [True]),
        (list[int], "1, 2"),
        (list[bool], [1]),
        (dict[str, int], [{"key": "a", "value": 1}, {"key": "a", "value": 2}]),
        (dict[str, int], [{"key": "a"}]),
        (datetime.date, "next Tuesday"),
        (datetime.date, 0),
        (datetime.date, "0"),
        (datetime.datetime, "36"),
        (datetime.datetime, 1_700_000_000),
        (datetime.time, 14),
        (datetime.timedelta, 3),
        (Decimal, "about 12"),
    ],
)
def test_what_would_lose_or_invent_something_is_invalid(type_: Any, said: Any) -> None:
    with pytest.raises(ValueError, match=r"^x\b.*: .*; got "):
        read(type_, said)


def test_a_missing_part_may_be_null_and_gets_the_default() -> None:
    assert read(Place, {"street": "Via 1", "number": "7", "kind": None}) == Place(street="Via 1", number=7)


def test_an_object_with_no_stated_part_is_not_stated() -> None:
    assert read(Place, {"street": "", "number": None, "kind": None}) is NOTHING
    assert read(Place, {"street": "Via", "number": 7, "kind": "none"}).kind == "none"


def test_the_alternative_that_fits_is_the_one_that_is_read() -> None:
    class Cat(BaseModel):
        kind: Literal["cat"]
        lives: int

    class Dog(BaseModel):
        kind: Literal["dog"]
        lives: float
        owner: str | None

    assert read(Cat | Dog, {"kind": "dog", "lives": "1", "owner": None}) == Dog(kind="dog", lives=1.0, owner=None)
    assert read(Cat | Dog, {"kind": "cat", "lives": "9"}) == Cat(kind="cat", lives=9)


def test_alternatives_with_the_same_names_are_distinguished_by_their_tag() -> None:
    class Number(BaseModel):
        kind: Literal["number"]
        x: int

    class Text(BaseModel):
        kind: Literal["text"]
        x: str

    assert read(Number | Text, {"kind": "text", "x": "36"}) == Text(kind="text", x="36")
    assert read(Number | Text, {"kind": "number", "x": "36"}) == Number(kind="number", x=36)
