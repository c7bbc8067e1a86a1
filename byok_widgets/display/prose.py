"""`Prose`: a text for people, which a cell shows without quotes or escapes when it is the cell's last value."""

from __future__ import annotations

from byok_widgets.display import markup


class Prose(str):
    """A string whose `repr` is the text itself, without quotes and escapes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return markup.spoken(self)
