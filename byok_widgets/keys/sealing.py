"""`SealingKey`: the kernel's half of the encryption that protects a key on its way from the browser.

The browser seals with HPKE (RFC 9180, base mode): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM,
the strongest suite that WebCrypto has everywhere. This keeps the
key out of message logs between browser and kernel; it does not protect against code inside
the kernel. `cryptography` is imported where it is first needed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

from byok_widgets.errors import KeyFormatError
from byok_widgets.secrets.secret import Secret

PURPOSE = "byok-key-v2"
"""Begins what is bound into the encryption; both sides must use the same one."""

_MAX_BYTES = 65536


def bound(*parts: str | bool) -> bytes:
    """Return what the sealed text is bound to, as the page writes it too: compact JSON."""
    return json.dumps([PURPOSE, *parts], ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def seal(public_b64: str, secret: Secret, parts: Sequence[str | bool]) -> bytes:
    """Return a key so that only the holder of the private half can read it.

    Args:
        public_b64: The public half of a `SealingKey`.
        secret: The key.
        parts: What it is sealed for; see `SealingKey.open`.

    Raises:
        ValueError: That is no public half.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    point = base64.b64decode(public_b64, validate=True)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    suite = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    return suite.encrypt(secret.reveal().encode(), public, info=bound(*parts))


class SealingKey:
    """A key pair whose private half never leaves this object.

    Attributes:
        public_b64: The public half, an uncompressed point in base64. It is not secret, and empty where there is no
            encryption.
    """

    __slots__ = ("__lock", "__opened", "__private", "__weakref__", "public_b64")

    def __init__(self) -> None:
        self.__opened: set[bytes] = set()
        self.__lock = threading.Lock()
        self.__private: Any = None
        self.public_b64 = ""
        try:
            from cryptography.hazmat.primitives import serialization
            from cryptography.hazmat.primitives.asymmetric import ec
        except ModuleNotFoundError:  # as in a browser's tab: then nothing can be sealed, and the page says so
            return
        private = ec.generate_private_key(ec.SECP256R1())
        point = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.__private = private
        self.public_b64 = base64.b64encode(point).decode("ascii")

    def open(self, sealed: bytes | memoryview, parts: Sequence[str | bool] = ()) -> Secret:
        """Return what the browser sealed, as it was typed: neither cleaned nor checked. It opens once.

        Args:
            sealed: The browser's one-time public key, followed by the ciphertext.
            parts: What it was sealed for: the other fields of its message, in an agreed order.

        Raises:
            KeyFormatError: It was sealed for another key pair (the page is older than the kernel) or for something
                else, was opened before, is damaged, or is not text.
        """
        try:
            data = bytes(sealed)
            secret = Secret(_unsealed(self.__private, data, bound(*parts)).decode())
            if self._is_new(data):
                return secret
        except Exception:  # noqa: BLE001, S110 - any error means the same, and its text may hold the key
            pass
        raise KeyFormatError(
            "The key could not be read; paste it again.",
            flaw="unsealable",
            cause="The page and the kernel may belong to different sessions.",
            fix="Run the cell that shows Settings again, then paste the key.",
        )

    def _is_new(self, data: bytes) -> bool:
        digest = hashlib.sha256(data).digest()
        with self.__lock:
            is_new = digest not in self.__opened
            self.__opened.add(digest)
        return is_new

    def __repr__(self) -> str:
        return "SealingKey()"

    def __getstate__(self) -> NoReturn:
        raise TypeError(_REFUSAL)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(_REFUSAL)


_REFUSAL = "A SealingKey is never copied or pickled; make a new one."


def _unsealed(private: Any, sealed: bytes, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    if len(sealed) > _MAX_BYTES:
        raise ValueError
    return Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM).decrypt(sealed, private, info=info)
