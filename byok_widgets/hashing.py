"""Hashes that are the same on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def hashed(data: Any) -> str:
    """Return a hash of plain data, in 32 hexadecimal digits."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
