"""API keys: the storage backends that hold them, a key store for each flow, and checks of pasted text.

`keyring` and `cryptography` are imported where they are first needed.
"""

from __future__ import annotations

from byok_widgets.keys.backends.os_keyring import KeyringState, probe
from byok_widgets.keys.formats import check_provider, clean_key
from byok_widgets.keys.sealing import SealingKey
from byok_widgets.keys.status import KeyStatus
from byok_widgets.keys.store import KeyStore
from byok_widgets.keys.work import KEY_WORK

__all__ = [
    "KEY_WORK",
    "KeyStatus",
    "KeyStore",
    "KeyringState",
    "SealingKey",
    "check_provider",
    "clean_key",
    "probe",
]
