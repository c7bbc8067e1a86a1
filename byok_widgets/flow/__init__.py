"""`Flow`, the object that a person holds; its file, and the check that finds mistakes before they cost.

Floor 3: knows sessions, the graph and what is below; reaches the screen only through `frontend`.
"""

from byok_widgets.flow.flow import Flow
from byok_widgets.graph import AnyNode

__all__ = ["AnyNode", "Flow"]
