"""What lists of cases and verdicts look like as the last line of a cell: one readable line for each."""

from __future__ import annotations

import pytest

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.results.variant_result import VariantResult


def test_a_case_shows_its_name_what_is_said_and_what_is_expected_and_nothing_that_is_empty() -> None:
    shown = repr(Case("case 1", text="I'm Ana,\n Tuesday", values={"name": "Ana"}))
    assert shown == """Case('case 1', "I'm Ana, Tuesday", values={'name': 'Ana'})"""
    assert repr(Case("case 2", caller=("Hi", "Bye"))) == "Case('case 2', 'Hi / Bye')"


def test_a_verdict_shows_the_variant_its_score_and_the_verdict() -> None:
    pytest.importorskip("numpy")
    from byok_widgets.compare.statistics.results import Estimate

    score = Estimate(0.75, 0.5, 0.9, level=0.95, n=20, method="Wilson")
    shown = repr(VariantResult(Variant("small", id="v", models={"ask": "local:small"}), score))
    assert shown == "VariantResult(small, score 0.75 (0.50 to 0.90 at 95%), baseline)"
