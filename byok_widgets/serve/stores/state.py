"""`State`: where a conversation is after a turn. States are frozen, and form a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from byok_widgets.graph import FlowGraph
from byok_widgets.serve.stores.dialogue import digest
from byok_widgets.session.session_data import entries_data, entries_of_data
from byok_widgets.session.turn_runner import Place
from byok_widgets.session.variables import VariableEntry


@dataclass(frozen=True)
class State:
    """What the next turn starts from, apart from the words, which its request brings.

    Attributes:
        key: Identifies it: a digest of the session and all that the caller said.
        session: Key of the session.
        version: The version of the flow.
        said: Digests of the caller's texts, oldest first; the first may be unknown, where a client sent the last
            messages alone.
        place: Where the flow is.
        visited: The nodes that have run.
        spoken: Those that have spoken.
        runs: Ids of the runs of actions with effects on the way here.
        entries: The values of the variables.
    """

    key: str
    session: str
    version: str
    place: Place
    said: tuple[str, ...] = ()
    visited: frozenset[str] = frozenset()
    spoken: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()
    entries: tuple[VariableEntry, ...] = ()

    @property
    def number(self) -> int:
        """Number of the last turn."""
        return len(self.said)

    @property
    def data(self) -> dict[str, Any]:
        """It as it is stored; see `state_of`."""
        return {
            "version": self.version,
            "said": self.said,
            "place": vars(self.place),
            "visited": sorted(self.visited),
            "spoken": sorted(self.spoken),
            "runs": sorted(self.runs),
            "entries": entries_data(self.entries),
        }


def state_of(key: str, session: str, data: dict[str, Any], graph: FlowGraph) -> State:
    """Return a state that was stored; its values have the types of their fields in the flow.

    Raises:
        ValueError: The flow has no such place.
    """
    place = Place(**data["place"])
    if place.node not in graph.nodes or (place.returns_to and place.returns_to not in graph.nodes):
        raise ValueError("the flow has no such node")
    return State(
        key,
        session,
        str(data["version"]),
        place,
        _texts(data["said"]),
        frozenset(_texts(data["visited"])),
        frozenset(_texts(data["spoken"])),
        frozenset(_texts(data["runs"])),
        entries_of_data(data["entries"], graph),
    )


def _texts(stored: Any) -> tuple[str, ...]:
    if not isinstance(stored, list) or not set(map(type, stored)) <= {str}:
        raise TypeError("these are no texts")
    return tuple(stored)


def turn_key(parent: str, said: str, again: str = "") -> str:
    """Return the key of a turn: what it follows, the digest of what was said, and what makes it another answer."""
    return digest(parent, said, again)
