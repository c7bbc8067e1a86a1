"""Texts that differ only in how Unicode encodes them."""

from __future__ import annotations

import pytest

from byok_widgets.text_forms import same_form


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
