"""Who stands left of whom: crossings are counted as they are, and made few."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from byok_widgets.graph.layout import Box, Link, Size
from byok_widgets.graph.layout.ordering import crossings, put_in_order
from byok_widgets.graph.layout.ranks import Item, rank


def ranks_of(count: int, pairs: list[tuple[int, int]]) -> list[list[Item]]:
    boxes = [Box(Size(80, 46), number == 0) for number in range(count)]
    return rank(boxes, [Link(*pair) for pair in pairs], loops=[Size(0, 0)] * count).ranks


def one_by_one(ranks: list[list[Item]]) -> int:
    found = 0
    for row in ranks:
        lines = [(row.index(item), other.order) for item in row for other in item.below]
        found += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(lines, 2))
    return found


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique=True, max_size=25))
@settings(deadline=None)
def test_crossings_are_counted_as_they_are(pairs: list[tuple[int, int]]) -> None:
    ranks = ranks_of(10, pairs)
    put_in_order(ranks)
    assert crossings(ranks) == one_by_one(ranks)


def test_two_neighbours_are_swapped_where_the_mean_place_does_not_tell() -> None:
    ranks = ranks_of(7, [(0, 1), (0, 3), (1, 2), (1, 5), (3, 4), (3, 5), (4, 6)])
    put_in_order(ranks)
    assert crossings(ranks) == 0


def test_the_order_keeps_everything() -> None:
    ranks = ranks_of(6, [(0, 1), (0, 2), (1, 5), (2, 4), (2, 3)])
    before = [set(map(id, row)) for row in ranks]
    put_in_order(ranks)
    assert [set(map(id, row)) for row in ranks] == before
    assert all(item.order == place for row in ranks for place, item in enumerate(row))
