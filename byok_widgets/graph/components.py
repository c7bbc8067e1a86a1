"""Which nodes lead back to themselves, found in one walk through the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

Targets = Callable[[str], Iterable[str]]


def looped(names: Iterable[str], targets: Targets) -> Iterator[frozenset[str]]:
    """Yield each group of nodes that all lead to one another; a node alone counts if it leads to itself.

    Args:
        names: The nodes.
        targets: Returns the nodes to which a node leads.
    """
    walk = _Walk(targets)
    for name in names:
        if name not in walk.numbers:
            yield from walk.from_(name)


class _Walk:
    """Tarjan's algorithm, with a list in place of recursion: a graph may be deeper than Python's stack.

    Attributes:
        numbers: In which order the nodes were reached.
    """

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self.numbers: dict[str, int] = {}
        self._lowest: dict[str, int] = {}
        self._open: dict[str, None] = {}

    def from_(self, start: str) -> Iterator[frozenset[str]]:
        """Yield the groups that are reached from a node, and were not before."""
        path = [(start, self._entered(start))]
        while path:
            name, ahead = path[-1]
            following = next(ahead, None)
            if following is None:
                path.pop()
                if path:
                    self._lower(path[-1][0], self._lowest[name])
                if self._lowest[name] == self.numbers[name]:
                    yield from self._closed(name)
            elif following not in self.numbers:
                path.append((following, self._entered(following)))
            elif following in self._open:
                self._lower(name, self.numbers[following])

    def _entered(self, name: str) -> Iterator[str]:
        self.numbers[name] = self._lowest[name] = len(self.numbers)
        self._open[name] = None
        return iter(self._targets(name))

    def _lower(self, name: str, number: int) -> None:
        self._lowest[name] = min(self._lowest[name], number)

    def _closed(self, name: str) -> Iterator[frozenset[str]]:
        group = set[str]()
        while name not in group:
            group.add(self._open.popitem()[0])
        if len(group) > 1 or name in self._targets(name):
            yield frozenset(group)
