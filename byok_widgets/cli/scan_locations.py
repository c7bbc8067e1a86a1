"""Where a key is in a file: the line of a text or a cassette, or the cell and its part in a notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from byok_widgets.secrets.search import FoundKey

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]', re.DOTALL)
_PARTS = {"source": "source", "input": "source", "outputs": "output", "attachments": "attachment"}

RECORDED = "recorded call"
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class KeyLocation:
    """Where a key is.

    Attributes:
        number: Number of the cell from the top, or of the line, counted from 1; 0 if there is neither.
        part: `"line"` of a text; `"recorded call"` of a cassette; `"data"` of a file that is not a text;
            `"source"`, `"output"`, `"attachment"` or `"metadata"` of a cell; of a notebook `"widget state"` or
            `"metadata"`.
    """

    number: int
    part: str

    @property
    def is_source(self) -> bool:
        """Whether a person wrote the text there."""
        return self.part in {"source", "line"}

    def __str__(self) -> str:
        if self.part == "line":
            return f"line {self.number}"
        if self.part == RECORDED:
            return f"line {self.number}, {self.part}"
        return f"cell {self.number}, {self.part}" if self.number else self.part


def locate(text: str, found: Sequence[FoundKey], *, notebook: bool, cassette: bool = False) -> list[KeyLocation]:
    """Return the place of each key; a notebook with invalid content is treated as lines of text."""
    if notebook and found and _is_notebook(text):
        return [_in_notebook(path) for path in _paths(text, found)]
    lines, done, number = [], 0, 1
    for each in found:
        number += text.count("\n", done, each.start)
        done = each.start
        lines.append(KeyLocation(number, RECORDED if cassette else "line"))
    return lines


def _is_notebook(text: str) -> bool:
    try:
        data = json.loads(text.removeprefix("ï»¿"))
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict)


def _in_notebook(path: Path) -> KeyLocation:
    if "cells" in path[:3]:  # before format 4, cells were in worksheets
        rest = path[path.index("cells") + 1 :]
        if len(rest) > 1 and isinstance(rest[0], int):
            return KeyLocation(rest[0] + 1, _PARTS.get(str(rest[1]), "metadata"))
    return KeyLocation(0, "widget state" if path[:2] == ("metadata", "widgets") else "metadata")


def _paths(text: str, found: Sequence[FoundKey]) -> Iterator[Path]:
    """Yield for each key the names and indices that lead to the JSON string in which it begins."""
    path: list[str | int] = []
    awaits_name = False
    waiting = iter(found)
    key = next(waiting, None)
    for token in _TOKEN.finditer(text):
        symbol = token[0]
        if symbol in "{[":
            path.append("" if symbol == "{" else 0)
            awaits_name = symbol == "{"
        elif symbol in "}]":
            path.pop()
        elif symbol == ",":
            awaits_name = isinstance(path[-1], str)
            if not awaits_name:
                path[-1] = int(path[-1]) + 1
        elif symbol == ":":
            awaits_name = False
        else:
            if awaits_name:
                path[-1] = str(json.loads(symbol, strict=False))
            while key is not None and key.start < token.end():
                yield tuple(path)
                key = next(waiting, None)
            if key is None:
                return
