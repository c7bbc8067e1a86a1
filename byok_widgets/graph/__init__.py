"""A flow's structure: nodes connected by edges with conditions; drawn, and checked for mistakes.

Floor 3: knows nodes and what is below; knows nothing of a running session.
"""

from byok_widgets.graph.conditions.expression import Expression
from byok_widgets.graph.edge import EVERYWHERE, Edge
from byok_widgets.graph.flow_graph import AnyNode, FlowGraph

__all__ = ["EVERYWHERE", "AnyNode", "Edge", "Expression", "FlowGraph"]
