"""Reads the tables of an output as a person does: row by row, as text."""

from __future__ import annotations

from html.parser import HTMLParser


def cells_of(markup: str) -> list[list[str]]:
    """Return the cells of all rows, heads included."""
    reader = _Rows()
    reader.feed(markup)
    return reader.rows


class _Rows(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._is_inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.rows[-1][-1] += data
