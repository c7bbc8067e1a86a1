"""The results of a check, as a table, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from byok_widgets.secrets.json_redaction import redact_keys
from byok_widgets.secrets.quoting import without_keys
from byok_widgets.teaching.checking import Checked

_MOST_CHARS = 200
"""Longest text of one cell or line."""
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What begins a formula where a table is opened."""


def table(found: Sequence[Checked]) -> str:
    """Return a line for each notebook, and below it what is not as it should be."""
    names = _names(found)
    width = max(map(len, names))
    lines: list[str] = []
    for name, each in zip(names, found, strict=True):
        state = "ok " if each.is_complete else "-- "
        lines.append(f"{state}{name:{width}}  {each.right} of {len(each.expected)}  {each.seconds:6.1f} s")
        lines += [f"     {line}" for line in _problems(each)]
    complete = sum(each.is_complete for each in found)
    return "\n".join([*lines, f"{complete} of {len(found)} notebooks are as expected."])


def to_json(found: Sequence[Checked]) -> str:
    """Return all of it as JSON."""
    told = [_data(name, each) for name, each in zip(_names(found), found, strict=True)]
    return json.dumps(told, indent=1) + "\n"


def to_csv(found: Sequence[Checked]) -> str:
    """Return a row for each notebook; no cell of it is a formula, whatever a student wrote."""
    variables = [*found[0].expected]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(_cell, ["notebook", "right", "of", *variables, "error", "seconds"]))
    for name, each in zip(_names(found), found, strict=True):
        marks = [int(each.is_right(variable)) for variable in variables]
        row = [name, each.right, len(variables), *marks, each.error, each.seconds]
        writer.writerow(map(_cell, row))
    return text.getvalue()


def _names(found: Sequence[Checked]) -> list[str]:
    """Return names that tell the notebooks apart: their folders are those of students."""
    short = [each.path.name for each in found]
    long = ["/".join(each.path.parts[-2:]) for each in found]
    whole = [str(each.path) for each in found]
    names = next((each for each in (short, long) if len(set(each)) == len(each)), whole)
    return [without_keys(name, 80) for name in names]


def _problems(each: Checked) -> list[str]:
    problems = [without_keys(each.error, _MOST_CHARS)] if each.error else []
    for name, expected in each.expected.items():
        if not each.is_right(name):
            has = _shown(each.values[name]) if name in each.values else "missing"
            problems.append(f"{without_keys(name)}: {has}, expected {_shown(expected)}")
    return problems


def _shown(value: Any) -> str:
    """Return a value in one line: ASCII alone, since it may hold anything that moves a terminal's cursor."""
    return without_keys(json.dumps(redact_keys(value)))


def _data(name: str, each: Checked) -> Mapping[str, Any]:
    right = {variable: each.is_right(variable) for variable in each.expected}
    told = {"notebook": name, "is_complete": each.is_complete, "right": right, "values": dict(each.values)}
    return redact_keys(told | {"error": each.error, "seconds": each.seconds})  # type: ignore[no-any-return]


def _cell(value: Any) -> Any:
    text = value if isinstance(value, str) else None
    if text is None:
        return value
    cleaned = without_keys(text, _MOST_CHARS)
    return f"'{cleaned}" if cleaned.startswith(_FORMULAS) else cleaned
