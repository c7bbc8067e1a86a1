"""Which box is in which rank, and the points by which a long link passes the ranks between its ends.

Boxes stand in even ranks and labels in odd ones, so that a label has a place of its own like a box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from byok_widgets.graph.layout.geometry import Box, Link, Size

BEND = Size(0, 0)
"""A place that a line only passes."""


@dataclass(eq=False)
class Item:
    """A box, a label, or a bend of a line, in its rank.

    Attributes:
        rank: Its rank.
        left: Width to the left of its centre line.
        right: Width to the right of it.
        height: Its height.
        clearance: The height that it needs in its rank, with its loop.
        is_box: Whether it is a box.
        above: The items in the rank above that it is joined to.
        below: The same, in the rank below.
        order: Its place in the rank, from the left.
        x: Its centre line.
    """

    rank: int
    left: float
    right: float
    height: float
    clearance: float
    is_box: bool
    above: list[Item] = field(default_factory=list)
    below: list[Item] = field(default_factory=list)
    order: int = 0
    x: float = 0.0


@dataclass(frozen=True)
class Chain:
    """The way of a link from the upper of its boxes to the lower one.

    Attributes:
        link: Number of the link.
        items: Upper box, bends and label, lower box.
        label: The item of the label; `None` without one.
        is_upward: Whether the link runs from the lower box to the upper one.
    """

    link: int
    items: tuple[Item, ...]
    label: Item | None
    is_upward: bool


@dataclass(frozen=True)
class Ranked:
    """All items in their ranks.

    Attributes:
        boxes: The item of each box.
        chains: The way of each link that is no loop.
        ranks: The items of each rank.
    """

    boxes: list[Item]
    chains: list[Chain]
    ranks: list[list[Item]]


def rank(boxes: Sequence[Box], links: Sequence[Link], *, loops: Sequence[Size]) -> Ranked:
    """Put boxes, labels and bends into ranks.

    Args:
        boxes: The boxes.
        links: The links.
        loops: For each box, the width and height that its loop takes on its right.
    """
    upward = _upward(boxes, links)
    ends = [
        (link.target, link.source) if number in upward else (link.source, link.target)
        for number, link in enumerate(links)
    ]
    levels = _levels(len(boxes), [pair for pair in ends if pair[0] != pair[1]])
    items = [_box(box.size, level, loop) for box, level, loop in zip(boxes, levels, loops, strict=True)]
    chains = [
        _chain(number, link, items[upper], items[lower], is_upward=number in upward)
        for number, (link, (upper, lower)) in enumerate(zip(links, ends, strict=True))
        if upper != lower
    ]
    ranks: list[list[Item]] = [[] for _ in range(2 * max(levels, default=0) + 1)]
    for item in _from_the_top(boxes, items):
        ranks[item.rank].append(item)
    return Ranked(items, chains, ranks)


def _upward(boxes: Sequence[Box], links: Sequence[Link]) -> set[int]:
    """Return the links that lead back, found by going through the links from the roots on, depth first."""
    leaving: list[list[tuple[int, int]]] = [[] for _ in boxes]
    for number, link in enumerate(links):
        leaving[link.source].append((number, link.target))
    found: set[int] = set()
    state = [0] * len(boxes)  # 1 while its links are followed, 2 afterwards
    for first in _roots_first(boxes, links):
        if state[first]:
            continue
        state[first] = 1
        path = [(first, iter(leaving[first]))]
        while path:
            at, ahead = path[-1]
            step = next(ahead, None)
            if step is None:
                state[at] = 2
                path.pop()
            elif state[step[1]] == 1:
                found.add(step[0])
            elif not state[step[1]]:
                state[step[1]] = 1
                path.append((step[1], iter(leaving[step[1]])))
    return found


def _roots_first(boxes: Sequence[Box], links: Sequence[Link]) -> list[int]:
    """Return all boxes: the roots, those that no link leads to, and the others."""
    reached = {link.target for link in links if link.source != link.target}
    return sorted(range(len(boxes)), key=lambda box: (not boxes[box].is_root, box in reached))


def _levels(count: int, ends: Sequence[tuple[int, int]]) -> list[int]:
    """Return the level of each box: one below the lowest that leads to it; nothing stands higher than it must."""
    below: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for upper, lower in ends:
        below[upper].append(lower)
        waiting[lower] += 1
    level = [0] * count
    sources = [box for box in range(count) if not waiting[box]]
    ready = list(sources)
    while ready:
        upper = ready.pop()
        for lower in below[upper]:
            level[lower] = max(level[lower], level[upper] + 1)
            waiting[lower] -= 1
            if not waiting[lower]:
                ready.append(lower)
    for box in sources:
        if below[box]:
            level[box] = min(level[lower] for lower in below[box]) - 1
    return level


def _box(size: Size, level: int, loop: Size) -> Item:
    half = size.width / 2
    return Item(2 * level, half, half + loop.width, size.height, max(size.height, loop.height), is_box=True)


def _chain(number: int, link: Link, upper: Item, lower: Item, *, is_upward: bool) -> Chain:
    """Join two boxes by items in each rank between them; the label stands beside the box that the link leaves."""
    label_rank = lower.rank - 1 if is_upward else upper.rank + 1
    items, label = [upper], None
    for at in range(upper.rank + 1, lower.rank):
        size = link.label if link.label and at == label_rank else BEND
        item = Item(at, size.width / 2, size.width / 2, size.height, size.height, is_box=False)
        label = item if size is link.label else label
        items.append(item)
    items.append(lower)
    for one, other in pairwise(items):
        one.below.append(other)
        other.above.append(one)
    return Chain(number, tuple(items), label, is_upward)


def _from_the_top(boxes: Sequence[Box], items: Sequence[Item]) -> Iterator[Item]:
    """Yield each item once, those that belong together one after the other."""
    starts = sorted(range(len(boxes)), key=lambda box: (not boxes[box].is_root, items[box].rank))
    seen: set[int] = set()
    for start in starts:
        waiting = [items[start]]
        while waiting:
            item = waiting.pop()
            if id(item) not in seen:
                seen.add(id(item))
                yield item
                waiting += reversed(item.below)
