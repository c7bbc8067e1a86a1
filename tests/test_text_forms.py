"""Texts that differ only in how Unicode encodes them."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable

import pytest

from byok_widgets.text_forms import Form, normalized, same_form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("café", "cafe\u0301"),
        ("ＡＢＣ\u3000１２", "ABC 12"),
        ("ｶﾞｽ", "ガス"),
        ("Å", "\u212b"),
        ("가", "\u1100\u1161"),
    ],
)
def test_forms_of_one_text_are_the_same(one: str, other: str) -> None:
    assert same_form(one) == same_form(other)


@pytest.mark.parametrize(("one", "other"), [("m²", "m2"), ("ﬁ", "fi"), ("A", "a"), ("1½", "11⁄2")])
def test_other_characters_are_other_texts(one: str, other: str) -> None:
    assert same_form(one) != same_form(other)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize(
    "text",
    [
        "e\u0301\u0316 é ｶﾞ \uac01 \u0344 \u1ea5",
        "e" + "\u0301" * 15 + "\u0316" * 15,
        "\u0301" * 30,
        "x\u0f73\u0f72",
    ],
)
def test_a_normal_form_is_the_one_of_unicode(form: Form, text: str) -> None:
    assert normalized(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize(
    "many",
    [
        lambda n: "a" + "\u0301" * n + "\u0316" * n,
        lambda n: "a" + "\U0001d16d" * n + "\u0316" * n,
        lambda n: "a" + "\u0344" * n + "\u0f73" * n,
        lambda n: "ｶ" + "\u0301" * n + "ﾞ" * n,
        lambda n: "\ufdfa" * n,
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFKD"])
def test_no_text_takes_more_time_than_its_length(form: Form, many: Callable[[int], str]) -> None:
    """Without the limit, marks take four times as long for twice as many: minutes for what one request holds."""
    normalized(form, many(10))
    before = time.process_time()
    whole = normalized(form, many(20_000))
    assert time.process_time() - before < 1
    assert len(whole) < 7 * 20_000


def test_a_long_run_of_marks_is_the_same_in_any_order_within_its_limit() -> None:
    assert same_form("a\u0301\u0316") == same_form("a\u0316\u0301")
    assert same_form("a" + "\u0301" * 31) != same_form("a" + "\u0301" * 32)
