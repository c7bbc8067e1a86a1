"""Names for days and times support each other in any order, and choices that follow from them."""

from __future__ import annotations

import time

import pytest

from byok_widgets.grounding.dialogue import Dialogue, Kind
from byok_widgets.grounding.evidence import Mark
from byok_widgets.grounding.reading.day_phrases import day_phrases
from byok_widgets.messages import Message


def mark(said: str, value: object, kind: Kind = "text", allowed: tuple[str, ...] = ()) -> Mark:
    return Dialogue([Message("user", said)]).look_up(value, kind, allowed).mark


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("at noon please", "12 pm"),
        ("at 12", "noon"),
        ("noonish", "noon"),
        ("tomorrow in the morning", "tomorrow morning"),
        ("in the morning tomorrow", "tomorrow morning"),
        ("the day after tomorrow", "day after tomorrow"),
        ("next week on Tuesday", "Tuesday next week"),
        ("in two weeks' time", "in 2 weeks"),
        ("a fortnight from now", "in two weeks"),
        ("3 days from now", "in three days"),
        ("in an hour", "1 hour"),
        ("at lunchtime", "lunch"),
        ("tonight", "today"),
        ("this evening", "tonight"),
        ("the weekend", "this weekend"),
        ("in the afternoon, early", "early afternoon"),
        ("ASAP", "as soon as possible"),
        ("right away", "immediately"),
        ("mornings are best", "morning"),
        ("on Tuesdays", "Tuesday"),
        ("the 5th through the 9th", "5th to 9th"),
        ("between 2 and 4", "2-4"),
        ("from 1 to 3 pm", "1 pm"),
        ("at 0930 hours", "9:30"),
        ("on the twenty-fourth", "24th"),
        ("at the end of March", "late March"),
        ("at seven thirty", "7:30"),
        ("um 15 Uhr 30", "15:30"),
        ("the twenty-seventh of November", "November 27"),
        ("on November twenty seven", "27 November"),
        ("born 09.03.84", "1984-03-09"),
        ("valid until 30.06.31", "2031-06-30"),
    ],
)
def test_the_same_time_in_other_words_was_said(said: str, value: str) -> None:
    assert mark(f"I could come {said}.", value) == "said"


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("tomorrow", "the day after tomorrow"),
        ("tomorrow morning", "tomorrow evening"),
        ("next week", "next month"),
        ("in two weeks", "in three weeks"),
        ("Tuesday", "Tuesday next week"),
        (
            "today, and my brother wants to come with me in the morning of some other, later and still open day",
            "this morning",
        ),
        ("at 0930 hours", "10:30"),
        ("at 7:15 pm", "7 pm"),
        ("on November twenty seven", "November 20"),
        ("on the twenty-seventh of November", "November 7"),
        ("between 2 and 4", "2-5"),
        ("to the house at 1550 Gateway Boulevard", "3 pm"),
        ("at 7:40 am on March 14th", "14:40"),
        ("last Friday", "next Friday"),
        ("next Friday", "last Friday"),
    ],
)
def test_another_time_was_not(said: str, value: str) -> None:
    assert mark(f"I could come {said}.", value) == "ungrounded"


@pytest.mark.parametrize(
    ("said", "value", "expected"),
    [
        ("at 9 am", "morning", "said"),
        ("at 3 pm", "afternoon", "said"),
        ("at 8 tonight", "evening", "said"),
        ("at 8", "morning", "not_literal"),
        ("at 9 am", "evening", "not_literal"),
        ("until noon", "afternoon", "not_literal"),
        ("50 euros", "EUR", "said"),
        ("50 pounds", "EUR", "not_literal"),
        ("a big one", "large", "said"),
        ("something pricey", "expensive", "said"),
        ("a small one", "large", "not_literal"),
    ],
)
def test_a_choice_follows_from_a_time_or_a_word_for_the_same(said: str, value: str, expected: Mark) -> None:
    assert mark(said, value, "choice", (value, "another")) == expected


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("um halb acht", "19:30"),
        ("오후 세 시 반에요", "15:30"),
        ("열한시에 갈게요", "11:00"),
        ("Viertel vor acht", "07:45"),
        ("viertel nach 8", "20:15"),
        ("a las siete y media", "07:30"),
        ("siete y cuarto", "19:15"),
        ("ocho menos cuarto", "19:45"),
        ("à sept heures et demie", "19:30"),
        ("à 19 heures et quart", "19:15"),
        ("sette e mezza", "07:30"),
    ],
)
def test_parts_of_an_hour_in_other_languages(said: str, value: str) -> None:
    assert mark(said, value, "moment") == "said"
    assert mark(said, f"{(int(value[:2]) + 1) % 24:02}{value[2:]}", "moment") == "ungrounded"


def test_a_weekday_of_a_named_month_is_neither_past_nor_to_come() -> None:
    assert mark("the last Friday of March", "2026-03-27", "moment") == "not_literal"
    assert mark("it was on Friday", "next Friday") == "said"


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("27 October 2026", "2026-11-27"),
        ("October 27", "2026-11-27"),
        ("27/10/2026", "2026-11-27"),
        ("November 27, 2025", "2026-11-27"),
        ("at 11:27", "2026-11-27"),
        ("9 pm", "09:00:00"),
        ("9 am", "21:00:00"),
        ("9:30", "09:00:00"),
    ],
)
def test_a_number_of_another_date_or_time_supports_none(said: str, value: str) -> None:
    assert mark(said, value, "moment") == "ungrounded"


@pytest.mark.parametrize(
    ("said", "value", "expected"),
    [
        ("９：３０", "09:30:00", "said"),
        ("٩:٣٠", "09:30:00", "said"),
        ("二〇二六年十二月二十五日", "2026-12-25", "said"),
        ("十二月二十五日", "2026-12-24", "ungrounded"),
        ("२७ नवंबर", "2026-11-27", "not_literal"),
        ("um drei Uhr", "15:00:00", "said"),
        ("à trois heures", "15:00:00", "said"),
        ("a las tres", "03:00:00", "said"),
        ("alle tre", "15:00:00", "said"),
        ("kl. 15.30", "15:30:00", "said"),
    ],
)
def test_a_moment_in_other_scripts_and_languages(said: str, value: str, expected: Mark) -> None:
    assert mark(said, value, "moment") == expected


@pytest.mark.parametrize(
    ("said", "value", "expected"),
    [
        ("二十三", 23, "said"),
        ("二十三", 3, "not_literal"),
        ("十五", 15, "said"),
        ("三百", 300, "said"),
        ("两万五千", 25_000, "said"),
        ("二〇二六", 2026, "said"),
        ("两个人", 2, "said"),
        ("minus 5", -5, "said"),
        ("minus 5", 5, "not_literal"),
        ("1.2 million", 1_200_000, "said"),
        ("two and a half", 2.5, "said"),
        ("for 2 nights", 2, "said"),
        ("on three evenings", 3, "said"),
        ("at 2 in the night", 2, "not_literal"),
        ("2½", 2.5, "said"),
        ("it is 3.5", 3.5, "said"),
    ],
)
def test_a_number_in_signs_with_a_scale_or_a_fraction(said: str, value: float, expected: Mark) -> None:
    assert mark(said, value, "number") == expected


@pytest.mark.parametrize(
    ("said", "value", "expected"),
    [
        ("a thousand", 1000, "said"),
        ("a hundred thousand", 100_000, "said"),
        ("a hundred thousand", 100, "not_literal"),
        ("a hundred and five", 105, "said"),
        ("a hundred and five", 100, "not_literal"),
    ],
)
def test_one_of_a_scale_is_a_number(said: str, value: int, expected: Mark) -> None:
    assert mark(said, value, "number") == expected


@pytest.mark.parametrize(
    "text", [f"3{' ' * 50_000}x", "1 " * 4_000, f"May{' ' * 50_000}3", "a hundred " * 5_000, "二十" * 4_000]
)
def test_long_texts_of_blanks_and_numbers_are_searched_in_time(text: str) -> None:
    started = time.process_time()
    assert mark(text, "19:30", "moment") == "ungrounded"
    day_phrases([text])
    assert time.process_time() - started < 5
