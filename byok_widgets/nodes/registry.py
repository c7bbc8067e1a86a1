"""The kinds of nodes. To add one, write a class in a module beside these and a line in `NODE_KINDS`."""

from __future__ import annotations

from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.nodes.action.node import ActionNode
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.conversation import ConversationNode
from byok_widgets.nodes.extraction.node import ExtractionNode

NODE_KINDS: dict[str, type[Node[Any]]] = {
    kind.kind: kind for kind in (ConversationNode, ExtractionNode, ActionNode)
}


def register_node_kind(kind: type[Node[Any]]) -> type[Node[Any]]:
    """Register a kind of node, so that flow files can contain it; usable as a decorator.

    A class takes the place of the one of the same name in the same module, as when its cell runs again.

    Raises:
        ConfigError: Another class has this kind.
    """
    known = NODE_KINDS.get(kind.kind, kind)
    if (known.__module__, known.__qualname__) != (kind.__module__, kind.__qualname__):
        raise ConfigError(
            f"There is a node kind {kind.kind!r} already: {known.__qualname__}.",
            kind="registered_twice",
            fix="Give the new class a kind of its own.",
        )
    NODE_KINDS[kind.kind] = kind
    return kind
