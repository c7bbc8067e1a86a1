"""`DerivedKey`: the encryption key derived from a passphrase; the passphrase itself is not kept.

scrypt derives the key, and AES-256-GCM encrypts with it. Each ciphertext is bound to its purpose, so that it
cannot be passed off as another. `cryptography` is imported where it is first needed.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from byok_widgets.secrets.secret import Secret
from byok_widgets.text_forms import normalized

COST = 2**17
"""Cost of scrypt: 128 MB of memory and about half a second for each guess."""

_BLOCK_SIZE = 8
_PARALLELISM = 1
_MOST_TIMES = 2
"""How much more than what is written here a file may ask for: a changed file must not stop the kernel."""
_MOST = {"n": COST * _MOST_TIMES, "r": _BLOCK_SIZE * _MOST_TIMES, "p": _PARALLELISM * _MOST_TIMES}
_MOST_WORK = COST * _BLOCK_SIZE * _PARALLELISM * _MOST_TIMES
_SALT_BYTES = range(16, 33)
_NONCE_BYTES = 12
_BLOCK_BYTES = 256
"""Texts are padded to a multiple of this, so that the ciphertext reveals little about their length."""


class KdfParams(NamedTuple):
    """How a key is derived from a passphrase. Not secret.

    Attributes:
        salt: Random, so that the same passphrase gives a different key in another file.
        n: Cost of scrypt in time and memory, a power of two.
        r: Block size of scrypt.
        p: Parallelism of scrypt.
    """

    salt: bytes
    n: int
    r: int = _BLOCK_SIZE
    p: int = _PARALLELISM

    @classmethod
    def new(cls) -> KdfParams:
        """Return parameters with a new random salt."""
        return cls(os.urandom(_SALT_BYTES.start), COST)

    @classmethod
    def parse(cls, data: Any) -> KdfParams:
        """Read what `to_data` returned.

        Raises:
            ValueError: It is something else, would need more than twice the time or memory of `new`, or less: then
                somebody has changed it, and the right passphrase would be told to be wrong.
        """
        try:
            params = cls(base64.b64decode(data["salt"], validate=True), data["n"], data["r"], data["p"])
        except (TypeError, KeyError) as error:
            raise ValueError(str(error)) from None
        if not all(_is_count(getattr(params, name), most) for name, most in _MOST.items()):
            raise ValueError("not valid parameters")
        is_bounded = _least_work() <= params.n * params.r * params.p <= _MOST_WORK
        if not is_bounded or len(params.salt) not in _SALT_BYTES or not _is_power_of_two(params.n):
            raise ValueError("not valid parameters")
        return params

    def to_data(self) -> dict[str, Any]:
        """Return the parameters as JSON data."""
        return {"name": "scrypt", "salt": _as_text(self.salt), "n": self.n, "r": self.r, "p": self.p}


class DerivedKey:
    """Encrypts and decrypts; reveals neither the passphrase, which it does not keep, nor the derived key."""

    __slots__ = ("__held", "params")

    def __init__(self, passphrase: Secret, params: KdfParams) -> None:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        scrypt = Scrypt(salt=params.salt, length=32, n=params.n, r=params.r, p=params.p)
        self.__held = Secret(_as_text(scrypt.derive(_normal(passphrase.reveal()))))
        self.params = params

    def encrypt(self, secret: Secret, purpose: bytes) -> dict[str, str]:
        """Return `secret` encrypted, as JSON data."""
        nonce = os.urandom(_NONCE_BYTES)
        text = self._cipher().encrypt(nonce, _padded(secret.reveal()), purpose)
        return {"nonce": _as_text(nonce), "text": _as_text(text)}

    def decrypt(self, data: Mapping[str, Any], purpose: bytes) -> Secret | None:
        """Return what was encrypted for this purpose; `None` if key or purpose differ, or it is damaged."""
        from cryptography.exceptions import InvalidTag

        try:
            nonce, text = (base64.b64decode(data[name], validate=True) for name in ("nonce", "text"))
            return Secret(_unpadded(self._cipher().decrypt(nonce, text, purpose)))
        except (InvalidTag, ValueError, TypeError, KeyError):
            return None

    def __repr__(self) -> str:
        return "DerivedKey()"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("A DerivedKey is never copied or pickled.")

    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(base64.b64decode(self.__held.reveal()))


def _least_work() -> int:
    return COST * _BLOCK_SIZE * _PARALLELISM  # of every file that was ever made here


def _is_count(value: Any, most: int) -> bool:
    return type(value) is int and 0 < value <= most  # a bool is an int, too


def _is_power_of_two(number: int) -> bool:
    return number > 1 and not number & (number - 1)


def _normal(passphrase: str) -> bytes:
    """Return the same bytes for all keyboards, which compose accented letters in different ways."""
    return normalized("NFC", passphrase).encode("utf-8", "surrogatepass")


def _padded(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return data + b"\0" * (-len(data) % _BLOCK_BYTES)


def _unpadded(data: bytes) -> str:
    return data.rstrip(b"\0").decode("utf-8", "surrogatepass")


def _as_text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
