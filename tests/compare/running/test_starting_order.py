"""The order in which cases are started: the same each time, groups together, new cases after the others."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from byok_widgets.cases.case import Case
from byok_widgets.compare.running.starting_order import shuffled
from byok_widgets.compare.storage.store import CellStore

CASES = [Case(f"c{number}", text=f"Hi, {number}", group=f"caller {number % 20}") for number in range(60)]


def test_it_is_shuffled_once_whatever_order_cases_are_given_in() -> None:
    store = CellStore(None)
    order = shuffled(CASES, store)
    assert sorted(case.name for case in order) == sorted(case.name for case in CASES)
    assert order != sorted(CASES, key=lambda case: case.name)
    assert shuffled(CASES[::-1], store) == order
    assert shuffled(CASES, CellStore(None)) != order, "another store has another order"


def test_cases_of_a_group_and_equal_ones_stand_together() -> None:
    order = shuffled(CASES, CellStore(None))
    assert len([group for group, _ in groupby(order, key=lambda case: case.group)]) == 20
    equal = [Case(f"c{number}", text=f"Hi, {number % 20}") for number in range(60)]
    assert len([text for text, _ in groupby(shuffled(equal, CellStore(None)), key=lambda case: case.text)]) == 20


def test_cases_of_merged_shards_have_one_order_however_often_it_is_looked_at(tmp_path: Path) -> None:
    alone, store = [Case(f"n{number}", text=f"Hello, {number}") for number in range(60)], CellStore(None)
    for number in (0, 1):
        file = tmp_path / f"{number}.sqlite"
        shard = CellStore(file)
        shuffled(alone[number::2], shard)
        shard.close()
        store.merge(file)
    assert shuffled(alone, store) == shuffled(alone, store)


def test_cases_that_are_added_come_after_the_others() -> None:
    store, alone = CellStore(None), [Case(f"n{number}", text=f"Hello, {number}") for number in range(60)]
    first = shuffled(alone[10:40], store)
    order = shuffled(alone, store)
    assert order[:30] == first
    assert shuffled(alone[:35], store) == [case for case in order if case in alone[:35]]
