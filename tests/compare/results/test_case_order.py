"""Cases in the orders of a page, beside orders that are worked out the long way."""

from __future__ import annotations

import random
import re
import statistics
from types import SimpleNamespace

import pytest

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.scoring import MISSING, Score
from byok_widgets.compare.results.results import Results

REPEATS = (1, 2)
VARIANTS = [SimpleNamespace(id=name, name=name) for name in "abc"]


def filled(cases, seed):
    """Return results with random scores, some of them missing, and the gap of each case as it should be."""
    chance = random.Random(seed)
    results = Results(VARIANTS, cases, len(REPEATS))
    gaps = []
    for case in cases:
        means = []
        for variant in VARIANTS:
            scores = [chance.choice([0.0, 1.0, 1.0, None]) for _ in REPEATS]
            for repeat, score in zip(REPEATS, scores, strict=True):
                cell = ResultCell(variant.id, case.name, repeat, "done")
                results.add(case, cell, MISSING if score is None else Score(score))
            known = [score for score in scores if score is not None]
            means += [statistics.fmean(known)] if known else []
        gaps.append(max(means) - min(means) if means else 0.0)
    return results, gaps


def as_counted(name):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


@pytest.mark.parametrize("count", [7, 900])  # fewer than are taken in at once, and more
def test_pages_are_those_of_the_whole_order(count):
    cases = [Case(f"case {number}", text="Hi") for number in range(count)]
    random.Random(3).shuffle(cases)
    results, gaps = filled(cases, seed=count)
    keys = {
        "run": lambda number: number,
        "name": lambda number: as_counted(cases[number].name),
        "gap": lambda number: (-gaps[number], number),
    }
    for order, key in keys.items():
        for apart in (False, True):
            right = sorted((n for n in range(count) if gaps[n] or not apart), key=key)
            starts = range(0, count, 5)
            pages = [results.order.numbers(order, apart=apart, start=at, count=5) for at in starts]
            assert [number for numbers, _ in pages for number in numbers] == right
            assert {chosen for _, chosen in pages} == {len(right)}
            assert results.order.numbers(order, apart=apart, start=10**30, count=5) == ([], len(right))


def test_new_scores_take_the_place_of_those_before():
    cases = [Case(f"case {number}", text="Hi") for number in range(3)]
    results, _ = filled(cases, seed=1)
    places = [(variant.id, case.name, repeat) for case in cases for variant in VARIANTS for repeat in REPEATS]
    results.replace_scores({place: Score(float(place[:2] == ("b", "case 1"))) for place in places})
    assert results.order.numbers("gap", apart=True, count=9) == ([1], 1)
    results.add(cases[2], ResultCell("a", "case 2", 1, "done"), Score(1.0))
    assert results.order.numbers("gap", apart=True, count=9) == ([1, 2], 2)
