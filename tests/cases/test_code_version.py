"""Versions of code: the same in every process, and another one where the code or what it reaches is another."""

from __future__ import annotations

import dataclasses
import functools
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import pydantic
import pytest

from byok_widgets.cases.code_version import code_version

FACTOR = 2


@dataclasses.dataclass
class Rule:
    words: frozenset[str]
    scale: float = 1.0

    def __call__(self, text: str) -> bool:
        return text in self.words


class Day(pydantic.BaseModel):
    weekday: str = pydantic.Field(min_length=1)

    @pydantic.field_validator("weekday")
    @classmethod
    def is_known(cls, value: str) -> str:
        if value not in {"Mon", "Tue", "Wed", "Thu", "Fri"}:
            raise ValueError("unknown")
        return value


class Counter:
    def __init__(self, start: int) -> None:
        self.start, self.calls = start, 0

    def count(self, text: str) -> int:
        self.calls += 1
        return self.start + len(text)


def helper(value: int) -> int:
    return value * FACTOR


def uses_helper(value: int) -> int:
    return helper(value)


def recursive(value: int) -> int:
    return value if value < 1 else recursive(value - 1)


def keyworded(value: int, *, of: frozenset[str] = frozenset({"b", "a", "c"})) -> bool:
    return str(value) in of


def closed_over(value: Any) -> Callable[[], Any]:
    return lambda: value


def every_code() -> list[object]:
    """Return one of each kind of code."""
    return [
        Rule(frozenset({"x", "y", "z"})),
        Day,
        Counter(3).count,
        uses_helper,
        recursive,
        keyworded,
        closed_over({"a", "b", "c"}),
        closed_over([1, {"deep": (2, None)}]),
        functools.partial(helper, value=3),
        Annotated[str, pydantic.AfterValidator(str.strip)],
        list[Day],
        int | None,
        ["Mon", "Tue"],
        len,
        np.add,
        lambda value: value in {"p", "q", "r"},
    ]


if __name__ == "__main__":
    sys.stdout.write(" ".join(code_version(code) for code in every_code()))


def test_versions_are_the_same_in_every_process() -> None:
    found = [
        subprocess.run(
            [sys.executable, "-m", __name__],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.split()
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]
    assert len(set(found[0])) == len(every_code()), "and each kind has its own"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (closed_over(1), closed_over(2)),
        (closed_over(1), closed_over(True)),
        (closed_over([1]), closed_over([1, 1])),
        (Rule(frozenset({"x"})), Rule(frozenset({"y"}))),
        (Counter(1).count, Counter(2).count),
        (functools.partial(helper, 1), functools.partial(helper, 2)),
        (lambda value: value + 1, lambda value: value + 2),
        (np.add, np.subtract),
        (len, sum),
    ],
)
def test_what_differs_has_another_version(one: object, other: object) -> None:
    assert code_version(one) != code_version(other)


def test_a_global_that_is_read_counts_and_one_that_is_written_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_version(uses_helper)
    monkeypatch.setitem(globals(), "FACTOR", 3)
    assert code_version(uses_helper) != before
    counter = Counter(1)
    before = code_version(counter.count)
    counter.count("x")
    assert code_version(counter.count) == before


def test_no_code_has_no_version() -> None:
    assert code_version() == code_version(None) == ""
