"""Model refs: `provider:model-id`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from byok_widgets.config.short_text import reject_long
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_key


@dataclass(frozen=True)
class ModelRef:
    """One model of one provider."""

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str, *, default_provider: str, providers: Collection[str]) -> ModelRef:
        """Parse `provider:model-id`, split at the first `:`; a bare id means `default_provider`.

        Ids may contain slashes and colons themselves (`meta-llama/llama-4:free`): the part before the first `:`
        is a provider only if it is the name of one, ignoring case.

        Raises:
            ConfigError: The text is empty, contains a line break, or names no model.
            KeyFormatError: It looks like an API key.
        """
        reject_long(text, "A model ref")
        reject_key(text)
        if not isinstance(text, str) or len(text.strip().splitlines()) != 1:
            raise ConfigError(
                f"{text!r} is not a model.",
                kind="model_ref",
                fix='Give a model id as its provider lists it, or "provider:model-id".',
            )
        head, colon, rest = text.strip().partition(":")
        provider = head.lower()
        if not colon or provider not in providers:
            return cls(default_provider, text.strip())
        if not rest.strip():
            raise ConfigError(
                f"{text!r} names a provider but no model.",
                kind="model_ref_incomplete",
                fix=f'Write "{provider}:model-id".',
            )
        return cls(provider, rest.strip())

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"
