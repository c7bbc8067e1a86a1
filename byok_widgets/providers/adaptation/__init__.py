"""Requests that an endpoint refuses are sent again without what it refused, and that is remembered.

`refusals` decides what a refusal is about, `changes` holds what can be changed in a payload, `quirks` what each
endpoint has refused in this process, and `resending` sends until the endpoint accepts.
"""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.providers.adaptation.dialogue import alternating
    from byok_widgets.providers.adaptation.quirks import QUIRKS, ModelEndpoint
    from byok_widgets.providers.adaptation.resending import Resending

__all__ = ["QUIRKS", "ModelEndpoint", "Resending", "alternating"]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.providers.adaptation.dialogue": ["alternating"],
        "byok_widgets.providers.adaptation.quirks": ["QUIRKS", "ModelEndpoint"],
        "byok_widgets.providers.adaptation.resending": ["Resending"],
    },
)
