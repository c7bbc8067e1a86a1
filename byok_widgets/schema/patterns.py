"""Whether a text matches a pattern, in a bounded time: some patterns take Python's `re` years for 30 characters.

`re` holds the interpreter while it searches, so a thread with a time limit would not help.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import lru_cache
from typing import Any

LIMIT_S = 2.0
"""Longest time for a pattern that only `re` knows, in seconds."""
_MAX_CHARS = 10_000
_SEARCH = "import json, re, sys; print(bool(re.search(*json.load(sys.stdin))))"


class PatternTimeoutError(ValueError):
    """A pattern could not be looked for in time."""


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` is found in `text`.

    Raises:
        PatternTimeoutError: It takes too long to find out.
    """
    if _is_simple(pattern) and len(text) <= _MAX_CHARS:
        return re.search(pattern, text) is not None
    linear = _linear(pattern)
    if linear is not None:
        return bool(linear.isinstance_python(text))
    found = _found_apart(pattern, text)
    if found is None:
        raise PatternTimeoutError(f"the pattern {pattern!r} could not be looked for in time")
    return found


def _is_simple(pattern: str) -> bool:
    """Whether it repeats at most one thing, and has no alternatives: `re` is quick then, whatever the text."""
    repeats = sum(map(pattern.count, "*+{?")) - pattern.count("(?")
    return repeats <= 1 and "|" not in pattern


@lru_cache(maxsize=256)
def _linear(pattern: str) -> Any:
    """Return pydantic's engine, which never backtracks; `None` where it does not know the pattern."""
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError:  # it looks ahead or refers back
        return None


@lru_cache(maxsize=256)
def _found_apart(pattern: str, text: str) -> bool | None:
    """Search in a process of its own, which can be stopped; `None` where it had to be."""
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, and a constant program
            [sys.executable, "-I", "-S", "-c", _SEARCH],
            input=json.dumps([pattern, text]),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        return None
    return done.stdout.strip() == "True"
