"""Telling an API key from any other text."""

from __future__ import annotations

import re

from byok_widgets.secrets.key_formats import registered_shape
from byok_widgets.secrets.redaction import KEY_SHAPE

_PREFIXED = re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]+")
_RUN = re.compile(r"[A-Za-z0-9]{8,}")
_LONG_RUN = re.compile(r"[A-Za-z0-9]{32,}")
_DIGITS = re.compile(r"[0-9]+")


def looks_like_key(text: str) -> bool:
    """Whether there is an API key in `text`: one of a known shape, or a run of noise."""
    return ("sk-" in text and _has_prefixed_key(text)) or _has_registered_shape(text) or _has_noise(text)


def _has_prefixed_key(text: str) -> bool:
    """Tell `sk-` and noise from names such as `sk-learn-2024`."""
    short = (run for found in _PREFIXED.findall(text) for run in _RUN.findall(found))
    return bool(KEY_SHAPE.search(text)) or any(map(_DIGITS.search, short))


def _has_registered_shape(text: str) -> bool:
    return registered_shape().search(text) is not None


def _has_noise(text: str) -> bool:
    """Find what no id has and many keys are: 32 signs without a break, of both cases, with digits among them."""
    runs = _LONG_RUN.findall(text)
    return any(run != run.upper() and run != run.lower() and len(_DIGITS.findall(run)) > 1 for run in runs)
