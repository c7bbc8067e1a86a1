"""Patterns: the dialects people write, and which are refused."""

from __future__ import annotations

import time

import pytest

from byok_widgets import SchemaError
from byok_widgets.schema.json_schemas.patterns import check_pattern, matches
from byok_widgets.schema.json_schemas.work import TooMuchWorkError


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("day", "Tuesday", "Tues"),
        (r"^a\/b$", "a/b", "a-b"),
        ("^a{$", "a{", "a"),
        ("^x{,2}$", "xx", "xxx"),
        (r"^[\w-.]+$", "a-b.c", "a b"),
        ("^[[]$", "[", "]"),
        ("^[]a]$", "]", "b"),
        ("^[a&&b]$", "&", "c"),
        ("^[!--]$", "+", "."),
        ("^[--a]$", "A", "b"),
        (r"^[\b]$", "\b", "b"),
        (r"a\Z", "a", "ab"),
        (r"^\cA\0$", "\x01\0", "A0"),
        (r"^\u0041$", "A", "u0041"),
        (r"^\ud83d\ude00$", "😀", "😁"),
        (r"^\p{Lu}[\p{L}\-]*$", "Élan-a", "élan"),
        ("^(?<year>[0-9]{4})$", "2026", "26"),
        ("^a$", "a", "a\n"),
        (r"^\d{2}$", "12", "１２"),
        (r"^[\d.]+$", "1.2", "١.٢"),
        (r"^\D$", "٣", "3"),
        (r"^[^\d]$", "٣", "3"),
        (r"^[\d-x]+$", "1-x", "1y"),
    ],
)
def test_a_pattern_means_what_its_author_meant(pattern: str, good: str, bad: str) -> None:
    assert matches(pattern, good)
    assert not matches(pattern, bad)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("^(?!X)[A-Z]+$", "looks ahead or behind"),
        ("(?<=a)b", "looks ahead or behind"),
        (r"(a)\1", "refers back"),
        ("a{1000}{1000}", "repeats too much"),
        ("(", "unclosed group"),
        ("\ud800", "surrogate"),
    ],
)
def test_a_pattern_that_needs_backtracking_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    with pytest.raises(SchemaError, match=reason) as caught:
        check_pattern(pattern)
    assert "look-ahead" in caught.value.fix


def test_a_pattern_that_backtracks_for_years_elsewhere_is_quick() -> None:
    started = time.process_time()
    assert not matches("^(a+)+$", "a" * 5_000 + "b")
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^([01]*1[01]{3000}){20}$", "01" * 50_000),
        ("^(([01]*1[01]{50}){50}){20}$", "01" * 50_000),
        ("^([01]*1[01]{3000,}){20}$", "01" * 50_000),
    ],
)
def test_a_large_pattern_is_not_tried_on_a_long_text(pattern: str, text: str) -> None:
    """The engine would hold the kernel for half a minute, and no other thread could run meanwhile."""
    with pytest.raises(TooMuchWorkError):
        matches(pattern, text)
    assert not matches(pattern, text[:100])


def test_an_ordinary_pattern_is_tried_on_a_very_long_text() -> None:
    assert matches(r"^(\w+ ?)+$", "word " * 200_000)
