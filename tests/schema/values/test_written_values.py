"""Numbers, dates, times and answers as people and models write them, with and without a locale."""

from __future__ import annotations

import datetime
import time
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field as Rule

from byok_widgets import ConfigError
from byok_widgets.schema import ExtractionSchema
from byok_widgets.schema.values.language_words import MAX_NUMBER, plain, words_of
from byok_widgets.schema.values.locales import Locale

CLOCK = datetime.time
DAY = datetime.date
MOMENT = datetime.datetime
Share = Annotated[float, Rule(ge=0, le=1)]
Percent = Annotated[float, Rule(description="The discount in percent.")]
INVALID = object()


def read(type_: Any, said: Any, locale: str | None = None) -> Any:
    """Return the value, or `INVALID`."""
    schema = ExtractionSchema.of(fields={"x": type_})
    checked = schema.check({"x": said}, locale=Locale.of(locale) if locale else None)
    assert checked.status["x"] != "not_stated"
    return INVALID if checked.problems else checked.values["x"]


@pytest.mark.parametrize(
    ("type_", "said", "value"),
    [
        (float, "1,234.50", 1234.5),
        (float, "1.234,50", 1234.5),
        (float, "1,234,567", 1234567.0),
        (float, "1.234.567", 1234567.0),
        (float, "1\u202f234,5", 1234.5),
        (float, "1'234.50", 1234.5),
        (int, "1,234", 1234),
        (int, "１２", 12),
        (int, "٣٦", 36),
        (int, "\u22125", -5),
        (int, "9007199254740993.0", 9007199254740993),
        (Decimal, "$1,234.50", Decimal("1234.50")),
        (int, "$12", 12),
        (int, "-$12", -12),
        (float, "12.50 €", 12.5),
        (float, "USD 12.50", 12.5),
        (float, "R$ 12.50", 12.5),
        (int, "US$12", 12),
        (int, "05", 5),
        (DAY, "2026年11月27日", DAY(2026, 11, 27)),
        (DAY, "2026년 11월 27일", DAY(2026, 11, 27)),
        (int, "12%", 12),
        (Share, "12%", 0.12),
        (Share, "12.5 %", 0.125),
        (Percent, "12%", 12.0),
        (bool, "yes", True),
        (bool, "No.", False),
        (CLOCK, "9:30", CLOCK(9, 30)),
        (CLOCK, "3 pm", CLOCK(15)),
        (CLOCK, "3:45 p.m.", CLOCK(15, 45)),
        (CLOCK, "12 AM", CLOCK(0)),
        (CLOCK, "noon", CLOCK(12)),
        (DAY, "2026-11-27T00:00:00", DAY(2026, 11, 27)),
        (DAY, "2026-11-27T00:00:00.000Z", DAY(2026, 11, 27)),
        (DAY, "2026/11/27", DAY(2026, 11, 27)),
        (DAY, "27 November 2026", DAY(2026, 11, 27)),
        (DAY, "Friday, the 27th of Nov. 2026", DAY(2026, 11, 27)),
        (DAY, "november 27, 2026", DAY(2026, 11, 27)),
        (DAY, "27/11/2026", DAY(2026, 11, 27)),
        (DAY, "5.5.2026", DAY(2026, 5, 5)),
        (MOMENT, "27 Nov 2026 at 3 pm", MOMENT(2026, 11, 27, 15)),
        (MOMENT, "2026-11-27 9:30", MOMENT(2026, 11, 27, 9, 30)),
        (list[int], '["1", 2]', [1, 2]),
        (dict[str, int], '{"eggs": 2}', {"eggs": 2}),
        (list[str], "['a', \"b's\"]", ["a", "b's"]),
        (dict[str, int], "{'eggs': 2, }", {"eggs": 2}),
        (list[list[str]], ['["a"]'], [["a"]]),
        (DAY, "27-Nov-2026", DAY(2026, 11, 27)),
        (DAY, "27 / 11 / 2026", DAY(2026, 11, 27)),
        (DAY, "2026. 11. 27.", DAY(2026, 11, 27)),
        (DAY, "٢٧/١١/٢٠٢٦", DAY(2026, 11, 27)),
        (CLOCK, "９：３０", CLOCK(9, 30)),
        (CLOCK, "9.30 pm", CLOCK(21, 30)),
        (CLOCK, "21h30", CLOCK(21, 30)),
        (CLOCK, "15h", CLOCK(15)),
        (CLOCK, "14.30 Uhr", CLOCK(14, 30)),
        (CLOCK, "14 Uhr", CLOCK(14)),
        (CLOCK, "下午3点半", CLOCK(15, 30)),
        (CLOCK, "午前9時5分", CLOCK(9, 5)),
        (CLOCK, "오후 12시", CLOCK(12)),
        (CLOCK, "09:30+01:00", CLOCK(9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))),
        (int, "١٬٢٣٤", 1234),
        (list[str] | str, '["a"]', '["a"]'),
    ],
)
def test_what_means_the_same_everywhere_is_read(type_: Any, said: str, value: Any) -> None:
    got = read(type_, said)
    assert (type(got), got) == (type(value), value)


@pytest.mark.parametrize(
    ("locale", "type_", "said", "value"),
    [
        ("en-US", float, "1,234", 1234.0),
        ("en-IN", float, "1,23,456.50", 123456.5),
        ("hi", int, "10,00,000", 1_000_000),
        ("de-DE", float, "1,234", 1.234),
        ("de", float, "12,5", 12.5),
        ("de", int, "1.234", 1234),
        ("en-US", int, "3.000", 3),
        ("de", Decimal, "1,10", Decimal("1.10")),
        ("de-CH", float, "1'234", 1234.0),
        ("fr_FR", float, "12,50 €", 12.5),
        ("es-MX", float, "1,234", 1234.0),
        ("en-US", DAY, "11/12/2026", DAY(2026, 11, 12)),
        ("en-GB", DAY, "11/12/2026", DAY(2026, 12, 11)),
        ("de", DAY, "11.12.2026", DAY(2026, 12, 11)),
        ("de", DAY, "27. November 2026", DAY(2026, 11, 27)),
        ("de-AT", DAY, "Freitag, den 27. März 2026", DAY(2026, 3, 27)),
        ("de", DAY, "am 3. Dez. 2026", DAY(2026, 12, 3)),
        ("de", MOMENT, "3. Mai 2026, 9:30", MOMENT(2026, 5, 3, 9, 30)),
        ("fr", DAY, "le 1er août 2026", DAY(2026, 8, 1)),
        ("fr-CA", DAY, "vendredi 27 novembre 2026", DAY(2026, 11, 27)),
        ("es", DAY, "el 3 de mayo de 2026", DAY(2026, 5, 3)),
        ("es-MX", DAY, "miércoles, 2 de setiembre del 2026", DAY(2026, 9, 2)),
        ("it", DAY, "l'8 giugno 2026", DAY(2026, 6, 8)),
        ("it", DAY, "1º set 2026", DAY(2026, 9, 1)),
        ("nl", DAY, "op vrijdag 27 maart 2026", DAY(2026, 3, 27)),
        ("pt-BR", DAY, "sexta-feira, 27 de março de 2026", DAY(2026, 3, 27)),
        ("de", DAY, "27 November 2026", DAY(2026, 11, 27)),
        ("de", int, "Zwölf", 12),
        ("fr", int, "six", 6),
        ("es", int, "once", 11),
        ("it", float, "due", 2.0),
        ("nl", int, "één", 1),
        ("pt", Decimal, "três", Decimal(3)),
        ("en", int, "Three.", 3),
        ("de", bool, "Ja", True),
        ("de", bool, "no", False),
        ("th-TH", DAY, "27/11/2569", DAY(2026, 11, 27)),
        ("th-TH", DAY, "27/11/2026", DAY(2026, 11, 27)),
        ("fr", bool, "non", False),
    ],
)
def test_what_a_locale_makes_clear_is_read(locale: str, type_: Any, said: str, value: Any) -> None:
    got = read(type_, said, locale)
    assert (type(got), got) == (type(value), value)


@pytest.mark.parametrize(
    ("locale", "type_", "said"),
    [
        (None, float, "1,234"),
        (None, float, "12,5"),
        ("de", float, "1.234"),
        ("en-ZA", float, "1,234"),
        ("en-US", float, "12,5"),
        (None, float, "12%"),
        (None, float, "1,23,456"),
        (None, float, "1,234,56"),
        (None, float, "1,2345"),
        (None, float, "12 or 13"),
        (None, float, "12k"),
        (None, int, "1_000"),
        (None, CLOCK, "09:30-10:00"),
        (None, CLOCK, "9:30 – 10:00"),
        (None, MOMENT, "2026-11-27 09:30-10:00"),
        (None, CLOCK, "9h"),
        (None, CLOCK, "21.30"),
        (None, CLOCK, "午前15時"),
        (None, CLOCK, "3時"),
        (None, CLOCK, "25h10"),
        (None, DAY, "۱۴۰۵/۰۹/۰۶"),
        (None, DAY, "๒๗/๑๑/๒๕๖๙"),
        ("en-US", float, "1,23,456"),
        (None, int, "36 years"),
        (None, int, "$12.50"),
        (None, int, "1e400"),
        (None, bool, "ja"),
        (None, int, "three"),
        (None, int, "3.000"),
        (None, int, "1.234"),
        ("en-ZA", int, "3.000"),
        (None, int, "zwei"),
        ("de", int, "three"),
        ("fr", int, "zwei"),
        ("it", int, "once"),
        ("en-US", int, "two three"),
        ("de", int, "zwei bis drei"),
        ("pt", int, "meia"),
        (None, DAY, "27. Oktober 2026"),
        ("fr", DAY, "27. Oktober 2026"),
        ("de", DAY, "Montag, 27. November 2026"),
        ("de", DAY, "vielleicht 27. Oktober 2026"),
        ("de", DAY, "31. Februar 2026"),
        ("de", DAY, "27. Oktober"),
        (None, bool, "1"),
        (None, bool, "yes or no"),
        (None, CLOCK, "13 pm"),
        (None, CLOCK, "25:00"),
        (None, CLOCK, "3"),
        (None, CLOCK, "around 3 pm"),
        (None, DAY, "11/12/2026"),
        ("en", DAY, "11/12/2026"),
        (None, DAY, "27 November"),
        (None, DAY, "27/11/26"),
        (None, DAY, "30 February 2026"),
        (None, DAY, "Monday, 27 November 2026"),
        (None, DAY, "2026-11-27T09:30:00"),
        (None, MOMENT, "3 pm"),
        (None, list[str], "tea, cake"),
        (None, int, "01234"),
        (None, int, "+0049170"),
        (None, float, "007"),
        (None, list[str], '["tea"'),
    ],
)
def test_what_may_mean_several_things_is_invalid(locale: str | None, type_: Any, said: str) -> None:
    assert read(type_, said, locale) is INVALID


@pytest.mark.parametrize("tag", ["de", "en", "es", "fr", "it", "nl", "pt"])
def test_the_names_of_the_calendar_are_those_of_the_cldr(tag: str) -> None:
    dates = pytest.importorskip("babel.dates")
    words = words_of(f"{tag}-XX")
    assert words is not None
    for width in ("wide", "abbreviated"):
        for number, name in dates.get_month_names(width, locale=tag).items():
            assert words.months[plain(name.rstrip("."))] == number
    for number, name in dates.get_day_names("wide", locale=tag).items():
        assert words.weekdays[plain(name)] == number
    assert set(words.numbers.values()) | {0} == set(range(MAX_NUMBER + 1))


def test_a_word_for_nothing_is_no_zero() -> None:
    for tag in (None, "de", "nl"):
        checked = ExtractionSchema.of(fields={"x": int}).check(
            {"x": "null"}, locale=Locale.of(tag) if tag else None
        )
        assert checked.values["x"] is None


def test_a_problem_names_the_readings_and_the_way_out() -> None:
    problem = ExtractionSchema.of(fields={"x": float}).check({"x": "1,234"}).problems["x"]
    assert "1234 or 1.234" in problem
    assert 'flow.locale = "en-US"' in problem
    assert "'1,234'" in problem


@pytest.mark.parametrize(
    ("type_", "said", "reason"),
    [
        (DAY, "next Friday", "counted from"),
        (DAY, "the day after tomorrow", "counted from"),
        (MOMENT, "Monday at 3 pm", "counted from"),
        (int, "up to 6 people", "a limit"),
        (float, "about 12.50", "a limit"),
    ],
)
def test_a_counted_day_and_a_limit_say_why_they_are_invalid(type_: Any, said: str, reason: str) -> None:
    problems = ExtractionSchema.of(fields={"x": type_}).check({"x": said}).problems
    assert reason in problems["x"]


@pytest.mark.parametrize("tag", ["", "german", "xx-YY", "de-DE-1996", 7])
def test_an_unknown_locale_is_rejected(tag: Any) -> None:
    with pytest.raises(ConfigError, match="not a locale"):
        Locale.of(tag)


@pytest.mark.parametrize(("tag", "name"), [("en_us", "en-US"), ("DE", "de"), ("pt-BR", "pt-BR")])
def test_a_locale_has_one_name(tag: str, name: str) -> None:
    assert Locale.of(tag).tag == name


@pytest.mark.parametrize(
    ("allowed", "said", "member"),
    [
        (["café", "tea"], "cafe\u0301", "café"),
        (["cafe\u0301", "tea"], "CAFÉ", "cafe\u0301"),
        (["Mon", "Tue"], "Ｍｏｎ", "Mon"),
        (["ガス", "水"], "ｶﾞｽ", "ガス"),
        (["m²", "m2"], "m²", "m²"),
    ],
)
def test_an_allowed_value_is_found_in_any_unicode_form(allowed: list[str], said: str, member: str) -> None:
    assert read(allowed, said) == member
    assert read(Literal[tuple(allowed)], said) == member  # type: ignore[misc]


@pytest.mark.parametrize("part", ["1 ", "3 pm ", "15:30 ", "1st "])
def test_a_long_text_is_no_moment_and_is_read_in_time_that_grows_with_it(part: str) -> None:
    def seconds(count: int) -> float:
        before = time.process_time()
        assert read(MOMENT, part * count) is INVALID
        return time.process_time() - before

    seconds(10)
    assert seconds(16_000) < 8 * seconds(4_000) + 0.5, "16 times as long where each gap is tried"
