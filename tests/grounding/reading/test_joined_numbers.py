"""Numbers in words: what belongs together is one number, and its parts are not said by themselves."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.messages import Message


def is_said(number: float, text: str) -> bool:
    return Dialogue([Message("user", text)]).look_up(number, "number").mark == "said"


@pytest.mark.parametrize(
    ("text", "said", "not_said"),
    [
        ("I am twenty-one years old", 21, 20),
        ("the twenty first", 21, 1),
        ("two four", 2, 6),
        ("two or three", 3, 5),
        ("one hundred and five", 105, 5),
        ("three thousand two hundred", 3200, 200),
        ("half a dozen", 6, 12),
        ("two and a half thousand", 2500, 2),
        ("three point one four", 3.14, 3),
        ("minus two point five", -2.5, 2.5),
        ("minus five degrees", -5, 5),
        ("twelve dollars and fifty cents", 12.5, 50),
        ("12 dollars 50 cents", 12.5, 12),
        ("it is 99 cents", 0.99, 9),
        ("twelve fifty", 12.5, 62),
        ("1 1/2 cups", 1.5, 2),
        ("two, and that one sounds good", 2, 1),
        ("one of them is for two", 2, 1),
        ("first of all, a table for three", 3, 1),
        ("on second thought, the third floor", 3, 2),
        ("we are on the 3rd floor", 3, 2),
        ("one table", 1, 2),
        ("Wir sind einundzwanzig", 21, 20),
        ("quatre-vingt-dix-sept euros", 97, 4),
        ("vingt et une personnes", 21, 20),
        ("treinta y cinco", 35, 30),
        ("ventotto persone", 28, 8),
        ("vinte e duas pessoas", 22, 20),
        ("tweeëntwintig", 22, 20),
        ("для четверых", 4, 5),
        ("двадцать пять", 25, 20),
        ("dla czterech osób", 4, 5),
        ("yirmi iki kişi", 22, 20),
        ("세 명이요", 3, 1),
    ],
)
def test_words_that_belong_together_are_one_number(text: str, said: float, not_said: float) -> None:
    assert is_said(said, text)
    assert not is_said(not_said, text)
