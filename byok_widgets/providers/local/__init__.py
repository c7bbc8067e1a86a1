"""The local models: what they are, how they are downloaded, and the server that runs them."""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.providers.local.listing import list_local_models
    from byok_widgets.providers.local.provider import LocalProvider

__all__ = ["LocalProvider", "list_local_models"]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.providers.local.provider": ["LocalProvider"],
        "byok_widgets.providers.local.listing": ["list_local_models"],
    },
)
