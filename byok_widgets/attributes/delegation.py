"""Exposing a property of a component on the object that owns it."""

from __future__ import annotations

from typing import Any


def delegated(part: str, member: Any) -> Any:
    """Return a property that reads `member` of a component and, if it has a setter, sets it there.

    Args:
        part: Name of the attribute that holds the component.
        member: The property, as an attribute of the component's class.
    """

    def read(owner: Any) -> Any:
        return member.__get__(getattr(owner, part))

    def write(owner: Any, value: Any) -> None:
        member.__set__(getattr(owner, part), value)

    return property(read, write if member.fset else None, doc=member.__doc__)
