"""Requests that an endpoint refuses are sent again without what it refused, and the lesson is kept.

`refusals` decides what a refusal is about, `changes` holds what can be changed in a payload, `lessons` what each
endpoint has refused in this process, and `resending` sends until the endpoint accepts.
"""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.providers.adaptation.dialogue import alternating
    from byok_widgets.providers.adaptation.lessons import LESSONS, Place
    from byok_widgets.providers.adaptation.resending import Resending

__all__ = ["LESSONS", "Place", "Resending", "alternating"]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.providers.adaptation.dialogue": ["alternating"],
        "byok_widgets.providers.adaptation.lessons": ["LESSONS", "Place"],
        "byok_widgets.providers.adaptation.resending": ["Resending"],
    },
)
