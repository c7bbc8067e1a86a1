"""`Prose`: a text for people, which a cell shows as it reads when it is the cell's last value."""

from __future__ import annotations

from byok_widgets import markup


class Prose(str):
    """A text without the quotes and escapes that Python shows of one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return markup.spoken(self)
