"""Whether cases or repeats were added after somebody may have seen a verdict on the others.

An interval, and its verdict, holds for a number of cases that was fixed before. Who looks, adds cases, and looks
again is shown the evidence alone, which may be looked at at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import Any

from byok_widgets.compare.cells.result_cell import Key
from byok_widgets.compare.results import evidence
from byok_widgets.compare.running.setup import Setup
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.hashing import hashed

NAME = "second_look"
"""By what it is noted with a comparison: the same call shows the same later."""


def look_of(setup: Setup, store: CellStore, known: Collection[Key]) -> dict[str, Any]:
    """Return what is noted with a comparison in its store: which cases it has, and whether it is a second look.

    Args:
        setup: How it is run.
        store: Where its cells are.
        known: The cells that are there.
    """
    own = {
        "against": setup.against,
        "plan": hashed([sorted(case.input_id for case in setup.cases), setup.task.sampling.repeat]),
        "shard": [setup.shard.number, setup.shard.count],
    }
    noted = {name: spec for name, _, _, spec in store.comparisons()}
    if setup.id in noted and NAME in noted[setup.id]:
        return {**own, NAME: bool(noted[setup.id][NAME])}
    same = [spec for spec in noted.values() if spec.get("plan") == own["plan"] and not spec.get(NAME)]
    others = [spec for spec in noted.values() if spec.get("plan") != own["plan"] and not _is_part(spec, own)]
    planned, seen = ({pair for spec in specs for pair in _pairs_of(spec)} for specs in (same, others))
    ids = [variant.id for variant in setup.task.variants]
    pairs = set(_pairs([*ids, setup.against], setup.against or setup.baseline.id))
    return {**own, NAME: any(_has_verdict(setup, pair, known) for pair in pairs & seen - planned)}


def _is_part(spec: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Whether a comparison is a shard of this one: that it would be joined was clear before."""
    return bool(spec.get("shard") != own["shard"] and own["shard"] == [1, 1])


def _pairs_of(spec: Mapping[str, Any]) -> Iterator[frozenset[str]]:
    ids = dict(zip(spec.get("variants") or (), spec.get("ids") or (), strict=False))
    against = str(spec.get("against") or "")
    baseline = against or ids.get(str(spec.get("baseline")))
    yield from _pairs([*ids.values(), against], baseline) if baseline else ()


def _pairs(ids: Collection[str], baseline: str) -> Iterator[frozenset[str]]:
    """Yield the variants that are compared, two by two."""
    yield from (frozenset(pair) for pair in combinations(filter(None, ids), 2) if baseline in pair)


def _has_verdict(setup: Setup, pair: Collection[str], known: Collection[Key]) -> bool:
    """Whether both variants have enough of these cases for a verdict."""
    if not evidence.are_possible():
        return False
    from byok_widgets.compare.statistics import MIN_CASES

    both = set.intersection(*({case for variant, case, _ in known if variant == own} for own in pair))
    count = 0
    for case in setup.cases:
        count += setup.task.known_id(case) in both
        if count >= MIN_CASES:
            return True
    return False
