"""Comparisons on a cluster of real worker processes: the same as here, whatever becomes of the workers."""

from __future__ import annotations

import os
import pickle
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster

from byok_widgets import ConfigError, Flow, KeyFormatError
from byok_widgets.compare.cells.frozen import FrozenFlow
from byok_widgets.compare.executors.key_delivery import KeySource, received
from byok_widgets.compare.executors.shipping import packed
from byok_widgets.keys import SealingKey
from byok_widgets.providers import PROVIDERS
from byok_widgets.secrets import Secret
from tests.compare.conftest import answer, without_times
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

ONE, TWO = "compatible:one", "compatible:two"


def cluster(workers: int) -> LocalCluster:
    return LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with cluster(2) as two, Client(two) as client:
        yield client


@pytest.fixture
def key() -> str:
    return f"gateway-{secrets.token_hex(16)}"


@pytest.fixture
def flow(server: ScriptedServer, key: str) -> Flow:
    """A flow whose key is in this session's memory alone."""
    provider = PROVIDERS["compatible"]
    flow = Flow(f"far {secrets.token_hex(4)}", fresh=True)
    flow.set_base_url("compatible", server.base_url)
    destination = provider.key_destination(provider.address(server.base_url))
    flow.key_store.save("compatible", destination, key, backend="session")
    flow.model = ONE
    ask = flow.conversation("ask", "Ask for the weekday.")
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    flow.connect(ask, read)
    flow.connect(read, ask)
    server.script(answer)
    return flow


def texts(count: int) -> list[dict[str, Any]]:
    return [{"name": f"c{n}", "text": f"Tuesday, number {n}.", "values": {"weekday": "Tue"}} for n in range(count)]


def scripts(count: int) -> list[dict[str, Any]]:
    each = {"values": {"weekday": "Tue"}}
    return [{"name": f"s{n}", "caller": ["Hello", f"Tue, {n}."], **each} for n in range(count)]


def shown(result: Any) -> list[Any]:
    cells = [
        (
            variant.id,
            case.name,
            cell.status,
            cell.input_tokens,
            without_times(cell.output),
            dict(cell.request),
            score,
        )
        for variant, case, cell, score in result.results.items()
    ]
    return sorted(cells, key=lambda cell: cell[:2])


def end_the_process() -> dict[str, Any]:
    """End the worker that calls this."""
    os._exit(1)


def deadly(request: dict[str, Any]) -> Say:
    """Read Monday in the deadly case alone."""
    said = answer(request)
    is_deadly = "deadly" in str(request["messages"])
    return Say(said.text.replace("Tue", "Mon"), usage=said.usage) if is_deadly else said


def slow(request: dict[str, Any]) -> Say:
    time.sleep(0.3)
    return answer(request)


def test_a_node_gives_the_same_as_here(
    flow: Flow, client: Client, server: ScriptedServer, key: str, tmp_path: Path
) -> None:
    far = flow.node("read").compare([ONE, TWO], texts(12), executor=client, store=None, wait=True)
    assert len(server.requests) == 24
    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {key}"}
    other = flow.node("read").compare([ONE, TWO], texts(12), store=tmp_path / "cells.sqlite", wait=True)
    assert shown(far) == shown(other)
    assert far.cost == other.cost


def test_a_flow_gives_the_same_as_here(flow: Flow, client: Client, tmp_path: Path) -> None:
    variants = {"now": {}, "two": {"ask": TWO}}
    far = flow.compare(variants, scripts(6), executor=client, wait=True)
    here = flow.compare(variants, scripts(6), store=tmp_path / "cells.sqlite", wait=True)
    assert shown(far) == shown(here)
    assert far.cost.calls == here.cost.calls > 0


def test_finished_cells_are_not_sent_to_workers_again(flow: Flow, client: Client, server: ScriptedServer) -> None:
    flow.node("read").compare([ONE, TWO], texts(6), executor=client, wait=True)
    flow.node("read").compare([ONE, TWO], texts(9), executor=client, wait=True)
    assert len(server.requests) == 18


def silenced(dask_worker: Any) -> None:
    """Let a worker's events go astray."""
    dask_worker.log_event = lambda *_: None


def heard(dask_worker: Any) -> None:
    """Let them arrive again."""
    del dask_worker.log_event


def test_an_answer_whose_event_goes_astray_comes_with_its_chunk_and_is_paid_once(
    flow: Flow, client: Client, server: ScriptedServer
) -> None:
    client.run(silenced)
    try:
        result = flow.node("read").compare([ONE, TWO], texts(6), executor=client, wait=True)
    finally:
        client.run(heard)
    assert [cell.status for *_, cell, _ in result.results.items()] == ["done"] * 12
    assert len(server.requests) == result.cost.calls == 12


def test_nothing_is_lost_with_a_worker_and_only_what_it_had_is_paid_again(
    flow: Flow, server: ScriptedServer
) -> None:
    server.script(slow)
    with cluster(2) as two, Client(two) as client:
        result = flow.node("read").compare([ONE, TWO], texts(80), executor=client, wait=False)
        while len(server.requests) < 60:
            time.sleep(0.02)
        os.kill(client.run(os.getpid)[next(iter(client.scheduler_info()["workers"]))], signal.SIGKILL)
        result.wait()
    statuses = Counter(cell.status for *_, cell, _ in result.results.items())
    assert statuses == {"done": 160}
    retries = sum(cell.retries for *_, cell, _ in result.results.items())
    assert len(server.requests) <= 160 + 50, f"of these {retries} were retries of calls that failed"
    assert result.cost.calls >= 160


@pytest.mark.slow
def test_what_was_reserved_for_a_lost_worker_counts_as_spent(flow: Flow, server: ScriptedServer) -> None:
    server.script(slow)
    variants = {"now": {}, "other": {"ask": TWO, "read": TWO}}
    with cluster(2) as two, Client(two) as client:
        result = flow.compare(variants, scripts(20), max_calls=1000, executor=client, wait=False)
        while len(server.requests) < 40:
            time.sleep(0.02)
        os.kill(client.run(os.getpid)[next(iter(client.scheduler_info()["workers"]))], signal.SIGKILL)
        result.wait()
    assert {cell.status for *_, cell, _ in result.results.items()} == {"done"}
    assert len(server.requests) <= result.used[1] <= len(server.requests) + 40
    assert result.spent.unpriced >= 1


@pytest.mark.slow
def test_a_case_that_ends_three_workers_has_failed_and_the_others_have_not(
    flow: Flow, server: ScriptedServer
) -> None:
    server.script(deadly)
    flow.action("end", end_the_process, writes=["note"])
    flow.connect(flow.node("read"), flow.node("end"), if_='weekday == "Mon"')
    cases = [*scripts(4), {**scripts(1)[0], "name": "deadly", "caller": ["Hello", "Tue, deadly."]}]
    with cluster(2) as two, Client(two) as client:
        result = flow.compare({"now": {}, "two": {"ask": TWO}}, cases, executor=client, wait=True)
    found = {(case.name, cell.status, cell.error) for _, case, cell, _ in result.results.items()}
    assert found == {("deadly", "failed", "worker_lost"), *((f"s{n}", "done", "") for n in range(4))}
    assert result.cost.unpriced >= 2 * 3
    lost = [cell for _, case, cell, _ in result.results.items() if case.name == "deadly"]
    assert all(cell.usd is None and cell.is_paid for cell in lost)


class Unwritable:
    """A value that cannot be written down."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")

    __str__ = __repr__


def unwritable() -> dict[str, Any]:
    """Give such a value."""
    return {"note": Unwritable()}


def test_a_value_that_cannot_be_sent_back_costs_its_own_case(
    flow: Flow, client: Client, server: ScriptedServer
) -> None:
    server.script(deadly)
    flow.action("end", unwritable, writes=["note"])
    flow.connect(flow.node("read"), flow.node("end"), if_='weekday == "Mon"')
    cases = [*scripts(3), {**scripts(1)[0], "name": "deadly", "caller": ["Hello", "Tue, deadly."]}]
    result = flow.compare({"now": {}, "two": {"ask": TWO}}, cases, executor=client, wait=True)
    found = {case.name: cell.status for _, case, cell, _ in result.results.items()}
    assert {name for name, status in found.items() if status == "done"} >= {"s0", "s1", "s2"}
    assert not any(cell.error == "worker_lost" for *_, cell, _ in result.results.items())


@pytest.mark.slow
def test_a_cluster_without_workers_that_adapts_starts_one(flow: Flow) -> None:
    with cluster(0) as none, Client(none) as client:
        none.adapt(minimum=0, maximum=1)
        assert flow.node("read").compare([ONE, TWO], texts(3), executor=client, wait=True).complete


def test_a_key_that_a_function_takes_along_is_not_sent(flow: Flow, client: Client, server: ScriptedServer) -> None:
    held = fake_key("openai")
    flow.action("call", lambda weekday: {"weekday": held}, writes=["weekday"])
    flow.connect(flow.node("read"), flow.node("call"), if_='weekday == "Mon"')
    with pytest.raises(KeyFormatError) as raised:
        flow.compare({"now": {}, "two": {"ask": TWO}}, scripts(2), executor=client, wait=True).verdicts()
    assert held not in str(raised.value)
    assert server.requests == []


def test_the_key_is_in_nothing_that_the_cluster_keeps(flow: Flow, client: Client, key: str) -> None:
    flow.node("read").compare([ONE, TWO], texts(3), executor=client, wait=True)
    kept = [client.get_events(), client.get_scheduler_logs(), client.get_worker_logs(), client.story()]
    assert key.encode() not in pickle.dumps([repr(each) for each in kept])
    assert key.encode() not in packed(FrozenFlow.of(flow.graph, flow.context, opens=False))


def test_a_sealed_key_opens_on_the_worker_that_it_was_sealed_for_alone(key: str) -> None:
    source, worker = KeySource("compatible", "example.org", "", Secret(key)), SealingKey()
    delivery = source.delivery("flow", worker.public_b64)
    assert key.encode() not in pickle.dumps(delivery)
    with pytest.raises(KeyFormatError):
        received("flow", [delivery], SealingKey())
    with pytest.raises(KeyFormatError):
        received("another flow", [delivery], worker)
    found = received("flow", [delivery], worker).get("compatible", "example.org")
    assert found == Secret(key)


def test_a_variable_that_a_worker_lacks_is_named_before_the_first_call(
    flow: Flow, client: Client, server: ScriptedServer, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_API_KEY", key)
    provider = PROVIDERS["compatible"]
    destination = provider.key_destination(provider.address(server.base_url))
    flow.key_store.remove("compatible", destination)
    flow.use_key("env:FAR_API_KEY", provider="compatible")
    with pytest.raises(ConfigError, match="environment variable"):
        flow.node("read").compare([ONE, TWO], texts(2), executor=client, wait=True).verdicts()
    assert server.requests == []


def test_stop_ends_what_runs_on_workers(flow: Flow, client: Client, server: ScriptedServer) -> None:
    server.script(slow)
    result = flow.node("read").compare([ONE, TWO], texts(150), executor=client, wait=False)
    while len(server.requests) < 20:
        time.sleep(0.02)
    result.stop()
    result.wait()
    sent = -1
    while sent < len(server.requests):  # those under way may still arrive; all would, if nothing had ended them
        sent = len(server.requests)
        time.sleep(2)
    assert sent < 300


@pytest.mark.parametrize("given", ["tcp://127.0.0.1:8786", threading, 4])
def test_what_is_no_client_is_refused(flow: Flow, given: Any) -> None:
    with pytest.raises(ConfigError) as raised:
        flow.node("read").compare([ONE, TWO], texts(2), executor=given)
    assert raised.value.kind == "executor"


@pytest.mark.parametrize("most", [7, 200])
def test_the_limit_of_a_flow_is_kept_call_by_call(
    flow: Flow, client: Client, server: ScriptedServer, most: int
) -> None:
    variants = {"now": {}, "other": {"ask": TWO, "read": TWO}}
    result = flow.compare(variants, scripts(8), max_calls=most, executor=client)
    assert len(server.requests) <= most
    assert result.used[1] == len(server.requests), "each call is reserved once, and none is left reserved"
    assert result.complete is (most == 200)
    assert all(cell.status == "done" for *_, cell, _ in result.results.items())


def test_the_limit_of_a_node_is_kept(flow: Flow, client: Client, server: ScriptedServer) -> None:
    result = flow.node("read").compare([ONE, TWO], texts(20), executor=client, max_calls=10, wait=True)
    assert len(server.requests) == 10
    assert result.stopped_for == "budget"
    assert result.cost.usd == Decimal(0)
