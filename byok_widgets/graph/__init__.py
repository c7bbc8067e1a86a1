"""A flow's structure: nodes connected by edges with conditions, and drawings of it. Knows nothing of sessions."""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.graph.conditions.expression import Expression
    from byok_widgets.graph.edge import Edge
    from byok_widgets.graph.flow_graph import EVERYWHERE, AnyNode, FlowGraph

__all__ = ["EVERYWHERE", "AnyNode", "Edge", "Expression", "FlowGraph"]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.graph.conditions.expression": ["Expression"],
        "byok_widgets.graph.edge": ["Edge"],
        "byok_widgets.graph.flow_graph": ["EVERYWHERE", "AnyNode", "FlowGraph"],
    },
)
