"""JSON of others: each number in it is finite, however it is written."""

from __future__ import annotations

import json

import pytest

from byok_widgets.files import finite_json


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[1, Infinity]",
        '{"a": -Infinity}',
        "1e999",
        "-1E+999",
        "1e0309",
        "1000e306",
        "1.5e308999",
        f"1{'0' * 309}.0",
        f"{'9' * 400}e0",
    ],
)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_number_that_is_not_finite_is_no_json(text: str, *, as_bytes: bool) -> None:
    with pytest.raises(ValueError, match="finite"):
        finite_json(text.encode() if as_bytes else text)


@pytest.mark.parametrize(
    "text",
    [
        "1e308",
        "-1.5E-999",
        "123456789e99",
        f"{'9' * 308}.0",
        f"0.{'1' * 500}",
        f"{'9' * 400}",
        '["1e999", "NaN"]',
        '"\\ud83d"',
        '{"a": [1, 2.5, true, null]}',
    ],
)
def test_every_other_value_is_what_it_is(text: str) -> None:
    assert finite_json(text) == finite_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", "\ufeff{}", "[1,]", "{} {}"])
def test_what_is_no_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its words
        finite_json(text)
