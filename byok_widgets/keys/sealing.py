"""`SealingKey`: the kernel's half of the encryption that protects a key on its way from the browser.

The browser seals with ECDH on P-256, HKDF-SHA256 (salt: its one-time public key) and AES-256-GCM. This
keeps the key out of message logs between browser and kernel; it does not protect against code inside the kernel.
`cryptography` is imported where it is first needed.
"""

from __future__ import annotations

import base64
from typing import Any, NoReturn

from byok_widgets.errors import KeyFormatError
from byok_widgets.secrets.secret import Secret

INFO = b"byok-key-v1"
"""Purpose bound into the derived key; both sides must use the same one."""

_MAX_BYTES = 65536


class SealingKey:
    """A key pair whose private half never leaves this object.

    Attributes:
        public_b64: The public half, an uncompressed point in base64. It is not secret.
    """

    __slots__ = ("__private", "__weakref__", "public_b64")

    def __init__(self) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        private = ec.generate_private_key(ec.SECP256R1())
        point = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.__private = private
        self.public_b64: str = base64.b64encode(point).decode("ascii")

    def open(
        self,
        epk: bytes | memoryview,
        iv: bytes | memoryview,
        ciphertext: bytes | memoryview,
        info: bytes = INFO,
    ) -> Secret:
        """Return what the browser sealed, as it was typed: neither cleaned nor checked.

        Args:
            epk: The browser's one-time public key, an uncompressed point.
            iv: The 12 bytes of AES-GCM's nonce.
            ciphertext: The sealed text with its tag.
            info: Purpose, see `INFO`.

        Raises:
            KeyFormatError: It was sealed for another key pair (the page is older than the kernel), is damaged, or
                is not text.
        """
        try:
            return Secret(_unsealed(self.__private, bytes(epk), bytes(iv), bytes(ciphertext), info).decode())
        except Exception:  # noqa: BLE001, S110 - any error means the same, and its text may hold the key
            pass
        raise KeyFormatError(
            "The key could not be read; paste it again.",
            flaw="unsealable",
            cause="The page and the kernel may belong to different sessions.",
            fix="Run the cell that shows Settings again, then paste the key.",
        )

    def __repr__(self) -> str:
        return "SealingKey()"

    def __getstate__(self) -> NoReturn:
        raise TypeError(_REFUSAL)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(_REFUSAL)


_REFUSAL = "A SealingKey is never copied or pickled; make a new one."


def _unsealed(private: Any, epk: bytes, iv: bytes, ciphertext: bytes, info: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if len(ciphertext) > _MAX_BYTES:
        raise ValueError
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), epk)
    derived = HKDF(hashes.SHA256(), 32, epk, info).derive(private.exchange(ec.ECDH(), peer))
    return AESGCM(derived).decrypt(iv, ciphertext, None)
