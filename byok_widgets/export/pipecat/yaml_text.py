"""YAML of plain data: block mappings and lists, texts in quotation marks or as blocks of lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""Words that YAML, or an earlier version of it, takes for something else than a text."""
_NOT_PRINTABLE = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def as_yaml(data: Any) -> str:
    """Return mappings, lists, texts, numbers and truth values as YAML."""
    return "\n".join(_lines(data)) + "\n"


def _lines(data: Any) -> Iterator[str]:
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    for name, value in entries:
        mark = f"{_scalar(name)}:" if isinstance(data, dict) else "-"
        if isinstance(value, (dict, list)) and value:
            below = list(_lines(value))
            if isinstance(data, dict):
                yield mark
                yield from (f"  {line}" for line in below)
            else:
                yield f"{mark} {below[0]}"
                yield from (f"  {line}" for line in below[1:])
        elif isinstance(value, str) and _is_block(value):
            yield f"{mark} |-"
            yield from (f"  {line}" if line else "" for line in value.split("\n"))
        else:
            yield f"{mark} {_scalar(value)}"


def _is_block(text: str) -> bool:
    """Whether a text of several lines reads well, and comes back the same, as a block."""
    lines = text.split("\n")
    edges = not lines[0].strip() or lines[0][0] in " \t" or not lines[-1].strip()
    return (
        len(lines) > 1
        and not edges
        and not _NOT_PRINTABLE.search(text)
        and all(line == line.rstrip() and "\t" not in line[:1] for line in lines)
    )


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.casefold() not in _WORDS:
        return value
    return _NOT_PRINTABLE.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
