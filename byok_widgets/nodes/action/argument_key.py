"""`argument_key`: the arguments of an action as text, to tell whether it has already run with the same ones.

Values that are equal have the same text, also in another process. Where nobody can tell whether two objects are
equal, each has a text of its own: an action with effects is rather refused than taken for one that has run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import uuid
import weakref
from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

_MAX_CHARS = 2000
_identities: dict[int, tuple[weakref.ref[Any], str]] = {}


def argument_key(arguments: Mapping[str, Any]) -> str:
    """Return arguments as JSON; of longer ones the digest.

    Raises:
        RecursionError: They are nested too deeply.
    """
    text = json.dumps(_canonical(dict(arguments), ()), sort_keys=True)
    if len(text) <= _MAX_CHARS:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _canonical(value: Any, above: tuple[int, ...]) -> Any:
    kind = type(value)
    if value is None or kind in (str, int, float, bool):
        return value
    if kind in (bytes, bytearray):
        return {"bytes": value.hex()}
    if isinstance(value, (date, time)):
        return value.isoformat()
    if kind is Decimal:
        return str(value)
    if id(value) in above:
        return {"same as": len(above) - above.index(id(value))}
    above = (*above, id(value))
    if kind in (list, tuple):
        return [_canonical(entry, above) for entry in value]
    if kind in (set, frozenset):
        return sorted((_canonical(entry, above) for entry in value), key=json.dumps)
    if kind is dict:
        return {_name(key, above): _canonical(entry, above) for key, entry in value.items()}
    return _object(value, above)


def _name(key: Any, above: tuple[int, ...]) -> str:
    return key if type(key) is str else json.dumps([type(key).__name__, _canonical(key, above)], sort_keys=True)


def _object(value: Any, above: tuple[int, ...]) -> Any:
    """Return what `pickle` would keep of an object; its identity where it cannot be pickled."""
    try:
        state = value.__reduce_ex__(4)
    except Exception:  # noqa: BLE001 - a value may be anybody's, and refuse in any way
        state = None
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(state, str):  # the name of something global
        return {"type": name, "name": f"{getattr(value, '__module__', '')}.{state}"}
    if not isinstance(state, tuple):
        return {"type": name, "identity": _identity(value)}
    return {"type": name, "state": [_part(part, above) for part in state]}


def _part(part: Any, above: tuple[int, ...]) -> Any:
    """Return a part of an object's state; a class or function in it is the one that its name says."""
    if isinstance(part, tuple):
        return [_part(entry, above) for entry in part]
    if callable(part) and hasattr(part, "__qualname__"):
        return f"{part.__module__}.{part.__qualname__}"
    return _canonical(list(part) if isinstance(part, Iterator) else part, above)


def _identity(value: Any) -> str:
    """Return a text that stands for this very object as long as it lives."""
    known = _identities.get(id(value))
    if known is not None and known[0]() is value:
        return known[1]
    token, at = uuid.uuid4().hex, id(value)

    def forget(_: object) -> None:
        _identities.pop(at, None)

    with contextlib.suppress(TypeError):  # of some objects nobody can tell when they end
        _identities[at] = (weakref.ref(value, forget), token)
    return token
