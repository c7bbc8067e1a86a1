"""The two kinds of node."""

from byok_widgets.nodes.conversation import ConversationNode
from byok_widgets.nodes.extraction import Extraction, ExtractionNode

__all__ = ["ConversationNode", "Extraction", "ExtractionNode"]
