"""The layout of any graph: nothing overlaps, lines are whole and keep clear of what is not theirs."""

from __future__ import annotations

import math
import random
from itertools import combinations, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from byok_widgets.graph.layout import Box, Curve, Layout, Link, Point, Rect, Size, lay_out
from byok_widgets.graph.layout.placement import GAP
from byok_widgets.graph.layout.routes import MARGIN

quickly = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[Link]]:
    """Give graphs with loops, pairs in both directions, unreachable boxes, and labels of several sizes."""
    count = draw(st.integers(1, 14))
    widths = draw(st.lists(st.integers(20, 220), min_size=count, max_size=count))
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = draw(st.lists(ends, unique=True, max_size=30))
    sizes = st.none() | st.builds(Size, st.integers(10, 160), st.sampled_from([17, 31, 80]))
    roots = draw(st.sets(st.integers(0, count - 1), max_size=2))
    boxes = [Box(Size(width, 22 if width < 60 else 46), number in roots) for number, width in enumerate(widths)]
    return boxes, [Link(*pair, draw(sizes)) for pair in pairs]


def overlap(one: Rect, other: Rect) -> bool:
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return across > 1e-6 and down > 1e-6


def inside(point: Point, rect: Rect) -> bool:
    return (
        rect.x + 0.1 < point.x < rect.x + rect.width - 0.1 and rect.y + 0.1 < point.y < rect.y + rect.height - 0.1
    )


def points(curve: Curve, steps: int = 8) -> list[Point]:
    found = []
    for step in range(steps + 1):
        t = step / steps
        shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        pairs = list(zip(shares, curve, strict=True))
        found.append(Point(sum(s * p.x for s, p in pairs), sum(s * p.y for s, p in pairs)))
    return found


def on_border(point: Point, rect: Rect) -> bool:
    across = rect.x - 0.1 <= point.x <= rect.x + rect.width + 0.1
    down = rect.y - 0.1 <= point.y <= rect.y + rect.height + 0.1
    return across and down and not inside(point, rect)


def check(layout: Layout, boxes: list[Box], links: list[Link]) -> None:
    labels = [route.label for route in layout.routes if route.label]
    placed = [*layout.boxes, *labels]
    assert not [pair for pair in combinations(placed, 2) if overlap(*pair)]
    for one, other in combinations(layout.boxes, 2):
        if one.center.y == other.center.y:
            left, right = sorted((one, other))
            assert right.x - left.x - left.width >= GAP - 1e-6
    assert layout.size.height == pytest.approx(max(rect.y + rect.height for rect in placed) + MARGIN, abs=45)
    assert [(rect.width, rect.height) for rect in layout.boxes] == [box.size for box in boxes]
    for rect in placed:
        assert all(map(math.isfinite, rect))
        assert min(rect.x, rect.y) >= 0
        assert rect.x + rect.width <= layout.size.width
        assert rect.y + rect.height <= layout.size.height
    for link, route in zip(links, layout.routes, strict=True):
        assert (route.label is None) == (link.label is None)
        assert on_border(route.curves[0].start, layout.boxes[link.source])
        assert on_border(route.curves[-1].end, layout.boxes[link.target])
        assert all(one.end == other.start for one, other in pairwise(route.curves))
        others = [rect for rect in placed if rect != route.label]
        way = [point for curve in route.curves for point in points(curve)]
        assert not [(point, rect) for point in way for rect in others if inside(point, rect)]


@given(graphs())
@quickly
def test_nothing_overlaps_and_lines_keep_clear(graph: tuple[list[Box], list[Link]]) -> None:
    layout = lay_out(*graph)
    check(layout, *graph)
    assert lay_out(*graph) == layout


def test_nothing_takes_no_space() -> None:
    assert lay_out([], []) == Layout(Size(0, 0), (), ())


@pytest.mark.parametrize("count", [30, 200])
def test_large_graphs_are_laid_out_by_the_same_rules(count: int) -> None:
    chance = random.Random(count)
    boxes = [Box(Size(chance.randrange(80, 210), 46), number == 0) for number in range(count)]
    pairs = {(number, number + 1) for number in range(count - 1)}
    pairs |= {(at, min(count - 1, max(0, at + chance.randrange(-6, 7)))) for at in range(0, count, 2)}
    links = [Link(*pair, Size(chance.randrange(30, 150), 19)) for pair in sorted(pairs)]
    check(lay_out(boxes, links), boxes, links)


def chain(count: int, *more: tuple[int, int]) -> Layout:
    boxes = [Box(Size(100, 46), number == 0) for number in range(count)]
    return lay_out(boxes, [Link(*pair) for pair in [*pairwise(range(count)), *more]])


def test_a_chain_runs_straight_down_from_its_root() -> None:
    layout = chain(5)
    assert len({rect.x for rect in layout.boxes}) == 1
    assert [rect.y for rect in layout.boxes] == sorted(rect.y for rect in layout.boxes)
    assert all(curve.is_straight for route in layout.routes for curve in route.curves)


def test_a_link_back_leads_upwards_and_leaves_the_order_as_it_was() -> None:
    layout = chain(4, (3, 0))
    assert [rect.y for rect in layout.boxes] == sorted(rect.y for rect in layout.boxes)
    back = layout.routes[-1].curves
    assert back[0].start.y > back[-1].end.y


def test_a_long_line_is_straight_between_its_ends() -> None:
    way = chain(8, (0, 7)).routes[-1].curves
    xs = {round(point.x, 6) for curve in way[1:-1] if curve.is_straight for point in curve}
    assert len(xs) <= 2, "one bend to leave its box, one to arrive"


def test_lines_spread_over_the_side_of_a_box() -> None:
    boxes = [Box(Size(200, 46), True), *[Box(Size(80, 46))] * 5]
    layout = lay_out(boxes, [Link(0, target) for target in range(1, 6)])
    starts = [route.curves[0].start.x for route in layout.routes]
    assert len(set(starts)) == 5
    assert starts == [start for _, start in sorted((layout.boxes[n].x, starts[n - 1]) for n in range(1, 6))] or (
        sorted(starts) == [start for _, start in sorted((layout.boxes[n].x, starts[n - 1]) for n in range(1, 6))]
    ), "in the order of where they lead, so that they do not cross"


def test_a_loop_stands_beside_its_box_and_ends_at_its_side() -> None:
    layout = lay_out([Box(Size(100, 46), True)], [Link(0, 0, Size(40, 19))])
    (rect,), (route,) = layout.boxes, layout.routes
    assert route.curves[0].start.x == route.curves[-1].end.x == rect.x + rect.width
    assert route.label is not None
    assert route.label.x > rect.x + rect.width


def test_lines_that_need_not_cross_do_not() -> None:
    boxes = [Box(Size(60, 46), True), *[Box(Size(60, 46))] * 4]
    layout = lay_out(boxes, [Link(0, 1), Link(0, 2), Link(1, 4), Link(2, 3)])
    x = [rect.x for rect in layout.boxes]
    assert (x[1] < x[2]) == (x[4] < x[3])
