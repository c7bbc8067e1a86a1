"""The kinds of nodes, each a class in its own module, and their registry."""

from byok_widgets.nodes.action import ActionNode
from byok_widgets.nodes.action_result import ActionResult
from byok_widgets.nodes.base import Node, NodeInput
from byok_widgets.nodes.conversation import ConversationNode
from byok_widgets.nodes.extraction import ExtractionNode
from byok_widgets.nodes.extraction_result import Extraction
from byok_widgets.nodes.model_node import ModelNode, model_nodes
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
