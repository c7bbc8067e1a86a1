"""The names of variables that a flow knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from byok_widgets.graph import FlowGraph
from byok_widgets.nodes.model_call import FlowContext
from byok_widgets.templates import mentioned


@dataclass(frozen=True)
class VariableNames:
    """What the variables of a flow are called, as its nodes and edges are now."""

    graph: FlowGraph
    state: FlowContext

    def declared(self) -> Iterator[str]:
        """Yield what its nodes write."""
        for node in self.graph.nodes.values():
            yield from node.writes

    def read(self) -> Iterator[str]:
        """Yield what its prompts and its conditions read; what a function asks is not known."""
        for prompt in (self.state.global_prompt, *(node.prompt for node in self.graph.nodes.values())):
            yield from mentioned(prompt)
        for node in self.graph.nodes.values():
            yield from node.reads
        for edge in self.graph.edges:
            yield from edge.condition.reads
