"""The kinds of nodes, each a class in its own module, and their registry.

Only what all kinds share is loaded at once: a flow that just speaks needs none of the other kinds.
"""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names
from byok_widgets.nodes.base import Node, NodeInput
from byok_widgets.nodes.model_node import ModelNode, model_nodes

if TYPE_CHECKING:
    from byok_widgets.nodes.action.node import ActionNode
    from byok_widgets.nodes.action.result import ActionResult
    from byok_widgets.nodes.conversation import ConversationNode
    from byok_widgets.nodes.extraction.node import ExtractionNode
    from byok_widgets.nodes.extraction.result import Extraction
    from byok_widgets.nodes.registry import NODE_KINDS, register_node_kind

__all__ = [
    "NODE_KINDS",
    "ActionNode",
    "ActionResult",
    "ConversationNode",
    "Extraction",
    "ExtractionNode",
    "ModelNode",
    "Node",
    "NodeInput",
    "model_nodes",
    "register_node_kind",
]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.nodes.action.node": ["ActionNode"],
        "byok_widgets.nodes.action.result": ["ActionResult"],
        "byok_widgets.nodes.conversation": ["ConversationNode"],
        "byok_widgets.nodes.extraction.node": ["ExtractionNode"],
        "byok_widgets.nodes.extraction.result": ["Extraction"],
        "byok_widgets.nodes.registry": ["NODE_KINDS", "register_node_kind"],
    },
)
