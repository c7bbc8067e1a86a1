"""JSON as providers send it, and text with halves of characters."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.providers.stream import SurrogateJoiner, parse_json, without_surrogates

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value
    if json.dumps(value, ensure_ascii=False).isprintable():
        assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (rb'"\ud83d"', "\ud83d"),
        (b'"a\x01\tb\nc"', "a\x01\tb\nc"),
        (b'"a\xffb"', "a\ufffdb"),
        (b' {"a": 1} ', {"a": 1}),
    ],
)
def test_what_strict_json_forbids_is_read(data: bytes, value: Any) -> None:
    assert parse_json(data) == value


@pytest.mark.parametrize(
    "data", [b"", b"{", b"{oops", b"[" * 100_000, b'{"a":' * 100_000, b"{} {}", b"1" * 10_000 + b"x"]
)
def test_what_is_not_json_is_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its words
        parse_json(data)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse_json(data)


@given(st.text(st.characters(codec=None, categories=["Lu", "Cs", "So"]), max_size=8), st.data())
def test_text_in_pieces_can_be_encoded_and_loses_no_whole_character(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    joiner = SurrogateJoiner()
    pieces = [joiner.feed(text[start:end]) for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole = "".join(pieces) + joiner.flush()
    assert whole == without_surrogates(text)
    whole.encode()
    if text.isprintable():
        assert whole == text


def test_halves_are_joined_and_the_rest_is_replaced() -> None:
    joiner = SurrogateJoiner()
    assert [joiner.feed(text) for text in ("Hi \ud83d", "", "\ude00!", "\ude00", "a\ud83d")] == [
        "Hi ",
        "",
        "😀!",
        "\ufffd",
        "a",
    ]
    assert (joiner.flush(), joiner.flush()) == ("\ufffd", "")
