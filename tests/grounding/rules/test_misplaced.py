"""Texts that were said, but not as the value of their field."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.rules.misplaced import best_named, is_of_another_kind, is_said_of_the_other_end


@pytest.mark.parametrize(
    ("name", "value", "is_other"),
    [
        ("date", "2316 Dwight Way", True),
        ("visitDate", "7 pm", True),
        ("time", "555-0123", True),
        ("show_time", "March 2nd", True),
        ("show_time", "2026-03-02", True),
        ("time", "5-9", False),
        ("show_time", "March 2nd at 5", False),
        ("date", "Christmas 2026", False),
        ("start_date", "summer 2026", False),
        ("date", "week 32", False),
        ("date", "12/2026", False),
        ("date", "in 3 days", False),
        ("time", "in 45 minutes", False),
        ("delivery_time", "90 minutes", False),
        ("time", "5ish", False),
        ("address", "2316 Dwight Way", False),
        ("city", "Sonoma Ave", True),
        ("email", "Marco", True),
        ("email", "ana at example dot com", False),
        ("phone", "Marco", True),
        ("phone", "five five five", False),
        ("phone_brand", "Nokia", False),
        ("patient_name", "4711", True),
        ("product_name", "501", False),
        ("home_city", "SFO International Airport", True),
        ("city", "Point Reyes Station", False),
        ("city_hotel", "Grand Hotel", False),
    ],
)
def test_a_number_of_another_kind_is_no_date_or_time(name: str, value: str, is_other: bool) -> None:
    assert is_of_another_kind(name, value) is is_other


@pytest.mark.parametrize(
    ("name", "value", "said", "is_other"),
    [
        ("origin", "Oslo", "From Rome to Oslo", True),
        ("destination", "Rome", "From Rome to Oslo", True),
        ("origin", "Rome", "Rome to Oslo, please", False),
        ("destination", "Oslo", "Oslo, and back from Oslo on Sunday", False),
        ("destination", "Oslo", "Oslo is where I go. From Oslo I take the train.", False),
        ("origin", "Rome", "A flight to Rome to Oslo", False),
        ("origin", "Oslo", "I fly to Oslo to see my aunt", True),
        ("origin", "Rome", "I live close to Rome and fly to Oslo", False),
        ("from_city", "Rome", "I live next to Rome", False),
        ("pickup_time", "3 pm", "Please change it to 3 pm", False),
        ("start_date", "Friday", "from Monday to Friday", True),
        ("end_date", "Friday", "from Monday to Friday", False),
        ("check_in_date", "May 6", "from May 2 to May 6", True),
        ("checkout_date", "May 6", "from May 2 to May 6", False),
        ("arrival_date", "May 2", "from May 2 to May 6", False),
        ("arrival_city", "Rome", "from Rome", True),
        ("from_account", "savings", "from my checking to my savings", True),
    ],
)
def test_only_a_value_whose_every_place_says_the_other_end_is_of_it(
    name: str, value: str, said: str, is_other: bool
) -> None:
    assert is_said_of_the_other_end(name, value, [Passage(said)]) is is_other


@pytest.mark.parametrize(("question", "is_other"), [("And where to?", True), ("Which city?", False)])
def test_a_question_for_the_other_end_makes_its_answer_one(question: str, is_other: bool) -> None:
    assert is_said_of_the_other_end("origin", "Milan", [Passage(question), Passage("Milan.")]) is is_other


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (("I'll be back on March 11th.", "You depart tomorrow and return on March 11th."), "return_date"),
        (("The departure is tomorrow, the date of return is March 11th.",), "return_date"),
        (("I leave on March 11th.", "You leave on March 11th, and return when?"), "departure_date"),
        (("You fly out on March 11th; when do you return?",), "return_date"),
        (("The date is March 11th.",), "departure_date"),
        (("On a day in March.",), "departure_date"),
    ],
)
def test_a_day_belongs_to_the_field_that_is_named_next_to_it(said: tuple[str, ...], field: str) -> None:
    passages = [Passage(text) for text in said]
    assert best_named(["departure_date", "return_date"], "March 11th", passages) == field
