"""Whether a value was said: whole words, next to each other and in order, in any spelling and many scripts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.messages import Message


def grounded(value: str, texts: list[str]) -> bool:
    return Dialogue([Message("user", text) for text in texts]).look_up(value, "text").mark != "ungrounded"


WORDS = st.lists(st.text("abcäßé12", min_size=1, max_size=5), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Ana", "Hi, I'm Ana."),
        ("ana maria", "I am ANA-MARIA"),
        ("José", "Jose\u0301 here"),
        ("STRASSE", "in der Straße"),
        ("Müller", "MÜLLER"),
        ("Müller", "hier ist MUELLER"),
        ("Mueller", "Müller am Apparat"),
        ("Soeren", "Søren"),
        ("Ångström", "Aangstroem"),
        ("555-0123", "call 555 0123"),
        ("５５５", "call 555"),
        ("don't", "I don't know"),
        ("0170551", "it is zero one seven oh, double five one"),
        ("666-7", "triple six seven"),
        ("Ana", "A, N, A, as in apple"),
        ("AB12", "A B one two"),
        ("Ankara", "Ankaradan geliyorum"),
        ("Ana", "that is Ana's"),
        ("東京", "私は東京に住んでいます"),
        ("北京", "我住在北京。"),
        ("서울", "서울에 살아요"),
        ("दिल्ली", "मैं दिल्ली में रहता हूँ"),
        ("Ана", "Меня зовут Ана."),
        ("12 Main Street", "it is 12 Main St."),
        ("Saint Louis", "in St. Louis"),
        ("3rd Street", "on Third Street"),
        ("Fifth Avenue", "at the 5th Ave"),
        ("cats", "I have a cat"),
        ("cough", "I am coughing"),
        ("Ana Maria Silva", "Silva, Ana Maria"),
        ("Silva, Ana", "I'm Ana Silva"),
        ("Doctor Smith", "Dr. Smith please"),
        ("27", "I am twenty seven"),
        ("ana_lee@example.com", "ana underscore lee at example dot com"),
        ("", "anything"),
        ("—", "nothing like it"),
        ("😀", "no smile"),
    ],
)
def test_what_was_said_is_grounded(value: str, text: str) -> None:
    assert grounded(value, ["something else", text])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("an", "I can"),
        ("Bob", "Hi, I'm Ana"),
        ("Ana Maria", "Maria Ana"),
        ("eye doctor", "my eye hurts"),
        ("the 7th", "on the twenty-seventh"),
        ("analee@example.com", "ana dot lee at example dot com"),
        ("ana-lee@example.com", "ana underscore lee at example dot com"),
        ("ana@exam-ple.com", "ana at example dot com"),
        ("Ana Maria", "Ana and Maria"),
        ("12", "123"),
        ("13 Main Street", "it is 12 Main St."),
        ("1234", "it is 12345"),
        ("12345", "it is 1234"),
        ("1", "I have 10"),
        ("京東", "私は東京に住んでいます"),
        ("123", "table 12, 3 people"),
        ("551", "double five"),
        ("551", "five five two one"),
        ("Ana", "an a"),
        ("Marta", "Martadone"),
        ("की", "का"),
        ("Ana", ""),
    ],
)
def test_what_was_not_said_is_not_grounded(value: str, text: str) -> None:
    assert not grounded(value, [text])


def test_a_text_is_said_in_one_message_except_for_the_parts_of_a_name() -> None:
    assert grounded("Ana Maria", ["I am Ana", "Maria"])
    assert not grounded("San Jose", ["San Francisco please", "Jose is a friend of mine, and he will come too"])
    assert not grounded("Ana", [])
    assert grounded("—", []), "there is nothing to be said"


@given(WORDS, WORDS, WORDS, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_spelling_case_and_neighbours_do_not_matter(before, said, after, form) -> None:
    text = "… ".join([*before, *said, *after])
    assert grounded(unicodedata.normalize(form, " ".join(said)).upper(), [text])
    assert not grounded(" ".join([*said, "zz"]), [text])


@pytest.mark.parametrize(
    ("value", "role", "is_supported"),
    [
        ("Portland, OR", "user", True),
        ("Portland (Oregon)", "user", True),
        ("Portland, OR", "assistant", False),
        ("Portland, OR, OR, OR", "user", False),
        ("Salem, OR", "user", False),
    ],
)
def test_what_stands_behind_a_comma_needs_a_person_who_says_the_rest(
    value: str, role: str, is_supported: bool
) -> None:
    other = {"user": "assistant", "assistant": "user"}[role]
    said = [Message(other, "Hello."), Message(role, "It is in Portland.")]
    assert (Dialogue(said).look_up(value, "text").mark == "not_literal") is is_supported
