"""A yes or no has support where the dialogue speaks about its field, in words of one stem or subject too."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.talked_about import hints_of, is_denied, is_talked_about


def speaks(said: str, name: str, *hints: str) -> bool:
    return is_talked_about(name, [Passage(said)], hints)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("No rush.", "urgent"),
        ("It can wait.", "is_urgent"),
        ("It's an emergency!", "urgent"),
        ("The urgency is high.", "urgent"),
        ("Can I get a refund?", "refundable"),
        ("A table for smokers.", "smoking_table"),
        ("No peanuts, I'm allergic.", "hasAllergies"),
        ("I'm a member.", "membership"),
        ("I subscribe to it.", "subscription"),
        ("Please deliver it.", "delivery"),
        ("I come with my dog.", "pets_allowed"),
        ("Is it available?", "availability"),
        ("I'm not married.", "marriage"),
        ("anything", "is_true"),
    ],
)
def test_a_word_of_one_stem_or_subject_is_enough(said: str, name: str) -> None:
    assert speaks(said, name)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Could you see me on Friday?", "urgent"),
        ("A small table for our party.", "smoking"),
        ("I am in the market.", "marked_as_read"),
        ("", "urgent"),
    ],
)
def test_other_words_are_not(said: str, name: str) -> None:
    assert not speaks(said, name)


def test_a_short_example_tells_which_words_speak_about_a_field() -> None:
    hints = hints_of("Leo here, Wednesday please, I am in no bother about it.", ["Leo", "Wed"])
    assert hints == {"bother"}
    assert speaks("It is no bother at all.", "relaxed", *hints)
    assert hints_of("word " * 30) == frozenset()


@pytest.mark.parametrize(
    ("said", "name", "is_no_yes"),
    [
        ("Tuesday would be great, no rush.", "urgent", True),
        ("It isn't that urgent.", "is_urgent", True),
        ("I don't smoke.", "smoking", True),
        ("Without pets.", "pets_allowed", True),
        ("There is no hurry at all, not an emergency.", "urgent", True),
        ("No, it is urgent!", "urgent", False),
        ("No. Urgent.", "urgent", False),
        ("I can't wait.", "urgent", False),
        ("No rush for the first one, but the other is urgent.", "urgent", False),
        ("No smoking, please.", "non_smoking", False),
        ("It's urgent.", "urgent", False),
        ("Hello.", "urgent", False),
    ],
)
def test_what_is_only_denied_is_no_yes(said: str, name: str, is_no_yes: bool) -> None:
    assert is_denied(name, [Passage(said)]) is is_no_yes
