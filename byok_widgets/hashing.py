"""Hashes that are the same on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str)


def hashed(data: Any) -> str:
    """Return a hash of plain data, in 32 hexadecimal digits."""
    return hash_of(canonical(data))


def canonical(data: Any) -> bytes:
    """Return plain data as JSON, the same for equal data."""
    return _ENCODER.encode(data).encode("utf-8", "backslashreplace")


def hash_of(content: bytes) -> str:
    """Return the hash of a text that `canonical` returned."""
    return hashlib.sha256(content).hexdigest()[:32]
