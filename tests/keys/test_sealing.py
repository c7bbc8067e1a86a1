"""A key sealed as the browser seals it comes out on the kernel's side, and only there."""

from __future__ import annotations

import base64
import copy
import pickle
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from byok_widgets.errors import KeyFormatError
from byok_widgets.keys import SealingKey
from byok_widgets.keys.sealing import bound
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key

MESSAGE = ("save", "1", "openai@api.openai.com", "session", False)


def seal(public_b64: str, data: bytes, parts: tuple[str | bool, ...] = MESSAGE) -> bytes:
    """Do what the page does with WebCrypto."""
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(public_b64))
    return Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM).encrypt(data, peer, info=bound(*parts))


@pytest.mark.parametrize(
    "text", ["", "ключ 🔑", *(fake_key(name) for name in ("openai", "anthropic"))], ids=range(4)
)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_what_was_sealed_comes_out(text, kind):
    ours = SealingKey()
    opened = ours.open(kind(seal(ours.public_b64, text.encode())), MESSAGE)
    assert isinstance(opened, Secret)
    assert opened.reveal() == text


def test_the_public_half_is_an_uncompressed_point():
    point = base64.b64decode(SealingKey().public_b64)
    assert len(point) == 65
    assert point[0] == 4


OTHERS = {
    "kind": ("unlock", *MESSAGE[1:]),
    "request": ("save", "2", *MESSAGE[2:]),
    "target": (*MESSAGE[:2], "openai@evil.example", *MESSAGE[3:]),
    "place": (*MESSAGE[:3], "env", False),
    "override": (*MESSAGE[:4], True),
    "none": (),
    "fields moved": ("save", "1,openai@api.openai.com", *MESSAGE[3:]),
}


@pytest.mark.parametrize("parts", OTHERS.values(), ids=OTHERS)
def test_it_opens_for_nothing_but_the_message_that_it_was_sealed_for(parts):
    ours = SealingKey()
    sealed = seal(ours.public_b64, b"x")
    with pytest.raises(KeyFormatError):
        ours.open(sealed, parts)
    assert ours.open(sealed, MESSAGE).reveal() == "x"


def test_it_opens_once():
    ours = SealingKey()
    sealed = seal(ours.public_b64, b"x")
    ours.open(sealed, MESSAGE)
    with pytest.raises(KeyFormatError):
        ours.open(sealed, MESSAGE)


def test_what_is_bound_is_written_as_the_page_writes_it():
    assert bound('a\u2028"é', True) == '["byok-key-v2","a\u2028\\"é",true]'.encode()


DAMAGED = {
    "one-time key": lambda sealed: bytes([sealed[0] ^ 1]) + sealed[1:],
    "text": lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
    "cut text": lambda sealed: sealed[:-1],
    "no text": lambda sealed: sealed[:65],
    "empty": lambda _sealed: b"",
    "nothing": lambda _sealed: None,
    "words": lambda _sealed: "a",
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_is_damaged_is_refused_in_plain_words(damage):
    ours = SealingKey()
    with pytest.raises(KeyFormatError) as caught:
        ours.open(damage(seal(ours.public_b64, fake_key().encode())), MESSAGE)
    assert (caught.value.kind, caught.value.flaw) == ("bad_key_format", "unsealable")
    assert caught.value.__context__ is None


def test_what_was_sealed_for_another_kernel_is_refused():
    with pytest.raises(KeyFormatError):
        SealingKey().open(seal(SealingKey().public_b64, fake_key().encode()), MESSAGE)


def test_what_is_no_text_is_refused_and_not_shown():
    ours, key = SealingKey(), fake_key()
    shown = ""
    try:
        ours.open(seal(ours.public_b64, b"\xff" + key.encode()), MESSAGE)
    except KeyFormatError as fault:
        frames = traceback.walk_tb(fault.__traceback__.tb_next)
        shown = "".join(traceback.StackSummary.extract(frames, capture_locals=True).format())
    assert shown
    assert key not in shown


def test_too_much_is_refused():
    ours = SealingKey()
    with pytest.raises(KeyFormatError):
        ours.open(seal(ours.public_b64, bytes(70_000)), MESSAGE)


def test_a_sealing_key_shows_nothing_and_stays_where_it_is():
    ours = SealingKey()
    assert repr(ours) == "SealingKey()"
    with pytest.raises(TypeError):
        vars(ours)
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="make a new one"):
            leave(ours)
