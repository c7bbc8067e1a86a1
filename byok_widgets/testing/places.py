"""Where a check went wrong: the turn and the node from which on it could not hold any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from byok_widgets.cases.checks import Check

Turn = Mapping[str, Any]


class Place(NamedTuple):
    """A place in a conversation.

    Attributes:
        turn: Number of the turn; `None` where there are no turns.
        node: Name of the node; empty where that is not known.
    """

    turn: int | None = None
    node: str = ""


def place_of(check: Check, output: Mapping[str, Any]) -> Place:
    """Return where a check went wrong."""
    turns: list[Turn] = list(output.get("turns") or ())
    if not turns:
        return Place(check.turn)
    if check.turn is not None:
        turns = [turn for turn in turns if turn["number"] <= check.turn] or turns[:1]
        if check.kind in _READ:
            return _learned(check.about, turns[-1:]) or _end(turns)
        if check.kind != "path":
            return _end(turns)
        turns = turns[-1:]
    return _FINDERS.get(check.kind, _at_the_end)(check, turns)


def unfinished(output: Mapping[str, Any]) -> Place:
    """Return where a conversation stopped with an error."""
    lost = output.get("unfinished")
    return Place(lost["number"], lost["node"]) if lost else _end(list(output.get("turns") or ()))


def _end(turns: Sequence[Turn]) -> Place:
    return Place(turns[-1]["number"], turns[-1]["node"]) if turns else Place()


def _learned(name: str, turns: Sequence[Turn]) -> Place | None:
    """Return the last place in turns where a variable was read or written; `None` where it was not."""
    found = [Place(turn["number"], node) for turn in turns for node, values in turn["learned"] if name in values]
    return found[-1] if found else None


def _last_learned(check: Check, turns: Sequence[Turn]) -> Place:
    return _learned(check.about, turns) or _end(turns)


def _left_the_path(check: Check, turns: Sequence[Turn]) -> Place:
    """Return the last expected node that was reached, in the turn in which the flow went on elsewhere from it."""
    visited = [(turn["number"], node) for turn in turns for node in turn["path"]]
    left, at = list(check.expected), -1
    for index, (_, node) in enumerate(visited):
        if left and node == left[0]:
            left, at = left[1:], index
    if at < 0:
        return Place(turns[0]["number"], turns[0]["node"])
    number, node = visited[at]
    after = visited[at + 1][0] if at + 1 < len(visited) else number
    return Place(after, node)


def _over(amount: str) -> Callable[[Check, Sequence[Turn]], Place]:
    """Return what finds the turn in which a sum went over its limit."""

    def find(check: Check, turns: Sequence[Turn]) -> Place:
        total = 0.0
        for turn in turns:
            if turn.get(amount) is None:
                return Place(turn["number"], turn["node"])
            total += float(turn[amount])
            if total > check.expected:
                return Place(turn["number"], turn["node"])
        return _end(turns)

    return find


def _at_the_end(check: Check, turns: Sequence[Turn]) -> Place:
    del check
    return _end(turns)


_READ = frozenset({"value", "status"})
_FINDERS: Mapping[str, Callable[[Check, Sequence[Turn]], Place]] = {
    **dict.fromkeys(_READ, _last_learned),
    "path": _left_the_path,
    "max_calls": _over("calls"),
    "max_cost": _over("usd"),
    "max_seconds": _over("seconds"),
}
