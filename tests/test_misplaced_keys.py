"""Keys that were pasted where none belongs, and names that must not be mistaken for one."""

from __future__ import annotations

import traceback

import pytest

from byok_widgets.errors import KeyFormatError
from byok_widgets.misplaced_keys import reject_key
from byok_widgets.secrets import looks_like_key
from tests.fake_keys import fake_key

NO_KEYS = [
    "",
    "gpt-4o-mini-2024-07-18",
    "ft:gpt-4o-mini-2024-07-18:my-org:custom_suffix:9ABCDEFg",
    "anthropic:claude-sonnet-5-5",
    "meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo",
    "local:C:\\models\\own.gguf",
    "https://gateway.example.org/v1/0123456789abcdef0123456789abcdef/openai",
    "/cache/models--Qwen--Qwen2.5/snapshots/ebb2015119c907b064c512bf053e945850b5875f/q.gguf",
    "sk-learn",
    "sk-learn demo 2024",
    "sk-learn-2024-classification",
    "task-12345678",
    "MyLongCamelCaseFlowNameForThe2ndDentist",
]


@pytest.mark.parametrize(
    "pasted", ["{}", "openai:{}", " {}\n", "OPENAI_API_KEY={}", "https://llm.example.org/{}/v1"]
)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
def test_a_providers_key_is_found_wherever_it_is(provider, pasted):
    assert looks_like_key(pasted.format(fake_key(provider)))


@pytest.mark.parametrize(
    "key", [fake_key().upper(), "sk-a1B" + "xY3z" * 4, "sk-None-a1b2c3d4e5", "a1B" + "xY3z" * 8]
)
def test_shorter_keys_and_noise_are_found_too(key):
    assert looks_like_key(f"openai:{key}")


@pytest.mark.parametrize("text", NO_KEYS)
def test_names_models_and_addresses_are_not_keys(text):
    assert not looks_like_key(text)
    reject_key(text)


def test_what_is_not_text_is_not_a_key():
    reject_key(None)
    reject_key(4)


def test_the_error_says_where_a_key_belongs_and_shows_nothing_of_it():
    key = fake_key()
    with pytest.raises(KeyFormatError) as caught:
        reject_key(key)
    fault = caught.value
    assert fault.kind == "misplaced_key"
    assert "flow.settings()" in fault.fix
    ours = traceback.walk_tb(fault.__traceback__.tb_next)
    lines = traceback.StackSummary.extract(ours, capture_locals=True).format()
    assert lines
    assert key[8:20] not in f"{fault} {fault!r} {fault._repr_html_()} {lines}"
