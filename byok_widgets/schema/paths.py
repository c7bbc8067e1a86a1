"""Paths to the parts of a value: `home.city`, `rows[2].price`, `prices["eggs and ham"]`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

Step = str | int
V = TypeVar("V")


def joined(path: str, step: Step) -> str:
    """Return the path to a part: of an object by its name, of a list by its index."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if step.isidentifier() else f"{path}[{json.dumps(step, ensure_ascii=False)}]"


class ByPath(dict[str, V]):
    """What is known of each field, and by its path of each part of one.

    It holds the fields; a part is found by its path, as in `status["home.city"]`.

    Args:
        fields: What is known of the fields.
        parts: What is known of their parts, by path.
    """

    def __init__(self, fields: Mapping[str, V], parts: Mapping[str, V] | None = None) -> None:
        super().__init__(fields)
        self.parts = dict(parts or {})

    def __missing__(self, path: str) -> V:
        return self.parts[path]

    def __contains__(self, path: object) -> bool:
        return super().__contains__(path) or path in self.parts

    def get(self, path: str, default: Any = None) -> Any:
        """Return what is known at a path, or the default."""
        try:
            return self[path]
        except KeyError:
            return default

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (dict(self), self.parts))


def paths_below(name: str, paths: Iterable[str]) -> Iterator[str]:
    """Return those of the paths that lead to a part of a field."""
    return (path for path in paths if path.startswith((f"{name}.", f"{name}[")))


def steps_below(path: str) -> list[str]:
    """Return the steps of a path after the field, as they are written in it."""
    steps: list[str] = []
    start, at, in_text = 0, 0, False
    while at < len(path):
        char = path[at]
        if in_text:
            at += 1 if char == "\\" else 0
            in_text = char != '"'
        elif char == '"':
            in_text = True
        elif char in ".[" and at > start:
            steps.append(path[start:at])
            start = at
        at += 1
    return [*steps, path[start:]][1:]
