"""`ServedFlow`: one version of a flow, as it is served."""

from __future__ import annotations

from dataclasses import dataclass

from byok_widgets.graph import FlowGraph
from byok_widgets.nodes.flow_context import FlowContext


@dataclass(frozen=True)
class ServedFlow:
    """A flow as it was when it began to be served; what cells change later holds for later versions.

    Attributes:
        version: Identifies what it says and does.
        graph: Its nodes and edges.
        context: Its settings and keys.
    """

    version: str
    graph: FlowGraph
    context: FlowContext

    @property
    def name(self) -> str:
        """The flow's name."""
        return self.context.config.name
