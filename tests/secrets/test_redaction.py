"""What `redact` takes out of a text, and what it leaves."""

from __future__ import annotations

import base64
import codecs
import gc
import gzip
import html
import json
import re
import textwrap
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.secrets import Secret, redact, redact_held, redact_held_in
from tests.fake_keys import fake_key

PROVIDERS = ["openai", "anthropic", "openrouter", "compatible"]

PUBLIC = {"openai": 8, "anthropic": 13, "openrouter": 9, "compatible": 0}
"""How many characters of a key say whose it is and are no secret."""

around = st.text(alphabet=" .,:;öß\n🎉", max_size=30)
key_text = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=80)


def pieces(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(len(text) - length + 1)]


@given(around, around, st.sampled_from(PROVIDERS), st.data())
def test_any_piece_with_eight_characters_after_the_public_prefix_is_taken_out(before, after, provider, data):
    secret = Secret(fake_key(provider))
    key = secret.reveal()
    start = data.draw(st.integers(0, len(key) - 8))
    end = data.draw(st.integers(max(start, PUBLIC[provider]) + 8, len(key)))
    assert redact(f"{before} {key[start:end]} {after}") == f"{before} [API key] {after}"


@given(key_text, st.text(max_size=40), st.text(max_size=40))
def test_no_piece_of_any_key_is_left_whatever_stands_around_it(key, before, after):
    secret = Secret(key)
    shown = redact(before + key + after)
    assert not [piece for piece in pieces(secret.reveal(), 12) if piece in shown]


@given(st.lists(around, max_size=5), st.sampled_from(PROVIDERS), st.data())
def test_texts_that_are_searched_together_are_left_as_each_alone(texts, provider, data):
    secret = Secret(fake_key(provider))
    key = secret.reveal()
    at = data.draw(st.integers(1, len(key) - 1))
    start, end = data.draw(st.integers(0, at - 1)), data.draw(st.integers(at + 1, len(key)))
    together = [*texts, f"It is {key[start:at]}", key[at:end], *texts, "one\0two", key]
    assert redact_held_in(together) == [redact_held(text) for text in together]


@given(st.sampled_from(PROVIDERS), st.binary(max_size=9), st.binary(max_size=9), st.booleans())
def test_base64_is_taken_out_at_any_alignment(provider, before, after, urlsafe):
    secret = Secret(fake_key(provider))
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    encoded = encode(before + secret.reveal().encode() + after).decode()
    shown = redact(f"Authorization: Basic {encoded}")
    assert "[API key]" in shown
    # At most the characters around the key, which also hold bits of its neighbours, are left.
    left = shown.removeprefix("Authorization: Basic ").replace("[API key]", "")
    assert len(left) <= len(encode(before)) + len(encode(after)) + 4


ENCODINGS = {
    "hex": lambda key: key.encode().hex(),
    "HEX": lambda key: key.encode().hex().upper(),
    "url": lambda key: quote(key, safe=""),
    "url, lower case": lambda key: quote(key, safe="").lower().replace(key.lower(), key),
    "json": json.dumps,
    "html": html.escape,
    "repr": repr,
    "bytes": lambda key: repr(key.encode()),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize("provider", PROVIDERS)
def test_encoded_forms_are_taken_out(encode, provider):
    secret = Secret(fake_key(provider))
    encoded = encode(secret.reveal())
    shown = redact(f"url?key={encoded}&x=1")
    assert "[API key]" in shown
    assert not [piece for piece in pieces(encoded, 24) if piece in shown]


WITH_SIGNS = {
    **{name: encode for name, encode in ENCODINGS.items() if name != "url, lower case"},
    "url, lower case": lambda key: re.sub("%..", lambda code: code[0].lower(), quote(key, safe="")),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64, urlsafe": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
}


@pytest.mark.parametrize("encode", WITH_SIGNS.values(), ids=WITH_SIGNS.keys())
def test_encoded_forms_of_a_key_full_of_signs_are_taken_out_whole(encode):
    secret = Secret("".join(f"{sign}{fake_key('compatible')[:2]}" for sign in "&\"/+<?>~'") + "???")
    shown = redact(f"({encode(secret.reveal())})")
    assert shown.strip("()b\"'") == "[API key]"


DISGUISES = {
    "full-width": lambda key: "".join(chr(ord(char) + 0xFEE0) for char in key),
    "bold": lambda key: re.sub("[a-z]", lambda char: chr(ord(char[0]) - 97 + 0x1D41A), key),
    "bold in JSON": lambda key: json.dumps(DISGUISES["bold"](key)),
    "full-width in a URL": lambda key: quote(DISGUISES["full-width"](key)),
    "zero width": "\u200b".join,
    "variation selectors": "\U000e0101".join,
    "soft hyphens in HTML": "&shy;".join,
    "numbers in HTML": lambda key: "".join(f"&#{ord(char)}" for char in key),
    "braces": lambda key: "".join(f"\\u{{{ord(char):x}}}" for char in key),
    "octal": lambda key: "".join(f"\\{ord(char):03o}" for char in key),
    "some of it for mail": lambda key: re.sub("[aeiou0-9]", lambda char: f"={ord(char[0]):02X}", key),
    "swapped case": str.swapcase,
    "hex, reversed": lambda key: key.encode().hex()[::-1],
    "base64, reversed": lambda key: base64.b64encode(key.encode()).decode()[::-1],
    "Cyrillic": lambda key: key.translate(str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")),
    "spelled out": "-".join,
    "quoted letter by letter": lambda key: json.dumps(list(key)),
    "bold here and there": lambda key: "**".join(textwrap.wrap(key, 5)),
    "tags": lambda key: "".join(f"<b>{char}</b>" for char in key),
    "hex with commas": lambda key: ", ".join(f"0x{byte:02x}" for byte in key.encode()),
    "numbers": lambda key: str(list(key.encode())),
    "rot13": lambda key: codecs.encode(key, "rot13"),
    "base64 of base64": lambda key: _base64(_base64(f"Bearer {key}".encode())),
    "base64 of hex": lambda key: _base64(key.encode().hex().encode()),
    "base64 of UTF-16": lambda key: _base64(key.encode("utf-16-le")),
    "base64 of gzip": lambda key: _base64(gzip.compress(key.encode())),
    "base32 in a longer text": lambda key: base64.b32encode(b"abc" + key.encode()).decode(),
}


def _base64(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
def test_a_key_in_disguise_is_taken_out(disguise):
    secret = Secret(fake_key("openai"))
    written = disguise(secret.reveal())
    assert not [piece for piece in pieces(written, 16) if piece in redact_held(f"It is {written} for Zoë.")]


def test_letters_that_look_alike_stand_where_they_are_no_key():
    _held = Secret(fake_key("openai"))
    text = "Ｔｏｋｙｏ 𝐛𝐨𝐥𝐝 ①②③ Zoë Zoe\u0308 x² ﬁne 한국어 a=3D b=AB"
    assert redact(text) == text


MASKED = {
    "stars": lambda key: key[:8] + "*" * 40 + key[-4:],
    "dots": lambda key: f"sk-...{key[-4:]}",
    "ellipsis": lambda key: f"{key[:9]}…{key[-3:]}",
    "bullets": lambda key: "••••••••" + key[-4:],
    "crosses": lambda key: "sk-xxxxxxxx" + key[-4:],
    "head only": lambda key: key[:18] + "*****",
    "tail only": lambda key: "****" + key[-4:],
}


@pytest.mark.parametrize("mask", MASKED.values(), ids=MASKED.keys())
@pytest.mark.parametrize("provider", PROVIDERS[:3])
def test_the_masked_echo_of_a_held_key_is_taken_out(mask, provider):
    secret = Secret(fake_key(provider))
    echoed = mask(secret.reveal())
    assert redact(f"Incorrect API key provided: {echoed}. See") == "Incorrect API key provided: [API key]. See"


@pytest.mark.parametrize("echo", ["sk-proj-****wxyz", "sk-...wxyz", "sk-ant-api03-****Ab-_"])
def test_a_masked_echo_is_taken_out_even_if_no_key_is_held(echo):
    gc.collect()
    assert redact(f"provided: {echo}.") == "provided: [API key]."


@pytest.mark.parametrize("provider", PROVIDERS[:3])
def test_what_has_the_shape_of_a_key_is_taken_out_even_if_it_is_not_held(provider):
    key = fake_key(provider)
    assert redact(f"got {key}!") == "got [API key]!"
    assert redact(f"Bearer%20{key}") == "Bearer%20[API key]"


ORDINARY = [
    "",
    "No API key configured",
    "OpenAI keys start with sk-proj- or sk-...; Anthropic's with sk-ant-.",
    "the task-proj-management-for-everyone board, disk-usage, **bold**, wait...",
    "xxxx ... **** … 100 %",
    "line\n" * 50,
    "2026-11-30T14:00:00.000Z, 192.168.0.1, a.b.c(d)[e], 0x7f, 3.14159, https://example.org/a/b?c=d&e=f#g-h_i",
    "Ο καιρός είναι καλός. Погода хорошая, а вечером дождь.",
    f"data:image/png;base64,{base64.b64encode(bytes(range(256))).decode()}",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSIsImlhdCI6MX0",
]


@pytest.mark.parametrize("text", ORDINARY)
@pytest.mark.parametrize("held", [True, False])
def test_ordinary_text_is_left_as_it_is(text, held):
    secrets = [Secret(fake_key(provider)) for provider in PROVIDERS] if held else []
    assert redact(text) == text
    del secrets


def test_a_short_key_is_taken_out_where_it_stands_alone():
    secret = Secret("none")
    assert redact("api_key=none, nonetheless") == "api_key=[API key], nonetheless"
    del secret


def test_a_key_of_ten_characters_is_taken_out_wherever_it_stands():
    secret = Secret(fake_key("compatible")[:10])
    assert redact(f"xx{secret.reveal()}yy") == "xx[API key]yy"


def test_an_empty_key_takes_nothing_out():
    secret = Secret("")
    assert redact("nothing here") == "nothing here"
    del secret


def test_keys_are_found_from_the_moment_they_are_held_until_they_no_longer_are():
    texts = [fake_key("compatible") for _ in range(3)]
    said = " ".join(texts)
    held = [Secret(texts[0])]
    assert redact_held(said) == f"[API key] {texts[1]} {texts[2]}"
    held.append(Secret(texts[1]))
    assert redact_held(said) == f"[API key] [API key] {texts[2]}"
    del held[0]
    assert redact_held(said) == f"{texts[0]} [API key] {texts[2]}"
    held[0] = Secret(texts[2])  # one goes and another comes between two texts
    assert redact_held(said) == f"{texts[0]} {texts[1]} [API key]"


def test_several_keys_are_taken_out_of_one_text():
    one, other = Secret(fake_key()), Secret(fake_key("anthropic"))
    text = f"{one.reveal()} and {other.reveal()}{one.reveal()}"
    assert redact(text) == "[API key] and [API key]"


def test_long_texts_are_quick():
    secrets = [Secret(fake_key(provider)) for provider in PROVIDERS]
    text = "lorem ipsum dolor " * 60_000
    start = time.process_time()
    assert redact(text) == text
    assert time.process_time() - start < 2
    del secrets


@pytest.mark.parametrize("char", ["a", "x", "*", ".", "-", "\\", "%", "&", "\u00b7"])
def test_a_long_run_of_one_character_is_quick(char):
    secret = Secret("a" * 4000)
    start = time.process_time()
    redact(char * 300_000)
    assert time.process_time() - start < 3
    del secret
