"""The kinds of nodes. To add one, write a class in a module beside these and a line in `NODE_KINDS`."""

from __future__ import annotations

from typing import Any

from byok_widgets.nodes.action import ActionNode
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.conversation import ConversationNode
from byok_widgets.nodes.extraction import ExtractionNode

NODE_KINDS: dict[str, type[Node[Any]]] = {
    kind.kind: kind for kind in (ConversationNode, ExtractionNode, ActionNode)
}


def register_node_kind(kind: type[Node[Any]]) -> type[Node[Any]]:
    """Register a kind of node, so that flow files can contain it; usable as a decorator."""
    NODE_KINDS[kind.kind] = kind
    return kind
