"""The store of cells: what is written is there, what cannot be is told and kept; a hostile file does nothing."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.scoring import Score
from byok_widgets.compare.storage.past import past_comparisons
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.errors import ConfigError
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key

SPEC = '{"variants": {"a": {"ask": "m"}}, "cases": ["c"], "repeat": 1, "metric": "checks", "ids": ["variant"]}'
SPEC_WITHOUT_END = SPEC.replace('"repeat": 1', '"repeat": 1e999')


def cell(repeat: int = 1, **more: Any) -> ResultCell:
    return ResultCell("variant", "case", repeat, **{"status": "done", "output": {"text": "Hi"}, **more})


def put(store: CellStore, *cells: ResultCell) -> list[Any]:
    """Put cells at the same time; returns the outcome of each."""

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(store.put(each, {}) for each in cells), return_exceptions=True)

    return asyncio.run(all_at_once())


@pytest.mark.parametrize(
    "figures",
    [
        {"input_tokens": 10**30, "output_tokens": -1},
        {"usd": Decimal("NaN")},
        {"usd": Decimal(10) ** 30},
        {"total_s": float("inf"), "first_token_s": float("nan")},
    ],
)
def test_figures_that_nobody_could_mean_count_as_unknown(figures: dict[str, Any], tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.sqlite")
    put(store, cell(**figures))
    (found,) = store.cells(["variant"])
    assert all(getattr(found, name) is None for name in figures)


def test_a_cell_that_cannot_be_written_leaves_the_others_alone(tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.sqlite")
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    results = put(
        store, cell(1), cell(2, output={"values": {"a": 10**5000}}), cell(3, output={"deep": deep}), cell(4)
    )
    assert [isinstance(result, ConfigError) for result in results] == [False, True, True, False]
    assert [each.repeat for each in store.cells(["variant"])] == [1, 4]


def test_text_of_any_kind_is_kept(tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.sqlite")
    put(store, cell(message="\ud800", output={"text": "\ud800\0", "\udfff": (1, {2})}))
    (found,) = store.cells(["variant"])
    assert found.message == "\\ud800"
    assert found.output == {"text": "\\ud800\0", "\\udfff": [1, [2]]}


def test_no_key_is_kept_wherever_it_stands(tmp_path: Path) -> None:
    held = Secret(fake_key())
    key = held.reveal()
    store = CellStore(tmp_path / "cells.sqlite")
    output = {"path": (key,), "set": {key}, "object": Path(key), key: 1, "deep": [{"a": ({"b": key},)}]}
    (kept,) = put(store, cell(message=key, model=key, error=key, output=output, request={"x": (key,)}))
    assert key not in repr(kept)
    store.keep_upstream("one", [[("user", key)], {"value": (key,)}])
    store.note_comparison("id", 0.0, key, {"cases": (key,), "variants": {key: {"ask": key}}})
    assert key not in repr([store.cells(["variant"]), store.upstream("one"), store.comparisons()])


def test_a_cell_that_failed_does_not_replace_one_that_another_kernel_finished(tmp_path: Path) -> None:
    one, other = CellStore(tmp_path / "cells.sqlite"), CellStore(tmp_path / "cells.sqlite")
    put(one, cell(output={"text": "paid"}))
    put(other, cell(status="failed", output={}))
    assert [found.output for found in one.cells(["variant"])] == [{"text": "paid"}]


@pytest.mark.parametrize("how", [Path.unlink, lambda path: path.rename(path.with_suffix(".old"))])
def test_a_file_that_was_taken_away_is_told(how: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "cells.sqlite"
    store = CellStore.at(path)
    put(store, cell(1))
    how(path)
    path.with_name("cells.sqlite").touch()
    (result,) = put(store, cell(2))
    assert isinstance(result, ConfigError)
    assert result.kind == "store"
    assert [found.repeat for found in store.cells(["variant"])] == [1, 2], "it is kept in memory"
    assert CellStore.at(path) is not store


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_text(path: Path) -> None:
    path.write_text("not a database, and longer than the head of one " * 5)


def with_a_view(path: Path) -> None:
    base = sqlite3.connect(path)
    endless = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n FROM x"
    base.executescript(f"CREATE VIEW cell AS {endless};")


def with_a_trigger(path: Path) -> None:
    CellStore(path).close()
    base = sqlite3.connect(path)
    base.executescript("CREATE TRIGGER t AFTER INSERT ON cell BEGIN DELETE FROM cell; END;")


@pytest.mark.parametrize("make", [a_pipe, Path.mkdir, a_text, with_a_view, with_a_trigger])
def test_what_is_no_store_is_refused(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "cells.sqlite")
    with pytest.raises(ConfigError) as caught:
        CellStore(tmp_path / "cells.sqlite")
    assert caught.value.kind == "store"


def bomb() -> bytes:
    return zlib.compress(b'{"a": "' + bytes(60_000_000) + b'"}')


HOSTILE = {
    "reply.body": [b"", b"x", "text", 3, bomb, zlib.compress(b"[" * 100_000), zlib.compress(b"[1]"), b'{"a": '],
    "cell.status": ["other", None],
    "cell.cost_nano": ["NaN", -1, 1.5, b"x"],
    "cell.input_tokens": ["many", -1],
    "cell.total_s": ["soon", 9e999],
    "cell.message": [b"x", None],
    "cell.repeat": ["one"],
}


@pytest.mark.parametrize(
    ("place", "value"), [(place, value) for place, values in HOSTILE.items() for value in values]
)
def test_a_damaged_cell_is_told_and_never_read(place: str, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "cells.sqlite"
    store = CellStore(path)
    put(store, cell())
    store.close()
    table, _, column = place.partition(".")
    base = sqlite3.connect(path)
    base.execute(f"UPDATE {table} SET {column} = ?", [value() if callable(value) else value])
    base.commit()
    base.close()
    with pytest.raises(ConfigError) as caught:
        CellStore(path).cells(["variant"])
    assert caught.value.kind == "store"


@pytest.mark.parametrize("spec", ["", "[" * 100_000, "3", json.dumps([1])])
def test_what_was_compared_before_may_be_damaged_too(spec: str, tmp_path: Path) -> None:
    path = tmp_path / "cells.sqlite"
    CellStore(path).note_comparison("id", 0.0, "title", {})
    base = sqlite3.connect(path)
    base.execute("UPDATE comparison SET spec = ?", [spec])
    base.commit()
    base.close()
    with pytest.raises(ConfigError) as caught:
        CellStore(path).comparisons()
    assert caught.value.kind == "store"


def test_stores_are_merged_and_a_missing_one_is_told(tmp_path: Path) -> None:
    one, other = CellStore(tmp_path / "one.sqlite"), CellStore(tmp_path / "other.sqlite")
    put(one, cell(1))
    put(other, cell(1, output={"text": "theirs"}), cell(2))
    other.close()
    one.merge(tmp_path / "other.sqlite")
    assert [(found.repeat, found.output["text"]) for found in one.cells(["variant"])] == [(1, "Hi"), (2, "Hi")]
    with pytest.raises(ConfigError):
        one.merge(tmp_path / "missing.sqlite")
    assert not (tmp_path / "missing.sqlite").exists()


def test_a_store_of_the_first_version_is_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "cells.sqlite"
    put(CellStore(path), cell(1, usd=Decimal("0.5")))
    base = sqlite3.connect(path)
    base.executescript("ALTER TABLE cell DROP COLUMN least_nano; PRAGMA user_version=1;")
    base.close()
    store = CellStore(path)
    put(store, cell(2, usd=None, least_usd=Decimal("0.25")))
    assert [(found.usd, found.least_usd) for found in store.cells(["variant"])] == [
        (Decimal("0.5"), 0),
        (None, Decimal("0.25")),
    ]


IMPOSSIBLE = {
    "seconds": ("UPDATE cell SET first_token_s = ?", [-5.0, 1e300, float("inf"), "NaN", b"x"]),
    "waiting": ("UPDATE cell SET wait_s = ?", [-5.0, float("inf"), None]),
    "retries": ("UPDATE cell SET retries = ?", [None, -1, 1.5]),
    "start": ("UPDATE cell SET started_at = ?", [None, -1.0, 1e300]),
    "score": ("UPDATE score SET value = ?", [float("inf"), -0.5, 1.5, "NaN", b"x"]),
    "time": ("UPDATE comparison SET started_at = ?", [float("inf"), -1.0, 1e300, "NaN", None]),
    "what was compared": ("UPDATE comparison SET spec = ?", ["{}", '{"variants": 3}', SPEC_WITHOUT_END]),
}


@pytest.mark.parametrize(
    ("change", "value"), [(change, value) for change, values in IMPOSSIBLE.values() for value in values]
)
def test_a_figure_that_nobody_could_have_measured_is_damage(change: str, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "cells.sqlite"
    store = CellStore(path)
    asyncio.run(store.put(cell(), {"rating:Ana": Score(1.0)}))
    store.note_comparison("id", 0.0, "title", json.loads(SPEC))
    store.close()
    base = sqlite3.connect(path)
    base.execute(change, [value])
    base.commit()
    base.close()
    with pytest.raises(ConfigError) as caught:
        _all_of(CellStore(path))
    assert caught.value.kind == "store"


def test_a_store_that_nobody_changed_is_read(tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.sqlite")
    asyncio.run(store.put(cell(), {"rating:Ana": Score(1.0)}))
    store.note_comparison("id", 0.0, "title", json.loads(SPEC))
    assert [len(part) for part in _all_of(store)] == [1, 1, 1]


def _all_of(store: CellStore) -> list[Any]:
    return [store.cells(["variant"]), store.scores_named("rating:", ["variant"]), past_comparisons(store)]
