"""What a text that comes piece by piece gives away of a held key: nothing, wherever it is cut."""

from __future__ import annotations

import codecs
import random
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.secrets import Secret, redact_held
from byok_widgets.secrets import secret as secret_module
from byok_widgets.secrets.streamed_redaction import StreamedRedactor
from tests.fake_keys import every_format, fake_key
from tests.key_forms import FORMS, leaks

FORMATS = [*sorted(every_format()), "mistral", "compatible"]


def held(name: str) -> Secret:
    """Return a fresh key of a format that is held from now on."""
    known = every_format()
    return Secret(known[name][1] if name in known else fake_key(name))


def streamed(pieces: Iterable[str]) -> tuple[str, bool]:
    """Return what is passed on of a text, and whether it was altered."""
    redactor = StreamedRedactor()
    passed = [redactor.feed(piece) for piece in pieces]
    return "".join([*passed, redactor.flush()]), redactor.altered


def cuts(text: str, start: int = 0) -> Iterator[list[str]]:
    """Give the text cut in two at many places from `start` on, into its characters, and as models send it."""
    chance = random.Random(start)
    step = 1 + len(text) // 20
    yield from ([text[:at], text[at:]] for at in range(start % step, len(text) + 1, step))
    yield list(text)
    for _ in range(2):
        pieces, rest = [], text
        while rest:
            length = chance.choice([1, 2, 3, 4, 5, 6, 7, 12, 40])
            pieces.append(rest[:length])
            rest = rest[length:]
        yield pieces


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in (1, 2))])
def test_no_piece_of_a_key_is_passed_on_wherever_the_text_is_cut(form: str, part: int) -> None:
    first = (part + list(FORMS).index(form)) % 3  # without `--slow`, each form with a third of the formats
    for number, name in [*enumerate(FORMATS)][first::3]:  # each format is cut at other places
        secret = held(name)
        text = f"I was given <{FORMS[form](secret.reveal())}>. What now?"
        for pieces in cuts(text, number):
            passed, altered = streamed(pieces)
            assert altered
            assert not leaks(passed, secret.reveal()), (name, [len(piece) for piece in pieces])
            assert passed.startswith("I was given <")
            assert passed.endswith(">. What now?")


@pytest.mark.parametrize("name", ["openai", "anthropic", "openrouter"])
def test_a_key_in_rot13_is_not_passed_on(name: str) -> None:
    secret = held(name)
    hidden = codecs.encode(secret.reveal(), "rot13")
    for pieces in cuts(f"I was given <{hidden}>. What now?"):
        passed, altered = streamed(pieces)
        assert altered
        assert not leaks(codecs.encode(passed, "rot13"), secret.reveal())
        assert passed.endswith(">. What now?")


@pytest.mark.parametrize("form", ["plain", "upper case", "reversed", "hex", "base64", "on lines", "in a header"])
def test_a_whole_key_is_replaced_whole_where_a_word_begins(form: str) -> None:
    secret = Secret(fake_key())
    text = f"It is {FORMS[form](secret.reveal())}, is it?"
    for pieces in cuts(text):
        passed, _ = streamed(pieces)
        assert passed == redact_held(text) or form in ("reversed", "hex", "base64")
        assert len(passed) <= len(redact_held(text)) + 3


@given(st.lists(st.text(max_size=9), max_size=30))
def test_a_text_without_keys_stays_as_it_is(pieces: list[str]) -> None:
    secrets = [Secret(fake_key(provider)) for provider in ("openai", "anthropic", "mistral")]
    assert streamed(pieces) == ("".join(pieces), False)
    assert streamed("".join(pieces)) == ("".join(pieces), False)
    del secrets


@given(st.lists(st.text(alphabet="sk-proj 0a%\\u&;\n", max_size=5), max_size=40))
def test_what_looks_like_the_beginning_of_a_key_is_only_held_back(pieces: list[str]) -> None:
    secret = Secret(fake_key())
    assert streamed(pieces) == ("".join(pieces), False)
    del secret


def test_no_more_is_held_back_than_may_begin_a_key() -> None:
    secret = Secret(fake_key())
    redactor = StreamedRedactor()
    assert redactor.feed("Ask me: sk") == "Ask me: "
    assert redactor.is_holding_back
    assert redactor.feed("ill") == "skill"
    assert not redactor.is_holding_back
    del secret


def test_nothing_is_held_back_where_no_key_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_module, "_live", set())  # other tests' modules hold keys
    secret = held("openai, project")
    key = secret.reveal()
    del secret
    redactor = StreamedRedactor()
    assert [redactor.feed(piece) for piece in ("sk", "-", key)] == ["sk", "-", key]
    assert redactor.flush() == ""


@pytest.mark.parametrize("key", ["none", "test", "sk-test", "letmein", "my-test-key", "password"])
def test_a_short_key_or_a_plain_word_alters_no_answer(key: str) -> None:
    secret = Secret(key)
    text = f"There is none, and the test says {key}: the password of sk-test is letmein."
    assert streamed([text]) == (text, False)
    del secret


@pytest.mark.parametrize(
    "key", ["sk-test-1234567890abcdefghij", "local-dev-key-do-not-use-1", "correct-horse-battery-staple-42"]
)
def test_parts_of_a_key_that_people_make_up_stand_in_ordinary_text(key: str) -> None:
    secret = Secret(key)
    text = "Call 12345678 for the battery, or abcdefgh; do not use the horse."
    assert streamed([text]) == (text, False)
    assert key not in streamed([f"It is {key}."])[0]
    del secret


def test_white_space_without_end_is_passed_on() -> None:
    secret = Secret(fake_key())
    redactor = StreamedRedactor()
    redactor.feed(f"It is {secret.reveal()[:12]}")
    passed = [redactor.feed(" ") for _ in range(200)]
    assert not redactor.is_holding_back
    assert "".join(passed).strip() in ("", "[API key]", secret.reveal()[:12])


def test_keys_one_after_the_other_are_all_taken_out() -> None:
    one, other = Secret(fake_key()), Secret(fake_key("anthropic"))
    text = f"<{one.reveal()}{other.reveal()}{one.reveal()}>"
    for size in (1, 5, 50, 1000):
        passed, _ = streamed(text[at : at + size] for at in range(0, len(text), size))
        assert not leaks(passed, one.reveal())
        assert not leaks(passed, other.reveal())
        assert len(passed) <= len("<sk-ant-api03-[API key]>") * 3, "a public prefix may stay"
