"""The names of variables that a flow knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from byok_widgets.graph import FlowGraph
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.templates import mentioned


class KnownNames(Protocol):
    """What the variables of a flow are called."""

    def declared(self) -> Iterable[str]:
        """Return the names that its nodes write."""

    def read(self) -> Iterable[str]:
        """Return the names that its prompts, nodes and conditions read."""


@dataclass(frozen=True)
class FixedNames:
    """Names as they were at one time."""

    written: tuple[str, ...]
    used: tuple[str, ...]

    def declared(self) -> tuple[str, ...]:
        """Return the names that were written."""
        return self.written

    def read(self) -> tuple[str, ...]:
        """Return the names that were read."""
        return self.used


@dataclass(frozen=True)
class VariableNames:
    """The names of a flow's variables, as its nodes and edges are now."""

    graph: FlowGraph
    state: FlowContext

    def declared(self) -> Iterator[str]:
        """Yield the names that its nodes write."""
        for node in self.graph.nodes.values():
            yield from node.writes

    def read(self) -> Iterator[str]:
        """Yield the names that its prompts, nodes and conditions read; what a function looks up is not known."""
        for prompt in (self.state.global_prompt, *(node.prompt for node in self.graph.nodes.values())):
            yield from mentioned(prompt)
        for node in self.graph.nodes.values():
            yield from node.reads
        for edge in self.graph.edges:
            yield from edge.condition.reads
