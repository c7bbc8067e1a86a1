"""The local models: what they are, how they are downloaded, and the server that runs them."""

from byok_widgets.providers.local.provider import LocalProvider, list_local_models

__all__ = ["LocalProvider", "list_local_models"]
