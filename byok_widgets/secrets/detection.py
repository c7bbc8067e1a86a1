"""Telling an API key from any other text."""

from __future__ import annotations

import re

from byok_widgets.secrets.key_formats import registered_shape
from byok_widgets.secrets.redaction import KEY_SHAPE

_PREFIX_AND_DIGIT = r"(?<![A-Za-z0-9])sk-(?:[A-Za-z0-9_-]*[_-])?(?=[A-Za-z0-9]{8})[A-Za-z]*[0-9]"
"""`sk-` and a run of eight characters with a digit, unlike `sk-learn-2024`."""

_NOISE = r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{32})(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z]*[0-9]+[A-Za-z]+[0-9]"
"""Like many keys and unlike any id: 32 characters without a break, in both cases, with digits among them."""

_PREFIXED = (KEY_SHAPE, re.compile(_PREFIX_AND_DIGIT))
_UNPREFIXED = re.compile(_NOISE)


def looks_like_key(text: str) -> bool:
    """Whether `text` contains an API key: one of a known shape, or a run of random-looking characters."""
    is_prefixed = "sk-" in text and any(pattern.search(text) for pattern in _PREFIXED)
    return is_prefixed or bool(registered_shape().search(text)) or bool(_UNPREFIXED.search(text))


def key_patterns() -> list[str]:
    """Return the patterns of `looks_like_key`, which mean the same in JavaScript."""
    return [KEY_SHAPE.pattern, _PREFIX_AND_DIGIT, registered_shape().pattern, _NOISE]
