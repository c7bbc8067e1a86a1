"""API keys: the storage backends that hold them, a key store for each flow, and checks of pasted text.

`keyring` and `cryptography` are imported where they are first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
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

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.keys.backends.os_keyring": ["KeyringState", "probe"],
        "byok_widgets.keys.formats": ["check_provider", "clean_key"],
        "byok_widgets.keys.sealing": ["SealingKey"],
        "byok_widgets.keys.status": ["KeyStatus"],
        "byok_widgets.keys.store": ["KeyStore"],
        "byok_widgets.keys.work": ["KEY_WORK"],
    },
)
