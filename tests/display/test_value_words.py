"""Values read like language, wherever they stand: in prompts, in sentences and in tables."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum

import pytest
from pydantic import BaseModel

from byok_widgets.display.value_words import in_words, labelled, quoted
from byok_widgets.templates import render, render_in_time


class Size(Enum):
    LARGE = "large"


class Floor(IntEnum):
    FIRST = 1


@dataclass
class Address:
    street_name: str
    city: str | None = None


class Order(BaseModel):
    size: Size
    to: Address
    toppings: list[str] = []


ENDLESS: list[object] = ["a"]
ENDLESS.append(ENDLESS)

WORDS = [
    ("Ana", "Ana"),
    ("", ""),
    (None, "not stated"),
    (True, "yes"),
    (False, "no"),
    (3, "3"),
    (-0.5, "-0.5"),
    (3.0, "3"),
    (0.1 + 0.2, "0.3"),
    (1e-7, "0.0000001"),
    (1e20, "100000000000000000000"),
    (1e300, "1E+300"),
    (float("nan"), "nan"),
    (10**30, "1" + "0" * 30),
    (Decimal("12.50"), "12.50"),
    (Decimal("1E+3"), "1000"),
    (Size.LARGE, "large"),
    (Floor.FIRST, "1"),
    (date(2026, 12, 3), "3 December 2026"),
    (datetime(2026, 12, 3, 9, 5), "3 December 2026, 09:05"),
    (datetime(2026, 12, 3, 9, 5, 7, 250000, tzinfo=UTC), "3 December 2026, 09:05:07.25 UTC"),
    (datetime(2026, 1, 3, 9, 5, tzinfo=timezone(timedelta(hours=-3.5))), "3 January 2026, 09:05 UTC-03:30"),
    (time(14, 30), "14:30"),
    (timedelta(days=1, hours=2, minutes=1), "1 day, 2 hours and 1 minute"),
    (timedelta(seconds=-90.5), "minus 1 minute and 30.5 seconds"),
    (timedelta(0), "0 seconds"),
    ([], "none"),
    ({}, "none"),
    (["cheese"], "cheese"),
    (["tomato", "cheese"], "tomato and cheese"),
    (("pepperoni", "tomato", "cheese"), "pepperoni, tomato and cheese"),
    ({"b", "a", "c"}, "a, b and c"),
    (frozenset({1, "a"}), "1 and a"),
    (["ham, eggs", "salt and pepper"], "ham, eggs; and salt and pepper"),
    ([True, 2.50, None], "yes, 2.5 and not stated"),
    ([["a", "b"], ["c"]], "(a and b); and c"),
    ({"size": "large", "toppings": ["ham", "cheese"]}, "size: large, toppings: (ham and cheese)"),
    (
        {"to": {"street_name": "Elm 5", "city": None}, "urgent": False},
        "to: (street name: Elm 5, city: not stated), urgent: no",
    ),
    (
        [{"item": "pizza", "count": 1}, {"item": "cola", "count": 2}],
        "item: pizza, count: 1; and item: cola, count: 2",
    ),
    (Address("Elm 5", "Oslo"), "street name: Elm 5, city: Oslo"),
    (
        Order(size=Size.LARGE, to=Address("Elm 5")),
        "size: large, to: (street name: Elm 5, city: not stated), toppings: none",
    ),
]


@pytest.mark.parametrize(("value", "words"), WORDS, ids=[words[:30] for _, words in WORDS])
def test_a_value_reads_like_language(value: object, words: str) -> None:
    assert in_words(value) == words
    if value is not None:
        for for_model in (True, False):
            assert render("<{{x}}>", {"x": value}, node="n", for_model=for_model) == f"<{words}>"
        assert asyncio.run(render_in_time("{{x}}", {"x": value}, flow="f", node="n")) == words


def test_a_value_without_end_has_one() -> None:
    assert "…" in in_words(ENDLESS)


def test_beside_others_a_text_stands_in_quotes_and_a_list_in_parentheses() -> None:
    assert quoted("it's") == '"it\'s"'
    assert quoted(True) == "yes"
    assert quoted(["a", "b"]) == "(a and b)"
    assert quoted(date(2026, 12, 3)) == "3 December 2026"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("large", "size: large"),
        ("St. John's Road", "size: St. John's Road"),
        ("a, b: c", 'size: "a, b: c"'),
        ("5", 'size: "5"'),
        ("yes", 'size: "yes"'),
        ("", 'size: ""'),
        (" x", 'size: " x"'),
        ("\x1b", r"size: '\x1b'"),
        (5, "size: 5"),
        (True, "size: yes"),
        (None, "size: not stated"),
        (["a", "b"], "size: (a and b)"),
    ],
)
def test_a_value_with_its_name_is_mistaken_for_no_other(value: object, said: str) -> None:
    assert labelled("size", value) == said


@pytest.mark.parametrize("raw", ["tojson", "raw"])
def test_a_filter_gives_the_raw_form(raw: str) -> None:
    values = {"toppings": ["Käse", "<b>"], "urgent": True, "day": date(2026, 12, 3)}
    text = render(f"{{{{ toppings | {raw} }}}} {{{{ urgent | {raw} }}}} {{{{ day | {raw} }}}}", values, node="n")
    assert text == '["Käse", "<b>"] true "2026-12-03"'


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ toppings | join(' + ') }}", "ham + yes"),
        ("{{ urgent | upper }}", "YES"),
        ("{{ toppings | map('upper') }}", "HAM and YES"),
        ("{{ toppings | length }} {{ toppings[0] }}", "2 ham"),
        ("[{{ toppings | join('][') }}]", "[ham][yes]"),
    ],
)
def test_filters_read_values_like_language_too(template: str, text: str) -> None:
    values = {"toppings": ["ham", True], "urgent": True, "people": 2.5}
    assert render(template, values, node="n") == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{x}}", "not stated"),
        ("{{ x | upper }} {{ x | int }} {{ x | join(',') }}", "not stated not stated not stated"),
        ("{{ x.first.name }} {{ x[0] }} {{ x.strip }}", "not stated not stated not stated"),
        ("{{ 'a' | replace('a', x) }}", "not stated"),
        ("{{ x | default('a friend') }} {{ x.name | d('?') }}", "a friend ?"),
        ("{{ x | upper | default('NOBODY') }}", "NOBODY"),
        ("{{ order.size }} {{ order.address }}", "not stated not stated"),
    ],
)
def test_in_a_prompt_for_a_model_what_is_not_stated_says_so(template: str, text: str) -> None:
    assert render(template, {"x": None, "order": {"size": None}}, node="n", for_model=True) == text
