"""API keys: the storage backends that hold them, one store for each flow, and checks of what was pasted.

`keyring` and `cryptography` are imported where they are first needed.
"""

from __future__ import annotations

from byok_widgets.keys.backends.os_keyring import KeyringState, probe
from byok_widgets.keys.formats import check_provider, clean_key
from byok_widgets.keys.sealing import SealingKey
from byok_widgets.keys.status import KeyStatus
from byok_widgets.keys.store import KeyStore

__all__ = ["KeyStatus", "KeyStore", "KeyringState", "SealingKey", "check_provider", "clean_key", "probe"]
