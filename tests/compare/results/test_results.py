"""What is known of the variants of a comparison, kept with each cell, beside what all cells give at once."""

from __future__ import annotations

import math
import random
import statistics
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.scoring import MISSING, Score
from byok_widgets.compare.results.evidence import Live
from byok_widgets.compare.results.results import Results

VARIANTS: list[Any] = [SimpleNamespace(id=name, name=name) for name in "ab"]
CASES = [Case(f"case {number}", text=f"Hi, number {number}") for number in range(30)]
REPEATS = (1, 2)


def some_cell(variant: str, case: Case, repeat: int, chance: random.Random) -> ResultCell:
    usd = chance.choice([None, Decimal(1), Decimal("0.5")])
    status: Any = chance.choice(["done", "done", "invalid", "failed"])
    times = {"total_s": chance.choice([None, chance.random() + 1]), "first_token_s": chance.random()}
    return ResultCell(
        variant, case.name, repeat, status, usd=usd, output_tokens=9, retries=chance.randrange(3), **times
    )


def filled(seed: int) -> tuple[Results, dict[tuple[str, str, int], tuple[ResultCell, Score]]]:
    """Return results to which cells came in any order, some of them twice, and what is there in the end."""
    chance, results = random.Random(seed), Results(VARIANTS, CASES, len(REPEATS))
    places = [(variant.id, case, repeat) for variant in VARIANTS for case in CASES for repeat in REPEATS]
    chance.shuffle(places)
    last = {}
    for variant, case, repeat in [*places, *places[:20]]:
        cell = some_cell(variant, case, repeat, chance)
        score = Score(chance.choice([0.0, 0.3, 1.0])) if cell.counts else MISSING
        results.add(case, cell, score)
        if chance.random() < 0.2:
            results.summary(VARIANTS[0])  # whoever looks changes nothing
        last[variant, case.name, repeat] = cell, score
    return results, last


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_the_cells_that_are_there_in_the_end(seed: int) -> None:
    results, last = filled(seed)
    for variant in VARIANTS:
        cells = [cell for (own, _, _), (cell, _) in last.items() if own == variant.id]
        found = results.summary(variant)
        paid = [cell for cell in cells if cell.is_paid]
        assert found.finished == len(cells)
        assert found.failed == sum(cell.status == "failed" for cell in cells)
        assert found.declined == sum(cell.status == "invalid" for cell in cells)
        assert found.retries == sum(cell.retries for cell in cells)
        assert found.unpriced == sum(cell.usd is None for cell in paid)
        assert found.usd == sum((cell.usd or Decimal(0) for cell in paid), Decimal(0))
        totals = [cell.total_s for cell in cells if cell.counts and cell.total_s is not None]
        assert results.seconds_of(variant) == sorted(totals)
        assert found.p50_s == pytest.approx(statistics.median(totals))
        assert found.first_token_s == pytest.approx(statistics.median(cell.first_token_s or 0 for cell in cells))


@pytest.mark.parametrize("seed", range(5))
def test_amounts_are_those_of_the_cells_that_count_case_by_case(seed: int) -> None:
    results, last = filled(seed)
    for variant in VARIANTS:
        cells = [last[variant.id, case.name, repeat][0] for case in CASES for repeat in REPEATS]
        usd, seconds = results.amounts(variant)
        for found, name in ((usd, "usd"), (seconds, "total_s")):
            known = [getattr(cell, name) if cell.counts else None for cell in cells]
            wanted = [math.nan if amount is None else float(amount) for amount in known]
            assert list(found) == pytest.approx(wanted, nan_ok=True)


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_is_that_of_the_means_of_the_cases(seed: int) -> None:
    results, last = filled(seed)
    for variant in VARIANTS:
        means = []
        for case in CASES:
            scores = [last[variant.id, case.name, repeat][1].value for repeat in REPEATS]
            known = [score for score in scores if score is not None]
            means += [statistics.fmean(known)] if known else []
        assert results.mean_of(variant) == pytest.approx(statistics.fmean(means))
        assert list(results.means_of(variant).values()) == pytest.approx(means)


def test_other_scores_take_the_place_of_those_that_there_were() -> None:
    results, last = filled(9)
    results.replace_scores({place: Score(0.25) for place in last})
    assert [results.mean_of(variant) for variant in VARIANTS] == pytest.approx([0.25, 0.25])


def test_readers_are_told_of_cells_that_failed_in_the_order_of_the_cases() -> None:
    results = Results(VARIANTS, CASES, 1)
    for number in (7, 2, 5):
        results.add(CASES[number], ResultCell("b", CASES[number].name, 1, "failed"), MISSING)
    results.add(CASES[2], ResultCell("b", CASES[2].name, 1, "done"), Score(1.0))
    assert [cell.case for _, cell, _ in results.told()] == ["case 5", "case 7"]


def test_evidence_bets_on_a_group_when_all_its_cases_have_ended() -> None:
    pytest.importorskip("scipy")
    cases = [Case(f"case {number}", text=f"Hi, {number}", group=f"caller {number // 3}") for number in range(30)]
    results, live = Results(VARIANTS, cases, 1), Live()
    for number, case in enumerate(cases):
        for variant in VARIANTS:
            results.add(case, ResultCell(variant.id, case.name, 1, "done"), Score(float(variant.id == "b")))
        assert live.look(results, VARIANTS[0], None)["b"].n == 3 * ((number + 1) // 3)


def test_times_of_very_many_cells_are_in_order() -> None:
    chance, results = (
        random.Random(4),
        Results(VARIANTS[:1], [Case(f"c{n}", text=f"{n}") for n in range(7_000)], 1),
    )
    seconds = [chance.choice([chance.random(), 0.5]) for _ in results.cases]
    for case, took in zip(results.cases, seconds, strict=True):
        results.add(case, ResultCell("a", case.name, 1, "done", total_s=took), MISSING)
    found = results.summary(VARIANTS[0])
    assert results.seconds_of(VARIANTS[0]) == sorted(seconds)
    assert found.p50_s == statistics.median(seconds)
    assert found.p95_s == pytest.approx(statistics.quantiles(seconds, n=20, method="inclusive")[-1])


def test_equal_cases_share_a_cell_whose_cost_counts_once() -> None:
    results = Results(VARIANTS, CASES, 1)
    for case in CASES[:3]:
        results.add(case, ResultCell("a", "the same", 1, "done", usd=Decimal(2)), Score(1.0))
    found = results.summary(VARIANTS[0])
    assert (found.finished, found.usd, found.usd_per_1000) == (3, Decimal(2), Decimal(2000))
    assert results.cost.usd == Decimal(2)


def test_evidence_goes_on_from_the_last_look_and_begins_anew_when_a_cell_was_replaced() -> None:
    pytest.importorskip("scipy")
    results, live = Results(VARIANTS, CASES, 1), Live()
    for number, case in enumerate(CASES):
        for variant in VARIANTS:
            score = Score(float(variant.id == "a" or number % 3 == 0))
            results.add(case, ResultCell(variant.id, case.name, 1, "done"), score)
        found = live.look(results, VARIANTS[0], None)["b"]
        once = Live().look(results, VARIANTS[0], None)["b"]
        assert (found.n, found.e_value) == (number + 1, pytest.approx(once.e_value))
    results.add(CASES[1], ResultCell("b", CASES[1].name, 1, "done", retries=1), Score(1.0))
    assert live.look(results, VARIANTS[0], None) == Live().look(results, VARIANTS[0], None)


@pytest.mark.parametrize(("took_s", "speed"), [(0.5, 18.0), (0.0001, None), (0.0, None)])
def test_an_answer_that_came_as_a_whole_tells_no_speed(took_s: float, speed: float | None) -> None:
    results = Results(VARIANTS, CASES[:1], 1)
    cell = ResultCell("a", CASES[0].name, 1, "done", output_tokens=9, first_token_s=2.0, total_s=2.0 + took_s)
    results.add(CASES[0], cell, Score(1.0))
    assert results.summary(VARIANTS[0]).tokens_per_s == (None if speed is None else pytest.approx(speed))
