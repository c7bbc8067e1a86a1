"""A key sealed as the browser seals it comes out on the kernel's side, and only there."""

from __future__ import annotations

import base64
import copy
import os
import pickle
import traceback

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from byok_widgets.errors import KeyFormatError
from byok_widgets.keys import SealingKey
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key


def seal(public_b64: str, data: bytes, info: bytes = b"byok-key-v1") -> tuple[bytes, bytes, bytes]:
    """Do what the page does with WebCrypto."""
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(public_b64))
    mine = ec.generate_private_key(ec.SECP256R1())
    epk = mine.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    derived = HKDF(hashes.SHA256(), 32, epk, info).derive(mine.exchange(ec.ECDH(), peer))
    iv = os.urandom(12)
    return epk, iv, AESGCM(derived).encrypt(iv, data, None)


@pytest.mark.parametrize(
    "text", ["", "ключ 🔑", *(fake_key(name) for name in ("openai", "anthropic"))], ids=range(4)
)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_what_was_sealed_comes_out(text, kind):
    ours = SealingKey()
    opened = ours.open(*(kind(part) for part in seal(ours.public_b64, text.encode())))
    assert isinstance(opened, Secret)
    assert opened.reveal() == text


def test_the_public_half_is_an_uncompressed_point():
    point = base64.b64decode(SealingKey().public_b64)
    assert len(point) == 65
    assert point[0] == 4


def test_the_purpose_is_bound():
    ours = SealingKey()
    sealed = seal(ours.public_b64, b"x", b"another")
    assert ours.open(*sealed, info=b"another").reveal() == "x"
    with pytest.raises(KeyFormatError):
        ours.open(*sealed)


def flipped(part: bytes) -> bytes:
    return part[:-1] + bytes([part[-1] ^ 1])


DAMAGED = {
    "key": lambda epk, iv, sealed: (flipped(epk), iv, sealed),
    "empty key": lambda _epk, iv, sealed: (b"", iv, sealed),
    "nonce": lambda epk, iv, sealed: (epk, flipped(iv), sealed),
    "empty nonce": lambda epk, _iv, sealed: (epk, b"", sealed),
    "text": lambda epk, iv, sealed: (epk, iv, flipped(sealed)),
    "cut text": lambda epk, iv, sealed: (epk, iv, sealed[:-1]),
    "no text": lambda epk, iv, _sealed: (epk, iv, b""),
    "nothing": lambda _epk, _iv, _sealed: (None, None, None),
    "words": lambda _epk, _iv, _sealed: ("a", "b", "c"),
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_is_damaged_is_refused_in_plain_words(damage):
    ours = SealingKey()
    with pytest.raises(KeyFormatError) as caught:
        ours.open(*damage(*seal(ours.public_b64, fake_key().encode())))
    assert (caught.value.kind, caught.value.flaw) == ("bad_key_format", "unsealable")
    assert caught.value.__context__ is None


def test_what_was_sealed_for_another_kernel_is_refused():
    with pytest.raises(KeyFormatError):
        SealingKey().open(*seal(SealingKey().public_b64, fake_key().encode()))


def test_what_is_no_text_is_refused_and_not_shown():
    ours, key = SealingKey(), fake_key()
    shown = ""
    try:
        ours.open(*seal(ours.public_b64, b"\xff" + key.encode()))
    except KeyFormatError as fault:
        frames = traceback.walk_tb(fault.__traceback__.tb_next)
        shown = "".join(traceback.StackSummary.extract(frames, capture_locals=True).format())
    assert shown
    assert key not in shown


def test_too_much_is_refused():
    ours = SealingKey()
    with pytest.raises(KeyFormatError):
        ours.open(*seal(ours.public_b64, bytes(70_000)))


def test_a_sealing_key_shows_nothing_and_stays_where_it_is():
    ours = SealingKey()
    assert repr(ours) == "SealingKey()"
    with pytest.raises(TypeError):
        vars(ours)
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="make a new one"):
            leave(ours)
