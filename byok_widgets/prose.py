"""`Prose`: a text for people, which a cell shows as it reads when it is the cell's last value."""

from __future__ import annotations


class Prose(str):
    """A text without the quotes and escapes that Python shows of one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
