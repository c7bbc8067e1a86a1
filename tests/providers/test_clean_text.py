"""What is passed on of a text that comes in pieces."""

from __future__ import annotations

from byok_widgets.providers.clean_text import CleanText
from byok_widgets.secrets import Secret
from byok_widgets.secrets.secret import MASK
from tests.fake_keys import fake_key


def test_halves_of_a_character_are_joined_before_they_are_passed_on() -> None:
    passed: list[str] = []
    text = CleanText(passed.append)
    text.add("Hi \ud83d")
    text.add("\ude42")
    text.flush()
    assert "".join(passed) == str(text) == "Hi \U0001f642"


def test_a_held_key_is_taken_out_and_noted() -> None:
    secret, passed = Secret(fake_key()), list[str]()
    text = CleanText(passed.append)
    for piece in ("It is ", *secret.reveal(), "."):
        text.add(piece)
    text.flush()
    assert "".join(passed) == str(text) == f"It is {MASK}."
    assert text.is_altered


def test_it_is_true_while_all_of_it_is_held_back() -> None:
    secret, passed = Secret(fake_key()), list[str]()
    text = CleanText(passed.append)
    assert not text
    text.add(secret.reveal()[:3])
    assert text
    assert not passed


def test_what_was_held_back_is_taken_back_as_well() -> None:
    secret = Secret(fake_key())
    text = CleanText(lambda _: None)
    text.add("Let me think: sk")
    assert text.take_back() == "Let me think: sk"
    assert not text
    del secret


def test_half_of_a_character_is_taken_back_with_the_text_before_it() -> None:
    text = CleanText(lambda _: None)
    text.add("Let me think \ud83d")
    assert text.take_back() == "Let me think \ufffd"
    text.add("Hello")
    text.flush()
    assert str(text) == "Hello"
