"""Keys in JSON data: found in the texts themselves, wherever they stand, and taken out without any harm beside."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.secrets import Secret, redact
from byok_widgets.secrets.json_redaction import are_clear, holds_key, redact_keys
from tests.fake_keys import fake_key

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda part: st.one_of(st.lists(part, max_size=4), st.dictionaries(st.text(max_size=8), part, max_size=4)),
    max_leaves=12,
)


@pytest.mark.parametrize("before", ["", "\n", "\t", "\r\n", '"', "\\", "key:", "\0", "\\n "])
@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter", "compatible"])
def test_a_key_is_taken_out_wherever_it_stands(before: str, provider: str) -> None:
    key = fake_key(provider)
    held = Secret(key)
    data = {"a": [f"{before}{key}"], "b": {"c": {f"{before} {key}": 1}}, "d": key, "e": [None, True, 1, 2.5, "x"]}
    assert holds_key(data)
    clean = redact_keys(data)
    assert key[-16:] not in json.dumps(clean)
    assert not holds_key(clean)
    assert (clean["e"], clean["a"]) == (data["e"], [redact(f"{before}{key}")])
    assert held.reveal() == key


@pytest.mark.parametrize("word", ["none", "ollama", "lm-studio", "not needed"])
def test_a_key_that_is_a_plain_word_is_a_word(word: str) -> None:
    held = Secret(word)
    data = {word: word, "said": f"I have {word}, thanks"}
    assert redact_keys(data) == data
    assert not holds_key(data)
    assert held.reveal() == word


@pytest.mark.parametrize("key", ["hunter2", "token-abc123", "none1", "a" * 16])
def test_a_short_key_that_is_no_word_is_taken_out(key: str) -> None:
    held = Secret(key)
    data = {"said": f"I have {key}, thanks"}
    assert redact_keys(data) == {"said": "I have [API key], thanks"}
    assert holds_key(data)
    assert held.reveal() == key


@given(JSON)
def test_data_without_a_key_stays_what_it_is(data: Any) -> None:
    assert redact_keys(data) == data
    assert not holds_key(data)


def test_many_texts_are_looked_at_together() -> None:

    held = [Secret(fake_key()) for _ in range(3)]
    data = [{"text": f"line {number}\n{fake_key('anthropic')}"} for number in range(5000)]
    begun = time.thread_time()
    assert redact_keys(data) == [{"text": f"line {number}\n[API key]"} for number in range(5000)]
    assert time.thread_time() - begun < 10
    assert len(held) == 3


@given(JSON)
def test_a_text_of_data_without_a_key_is_clear(data: Any) -> None:
    assert are_clear([json.dumps(data), json.dumps(data, ensure_ascii=False)])


@pytest.mark.parametrize("before", ["", "\n", '"', "\\", '", "', "\\n", '\\"', "é"])
def test_a_text_with_a_key_in_any_of_its_strings_is_not_clear(before: str) -> None:
    key = fake_key()
    held = Secret(key)
    for data in ([f"{before}{key}"], {f"{before}{key}": 1}, {"a": [{"b": f"c{before} {key}"}]}, {key: '"'}):
        assert not are_clear(["{}", json.dumps(data, ensure_ascii=False)])
    assert held.reveal() == key
