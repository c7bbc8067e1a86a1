"""The expected values of variables, from a JSON file; impossible ones are reported before a notebook runs."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Any

from byok_widgets.attributes.strict import nearest
from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error, read_file
from byok_widgets.secrets.quoting import as_given
from byok_widgets.teaching.values import MOST_CHARS

MOST_BYTES = 50_000_000
"""Largest file that is read."""
_WORD = re.compile(r"[^\W\d]\w*")
_OTHER_FILES = (
    ({"cells", "nbformat"}, "a notebook, and its name does not end in .ipynb"),
    ({"nodes", "edges"}, "a flow"),
)
"""What a file with these names really is, when it was given by mistake."""


def read_values(path: Path) -> dict[str, Any]:
    """Return the values of a JSON file by the names of their variables.

    Raises:
        ConfigError: It cannot be read, or contains something that no notebook could have.
    """
    problem = ""
    try:
        found = json.loads(read_file(path, most_bytes=MOST_BYTES), object_pairs_hook=_each_once)
    except OSError as error:
        problem = describe_os_error(error)
    except _TwiceError as error:
        problem = f"it has {as_given(str(error))} twice"
    except (ValueError, RecursionError):
        problem = "it is not JSON"
    else:
        problem = next(_problems(found), "") if isinstance(found, dict) else "it does not contain a JSON object"
        if not problem:
            return dict(found)
    raise ConfigError(
        f"{str(path)!r} cannot be used: {problem}.",
        kind="check",
        fix='Write {"found.values": {"name": "Ana"}}, or name a solution: *.ipynb.',
    )


def require_mentioned(names: Iterable[str], notebooks: Sequence[Path]) -> None:
    """Make sure that no variable is misspelt: none of several notebooks mentions it, and one of a similar name.

    Raises:
        ConfigError: One is.
    """
    if len(notebooks) < 2:
        return  # it may be the student who is wrong
    words = {word for path in notebooks for word in _WORD.findall(_code(path))}
    for name in names:
        first = name.partition(".")[0]
        meant = "" if first in words else nearest(first, words)
        if meant:
            raise ConfigError(
                f"None of the {len(notebooks)} notebooks mentions the variable {as_given(first)}.",
                kind="check",
                fix=f"Did you mean {meant!r}?",
            )


class _TwiceError(ValueError):
    """A name stands twice in one object, of which JSON would keep the last."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return found


def _problems(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names and values that no variable of a notebook could have."""
    for names, kind in _OTHER_FILES:
        if names <= found.keys():
            yield f"it is {kind}"
    for name, value in found.items():
        first, *parts = name.split(".")
        if not first.isidentifier() or iskeyword(first) or not all(parts):
            yield f"{as_given(name)} is not the name of a variable, such as found.values"
        if not _is_finite(value):
            yield f"the value of {as_given(name)} holds a number that is not finite"
        if len(json.dumps(value)) > MOST_CHARS:
            yield f"the value of {as_given(name)} is longer than {MOST_CHARS:,} characters, and is not compared"


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _code(path: Path) -> str:
    """Return the code of a notebook; empty where it is none, which the check of it tells."""
    try:
        cells = json.loads(read_file(path, most_bytes=MOST_BYTES))["cells"]
        return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return ""
