"""Tokens in words: what is known is said, and what is not is never a number."""

from __future__ import annotations

from decimal import Decimal

import pytest

from byok_widgets.usage import Cost, CostTotal, Usage, Usages, token_counts, token_words
from tests.html_table import cells_of


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


def test_usages_are_a_table_without_what_no_call_reports() -> None:
    rows = [["call", "tokens in", "tokens out"], ["1", "1,234", "56"], ["2", "not reported", "not reported"]]
    assert cells_of(Usages([Usage(1234, 56), Usage()])._repr_html_()) == rows


def test_usages_tell_what_came_from_a_cache() -> None:
    heads, *rows = cells_of(Usages([Usage(9, 5, 7), Usage(9, 5)])._repr_html_())
    assert heads == ["call", "tokens in", "tokens out", "from a cache"]
    assert rows == [["1", "9", "5", "7"], ["2", "9", "5", "not reported"]]


PRICED = Cost(Decimal("0.0123"), "price list")


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (Usage(1234, 56, 7), "Usage(1,234 tokens in, 56 out, 7 from a cache)"),
        (Usage(5, 6, 0, 4), "Usage(5 tokens in, 6 out, 4 to a cache)"),
        (Usage(), "Usage(tokens not reported)"),
        (PRICED, "Cost($0.0123, price list)"),
        (Cost(Decimal(0), "local"), "Cost(free, local)"),
        (Cost(), "Cost(not priced)"),
        (PRICED.or_more(), "Cost(at least $0.0123)"),
        (PRICED.replayed(), "Cost(replayed, $0.0123 when recorded)"),
        (CostTotal.of([PRICED, PRICED]), "CostTotal($0.0246, 2 calls)"),
        (CostTotal.of([PRICED, Cost()]), "CostTotal(at least $0.0123, 1 call not priced, 2 calls)"),
    ],
)
def test_in_a_list_they_say_in_words_what_is_known(shown: object, words: str) -> None:
    assert repr([shown]) == f"[{words}]"
