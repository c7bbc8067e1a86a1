"""Nodes compared by the batches of providers, through the real SDKs, against a server of both protocols."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.compare.storage.batch_store import BatchStore
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks import batching
from byok_widgets.nodes.extraction.node import ExtractionNode
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.protocols import batch_forms
from tests.batch_server import BatchServer
from tests.fake_keys import fake_key

_numbers = itertools.count()
CHAT = ["openai:gpt-4o-mini", "openai:gpt-4o"]
MESSAGES = ["anthropic:claude-haiku-4-5", "anthropic:claude-sonnet-4-5"]
INLINE = ["openrouter:vendor/good", "openrouter:vendor/other"]
BOTH = [CHAT[0], MESSAGES[0]]
ALL = [*BOTH, INLINE[0]]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchServer]:
    monkeypatch.setattr(batching, "POLL_S", 0.02)
    monkeypatch.setattr(batching, "QUIET_S", 0.1)
    server = BatchServer()
    server.answer = answer
    monkeypatch.setattr(type(PROVIDERS["openai"]), "default_url", f"{server.root}/v1")
    monkeypatch.setattr(type(PROVIDERS["anthropic"]), "default_url", server.root)
    monkeypatch.setattr(type(PROVIDERS["openrouter"]), "default_url", f"{server.root}/inline")
    yield server
    server.close()


def answer(body: dict[str, Any]) -> str:
    is_good = body["model"] in [ref.split(":")[1] for ref in ALL]
    return json.dumps({"weekday": "Tue" if is_good else "Mon"})


Read = Callable[[], ExtractionNode]


@pytest.fixture
def read(batches: BatchServer) -> Read:
    """Make the node again, as a kernel does that was restarted."""
    name = f"batch {next(_numbers)}"

    def made() -> ExtractionNode:
        flow = Flow(name)
        for vendor in ("openai", "anthropic", "openrouter"):
            provider = PROVIDERS[vendor]
            destination = provider.key_destination(provider.address(None))
            flow.key_store.save(vendor, destination, fake_key(vendor), backend="session")
        flow.model, flow.judge_model = CHAT
        return flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=200)

    return made


def cases(count: int) -> list[dict[str, Any]]:
    return [{"name": f"c{n}", "text": f"Tuesday, number {n}", "values": {"weekday": "Tue"}} for n in range(count)]


def bodies(server: BatchServer) -> list[dict[str, Any]]:
    return [row.get("body") or row["params"] for rows in server.batches.values() for row in rows]


def as_sent(bodies: list[dict[str, Any]]) -> list[str]:
    """Return requests in an order of their own, without what only a stream has."""
    kept = ({name: body[name] for name in body if name not in ("stream", "stream_options")} for body in bodies)
    return sorted(json.dumps(body) for body in kept)


def rows(result: Any, *but: str) -> list[dict[str, Any]]:
    found = [{name: row[name] for name in row if name not in but} for row in result.rows()]
    return sorted(found, key=lambda row: json.dumps(row, default=str))


def wait_for(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.parametrize("models", [CHAT, MESSAGES, INLINE, ALL], ids=["chat", "messages", "inline", "all"])
def test_requests_and_results_are_those_of_the_live_comparison(
    models: list[str], batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    live = read().compare(models, cases(4), store=tmp_path / "live")
    result = read().compare(models, cases(4), store=tmp_path / "batch", batch=True)
    assert result.complete
    assert as_sent(bodies(batches)) == as_sent(batches.live)
    assert [json.dumps(cell.output) for cell in result.results.distinct()] == [
        json.dumps(cell.output) for cell in live.results.distinct()
    ]
    for variant in result.variants:
        assert result.results.scores_of(variant) == live.results.scores_of(variant)
    for cell in result.results.distinct():
        assert (cell.first_token_s, cell.total_s, cell.input_tokens, cell.status) == (None, None, 100, "done")


def test_what_a_gateway_reports_of_a_batch_is_its_price_and_else_there_is_none(
    batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    reported = {"prompt_tokens": 100, "completion_tokens": 20, "cost": 0.125}
    plain = batches.reply
    batches.reply = lambda path, body: {**plain(path, body), "usage": reported}  # type: ignore[method-assign]
    result = read().compare(INLINE, cases(2), store=tmp_path / "reported", batch=True)
    assert (float(result.spent.usd), result.spent.unpriced) == (0.5, 0)
    batches.reply = plain  # type: ignore[method-assign]
    result = read().compare(INLINE, cases(2), store=tmp_path / "silent", batch=True)
    assert result.spent.unpriced == 4


def test_requests_that_were_only_collected_when_it_was_stopped_cost_nothing(
    batches: BatchServer, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[str] = []
    exchange = batching.Batches.exchange

    async def noted(self: batching.Batches, *given: Any) -> bytes:
        collected.append("one")
        return await exchange(self, *given)

    monkeypatch.setattr(batching.Batches, "exchange", noted)
    monkeypatch.setattr(batching.Batches, "_is_quiet", False)
    result = read().compare(CHAT, cases(2), store=tmp_path / "cells", batch=True, wait=False)
    wait_for(lambda: len(collected) == 4)
    result.stop()
    result.wait()
    assert not batches.batches
    assert (result.given_up, result.spent.unpriced, result.spent.usd) == (4, 0, 0)


def test_what_may_have_arrived_is_known_until_the_cell_that_says_so_is_stored(
    batches: BatchServer, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches.refusals = [503, 503]
    store = tmp_path / "cells.sqlite"
    result = read().compare(CHAT, cases(1), store=store, batch=True)

    async def full(*_: object) -> None:
        raise ConfigError("The disk is full.", kind="store")

    with monkeypatch.context() as broken:
        broken.setattr(CellStore, "put", full)
        with pytest.raises(ConfigError):
            result.resume()
    assert not batches.batches
    result.resume()
    assert {cell.error for cell in result.results.distinct()} == {"batch_unknown"}
    result.resume()
    assert {cell.status for cell in result.results.distinct()} == {"done"}


def test_a_batch_costs_half(batches: BatchServer, read: Read, tmp_path: Path) -> None:
    live = read().compare(CHAT, cases(2), store=tmp_path / "live")
    result = read().compare(CHAT, cases(2), store=tmp_path / "batch", batch=True)
    assert live.cost.usd > 0
    assert result.cost.usd * 2 == live.cost.usd
    assert not result.cost.unpriced


def test_a_restart_picks_up_what_was_submitted_and_pays_nothing_twice(
    batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    batches.ready.clear()
    first = read().compare(BOTH, cases(3), store=tmp_path / "cells", batch=True, wait=False)
    wait_for(lambda: len(batches.batches) == 2)
    first.stop()
    batches.ready.set()
    again = read().compare(BOTH, cases(3), store=tmp_path / "cells", batch=True)
    assert again.complete
    assert len(batches.batches) == 2
    assert not batches.live
    assert all(cell.status == "done" for cell in again.results.distinct())


def test_batches_are_split_by_count_and_by_bytes(
    batches: BatchServer, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(batch_forms.FileBatches, "max_items", 3)
    read().compare(CHAT, cases(4), store=tmp_path / "count", batch=True)
    assert sorted(len(rows) for rows in batches.batches.values()) == [1, 1, 3, 3]
    longest = max(len(json.dumps(row)) for rows in batches.batches.values() for row in rows)
    batches.batches.clear()
    monkeypatch.setattr(batch_forms.FileBatches, "max_items", 50_000)
    monkeypatch.setattr(batch_forms.FileBatches, "max_bytes", 2 * longest)
    read().compare(CHAT, cases(4), store=tmp_path / "bytes", batch=True)
    assert sum(len(rows) for rows in batches.batches.values()) == 8
    assert all(len(rows) <= 2 for rows in batches.batches.values())


@pytest.mark.parametrize("limits", [{"budget": 0.0001}, {"max_calls": 3}], ids=["budget", "max_calls"])
def test_what_the_limits_do_not_cover_is_refused_before_anything_is_submitted(
    limits: dict[str, Any], batches: BatchServer, read: Read
) -> None:
    with pytest.raises(ConfigError) as caught:
        read().compare(CHAT, cases(4), batch=True, **limits)
    assert caught.value.kind == "budget"
    assert not batches.batches


def test_the_calls_of_a_judge_count_before_a_batch_is_submitted(batches: BatchServer, read: Read) -> None:
    """Else they were refused when the answers are there and paid, and nothing were scored."""
    judged = [{**case, "judge": "Is it polite?"} for case in cases(2)]
    with pytest.raises(ConfigError) as caught:
        read().compare(CHAT, judged, batch=True, max_calls=7)
    assert (caught.value.kind, caught.value.fix) == ("budget", "Write max_calls=8, or take fewer cases.")
    assert not batches.batches


def test_a_budget_that_covers_the_worst_case_is_enough(batches: BatchServer, read: Read, tmp_path: Path) -> None:
    one = read().compare(CHAT, cases(4), store=tmp_path / "one", batch=True).estimate.worst_usd
    result = read().compare(CHAT, cases(4), store=tmp_path / "two", batch=True, budget=one)
    assert result.complete
    assert 0 < result.spent.usd <= one


def test_a_store_that_cannot_be_written_is_told_and_nothing_waits_for_ever(
    batches: BatchServer, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object) -> int:
        raise ConfigError("The disk is full.", kind="store")

    monkeypatch.setattr(BatchStore, "begin", full)
    result = read().compare(CHAT, cases(2), store=tmp_path / "cells", batch=True)
    assert {cell.error for cell in result.results.distinct()} == {"store"}
    assert not batches.batches


def test_failed_requests_are_cells_with_their_message_and_resume_asks_again(
    batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    def failing(body: dict[str, Any]) -> str:
        if "number 1" in json.dumps(body):
            raise ValueError("no such thing")
        return answer(body)

    batches.answer = failing
    result = read().compare(BOTH, cases(3), store=tmp_path / "cells", batch=True)
    failed = [cell for cell in result.results.distinct() if cell.status == "failed"]
    assert len(failed) == 2
    assert all("no such thing" in cell.message for cell in failed)
    batches.answer = answer
    before = len(bodies(batches))
    result.resume()
    assert all(cell.status == "done" for cell in result.results.distinct())
    assert len(bodies(batches)) == before + 2


@pytest.mark.parametrize("models", [CHAT, MESSAGES], ids=["chat", "messages"])
def test_strange_results_are_never_another_cells_answer(
    models: list[str], batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    def altered(rows: list[Any]) -> list[Any]:
        missing, doubled, *rest = rows
        other = json.loads(json.dumps(doubled).replace("Tue", "Sun").replace("Mon", "Sun"))
        return [{**missing, "custom_id": "unknown"}, doubled, other, *rest, *rest]

    batches.alter = altered
    result = read().compare(models, cases(3), store=tmp_path / "cells", batch=True)
    cells = list(result.results.distinct())
    strange = 2 * len(batches.batches)
    assert sorted(cell.status for cell in cells) == ["done"] * (6 - strange) + ["failed"] * strange
    assert all(cell.message for cell in cells if cell.status == "failed")


def test_results_without_end_are_not_read_for_ever(
    batches: BatchServer, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_forms.InlineBatches, "max_items", 20)
    pages = itertools.count(1)
    given = batches.get

    def endless(path: str) -> Any:
        if "/results" in path:
            return {"results": [], "next_cursor": str(next(pages))}
        return given(path)

    monkeypatch.setattr(batches, "get", endless)
    result = read().compare(INLINE, cases(2), store=tmp_path / "cells", batch=True)
    assert {cell.status for cell in result.results.distinct()} == {"failed"}
    assert next(pages) < 20 * len(INLINE) * (batching.TRIES + 1)


def test_what_a_server_calls_a_batch_leads_nowhere_else(
    batches: BatchServer, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key belongs to a base path: other paths of a host may be somebody else's."""
    paths: list[str] = []
    given = batches.post

    def hostile(path: str, kind: str, content: bytes) -> Any:
        made = given(path, kind, content)
        return {**(made or {}), "id": "../../other?to="} if path.endswith("/batches") else made

    monkeypatch.setattr(batches, "post", hostile)
    monkeypatch.setattr(batches, "get", paths.append)
    result = read().compare(BOTH, cases(1), store=tmp_path / "cells", batch=True)
    assert {cell.status for cell in result.results.distinct()} == {"failed"}
    assert paths
    assert all(path.startswith("/v1/") and "/batches/" in path for path in paths), paths


def test_an_expired_batch_gives_what_was_done(batches: BatchServer, read: Read, tmp_path: Path) -> None:
    batches.status = "expired"
    batches.alter = lambda rows: rows[:1]
    result = read().compare(CHAT, cases(2), store=tmp_path / "cells", batch=True)
    cells = list(result.results.distinct())
    assert sorted(cell.status for cell in cells) == ["done", "done", "failed", "failed"]
    assert all("expired" in cell.message for cell in cells if cell.status == "failed")


def early(server: BatchServer, models: list[str]) -> None:
    """Let batches end before half of their requests are run, as each provider says it."""

    gone: dict[str, Any] = {"result": {"type": "expired"}}
    if models is not MESSAGES:
        message = "This request could not be executed before the completion window expired."
        gone = {"response": None, "error": {"code": "batch_expired", "message": message}}

    def half(rows: list[Any]) -> list[Any]:
        return [*rows[::2], *({"custom_id": row["custom_id"], **gone} for row in rows[1::2])]

    server.status = "expired"
    server.alter = half


@pytest.mark.parametrize("models", [CHAT, MESSAGES, INLINE], ids=["chat", "messages", "inline"])
def test_a_request_that_a_batch_did_not_come_to_is_not_charged_and_no_provider_is_quoted(
    models: list[str], batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    early(batches, models)
    result = read().compare(models, cases(4), store=tmp_path / "cells", batch=True)
    cells = list(result.results.distinct())
    missing = [cell for cell in cells if cell.status == "failed"]
    assert len(missing) == 4
    assert {(cell.error, cell.usd) for cell in missing} == {("batch_ended", 0)}
    assert all("says" not in cell.message and "charge" not in cell.message for cell in missing)
    assert result.spent.unpriced == (4 if models is INLINE else 0)  # a gateway may report no cost of its answers


def test_a_missing_result_of_a_complete_batch_may_be_charged(
    batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    batches.alter = lambda rows: rows[1:]
    result = read().compare(BOTH, cases(3), store=tmp_path / "cells", batch=True)
    missing = [cell for cell in result.results.distinct() if cell.status == "failed"]
    assert len(missing) == 2
    assert all(cell.usd is None and "may charge" in cell.message for cell in missing)
    assert result.spent.unpriced == 2


def test_a_model_without_a_price_is_limited_by_the_calls_and_the_others_by_the_budget(
    batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    mixed = [CHAT[0], "openai:brand-new"]
    with pytest.warns(UserWarning, match="brand-new"):
        result = read().compare(mixed, cases(2), store=tmp_path / "a", batch=True, budget=1, max_calls=4)
    assert result.complete
    assert result.estimate.worst_usd is None
    assert result.estimate.reserved_usd is not None
    assert 0 < result.spent.usd <= result.estimate.reserved_usd
    with pytest.raises(ConfigError) as caught:
        read().compare(mixed, cases(2), store=tmp_path / "b", batch=True, budget=0.0001, max_calls=4)
    assert caught.value.kind == "budget"
    assert len(bodies(batches)) == 4


def test_refused_for_now_and_cut_downloads_are_tried_again(
    batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    batches.refusals, batches.cut = [429], 1
    result = read().compare(CHAT, cases(2), store=tmp_path / "cells", batch=True)
    assert all(cell.status == "done" for cell in result.results.distinct())
    assert len(batches.batches) == 2


def test_no_refusal_makes_a_batch_wait_for_days(
    batches: BatchServer, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "LONGEST_PAUSE_S", 0.01)
    batches.refusals, batches.wait = [429], "1000000"
    result = read().compare(CHAT, cases(1), store=tmp_path / "cells", batch=True)
    assert {cell.status for cell in result.results.distinct()} == {"done"}


def test_a_submission_that_may_have_arrived_is_not_repeated_silently(
    batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    batches.refusals = [503, 503]
    result = read().compare(CHAT, cases(2), store=tmp_path / "cells", batch=True)
    assert {cell.status for cell in result.results.distinct()} == {"failed"}
    result.resume()
    assert {cell.error for cell in result.results.distinct()} == {"batch_unknown"}
    assert not batches.batches
    result.resume()
    assert {cell.status for cell in result.results.distinct()} == {"done"}


def test_batches_can_be_cancelled_at_the_provider(batches: BatchServer, read: Read, tmp_path: Path) -> None:
    batches.ready.clear()
    result = read().compare(BOTH, cases(2), store=tmp_path / "cells", batch=True, wait=False)
    wait_for(lambda: len(batches.batches) == 2)
    wait_for(lambda: len(result.cancel_batches()) == 2)
    assert {*batches.cancelled} == {*batches.batches}


def test_a_submission_under_way_is_waited_for_by_whoever_goes_on(
    batches: BatchServer, read: Read, tmp_path: Path
) -> None:
    batches.accepts.clear()
    result = read().compare(CHAT, cases(2), store=tmp_path / "cells", batch=True, wait=False)
    wait_for(lambda: batches.knocks == 1)
    result.stop()
    threading.Timer(1, batches.accepts.set).start()
    result.wait()
    assert result.resume().wait().complete
    assert {cell.status for cell in result.results.distinct()} == {"done"}
    assert [len(rows) for rows in batches.batches.values()] == [2, 2]


def test_a_repair_makes_one_more_batch(batches: BatchServer, read: Read, tmp_path: Path) -> None:
    def broken_first(body: dict[str, Any]) -> str:
        return answer(body) if "no JSON" in json.dumps(body) else "no JSON"

    batches.answer = broken_first
    result = read().compare(CHAT, cases(2), store=tmp_path / "cells", batch=True)
    assert {cell.status for cell in result.results.distinct()} == {"done"}
    assert sorted(len(rows) for rows in batches.batches.values()) == [2, 2, 2, 2]


def test_models_without_batches_run_as_usual_beside_others(batches: BatchServer, tmp_path: Path) -> None:
    flow = Flow(f"mixed {next(_numbers)}")
    provider = PROVIDERS["openai"]
    destination = provider.key_destination(provider.address(None))
    flow.key_store.save("openai", destination, fake_key("openai"), backend="session")
    flow.set_base_url("compatible", f"{batches.root}/v1")
    mixed = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=200)
    result = mixed.compare([CHAT[0], "compatible:one"], cases(2), store=tmp_path / "cells", batch=True)
    assert result.complete
    assert {body["model"] for body in batches.live} == {"one"}
    with pytest.raises(ConfigError) as caught:
        mixed.compare(["compatible:one", "compatible:two"], cases(2), batch=True)
    assert caught.value.kind == "batch"


def test_a_flow_is_not_compared_by_batches(read: Read) -> None:
    flow = Flow(f"whole {next(_numbers)}")
    flow.conversation("ask", "Ask.")
    with pytest.raises(ConfigError) as caught:
        flow.compare({"now": {}, "other": {"ask": CHAT[1]}}, [{"caller": ["Hello"]}], batch=True)
    assert caught.value.kind == "batch"


def test_no_key_is_in_batches_or_files(
    batches: BatchServer, read: Read, tmp_path: Path, config_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    keys = [fake_key(vendor) for vendor in ("openai", "anthropic")]

    def echoing(body: dict[str, Any]) -> str:
        raise ValueError(f"Incorrect API key provided: {keys[0]} {keys[1]}")

    batches.answer = echoing
    result = read().compare(BOTH, cases(2), store=tmp_path / "cells.sqlite", batch=True)
    batches.refusals = [400, 400]
    result.resume()
    files = (*tmp_path.rglob("*"), *config_folder.rglob("*"))
    stored = b"".join(path.read_bytes() for path in files if path.is_file())
    shown = f"{result!r} {result._repr_html_()} {result.rows()} {caplog.text} {json.dumps(bodies(batches))}"
    for key in keys:
        assert key not in shown
        assert key.encode() not in stored
