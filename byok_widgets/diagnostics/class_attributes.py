"""The attributes that values of a person's classes have beside their fields."""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Iterable
from typing import Any


def attributes_of(codes: Iterable[object]) -> frozenset[str] | None:
    """Return the names of all attributes of classes, and of the classes of their fields.

    Args:
        codes: Classes and types, such as `list[Home]`.

    Returns:
        The names; `None` where a value may have others, which its code gives it.
    """
    found: set[str] = set()
    seen: set[int] = set()
    waiting = list(codes)
    while waiting:
        given = waiting.pop()
        if id(given) in seen:
            continue
        seen.add(id(given))
        waiting += typing.get_args(given)
        if isinstance(given, type) and given.__module__ != "builtins":
            fields = _fields(given)
            if fields is None:
                return None
            waiting += fields
            found.update(name for base in given.__mro__ for name in vars(base))
    return frozenset(found)


def _fields(given: Any) -> list[object] | None:
    """Return the types of a class's fields; `None` where its values may have other attributes, too."""
    of_pydantic = getattr(given, "model_fields", None)
    if isinstance(of_pydantic, dict):
        return [field.annotation for field in of_pydantic.values()]
    if typing.is_typeddict(given) or (dataclasses.is_dataclass(given) and not hasattr(given, "__post_init__")):
        try:
            return list(typing.get_type_hints(given).values())
        except (NameError, TypeError):  # it names a type that is not there
            return None
    has_only_its_own = issubclass(given, enum.Enum) or not given.__dictoffset__
    return [] if has_only_its_own else None
