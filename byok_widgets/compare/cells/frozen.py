"""A flow as it is when a comparison starts: what cells and panels change later does not reach it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from byok_widgets.graph import FlowGraph
from byok_widgets.nodes.flow_context import FlowContext


class LiveFlow(Protocol):
    """A flow that cells and panels change."""

    @property
    def graph(self) -> FlowGraph:
        """Its nodes and edges."""

    @property
    def context(self) -> FlowContext:
        """What its nodes share."""

    def opens(self) -> bool:
        """Whether it speaks before the caller."""


@dataclass(frozen=True)
class FrozenFlow:
    """A flow that does not change.

    Attributes:
        graph: Its nodes and edges.
        context: What its nodes share. Its keys are those of the flow, also when they are saved later.
        speaks_first: Whether it speaks before the caller.
    """

    graph: FlowGraph
    context: FlowContext
    speaks_first: bool

    def opens(self) -> bool:
        """Whether it speaks before the caller."""
        return self.speaks_first

    @classmethod
    def of(cls, graph: FlowGraph, context: FlowContext, *, opens: bool) -> FrozenFlow:
        """Return a flow as it is now."""
        fixed, copy = replace(context, config=context.config.frozen()), graph.snapshot()
        copy.nodes = {name: node.frozen(fixed) for name, node in copy.nodes.items()}
        return cls(copy, fixed, opens)
