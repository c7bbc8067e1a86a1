"""The variables that an action node writes: their names, and the values that its function returned, checked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from byok_widgets.attributes.strict import nearest
from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given


class UnusableResultError(Exception):
    """A function returned something that does not fit its node."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem, self.fix = problem, fix


def variable_names(writes: Any, *, node: str) -> tuple[str, ...]:
    """Return the names of the variables that a node writes, each once; a text is one name.

    Raises:
        ConfigError: One cannot be the name of a variable.
    """
    given = [writes] if isinstance(writes, str) or not isinstance(writes, Iterable) else list(writes)
    for name in given:
        if not isinstance(name, str) or not name.isidentifier():
            raise ConfigError(
                f"Node {node!r} cannot write {as_given(name)}: it is not the name of a variable.",
                kind="variable",
                fix='Name variables like Python does: writes=["time"].',
            )
    return tuple(dict.fromkeys(given))


def written_values(
    returned: Any, writes: tuple[str, ...], *, node: str, function: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the values by variable, and notices for the user.

    Raises:
        UnusableResultError: A name is missing, or not one that the node writes, or a value does not fit into JSON.
    """
    if not writes:
        notice = f"{node} returned a value that is not kept: name the variable in writes=[...]"
        return {}, ((notice,) if returned is not None else ())
    problem, fix, values = _by_name(returned, writes)
    if not problem:
        problem, fix = _mismatch(values, writes)
    if problem:
        raise UnusableResultError(f"The function {function} {problem}.", fix)
    return {name: values[name] for name in writes}, ()


def _by_name(returned: Any, writes: tuple[str, ...]) -> tuple[str, str, Mapping[Any, Any]]:
    """Return a problem with its fix, or the values by name; for a single name, the value itself will do."""
    if len(writes) == 1 and not _names(returned, writes[0]):
        return "", "", {writes[0]: returned}
    if isinstance(returned, Mapping):
        return "", "", returned
    names = ", ".join(map(repr, writes))
    return f"returned {type(returned).__name__}", f"Return a mapping with {names}.", {}


def _names(returned: Any, name: str) -> bool:
    """Whether a mapping names a node's one variable; a sole name that resembles it counts as misspelt."""
    if not isinstance(returned, Mapping):
        return False
    return name in returned or (len(returned) == 1 and bool(nearest(name, [str(key) for key in returned])))


def _mismatch(values: Mapping[Any, Any], writes: tuple[str, ...]) -> tuple[str, str]:
    for name in values:
        if name not in writes:
            meant = nearest(str(name), writes)
            fix = f"Did you mean {meant!r}?" if meant else f"Add it: writes=[..., {name!r}]."
            return f"returned {name!r}, which the node does not write", fix
    for name in writes:
        if name not in values:
            return f"returned no {name!r}", f"Return a mapping with {name!r}, None where it has no value."
        if _holds_iterator(values[name]):
            return f"returned an iterator for {name!r}, which can be read once only", "Return a list."
        if not _fits_json(values[name]):
            kind = type(values[name]).__name__
            fix = "Return strings, numbers, lists, mappings, dates, or dataclasses of these."
            return f"returned {kind} for {name!r}, which cannot be stored as JSON", fix
    return "", ""


def _holds_iterator(value: Any) -> bool:
    """Whether a value is, or holds, what is empty once it has been read, such as a generator."""
    if isinstance(value, Mapping):
        return any(map(_holds_iterator, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(_holds_iterator, value))
    return isinstance(value, (Iterator, AsyncIterator))


def _fits_json(value: Any) -> bool:
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        json.dumps(to_jsonable_python(value), allow_nan=False)
    except (PydanticSerializationError, ValueError, TypeError, RecursionError):
        return False
    return True
