"""`lay_out`: boxes and links in, places and lines out. Deterministic.

A line runs straight through the ranks it passes and bends only between them, so that none crosses a box or label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from byok_widgets.graph.layout.geometry import Box, Curve, Layout, Link, Point, Rect, Route, Size
from byok_widgets.graph.layout.ordering import put_in_order
from byok_widgets.graph.layout.placement import Ports, place, ports
from byok_widgets.graph.layout.ranks import Chain, Item, Ranked, rank

MARGIN = 12.0
"""Space around the whole."""
LEAST_GAP, MOST_GAP, GAP_FOR_SHIFT = 16.0, 44.0, 0.09
"""Height between two ranks: more where lines have far to go sideways."""
LOOP_WIDTH, LOOP_SPREAD, LOOP_LABEL_GAP = 22.0, 9.0, 6.0
"""How far a loop reaches out of its box, how far its ends are from the middle, and its label from it."""


def lay_out(boxes: Sequence[Box], links: Sequence[Link]) -> Layout:
    """Lay out a graph from top to bottom.

    Args:
        boxes: The boxes; roots come to the top, and early ones to the left.
        links: The lines; at most one from a box to another.
    """
    if not boxes:
        return Layout(Size(0, 0), (), ())
    ranked = rank(boxes, links, loops=_loops(boxes, links))
    put_in_order(ranked.ranks)
    at = ports(ranked.ranks)
    place(ranked.ranks, ranked.chains, at)
    _move_to_margin(ranked)
    return _Routing(boxes, links, ranked, at).layout()


def _loops(boxes: Sequence[Box], links: Sequence[Link]) -> list[Size]:
    """Return the space beside each box that its loop and the label of that take."""
    space = [Size(0, 0)] * len(boxes)
    for link in links:
        if link.source == link.target:
            label = link.label or Size(-LOOP_LABEL_GAP, 0)
            space[link.source] = Size(LOOP_WIDTH + LOOP_LABEL_GAP + label.width, label.height)
    return space


def _move_to_margin(ranked: Ranked) -> None:
    left = min(item.x - item.left for row in ranked.ranks for item in row)
    for item in (item for row in ranked.ranks for item in row):
        item.x += MARGIN - left


@dataclass(frozen=True)
class _Band:
    """The height that a rank takes."""

    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


class _Routing:
    """Heights and lines, once every item has its place from left to right."""

    def __init__(self, boxes: Sequence[Box], links: Sequence[Link], ranked: Ranked, at: Ports) -> None:
        self._boxes, self._links, self._ranked, self._at = boxes, links, ranked, at
        self._bands = self._heights()

    def layout(self) -> Layout:
        rects = tuple(self._rect(item, 2 * item.left) for item in self._ranked.boxes)
        chains = {chain.link: chain for chain in self._ranked.chains}
        routes = tuple(
            self._along(chains[number]) if number in chains else _loop(rects[link.source], link.label)
            for number, link in enumerate(self._links)
        )
        width = max(item.x + item.right for row in self._ranked.ranks for item in row) + MARGIN
        return Layout(Size(width, self._bands[-1].bottom + MARGIN), rects, routes)

    def _heights(self) -> list[_Band]:
        top, bands = MARGIN, []
        for row in self._ranked.ranks:
            bottom = top + max((item.clearance for item in row), default=0.0)
            bands.append(_Band(top, bottom))
            shift = max(
                (abs(self._x(one, other) - self._x(other, one)) for one in row for other in one.below), default=0.0
            )
            top = bottom + min(MOST_GAP, LEAST_GAP + GAP_FOR_SHIFT * shift)
        return bands

    def _x(self, item: Item, toward: Item) -> float:
        """Return where a line that leads to `toward` leaves an item."""
        return item.x + self._at.get((id(item), id(toward)), 0.0)

    def _rect(self, item: Item, width: float) -> Rect:
        return Rect(item.x - item.left, self._bands[item.rank].middle - item.height / 2, width, item.height)

    def _along(self, chain: Chain) -> Route:
        curves: list[Curve] = []
        for one, other in pairwise(chain.items):
            leaves, arrives = self._bands[one.rank].bottom, self._bands[other.rank].top
            start, end = Point(self._x(one, other), leaves), Point(self._x(other, one), arrives)
            _straight_on(curves, start if curves else Point(start.x, self._edge(one, down=True)), start)
            half = (leaves + arrives) / 2
            bend = Curve(start, Point(start.x, half), Point(end.x, half), end)
            curves.append(Curve.straight(start, end) if start.x == end.x else bend)
        last = curves[-1].end
        _straight_on(curves, last, Point(last.x, self._edge(chain.items[-1], down=False)))
        label = self._rect(chain.label, 2 * chain.label.left) if chain.label else None
        way = [curve.reversed for curve in reversed(curves)] if chain.is_upward else curves
        return Route(tuple(way), label)

    def _edge(self, item: Item, *, down: bool) -> float:
        return self._bands[item.rank].middle + item.height / 2 * (1 if down else -1)


def _straight_on(curves: list[Curve], start: Point, end: Point) -> None:
    """Add the piece that leads through a rank, from where the line is."""
    begin = curves[-1].end if curves else start
    if begin.y != end.y:
        curves.append(Curve.straight(begin, end))


def _loop(rect: Rect, label: Size | None) -> Route:
    right, middle = rect.x + rect.width, rect.y + rect.height / 2
    start, end = Point(right, middle - LOOP_SPREAD), Point(right, middle + LOOP_SPREAD)
    reach = right + LOOP_WIDTH * 4 / 3  # a curve comes three quarters of the way to its controls
    curve = Curve(start, Point(reach, start.y - LOOP_SPREAD), Point(reach, end.y + LOOP_SPREAD), end)
    at = right + LOOP_WIDTH + LOOP_LABEL_GAP
    place_of_label = Rect(at, middle - label.height / 2, label.width, label.height) if label else None
    return Route((curve,), place_of_label)
