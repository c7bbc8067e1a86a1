"""The order of the items in each rank, chosen so that few lines cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from byok_widgets.graph.layout.ranks import Item

EFFORT = 30_000
"""How many items are looked at in all sweeps together; large graphs get fewer sweeps."""
MOST_SWEEPS, FEWEST_SWEEPS, PATIENCE = 16, 2, 4


def put_in_order(ranks: list[list[Item]]) -> None:
    """Order each rank in place: by the mean place of the neighbours, down and up, then by swaps of two."""
    _number(ranks)
    best, fewest, since = _orders(ranks), crossings(ranks), 0
    sweeps = min(MOST_SWEEPS, max(FEWEST_SWEEPS, EFFORT // (1 + sum(map(len, ranks)))))
    for sweep in range(sweeps):
        if not fewest or since == PATIENCE:
            break
        _sweep(ranks, downwards=sweep % 2 == 0)
        _swap(ranks)
        found, since = crossings(ranks), since + 1
        if found < fewest:
            best, fewest, since = _orders(ranks), found, 0
    for row, order in zip(ranks, best, strict=True):
        row[:] = order
    _number(ranks)


def crossings(ranks: Sequence[Sequence[Item]]) -> int:
    """Count how often two lines cross between two ranks."""
    return sum(_crossings_below(row) for row in ranks)


def _crossings_below(row: Sequence[Item]) -> int:
    ends: list[int] = []
    found = 0
    for item in row:
        places = sorted(other.order for other in item.below)
        found += sum(len(ends) - bisect_right(ends, place) for place in places)
        for place in places:
            insort(ends, place)
    return found


def _sweep(ranks: list[list[Item]], *, downwards: bool) -> None:
    for row in ranks if downwards else reversed(ranks):
        row.sort(key=lambda item: _mean_place(item, item.above if downwards else item.below))
        _number([row])


def _mean_place(item: Item, neighbours: Sequence[Item]) -> float:
    return sum(other.order for other in neighbours) / len(neighbours) if neighbours else item.order


def _swap(ranks: list[list[Item]]) -> None:
    """Swap two that stand side by side wherever that makes fewer lines cross."""
    for row in ranks:
        sides = [(_places(item.above), _places(item.below)) for item in row]
        improved = True
        while improved:
            improved = False
            for at in range(len(row) - 1):
                now = _between(sides[at], sides[at + 1])
                if now and _between(sides[at + 1], sides[at]) < now:
                    row[at : at + 2] = row[at + 1], row[at]
                    sides[at : at + 2] = sides[at + 1], sides[at]
                    improved = True
        _number([row])


_Sides = tuple[list[int], list[int]]


def _places(items: Sequence[Item]) -> list[int]:
    return sorted(item.order for item in items)


def _between(left: _Sides, right: _Sides) -> int:
    """Count how often the lines of two neighbours cross, above and below."""
    return sum(
        len(ours) - bisect_right(ours, place) for ours, others in zip(left, right, strict=True) for place in others
    )


def _orders(ranks: list[list[Item]]) -> list[list[Item]]:
    return [list(row) for row in ranks]


def _number(ranks: Sequence[Sequence[Item]]) -> None:
    for row in ranks:
        for place, item in enumerate(row):
            item.order = place
