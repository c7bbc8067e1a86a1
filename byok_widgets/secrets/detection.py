"""Telling an API key from any other text."""

from __future__ import annotations

import re

from byok_widgets.secrets.redaction import KEY_SHAPE

_PREFIX_AND_DIGIT = r"(?<![A-Za-z0-9])sk-(?:[A-Za-z0-9_-]*[_-])?(?=[A-Za-z0-9]{8})[A-Za-z]*[0-9]"
"""`sk-` and a run of eight with a digit, unlike `sk-learn-2024`."""

_NOISE = r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{32})(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z]*[0-9]+[A-Za-z]+[0-9]"
"""What no id has and many keys are: 32 signs without a break, of both cases, with digits among them."""

KEY_PATTERNS = (KEY_SHAPE.pattern, _PREFIX_AND_DIGIT, _NOISE)
"""What an API key looks like. The page applies the same patterns before anything is sent, so they have to mean the
same in Python and in JavaScript."""

_PREFIXED = tuple(map(re.compile, KEY_PATTERNS[:2]))
_UNPREFIXED = re.compile(_NOISE)


def looks_like_key(text: str) -> bool:
    """Whether there is an API key in `text`: one of a known shape, or a run of noise."""
    is_prefixed = "sk-" in text and any(pattern.search(text) for pattern in _PREFIXED)
    return is_prefixed or bool(_UNPREFIXED.search(text))
