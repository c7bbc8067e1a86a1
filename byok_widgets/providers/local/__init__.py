"""The local models: what they are, how they are downloaded, and the server that runs them."""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.providers.local.provider import LocalProvider, list_local_models

__all__ = ["LocalProvider", "list_local_models"]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.providers.local.provider": ["LocalProvider", "list_local_models"],
    },
)
