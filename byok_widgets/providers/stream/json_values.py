"""`parse_json`: JSON as providers send it, quickly; what strict JSON forbids is read in a second try."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

try:
    from jiter import from_json as _parse_strictly  # both SDKs depend on it
except ImportError:  # pragma: no cover - an SDK may drop it
    _parse_strictly: Callable[[bytes], Any] = json.loads  # type: ignore[no-redef]


def parse_json(data: bytes) -> Any:
    """Return the value of a JSON text.

    Half of a surrogate pair (escaped, or as three bytes), control characters inside strings, NUL bytes around it
    and bytes that are not UTF-8 are accepted; the latter become U+FFFD.

    Raises:
        ValueError: It is not JSON, or too deeply nested to be read.
    """
    try:
        return _parse_strictly(data)
    except ValueError:
        pass
    try:
        return json.loads(_text(data).strip("\0"), strict=False)
    except RecursionError:
        pass
    raise ValueError("too deeply nested")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
