"""Keys found in texts by their exact formats: wherever they stand, however they are written, and nothing else."""

from __future__ import annotations

import base64
import json
import random
import re
import secrets
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.secrets.key_formats import detect_provider, registered_shape
from byok_widgets.secrets.key_shapes import KEY_SHAPE
from byok_widgets.secrets.search import find_keys, remove_keys
from tests.fake_keys import every_format, fake_key

FORMATS = sorted(every_format())

around = st.text(st.characters(exclude_characters="k", exclude_categories=["Cs", "Co"]), max_size=30)
word = st.text("abcXYZ019_-\\/ \n", max_size=120)


def without_keys(text: str) -> str:
    return remove_keys(text, find_keys(text))


def has_piece(key: str, text: str) -> bool:
    return any(key[at : at + 12] in text for at in range(len(key) - 12 + 1))


def written(text: str, key: str, levels: list[int], depth: int) -> str:
    """Return `text` as JSON in JSON, `depth` deep, with the key in it, each sign escaped at a level of its own."""
    marks = [chr(0xE000 + at) for at in range(len(key))]
    text = text.replace("\uf8ff", "".join(marks))
    for level in range(1, depth + 1):
        text = json.dumps(text, ensure_ascii=False)
        for mark, sign, own in zip(marks, key, levels, strict=True):
            if own == level:
                text = text.replace(mark, f"\\u{ord(sign):04{'xX'[ord(sign) % 2]}}")
    for mark, sign in zip(marks, key, strict=True):
        text = text.replace(mark, sign)
    return text


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_found_and_taken_out_alone(name):
    provider, key = every_format()[name]
    text = f'api_key = "{key}"  # mine'
    assert [(text[each.start : each.end], each.provider) for each in find_keys(text)] == [(key, provider)]
    assert without_keys(text) == 'api_key = "[API key]"  # mine'


@pytest.mark.parametrize("name", FORMATS)
def test_a_key_ends_where_it_ends(name):
    key = every_format()[name][1]
    assert without_keys(f"<!--{key}--> __{key}__AA") == "<!--[API key]--> __[API key]__AA"


@pytest.mark.parametrize("length", [40, 73, 75, 150])
def test_lengths_that_are_not_known_yet_are_found_too(length):
    openai, anthropic = fake_key(), fake_key("anthropic")
    start, infix, _ = re.split("(T3Blbk" + "FJ)", openai)
    for key in (
        start[: 8 + length].ljust(8 + length, "a") + infix + "b" * length,
        "sk-my_bot-" + start[-20:] + infix + "b" * 20,
        anthropic[:-2] + "b" * (length // 2) + "AA",
    ):
        assert without_keys(f'"{key}"') == '"[API key]"'


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_found_is_a_key_to_the_rest_of_the_package_too(name):
    provider, key = every_format()[name]
    assert detect_provider(key) == provider
    assert KEY_SHAPE.fullmatch(key) or registered_shape().fullmatch(key)


GLUED = [name for name in FORMATS if name != "gemini, old"]  # that one may come up by chance in base64


@given(word, word, st.sampled_from(GLUED))
def test_no_piece_is_left_of_a_key_whatever_it_is_glued_to(before, after, name):
    key = every_format()[name][1]
    assert not has_piece(key, without_keys(before + key + after))


@given(around, around, st.sampled_from(GLUED), st.integers(0, 4), st.data())
def test_a_key_is_found_at_any_position_behind_any_escapes_of_json_and_nothing_else_changes(
    before, after, name, depth, data
):
    key = every_format()[name][1]
    after = re.sub(r"\A[A-Za-z0-9_-]+", "", after)
    levels = data.draw(st.lists(st.integers(0, depth), min_size=len(key), max_size=len(key)))
    text = written(f"{before}\uf8ff{after}", key, levels, depth)
    assert without_keys(text) == written(f"{before}[API key]{after}", "", [], depth)


@given(
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.sampled_from(FORMATS),
    st.integers(20, 100),
    st.text("abcXYZ09", max_size=3),
    st.sampled_from(["\n", "\r\n", "\n    ", "\\n", "\\\\n", '\\n",\n    "', '","']),
    st.booleans(),
)
def test_a_key_in_base64_is_found_at_any_alignment_over_lines(before, after, name, width, unaligned, gap, urlsafe):
    provider, key = every_format()[name]
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    decode = base64.urlsafe_b64decode if urlsafe else base64.b64decode
    data = before + b"<" + key.encode() + b">" + after
    signs = unaligned + encode(data).decode()
    text = f'"data:text/plain;base64,{gap.join(re.findall(f".{{1,{width}}}", signs))}"'
    assert [each.provider for each in find_keys(text)] == [provider]
    shown = without_keys(text)
    assert re.sub(r"[\w+/=-]", "", shown) == re.sub(r"[\w+/=-]", "", text)
    kept = shown.partition("base64,")[2][:-1].replace(gap, "")
    assert kept.startswith(unaligned)
    assert decode(kept.removeprefix(unaligned)) == data.replace(key.encode(), b"*" * len(key))


def entities(key: str) -> str:
    return "".join(f"&#{ord(sign)};" for sign in key)


def percent(text: str) -> str:
    return "".join(f"%{ord(sign):02x}" for sign in text)


ESCAPED = {
    "an entity": lambda key: f"&#{ord(key[0])};{key[1:]}",
    "entities": entities,
    "entities without their ends": lambda key: entities(key).replace(";", ""),
    "entities in hex": lambda key: "".join(f"&#x{ord(sign):X};" for sign in key),
    "entities that are escaped": lambda key: entities(key).replace("&", "&amp;amp;"),
    "entities in JSON": lambda key: entities(key).replace("&", "\\u0026"),
    "a name of a sign": lambda key: key.replace("_", "&lowbar;", 1),
    "a percent escape": lambda key: f"%{ord(key[0]):X}{key[1:]}",
    "percent escapes": percent,
    "percent escapes of percent escapes": lambda key: percent(percent(key)),
    "percent signs that are escaped": lambda key: percent(key).replace("%", "%252525"),
    "bytes": lambda key: "".join(f"\\x{ord(sign):02x}" for sign in key),
    "octal": lambda key: "".join(f"\\{ord(sign):03o}" for sign in key),
    "code points": lambda key: "".join(f"\\U{ord(sign):08x}" for sign in key),
    "code points in braces": lambda key: "".join(f"\\u{{{ord(sign):x}}}" for sign in key),
    "JSON in an address": lambda key: percent(json.dumps({"key": f"\\{key}"})).replace("%5c", "%5cu005c", 1),
    "two parts": lambda key: f"'%{ord(key[0]):X}{key[1:30]}' + '{entities(key[30:])}'",
    "base64": lambda key: base64.b64encode(percent(key).encode()).decode(),
}


@pytest.mark.parametrize("how", ESCAPED)
@pytest.mark.parametrize("name", FORMATS)
def test_a_key_is_found_however_its_signs_are_escaped(name, how):
    key = every_format()[name][1]
    text = f"before {ESCAPED[how](key)}"
    assert len(find_keys(text)) == 1
    left = without_keys(text)
    assert left.startswith("before ")
    assert find_keys(left) == []
    assert how in {"base64", "JSON in an address", "two parts"} or left == "before [API key]"


@pytest.mark.parametrize("before", ["\\n", "\\t", "%26", "%3D", "&#38;", "\\u0022", "%0A"])
@pytest.mark.parametrize("name", FORMATS)
def test_an_escape_before_a_key_is_no_part_of_a_word(name, before):
    assert without_keys(before + every_format()[name][1]) == f"{before}[API key]"


@pytest.mark.parametrize("at", [999_990, 1_000_000, 1_000_010])
@pytest.mark.parametrize("filler", ["=", "%41!"])
def test_a_key_in_a_huge_text_is_found_wherever_it_stands(at, filler):
    key = entities(fake_key())
    before = (filler * at)[:at]
    text = f"{before} {key} {filler * 10}"
    assert [text[each.start : each.end] for each in find_keys(text)] == [key]


def test_base64_with_escaped_slashes_is_read():
    key = fake_key()
    data = b"?" * 54 + key.encode()
    text = json.dumps(base64.encodebytes(data).decode()).replace("/", "\\/").replace("=", "\\u003d")
    assert "\\/c2st\\n" in text
    assert base64.b64decode(json.loads(without_keys(text))) == b"?" * 54 + b"*" * len(key)


def test_keys_side_by_side_in_base64_are_removed_one_after_the_other():
    keys = fake_key("openrouter") + fake_key("openrouter")
    text = base64.b64encode(keys.encode()).decode()
    while find_keys(text):
        text = without_keys(text)
    assert base64.b64decode(text) == b"*" * len(keys)


def test_several_keys_are_told_apart_and_given_in_order():
    keys = [key for _, key in every_format().values()]
    text = "\n".join([*keys, base64.b64encode(keys[0].encode()).decode(), keys[1]])
    found = find_keys(text)
    assert len(found) == len(keys) + 2
    assert [each.start for each in found] == sorted(each.start for each in found)
    assert not any(has_piece(key, without_keys(text)) for key in keys)


def test_no_part_of_a_key_is_in_what_stands_for_it():
    key = fake_key("openrouter")
    assert not has_piece(key, repr(find_keys(f"{key} {base64.b64encode(key.encode()).decode()}")))


NO_KEYS = [
    "",
    "sk-learn, task-" + "proj-management-for-everyone-in-the-office",
    "OPENAI_API_KEY=sk-...",
    "sk-ant-api03-" + "x" * 95,
    "sk-or-v1-" + "x" * 64,
    "sk-or-v1-0123abc",
    "sk-proj-" + "x" * 156,
    "sk-proj-****wxyz",
    "T3BlbkFJ",
    "the old key began with sk- and had T3BlbkFJ inside",
    "https://example.org/sk-proj-docs/T3BlbkFJ",
    "sha512-" + "ab12" * 32,
    "[API key]",
]


@pytest.mark.parametrize("text", NO_KEYS)
def test_placeholders_names_and_hashes_are_no_keys(text):
    assert find_keys(text) == []
    assert find_keys(json.dumps(text)) == []
    assert find_keys(base64.b64encode(text.encode()).decode()) == []


def test_noise_is_no_key():
    assert find_keys(base64.b64encode(random.Random(4).randbytes(300_000)).decode()) == []
    assert find_keys(" ".join(f"sk-{secrets.token_urlsafe(100)}" for _ in range(500))) == []


ENDLESS = [
    "a",
    "\\",
    "sk-",
    "sk-ant-api",
    '"',
    "sk-proj-a_",
    "\\\\u0073",
    'A" ',
    "a" * 24 + "\\n",
    "\n",
    "%41",
    "%25",
    "&amp;",
    "&#115",
    "\\163",
]


def test_many_keys_take_time_for_each_alone():
    key = fake_key("openrouter")
    many = [f"{key}\n{key[:30]}\n{key[30:]}\n" * 1500, base64.encodebytes(f"{key}?".encode() * 3000).decode()]
    start = time.process_time()
    assert [len(find_keys(text)) for text in many] == [3000, 3000]
    assert time.process_time() - start < 4


@pytest.mark.parametrize("piece", ENDLESS)
def test_time_grows_with_the_text_alone(piece):
    start = time.process_time()
    find_keys(piece * (500_000 // len(piece)) + " \\/")
    assert time.process_time() - start < 4
