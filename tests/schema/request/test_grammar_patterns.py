"""Patterns in the dialect of a grammar: they match nothing that the original does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.schema.request.grammar_patterns import for_grammar

LONGEST = 40


@pytest.mark.parametrize(
    ("pattern", "rewritten"),
    [
        (r"^\d{3}$", "^[0-9]{3}$"),
        (r"^[\d-]+$", "^[0-9-]{1,40}$"),
        (r"^(?:a|b)*$", "^(a|b){0,40}$"),
        (r"^\w{2,}$", "^[A-Za-z0-9_]{2,40}$"),
        (r"^a{50,}$", "^a{50,50}$"),
        (r"^a\-b\.c$", r"^a-b\.c$"),
        (r"^\$\d+?$", r"^\$[0-9]{1,40}$"),
        (r"^[a\-c\]^]$", r"^[a\-c\]\x5E]$"),
        (r'^["a]$', "^[a]$"),
        (r"^\u0041\x42$", "^AB$"),
        ("^é?$", "^é?$"),
        ("^$", "^$"),
    ],
)
def test_it_is_written_in_the_dialect(pattern: str, rewritten: str) -> None:
    assert for_grammar(pattern, LONGEST) == rewritten


@pytest.mark.parametrize(
    "pattern",
    [
        *("abc", "^abc", "abc$", "^", "$", "^a$|^b$", "^a|b$", r"^a\$", "^(?=a)b$", "^(?!a)b$", r"^(a)\1$"),
        *(r"^\bab$", r"^\p{L}+$", "^a{5000}$", "^(?i:a)$", "^(?P<x>a)$", '^"$', r"^\\$", '^["]$', "^[]$"),
        *("^a^b$", "^\t$", r"^\n$"),
        *("^{a$", "^[a$", r"^[\b]$", "^a]$"),
    ],
)
def test_a_pattern_without_an_equal_is_not_sent(pattern: str) -> None:
    assert for_grammar(pattern, LONGEST) is None


PATTERNS = (
    *(r"^\d{3}$", r"^[^,]{1,9}$", r"^.{2,5}$", r"^\D+$", r"^\S+@\S+$", r"^(?:\d\d:)?[\w.-]+$"),
    *(r"^[^\d\s]*$", r"^\W\s$"),
    *(r"^\+?\(?\d+\)?$", r"^[^\w]{2}$", r"^(a|\d)*z?$", r"^[\]\[^-]+$"),
)


@given(st.sampled_from(PATTERNS), st.data())
def test_whatever_it_matches_the_original_matches_and_no_escape_is_needed_in_json(
    pattern: str, data: st.DataObject
) -> None:
    rewritten = for_grammar(pattern, LONGEST)
    assert rewritten is not None
    text = data.draw(st.from_regex(rewritten, fullmatch=True))
    assert re.search(pattern, text.removesuffix("\n"), re.ASCII)
    assert not re.search(r'["\\\x00-\x1f]', text.removesuffix("\n"))
