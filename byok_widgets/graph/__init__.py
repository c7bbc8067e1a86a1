"""A flow's structure: nodes connected by edges with conditions, and drawings of it. Knows nothing of sessions."""

from byok_widgets.graph.conditions.expression import Expression
from byok_widgets.graph.edge import EVERYWHERE, Edge
from byok_widgets.graph.flow_graph import AnyNode, FlowGraph

__all__ = ["EVERYWHERE", "AnyNode", "Edge", "Expression", "FlowGraph"]
