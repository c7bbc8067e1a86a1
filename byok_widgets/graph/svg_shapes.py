"""What a drawing of a graph consists of: boxes of nodes, marks, and the lines and labels of edges."""

from __future__ import annotations

from dataclasses import dataclass

from byok_widgets.graph import text_fitting
from byok_widgets.graph.colours import GREY, INK, PAPER, tint
from byok_widgets.graph.drawing import one_line
from byok_widgets.graph.flow_graph import AnyNode
from byok_widgets.graph.layout import Point, Rect, Route, Size
from byok_widgets.graph.svg_elements import (
    LINE_PX,
    SMALL_PX,
    arrow_head,
    centered,
    escaped,
    path,
    place,
    px,
    tick,
    xy,
)

_SLATE, _GREY_INK = "#6b7280", "#4b5563"
_NAME_PX = 13.0
_NODE_HEIGHT, _NODE_LEAST, _NODE_MOST, _LABEL_MOST = 46.0, 92.0, 250.0, 158.0
_BRIEF_HEIGHT, _BRIEF_LEAST, _BRIEF_LABEL = 34.0, 64.0, 118.0
_TEXT_LEFT, _TEXT_RIGHT, _BOLD = 34.0, 14.0, 1.12
_MARK_HEIGHT, _CUT = 22.0, 9.0
_BUBBLE = "M-7-6h14a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-7l-4 4v-4h-3a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2z"


@dataclass(frozen=True)
class Mark:
    """A sign that is no node: where the flow starts or ends, and the place that stands for any node."""

    kind: str
    words: str
    is_root: bool = False

    @property
    def size(self) -> Size:
        """Its size."""
        return Size(text_fitting.width(self.words, SMALL_PX) + 22, _MARK_HEIGHT)

    def draw(self, rect: Rect, *, ticked: bool) -> str:
        """Return it at its place; `ticked`: with the sign of a visit, for a style sheet to show."""
        del ticked
        fill, ink = (_SLATE, "#ffffff") if self.kind == "start" else (PAPER, INK)
        look = {"any": ' stroke-dasharray="4 3"', "end": ' stroke-width="3"'}.get(self.kind, "")
        box = f'<rect{place(rect)} rx="11" fill="{fill}" stroke="{_SLATE}"{look}/>'
        return f'<g class="byok-graph-mark byok-graph-{self.kind}">{box}{centered(rect, [self.words], ink)}</g>'


@dataclass(frozen=True)
class NodeBox:
    """The box of a node: its name, what it is unless it is brief, and a sign and a shape by its kind."""

    node: AnyNode
    key: str
    colour: str
    whole: str
    is_brief: bool = False
    is_root: bool = False

    @property
    def name(self) -> str:
        """The node's name, on one line."""
        return one_line(self.node.name)

    @property
    def what(self) -> str:
        """What kind of node it is; empty where the sign and the title say enough."""
        return "" if self.is_brief else one_line(", ".join(self.node.describe()))

    @property
    def size(self) -> Size:
        """Its size: as wide as its texts, within limits."""
        wanted = max(text_fitting.width(self.name, _NAME_PX) * _BOLD, text_fitting.width(self.what, SMALL_PX))
        least, height = (_BRIEF_LEAST, _BRIEF_HEIGHT) if self.is_brief else (_NODE_LEAST, _NODE_HEIGHT)
        return Size(min(_NODE_MOST, max(least, wanted + _TEXT_LEFT + _TEXT_RIGHT)), height)

    def draw(self, rect: Rect, *, ticked: bool) -> str:
        """Return it at its place; `ticked`: with the sign of a visit, for a style sheet to show."""
        room = rect.width - _TEXT_LEFT - _TEXT_RIGHT + 1
        left, middle = px(rect.x + _TEXT_LEFT), rect.y + rect.height / 2
        name = escaped(text_fitting.clip(self.name, room / _BOLD, _NAME_PX))
        what = escaped(text_fitting.clip(self.what, room, SMALL_PX))
        kind = (
            f'<text class="byok-graph-kind" x="{left}" y="{px(middle + 12)}" font-size="{SMALL_PX:g}"'
            f' fill="{_GREY_INK}">{what}</text>'
        )
        return (
            f'<g class="byok-graph-node" data-node="{escaped(self.key)}" data-kind="{escaped(self.node.kind)}"'
            f' style="--byok-node:{self.colour}"><title>{escaped(self.whole)}</title>'
            f"{self._box(rect)}{self._sign(Point(rect.x + 18, middle))}"
            f'<text x="{left}" y="{px(middle - 3 if what else middle + 4.5)}" font-size="{_NAME_PX:g}"'
            f' font-weight="600" fill="{INK}" unicode-bidi="plaintext">{name}</text>'
            f"{kind if what else ''}{tick(Point(rect.x + rect.width, rect.y)) if ticked else ''}</g>"
        )

    def _box(self, rect: Rect) -> str:
        look = f' class="byok-graph-box" fill="{tint(self.colour)}" stroke="{self.colour}" stroke-width="1.5"'
        if self.node.speaks:
            return f'<rect{look}{place(rect)} rx="12"/>'
        x, y, right, bottom = rect.x, rect.y, rect.x + rect.width, rect.y + rect.height
        corners = [
            *((x + _CUT, y), (right - _CUT, y), (right, y + _CUT), (right, bottom - _CUT)),
            *((right - _CUT, bottom), (x + _CUT, bottom), (x, bottom - _CUT), (x, y + _CUT)),
        ]
        return f'<polygon{look} points="{" ".join(xy(Point(*corner)) for corner in corners)}"/>'

    def _sign(self, at: Point) -> str:
        move = f' transform="translate({xy(at)})"'
        if self.node.speaks:
            return f'<path class="byok-graph-sign"{move} d="{_BUBBLE}" fill="{self.colour}"/>'
        sign = "{ }" if self.node.calls_model else "ƒ"
        return (
            f'<text class="byok-graph-sign"{move} dy="4.5" text-anchor="middle" font-size="13"'
            f' font-weight="700" fill="{self.colour}">{sign}</text>'
        )


@dataclass(frozen=True)
class EdgeLine:
    """An edge, or the way from or to a mark."""

    source: int
    target: int
    key: str = ""
    words: str = ""
    is_dashed: bool = False
    is_brief: bool = False
    whole: str = ""
    ends: tuple[str, str] = ("", "")

    @property
    def label(self) -> list[str]:
        """The lines of its label."""
        most, lines = (_BRIEF_LABEL, 4) if self.is_brief else (_LABEL_MOST, 3)
        return text_fitting.wrap(self.words, most, SMALL_PX, lines=lines) if self.words else []

    @property
    def size(self) -> Size | None:
        """Size of its label; `None` without one."""
        widths = [text_fitting.width(line, SMALL_PX) for line in self.label]
        return Size(max(widths) + 12, LINE_PX * len(widths) + 5) if widths else None

    def draw_line(self, route: Route) -> str:
        """Return its line and the arrow head."""
        dashed = ' stroke-dasharray="5 4"' if self.is_dashed else ""
        end, before = route.curves[-1].end, route.curves[-1].other_control
        before = before if before != end else route.curves[-1].start
        return (
            f'<path class="byok-graph-line" d="{path(route.curves)}" fill="none" stroke="{GREY}"'
            f' stroke-width="1.5"{dashed}/>'
            f'<path class="byok-graph-head" d="{arrow_head(before, end)}" fill="{GREY}"/>'
        )

    def draw_label(self, route: Route) -> str:
        """Return its label; empty without one."""
        if not route.label:
            return ""
        box = f'<rect{place(route.label)} rx="6" fill="{PAPER}"/>'
        return f'<g class="byok-graph-label">{box}{centered(route.label, self.label, _GREY_INK)}</g>'
