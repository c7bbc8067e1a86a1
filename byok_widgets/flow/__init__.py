"""`Flow`, the object that users work with, and its file.

Layer 3: knows sessions, the graph and what is below; reaches the screen only through `frontend`.
"""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.flow.flow import Flow
    from byok_widgets.graph import AnyNode

__all__ = ["AnyNode", "Flow"]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.flow.flow": ["Flow"],
        "byok_widgets.graph": ["AnyNode"],
    },
)
