"""HTML for saved outputs: text, tables and pictures from the elements and styles that every notebook keeps.

JupyterLab takes roles, ARIA, style sheets, variables and inline SVG out of a notebook it does not trust, and
typesets what stands between two dollars. So tables are native ones, pictures are images with a text beside them,
and each sign that begins mathematics is in an element of its own.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

_MATHS = re.compile(r"[$\\]")
_WIDTH = re.compile(r'<svg[^>]* width="([\d.]+)"')
_LEAST_SCALE = 0.7
"""How small a picture becomes in a narrow place before it scrolls: its words are still read then."""
_LINE = "border-bottom:1px solid #88888844"
_CELL = "padding:3px 16px 3px 0;vertical-align:top"
_NUMBER = "text-align:right;white-space:nowrap"
_NUMBER_IN_WORDS = "text-align:right;min-width:8em"
_TEXT = "text-align:left;white-space:pre-wrap;overflow-wrap:break-word"
_CAPTION = "caption-side:top;text-align:left;padding:0 0 4px;font-weight:600;font-style:normal;color:inherit"
_TABLE = "border-collapse:collapse;margin:4px 0;text-align:left"
_SCROLLS = "display:block;max-width:100%;overflow-x:auto"
"""A wide table scrolls itself, not what is around it: its caption is as wide as what is seen, and stays."""
_STAYS = "display:block;position:sticky;left:0"
_LONG_CHARS, _ROOM, _WHOLE = 24, "min-width:11em", "white-space:pre"
"""How many characters make a text a long one, the room that its column keeps, and how others look."""
_MANY_COLUMNS = 4
"""From so many columns on, a table scrolls in a narrow place rather than break short texts."""
_WORDS = "white-space:pre-wrap;overflow-wrap:anywhere"
_ASIDE = "margin:4px 0;padding:0 8px;border-left:3px solid #88888844"


class Markup(str):
    """HTML, ready to be shown; any other text is escaped first. Made by the functions here."""

    __slots__ = ()


def text(words: str) -> Markup:
    """Return a text as HTML that shows it as it is: no markup, no mathematics."""
    return Markup(_MATHS.sub(lambda sign: f"<span>{sign[0]}</span>", _escaped(words)))


def _escaped(words: str) -> str:
    import html

    return html.escape(words)


def attribute(words: str) -> str:
    """Return a text for the quotes of an attribute."""
    return _escaped(words)


def spoken(words: str) -> Markup:
    """Return a message, with its line breaks and in its own reading direction."""
    return Markup(f'<div dir="auto" style="{_WORDS}">{text(words)}</div>')


def marked(words: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Return a text with places marked in it, each from its first character to the one after its last."""
    shown, done = "", 0
    for start, end in sorted(spans):
        if start >= done:
            shown += f"{text(words[done:start])}<mark>{text(words[start:end])}</mark>"
            done = end
    return Markup(f'<span dir="auto" style="{_WORDS}">{shown}{text(words[done:])}</span>')


def aside(words: str) -> Markup:
    """Return a side note: a text set apart by a line at its edge."""
    return Markup(f'<div dir="auto" style="{_WORDS};{_ASIDE}">{text(words)}</div>')


def facts(words: str) -> Markup:
    """Return a line of facts in small print."""
    return Markup(f"<small>{text(words)}</small>" if words else "")


def strong(words: str) -> Markup:
    """Return a text in bold."""
    return Markup(f"<strong>{_shown(words)}</strong>")


def block(markup: Markup) -> Markup:
    """Return a text as a block, on lines of its own."""
    return Markup(f'<div style="margin:3px 0">{markup}</div>')


def link(address: str) -> Markup:
    """Return a link that opens in a new page; only the text if the address could run something."""
    if not address.startswith(("https://", "http://")):
        return text(address)
    target = 'target="_blank" rel="noopener noreferrer"'
    return Markup(f'<a href="{_escaped(address)}" {target}>{text(address)}</a>')


def lines(words: str) -> Markup:
    """Return lines of plain text, aligned as they are."""
    return Markup(f'<pre dir="auto" style="{_WORDS}">{text(words)}</pre>')


def details(summary: str, body: str) -> Markup:
    """Return a line that opens on a click; `body` is ready HTML."""
    return Markup(f'<details style="margin:4px 0"><summary>{_shown(summary)}</summary>{body}</details>')


def picture(svg: str, alt: str) -> Markup:
    """Return an SVG as an image; `alt` describes it in words."""
    data = base64.b64encode(svg.encode()).decode()
    wide = _WIDTH.search(svg)
    least = round(_LEAST_SCALE * float(wide[1])) if wide else 0
    style = f"max-width:100%;min-width:{least}px;height:auto"
    image = f'<img src="data:image/svg+xml;base64,{data}" alt="{_escaped(alt)}" style="{style}">'
    return Markup(f'<div style="overflow-x:auto">{image}</div>')


def table(
    rows: Iterable[Sequence[str]],
    *,
    caption: str = "",
    columns: Sequence[str] = (),
    numbers: Collection[int] = (),
    total: Sequence[str] = (),
) -> Markup:
    """Return a table. The first cell of a row is its heading.

    Args:
        rows: The cells; a text is escaped, `Markup` is used as it is.
        caption: What the table shows.
        columns: Column headings.
        numbers: Which columns hold numbers, and so are right-aligned.
        total: A last row.
    """
    rows = list(rows)
    is_wide = len(columns) >= _MANY_COLUMNS
    looks = _looks(rows, len(columns), numbers) if is_wide else {}
    heads = _WHOLE if is_wide else ""
    head = "".join(_head(name, "col", is_number=at in numbers, look=heads) for at, name in enumerate(columns))
    body = "".join(_row(cells, numbers, looks) for cells in rows)
    look, top = (f"{_TABLE};{_SCROLLS}", f"{_CAPTION};{_STAYS}") if is_wide else (_TABLE, _CAPTION)
    parts = [f'<caption style="{top}">{text(caption)}</caption>' if caption else ""]
    parts += [f"<thead><tr>{head}</tr></thead>" if head else "", f"<tbody>{body}</tbody>"]
    parts += [f"<tfoot>{_row(total, numbers, looks)}</tfoot>" if total else ""]
    return Markup(f'<table style="{look}">{"".join(parts)}</table>')


def _looks(rows: Iterable[Sequence[str]], columns: int, numbers: Collection[int]) -> dict[int, str]:
    """Return how the columns of texts look: a long one keeps its room, in others no line is broken."""
    long = {at for cells in rows for at, cell in enumerate(cells) if len(cell) > _LONG_CHARS}
    return {at: _ROOM if at in long else _WHOLE for at in range(columns) if at not in numbers}


def _row(cells: Sequence[str], numbers: Collection[int], looks: Mapping[int, str]) -> str:
    first = _head(cells[0], "row", is_number=0 in numbers, look=looks.get(0, ""))
    styles = (_cell_style(cell, looks.get(at, ""), is_number=at in numbers) for at, cell in enumerate(cells))
    rest = (
        f'<td dir="auto" style="{style}">{_shown(cell)}</td>'
        for cell, style in list(zip(cells, styles, strict=True))[1:]
    )
    return f"<tr>{first}{''.join(rest)}</tr>"


def _cell_style(cell: str, look: str, *, is_number: bool) -> str:
    figure = _NUMBER_IN_WORDS if len(cell) > _LONG_CHARS else _NUMBER
    return ";".join(filter(None, [_CELL, figure if is_number else _TEXT, look]))


def _head(cell: str, scope: str, *, is_number: bool, look: str = "") -> str:
    aligned = _NUMBER if is_number else "text-align:left"
    line = _LINE if scope == "col" else ""
    style = ";".join(filter(None, [_CELL, look, aligned, "font-weight:600", line]))
    return f'<th scope="{scope}" dir="auto" style="{style}">{_shown(cell)}</th>'


def _shown(cell: str) -> str:
    return cell if isinstance(cell, Markup) else text(cell)
