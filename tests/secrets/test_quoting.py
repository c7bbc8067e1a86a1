"""How errors quote what somebody gave: shortened, and without keys."""

from __future__ import annotations

import pytest

from byok_widgets.secrets.quoting import as_given, without_keys
from tests.fake_keys import every_format, fake_key
from tests.key_forms import leaks

KEYS = {name: key for name, (_, key) in every_format().items()} | {
    "mistral": fake_key("mistral"),
    "upper case": fake_key().upper(),
    "short": "sk-" + "None-a1b2c3d4e5",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
@pytest.mark.parametrize(
    "wrap", [str, lambda key: [key], lambda key: {key: {"a": key}}, lambda key: "x" * 50 + f" {key}"]
)
def test_no_key_is_quoted_wherever_it_stands_and_however_long_the_quote_is(key, wrap):
    for most in (20, 60, 70, 200):
        assert not leaks(as_given(wrap(key), most), key)
        assert len(as_given(wrap(key), most)) <= most


def test_other_values_are_quoted_as_python_writes_them():
    assert as_given("three\nlines") == r"'three\nlines'"
    assert as_given({"a": [1, None]}) == "{'a': [1, None]}"
    assert as_given("a" * 80) == "'" + "a" * 58 + "…"
    assert without_keys("two\n lines") == "two lines"


def test_a_value_that_cannot_be_written_is_named_by_its_type():
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    assert "Odd" in as_given(Odd())
