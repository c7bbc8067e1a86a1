"""Offering a property of a part as one of the whole."""

from __future__ import annotations

from typing import Any


def delegated(part: str, member: Any) -> Any:
    """Return a property that reads `member` of a part and, where it has a setter, sets it there.

    Args:
        part: Name of the attribute that holds the part.
        member: The property, as an attribute of the part's class.
    """

    def read(whole: Any) -> Any:
        return member.__get__(getattr(whole, part))

    def write(whole: Any, value: Any) -> None:
        member.__set__(getattr(whole, part), value)

    return property(read, write if member.fset else None, doc=member.__doc__)
