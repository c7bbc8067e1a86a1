"""Python source made of values: whatever a name or a prompt contains comes out as data, never as code."""

from __future__ import annotations

import ast
import keyword
import pprint
from collections.abc import Mapping
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.nodes.action.function import is_dotted_name, reference_to

_WIDTH = 100


def literal(value: Any) -> str:
    """Return the source of a value: a text, a number, a Boolean, `None`, or lists and mappings of these.

    Raises:
        ConfigError: It is something else.
    """
    plain = _plain(value)
    source = _text(plain) if isinstance(plain, str) else pprint.pformat(plain, width=_WIDTH, sort_dicts=False)
    if _reads_as(source, plain):
        return source
    raise _no_literal(value)


def _reads_as(source: str, plain: Any) -> bool:
    """Whether Python reads a value from source, also within a call: it limits how deeply brackets are nested."""
    around = 8
    try:
        read = ast.literal_eval("[" * around + source + "]" * around)
    except (MemoryError, RecursionError, SyntaxError, ValueError):
        return False
    for _ in range(around):
        (read,) = read
    return bool(read == plain)


def one_line_literal(text: str) -> str:
    """Return the source of a text on one line, whatever it contains."""
    return repr(str.__str__(text))


def is_argument(name: str) -> bool:
    """Whether a name can be written as that of an argument."""
    return name.isidentifier() and not keyword.iskeyword(name)


def indented(source: str, by: int = 4) -> str:
    """Return source indented further, except for its first line, which follows something."""
    return source.replace("\n", f"\n{' ' * by}")


def importable(thing: Any, reserved: frozenset[str]) -> str:
    """Return the dotted name under which a function or class is had from its module; empty if there is none.

    A module of the notebook itself (`__main__`) is no place to import from, and neither is one whose name the
    generated code uses itself.
    """
    module, _, path = reference_to(thing).partition(":")
    name = f"{module}.{path}" if path else ""
    return name if name and is_dotted_name(name) and module.partition(".")[0] not in reserved else ""


def module_of(thing: Any) -> str:
    """Return the name of the module in which a function or class was defined."""
    return str(getattr(thing, "__module__", "") or "")


def _plain(value: Any) -> Any:
    """Return a value of Python's own types: a subclass may write itself as it likes."""
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and value - value == 0:
        return float(value)
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {_plain(name): _plain(entry) for name, entry in value.items()}
    raise _no_literal(value)


def _text(text: str) -> str:
    """Return a text of several lines as one literal for each of them, so that it can be read and changed."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return repr(text)
    parts = "\n".join(f"    {line!r}" for line in lines)
    return f"(\n{parts}\n)"


def _no_literal(value: object) -> ConfigError:
    return ConfigError(
        f"A value of type {type(value).__name__} cannot be written as code, or is nested too deeply for that.",
        kind="export",
        fix="Use texts, numbers, lists and mappings in the settings and examples of the flow.",
    )
