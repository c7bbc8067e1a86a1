"""Tells whether two holders hold the same key, without keeping or revealing any of it."""

from __future__ import annotations

import hashlib
import hmac
import os
from weakref import WeakKeyDictionary

from byok_widgets.secrets.secret import Secret

_process_key = os.urandom(32)
"""Made afresh in each process and never stored: an identity cannot be compared with hashes of known keys."""
_identities: WeakKeyDictionary[Secret, bytes] = WeakKeyDictionary()


def identity(secret: Secret | None) -> bytes:
    """Return a value that is the same for all holders of one key in this process; empty for no key."""
    if secret is None:
        return b""
    known = _identities.get(secret)
    if known is None:
        known = _identities[secret] = hmac.digest(
            _process_key, secret.reveal().strip().encode("utf-8", "surrogatepass"), hashlib.sha256
        )
    return known
