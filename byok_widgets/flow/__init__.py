"""`Flow`, the object that users work with, and its file.

Layer 3: knows sessions, the graph and what is below; reaches the screen only through `frontend`.
"""

from byok_widgets.flow.flow import Flow
from byok_widgets.graph import AnyNode

__all__ = ["AnyNode", "Flow"]
