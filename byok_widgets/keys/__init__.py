"""API keys: a holder that shows nothing, the places where keys rest, and checks of what was pasted.

Floor 0: knows errors alone, no provider, no flow and no widget. `keyring` and `cryptography` are imported where
they are first needed.
"""

from __future__ import annotations

from byok_widgets.keys.formats import check_provider, clean_key, recognise
from byok_widgets.keys.keyring_place import KeyringState, probe
from byok_widgets.keys.misplaced import looks_like_key, misplaced_key, refuse_key
from byok_widgets.keys.redaction import redact
from byok_widgets.keys.sealing import SealingKey
from byok_widgets.keys.secret import Secret
from byok_widgets.keys.status import KeyStatus
from byok_widgets.keys.store import KeyStore

__all__ = [
    "KeyStatus",
    "KeyStore",
    "KeyringState",
    "SealingKey",
    "Secret",
    "check_provider",
    "clean_key",
    "looks_like_key",
    "misplaced_key",
    "probe",
    "recognise",
    "redact",
    "refuse_key",
]
