"""`ModelRef`: `provider:model-id`, split at the first colon, or a bare id of the flow's provider."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets import ConfigError, KeyFormatError
from byok_widgets.config import ModelRef
from tests.config.conftest import PROVIDERS


def parse(text: str) -> ModelRef:
    return ModelRef.parse(text, default_provider="openai", providers=PROVIDERS)


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [
        ("gpt-4o", "openai", "gpt-4o"),
        ("anthropic:claude-haiku", "anthropic", "claude-haiku"),
        ("openrouter:meta-llama/llama-4:free", "openrouter", "meta-llama/llama-4:free"),
        ("meta-llama/llama-4:free", "openai", "meta-llama/llama-4:free"),
        ("ft:gpt-4o:acme::x", "openai", "ft:gpt-4o:acme::x"),
        ("anthropic/claude-haiku", "openai", "anthropic/claude-haiku"),
        ("local:C:\\models\\own.gguf", "local", "C:\\models\\own.gguf"),
        ("Anthropic:x", "anthropic", "x"),
        (":x", "openai", ":x"),
        (" anthropic: claude-haiku ", "anthropic", "claude-haiku"),
    ],
)
def test_refs(text: str, provider: str, model: str) -> None:
    assert parse(text) == ModelRef(provider, model)


@pytest.mark.parametrize("text", ["", " ", "\n", None, 4, b"gpt-4o", "a\nb", "a\rb", "a\u2028b"])
def test_what_is_not_a_model_is_rejected(text) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.kind == "model_ref"
    assert "provider:model-id" in caught.value.fix


def test_a_provider_alone_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("anthropic: ")
    assert caught.value.kind == "model_ref_incomplete"
    assert "anthropic:model-id" in caught.value.fix


@given(st.sampled_from(PROVIDERS), st.text(min_size=1))
def test_a_ref_reads_back_as_it_is_written(provider: str, text: str) -> None:
    try:
        ref = parse(f"{provider}:{text}")
    except ConfigError:
        assert not text.strip() or len(f"{provider}:{text}".strip().splitlines()) > 1
    except KeyFormatError:
        assert len(text) >= 8
    else:
        assert (ref.provider, ref.model) == (provider, text.strip())
        assert ModelRef.parse(str(ref), default_provider="local", providers=PROVIDERS) == ref
