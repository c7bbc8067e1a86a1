"""Numbers, texts and lines as SVG writes them."""

from __future__ import annotations

import html
import re

from byok_widgets.graph.layout import Curve, Point, Rect

LINE_PX = 14.0
"""Height of a line of small text."""
SMALL_PX = 11.0
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tick(at: Point) -> str:
    """Return the sign of a node that was visited; only a style sheet shows it."""
    return (
        f'<g class="byok-graph-tick" transform="translate({xy(at)})"><circle r="8"/>'
        '<path d="M-3.5.2l2.4 2.5 4.6-5"/></g>'
    )


def centered(rect: Rect, words: list[str], ink: str) -> str:
    """Return lines of text in the middle of a rectangle."""
    x, first = rect.center.x, rect.center.y - LINE_PX * (len(words) - 1) / 2 + 4
    return "".join(
        f'<text x="{px(x)}" y="{px(first + number * LINE_PX)}" text-anchor="middle"'
        f' font-size="{SMALL_PX:g}" fill="{ink}" unicode-bidi="plaintext">{escaped(line)}</text>'
        for number, line in enumerate(words)
    )


def path(curves: tuple[Curve, ...]) -> str:
    """Return a line as path data."""
    pieces = [f"M{xy(curves[0].start)}"]
    for curve in curves:
        controls = "" if curve.is_straight else f"{xy(curve.control)} {xy(curve.other_control)} "
        pieces.append(f"{'C' if controls else 'L'}{controls}{xy(curve.end)}")
    return "".join(pieces)


def arrow_head(before: Point, end: Point) -> str:
    """Return an arrow head that points down, up or to the left, as lines end here."""
    x, y = end
    if abs(before.y - y) < abs(before.x - x):
        return f"M{xy(end)}L{xy(Point(x + 8, y - 3))}L{xy(Point(x + 6, y + 5))}z"
    back = y - 8 if before.y < y else y + 8
    return f"M{xy(end)}L{xy(Point(x - 4, back))}L{xy(Point(x + 4, back))}z"


def place(rect: Rect) -> str:
    """Return where a rectangle is, as attributes."""
    x, y, width, height = map(px, rect)
    return f' x="{x}" y="{y}" width="{width}" height="{height}"'


def xy(point: Point) -> str:
    """Return a point as a pair of numbers."""
    return f"{px(point.x)},{px(point.y)}"


def px(value: float) -> str:
    """Return a number of pixels, to a tenth."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def escaped(words: str) -> str:
    """Return a text for an element or an attribute; what XML cannot hold becomes a sign."""
    return html.escape(_NOT_XML.sub("\ufffd", words))
