"""Telling an API key from any other text."""

from __future__ import annotations

import re

from byok_widgets.secrets.key_formats import registered_shape
from byok_widgets.secrets.key_shapes import KEY_SHAPE, NOISE, PREFIX_AND_DIGIT, UPPER_CASE

_PREFIXED = (KEY_SHAPE, re.compile(PREFIX_AND_DIGIT))
_UNPREFIXED = re.compile(f"{NOISE}|{UPPER_CASE}")


def looks_like_key(text: str) -> bool:
    """Whether `text` contains an API key: one of a known shape, or a run of random-looking characters."""
    is_prefixed = "sk-" in text and any(pattern.search(text) for pattern in _PREFIXED)
    return is_prefixed or bool(registered_shape().search(text)) or bool(_UNPREFIXED.search(text))


def key_patterns() -> list[str]:
    """Return the patterns of `looks_like_key`, which mean the same in JavaScript."""
    return [KEY_SHAPE.pattern, PREFIX_AND_DIGIT, registered_shape().pattern, NOISE, UPPER_CASE]
