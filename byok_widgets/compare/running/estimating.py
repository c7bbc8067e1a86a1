"""Estimates what a comparison will take, before its first call."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.running.setup import Setup
from byok_widgets.compare.spending.prices import CostEstimate
from byok_widgets.compare.storage.store import CellStore


def estimate_of(setup: Setup, store: CellStore, known: Mapping[Key, ResultCell]) -> CostEstimate:
    """Return what the missing cells will probably cost, from this flow's own token counts where there are any."""
    task = setup.task
    repeats = range(1, task.sampling.repeat + 1)
    tokens = {variant.id: store.tokens([variant.id]) for variant in task.variants}
    counted = store.tokens([variant.id for variant in task.variants])
    calls = finished = 0
    usd, priced = Decimal(0), False
    unpriced: dict[str, None] = {}
    equal: set[str] = set()
    reserved: Decimal | None = Decimal(0)
    for case in setup.cases:
        case_id, bounds = task.known_id(case), task.bounds(case)
        if case_id in equal:
            continue
        equal.update([case_id] if case_id else [])
        for variant in task.variants:
            there = sum(_is_finished(known.get((variant.id, case_id or "", repeat))) for repeat in repeats)
            finished += there
            calls += len(repeats) - there
            most = None if bounds is None else bounds.get(variant.id, Decimal(0)) * (len(repeats) - there)
            reserved = None if most is None or reserved is None else reserved + most
            one = task.expected(variant, case, tokens[variant.id] or counted)
            if one is None:
                unpriced[variant.name] = None
            else:
                priced, usd = True, usd + one * (len(repeats) - there)
    known_most = [most for most in (reserved, setup.limits.usd) if most is not None]
    return CostEstimate(
        calls,
        finished,
        usd if priced else None,
        min(known_most) if known_most and not unpriced else None,
        reserved,
        tuple(unpriced),
        counted is not None,
    )


def _is_finished(cell: ResultCell | None) -> bool:
    return cell is not None and cell.counts
