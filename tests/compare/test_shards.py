"""Parts of a comparison that run apart, joined: the same as if it had run as one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.engine.quota import Allowance, QuotaReading, quota_users
from tests.compare.conftest import LARGE, SMALL, answer, without_times
from tests.scripted_server import Say, ScriptedServer

VARIANTS = {"now": {}, "large": {"read": LARGE}}


def by_case(request: dict) -> Say:
    """Read Monday where the large model is asked about an odd number."""
    said = answer(request)
    text = " ".join(str(message["content"]) for message in request["messages"])
    is_odd = any(f"number {n}." in text for n in range(1, 40, 2))
    wrong = request["model"] == "gpt-4o" and is_odd and "response_format" in request
    return Say(said.text.replace("Tue", "Mon"), usage=said.usage) if wrong else said


def texts(count: int) -> list[dict]:
    return [{"name": f"c{n}", "text": f"Tuesday, number {n}.", "values": {"weekday": "Tue"}} for n in range(count)]


def scripts(count: int) -> list[dict]:
    return [
        {"name": f"c{n}", "caller": ["Hello", f"Tue, number {n}."], "values": {"weekday": "Tue"}}
        for n in range(count)
    ]


def node(flow: Flow, **options: Any) -> Any:
    return flow.node("read").compare([SMALL, LARGE], texts(20), repeat=2, **options)


def node_after_scripts(flow: Flow, **options: Any) -> Any:
    return flow.node("read").compare([SMALL, LARGE], scripts(20), **options)


def whole_flow(flow: Flow, **options: Any) -> Any:
    return flow.compare(VARIANTS, scripts(20), **options)


def shown(result: Any) -> tuple[Any, ...]:
    cells = [
        (variant.id, case.name, cell.repeat, cell.status, cell.usd, without_times(cell.output), score)
        for variant, case, cell, score in result.results.items()
    ]
    return sorted(cells, key=lambda cell: cell[:3]), str(result.cost)


def verdicts(result: Any) -> list[Any]:
    return [(found.variant.name, found.verdict, found.score, found.difference) for found in result.verdicts()]


@pytest.mark.parametrize(
    "compare",
    [
        pytest.param(node, marks=pytest.mark.slow),
        pytest.param(node_after_scripts, marks=pytest.mark.slow),
        whole_flow,
    ],
)
def test_shards_that_are_merged_are_the_whole(
    priced: Flow, server: ScriptedServer, tmp_path: Path, compare: Callable[..., Any]
) -> None:
    pytest.importorskip("scipy")
    server.script(by_case)
    whole = compare(priced, store=tmp_path / "whole.sqlite")
    asked = len(server.requests)
    server.requests.clear()
    store = tmp_path / "cells.sqlite"
    parts = [compare(priced, store=store, shard=(number, 3)) for number in (1, 2, 3)]
    assert sum(len(part.cases) for part in parts) == 20
    assert len(server.requests) == asked, "nothing is paid twice"
    assert sorted(path.name for path in tmp_path.glob("cells.*-of-3.sqlite")) == [
        f"cells.{number}-of-3.sqlite" for number in (1, 2, 3)
    ]
    priced.merge_comparisons(store=store)
    joined = compare(priced, store=store)
    assert len(server.requests) == asked, "merging and showing make no call"
    assert shown(joined) == shown(whole)
    assert verdicts(joined) == verdicts(whole)


def test_a_cell_that_failed_here_is_taken_from_where_it_did_not(
    priced: Flow, server: ScriptedServer, tmp_path: Path
) -> None:
    one, other = tmp_path / "one.sqlite", tmp_path / "other.sqlite"
    server.script(Say(status=401, body={"error": {"message": "no"}}))
    assert node(priced, store=one).results.scores_of(node(priced, store=one).variants[0]) == {}
    server.script(answer)
    node(priced, store=other)
    priced.merge_comparisons(other, store=one)
    server.requests.clear()
    assert all(cell.status == "done" for _, _, cell, _ in node(priced, store=one).results.items())
    assert server.requests == []


def test_limits_are_divided(priced: Flow, server: ScriptedServer, tmp_path: Path) -> None:
    store, budget = tmp_path / "cells.sqlite", Decimal("0.09")
    parts = [whole_flow(priced, store=store, shard=(number, 3), budget=budget) for number in (1, 2, 3)]
    assert sum(part.used[0] for part in parts) <= budget
    assert all(part.used[0] <= budget / 3 for part in parts)
    server.requests.clear()
    for number in (1, 2, 3):
        whole_flow(priced, store=tmp_path / "more.sqlite", shard=(number, 3), max_calls=10)
    assert len(server.requests) <= 10


def test_quotas_are_divided() -> None:
    reading = QuotaReading({"requests": Allowance(600, 300, 60.0), "tokens": Allowance(None, None, None)}, 2.0)
    own = reading.divided(3)
    assert own.allowances == {"requests": Allowance(200, 100, 60.0), "tokens": Allowance(None, None, None)}
    assert own.retry_after_s == 2.0
    assert reading.divided(1) is reading


def test_calls_of_a_shard_take_its_part_of_the_quota(priced: Flow, tmp_path: Path) -> None:
    seen = []

    def metric(case: Any, output: Any) -> bool:
        seen.append(quota_users())
        return bool(case and output)

    store = tmp_path / "cells.sqlite"
    for shard in (None, (2, 3)):
        priced.node("read").compare([SMALL, LARGE], texts(3), metric=metric, store=store, shard=shard)
    assert seen == [1] * 6 + [3] * 2


@pytest.mark.parametrize("shard", [(0, 2), (3, 2), (1, 0), 2, "12", (1.0, 2), (True, 2), (1, 2, 3)])
def test_what_is_no_shard_is_refused(priced: Flow, tmp_path: Path, shard: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        node(priced, store=tmp_path / "cells.sqlite", shard=shard)
    assert caught.value.kind == "shard"


def test_more_shards_than_cases_or_calls_are_refused(priced: Flow, tmp_path: Path) -> None:
    for options in ({"shard": (30, 30)}, {"shard": (1, 4), "max_calls": 3}):
        with pytest.raises(ConfigError) as caught:
            node(priced, store=tmp_path / "cells.sqlite", **options)
        assert caught.value.kind == "shard"


def test_files_that_are_not_there_are_named(priced: Flow, tmp_path: Path) -> None:
    for files, kind in (((), "shard"), ((tmp_path / "nowhere.sqlite",), "store")):
        with pytest.raises(ConfigError) as caught:
            priced.merge_comparisons(*files, store=tmp_path / "cells.sqlite")
        assert caught.value.kind == kind
    assert not (tmp_path / "nowhere.sqlite").exists()
