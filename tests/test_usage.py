"""Tokens in words: what is known is said, and what is not is never a number."""

from __future__ import annotations

import pytest

from byok_widgets.usage import Usage, token_counts, token_words


@pytest.mark.parametrize(
    ("usages", "words"),
    [
        ([], "0 tokens in, 0 out"),
        ([Usage(1234, 56)], "1,234 tokens in, 56 out"),
        ([Usage()], "tokens not reported"),
        ([Usage(7)], "7 tokens in, output not reported"),
        ([Usage(None, 3)], "input not reported, 3 tokens out"),
        ([Usage(7, 3), Usage()], "at least 7 tokens in, at least 3 out"),
        ([Usage(7, 3), Usage(7)], "14 tokens in, at least 3 out"),
    ],
)
def test_tokens_in_words(usages: list[Usage], words: str) -> None:
    assert token_words(*usages) == words
    assert "?" not in "".join(token_counts(usages))
