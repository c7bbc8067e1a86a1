"""`DerivedKey`: what a passphrase becomes, and all that is kept of it.

Floor 0. scrypt makes a key of the passphrase, AES-256-GCM encrypts with it; each encrypted text is bound to its
purpose, so that no other purpose can be given it. `cryptography` is imported where it is first needed.
"""

from __future__ import annotations

import base64
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from byok_widgets.secrets.secret import Secret

COST = 2**17
"""Cost of scrypt: 128 MB of memory and about half a second for each guess."""

_MOST = {"n": 2**20, "r": 16, "p": 16}
_NONCE_BYTES = 12
_BLOCK_BYTES = 256
"""Texts are filled up to a multiple of this, so that their encrypted form tells little of their length."""


@dataclass(frozen=True)
class KdfParams:
    """How a passphrase is made into a key; it is no secret.

    Attributes:
        salt: Random, so that the same passphrase gives another key elsewhere.
        n: Cost of scrypt in time and memory, a power of two.
        r: Block size of scrypt.
        p: Parallelism of scrypt.
    """

    salt: bytes
    n: int
    r: int = 8
    p: int = 1

    @classmethod
    def new(cls) -> KdfParams:
        """Return one with a salt of its own."""
        return cls(os.urandom(16), COST)

    @classmethod
    def parse(cls, data: Any) -> KdfParams:
        """Read what `as_data` wrote.

        Raises:
            ValueError: It is not that, or would take more memory than any of ours.
        """
        try:
            recipe = cls(base64.b64decode(data["salt"], validate=True), data["n"], data["r"], data["p"])
        except (TypeError, KeyError) as fault:
            raise ValueError(str(fault)) from None
        if all(_is_count(getattr(recipe, name), most) for name, most in _MOST.items()) and _is_power_of_two(
            recipe.n
        ):
            return recipe
        raise ValueError("not a recipe of ours")

    def to_data(self) -> dict[str, Any]:
        """Return it in a form for JSON."""
        return {"name": "scrypt", "salt": _as_text(self.salt), "n": self.n, "r": self.r, "p": self.p}


class DerivedKey:
    """Encrypts and decrypts; shows neither the passphrase, which it does not keep, nor the key made of it."""

    __slots__ = ("__held", "recipe")

    def __init__(self, passphrase: Secret, recipe: KdfParams) -> None:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        scrypt = Scrypt(salt=recipe.salt, length=32, n=recipe.n, r=recipe.r, p=recipe.p)
        self.__held = Secret(_as_text(scrypt.derive(_normal(passphrase.reveal()))))
        self.recipe = recipe

    def encrypt(self, secret: Secret, purpose: bytes) -> dict[str, str]:
        """Return `secret` encrypted, in a form for JSON."""
        nonce = os.urandom(_NONCE_BYTES)
        text = self._cipher().encrypt(nonce, _filled(secret.reveal()), purpose)
        return {"nonce": _as_text(nonce), "text": _as_text(text)}

    def decrypt(self, data: Mapping[str, Any], purpose: bytes) -> Secret | None:
        """Return what was encrypted for this purpose; `None` where key or purpose are others, or it is damaged."""
        from cryptography.exceptions import InvalidTag

        try:
            nonce, text = (base64.b64decode(data[name], validate=True) for name in ("nonce", "text"))
            return Secret(_unfilled(self._cipher().decrypt(nonce, text, purpose)))
        except (InvalidTag, ValueError, TypeError, KeyError):
            return None

    def __repr__(self) -> str:
        return "PassphraseKey()"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("A PassphraseKey is never copied or pickled.")

    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(base64.b64decode(self.__held.reveal()))


def _is_count(value: Any, most: int) -> bool:
    return type(value) is int and 0 < value <= most


def _is_power_of_two(number: int) -> bool:
    return number > 1 and not number & (number - 1)


def _normal(passphrase: str) -> bytes:
    """Return one form for all keyboards: they compose letters with accents in different ways."""
    return unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")


def _filled(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return data + b"\0" * (-len(data) % _BLOCK_BYTES)


def _unfilled(data: bytes) -> str:
    return data.rstrip(b"\0").decode("utf-8", "surrogatepass")


def _as_text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
