"""The two kinds of node."""

from byok_widgets.nodes.conversation import ConversationNode
from byok_widgets.nodes.extraction import ExtractionNode
from byok_widgets.nodes.extraction_result import Extraction

__all__ = ["ConversationNode", "Extraction", "ExtractionNode"]
