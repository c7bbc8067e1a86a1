"""Where each item stands from left to right: near the middle of its neighbours, without touching the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from byok_widgets.graph.layout.ranks import Chain, Item

GAP = 22.0
"""Least space between two boxes or labels of a rank, and between one of them and a line."""
LINE_GAP = 14.0
"""The same between two lines."""
SWEEPS = 8
SNAP = 16.0
"""How far a box moves from the middle of its neighbours so that a line becomes straight."""
PORT_GAP, PORT_MARGIN = 16.0, 14.0
"""Usual distance of two lines at a side of a box, and least distance of a line from its corner."""
_BOXES, _MIXED, _BENDS = 1.0, 2.0, 8.0
"""How strongly two boxes, a box and a line, and two points of a line pull at each other."""

Ports = dict[tuple[int, int], float]
"""Where a line meets a box: how far from its centre, by the ids of the box and of the line's next item."""


def ports(ranks: Sequence[Sequence[Item]]) -> Ports:
    """Spread the lines of each box over its upper and its lower side, in the order of where they lead."""
    found: Ports = {}
    for item in (item for row in ranks for item in row if item.is_box):
        for side in (item.above, item.below):
            step = min(PORT_GAP, (2 * item.left - 2 * PORT_MARGIN) / max(1, len(side) - 1))
            for place, other in enumerate(sorted(side, key=lambda other: other.order)):
                found[id(item), id(other)] = (place - (len(side) - 1) / 2) * max(0.0, step)
    return found


def place(ranks: list[list[Item]], chains: Sequence[Chain], at: Ports) -> None:
    """Set the centre line of every item."""
    for row in ranks:
        _spread(row, _anywhere)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for row in ranks if downwards else reversed(ranks):
            _spread(row, partial(_pull_from_one_side, at=at, downwards=downwards))
    for _ in range(2):
        for row in ranks:
            _spread(row, partial(_pull_from_both, at=at))
    starting: dict[int, list[Chain]] = {}
    for chain in chains:
        starting.setdefault(id(chain.items[0]), []).append(chain)
    for _ in range(2):
        for row in ranks:
            _snap(row, at)
            for chain in (chain for item in row for chain in starting.get(id(item), ())):
                _straighten(chain, ranks, at)


def _anywhere(item: Item) -> tuple[float, float]:
    del item
    return 0.0, 1.0


def _pull_from_one_side(item: Item, *, at: Ports, downwards: bool) -> tuple[float, float]:
    return _pull(item, item.above if downwards else item.below, at)


def _pull_from_both(item: Item, *, at: Ports) -> tuple[float, float]:
    return _pull(item, [*item.above, *item.below], at)


def _pull(item: Item, neighbours: Sequence[Item], at: Ports) -> tuple[float, float]:
    """Return where the neighbours want an item, and how strongly; without any it stays."""
    if not neighbours:
        return item.x, 0.1
    total = weights = 0.0
    for other in neighbours:
        weight = _BOXES if item.is_box and other.is_box else _MIXED if item.is_box or other.is_box else _BENDS
        total += weight * _straight_to(other, item, at)
        weights += weight
    return total / weights, weights


def _apart(left: Item, right: Item) -> float:
    """Return the least distance of the centre lines of two neighbours."""
    are_lines = not left.left + left.right and not right.left + right.right
    return left.right + (LINE_GAP if are_lines else GAP) + right.left


def _spread(row: Sequence[Item], wish: Callable[[Item], tuple[float, float]]) -> None:
    """Give each item of a rank its wished place, or the nearest that keeps all apart (pool adjacent violators)."""
    offset, offsets = 0.0, []
    for number, item in enumerate(row):
        offset += _apart(row[number - 1], item) if number else 0.0
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []  # wished place without the offset, weight, how many items
    for item, shift in zip(row, offsets, strict=True):
        wished, weight = wish(item)
        block = (wished - shift, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            before = blocks.pop()
            both = before[1] + block[1]
            mean = (before[0] * before[1] + block[0] * block[1]) / both
            block = (mean, both, before[2] + block[2])
        blocks.append(block)
    places = [wished for wished, _, count in blocks for _ in range(count)]
    for item, start, shift in zip(row, places, offsets, strict=True):
        item.x = start + shift


def _room(row: Sequence[Item], item: Item) -> tuple[float, float]:
    """Return how far to the left and to the right an item of a rank may stand."""
    before = row[item.order - 1] if item.order else None
    after = row[item.order + 1] if item.order + 1 < len(row) else None
    low = before.x + _apart(before, item) if before else float("-inf")
    return low, after.x - _apart(item, after) if after else float("inf")


def _snap(row: Sequence[Item], at: Ports) -> None:
    """Move each box a little where that makes a line to it straight."""
    for item in row:
        if not item.is_box:
            continue
        near = _nearest(item.x, [_straight_to(other, item, at) for other in item.above or item.below])
        low, high = _room(row, item)
        if abs(near - item.x) <= SNAP and low <= near <= high:
            item.x = near


def _straighten(chain: Chain, ranks: list[list[Item]], at: Ports) -> None:
    """Put the points of a line on one vertical wherever their neighbours leave room for that."""
    run: list[Item] = []
    low, high = float("-inf"), float("inf")
    upper, lower = chain.items[0], chain.items[-1]
    ends = (upper.x + at[id(upper), id(chain.items[1])], lower.x + at[id(lower), id(chain.items[-2])])
    for item in chain.items[1:-1]:
        least, most = _room(ranks[item.rank], item)
        if run and max(low, least) > min(high, most):
            _align(run, low, high, ends)
            run, low, high = [], float("-inf"), float("inf")
        run.append(item)
        low, high = max(low, least), min(high, most)
    _align(run, low, high, ends)


def _align(run: Sequence[Item], low: float, high: float, ends: tuple[float, float]) -> None:
    """Put a run where its line is straight to one of its ends; where that has no room, near to where it is."""
    mean = sum(item.x for item in run) / len(run)
    upper = ends[0]
    free = [end for end in ends if low <= end <= high]
    wished = upper if upper in free and abs(upper - mean) <= SNAP else _nearest(mean, free)
    x = min(max(wished, low), high)
    for item in run:
        item.x = x


def _straight_to(other: Item, item: Item, at: Ports) -> float:
    """Return where an item stands so that its line to another one is straight."""
    return other.x + at.get((id(other), id(item)), 0.0) - at.get((id(item), id(other)), 0.0)


def _nearest(x: float, places: Sequence[float]) -> float:
    """Return the place that is nearest to x; x itself where there is none."""
    return min(places, key=lambda place: abs(place - x), default=x)
