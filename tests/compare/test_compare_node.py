"""Models compared on one node, against a scripted provider, through the real SDK."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.compare import comparison
from byok_widgets.compare.cells.identity import edge_definitions
from byok_widgets.engine import ENGINE
from tests.compare.flows import BAD, GOOD, compatible_flow, openrouter_flow
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

MODELS = [GOOD, BAD]


def answer(request: dict) -> Say:
    return Say(json.dumps({"weekday": "Tue" if request["model"] == "good" else "Mon"}))


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    server.script(answer)
    return compatible_flow(server)


def cases(count: int) -> list[dict]:
    return [{"name": f"c{n}", "text": f"Tuesday, number {n}", "values": {"weekday": "Tue"}} for n in range(count)]


def test_two_models_get_equal_requests_but_for_the_model(flow: Flow, server: ScriptedServer) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    result = read.compare(MODELS, cases(6))
    asked: dict[str, set[str]] = {model: set() for model in ("good", "bad")}
    for request in server.requests:
        asked[request.pop("model")].add(json.dumps(request, sort_keys=True))
    assert len(asked["good"]) == 6
    assert asked["good"] == asked["bad"]
    assert result.differences() == []
    assert [result.results.scores_of(variant)["c0"] for variant in result.variants] == [[1.0], [0.0]]
    assert [case.name for case in result.disagreements()] == ["c0", "c1", "c2", "c3", "c4", "c5"]


def test_cases_that_expect_nothing_are_counted_apart(flow: Flow) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    result = read.compare(MODELS, [*cases(2), {"name": "silent", "text": "Hello"}])
    assert result.headline.endswith("3 cases, 1 without an expectation")
    with_a_metric = read.compare(MODELS, [{"text": "Hello"}], metric=lambda _case, _output: 1.0)
    assert with_a_metric.headline.endswith("1 case")


def test_the_same_call_pays_nothing_again_and_one_more_model_pays_its_column(
    flow: Flow, server: ScriptedServer
) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    read.compare(MODELS, cases(4))
    assert len(server.requests) == 8
    again = read.compare(MODELS, cases(4))
    assert again.complete
    assert len(server.requests) == 8
    read.compare([*MODELS, "compatible:third"], cases(4))
    assert len(server.requests) == 12
    assert len(flow.comparisons()) == 2


def test_cells_that_are_there_already_let_others_on_the_loop(flow: Flow) -> None:
    result = flow.extraction("read", weekday=["Mon", "Tue"]).compare(MODELS, cases(150))
    seen = set()

    async def watched() -> None:
        result.start()
        while result.running:
            seen.add(result.results.added)
            await asyncio.sleep(0)

    before = result.results.added
    ENGINE.run(watched())
    assert result.results.added == 2 * before
    assert len(seen - {before, 2 * before}) > 1, "it was looked at in the middle"


def test_max_calls_is_kept_and_resume_goes_on(flow: Flow, server: ScriptedServer) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    result = read.compare(MODELS, cases(4), max_calls=5)
    assert len(server.requests) == 4
    assert result.stopped_for == "budget"
    result.resume(max_calls=100)
    assert result.complete
    assert len(server.requests) == 8


def test_a_budget_without_a_price_is_refused(flow: Flow) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    with pytest.raises(ConfigError) as caught:
        read.compare(MODELS, cases(2), budget=1)
    assert caught.value.kind == "not_priced"


def test_a_failing_model_is_missing_and_stops_no_other(flow: Flow, server: ScriptedServer) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    fault = Say(status=401, body={"error": {"message": "no"}})
    server.script(lambda request: fault if request["model"] == "bad" else answer(request))
    result = read.compare(MODELS, cases(2))
    failed = [cell.status for _, _, cell, _ in result.results.items()]
    assert sorted(failed) == ["done", "done", "failed", "failed"]
    assert result.results.scores_of(result.variants[1]) == {}


def test_repeats_at_temperature_zero_are_refused(flow: Flow) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"], settings={"temperature": 0})
    with pytest.raises(ConfigError) as caught:
        read.compare(MODELS, cases(2), repeat=2)
    assert caught.value.kind == "repeat"


@pytest.mark.parametrize(
    "models",
    [None, 42, {"a": GOOD, "b": BAD}, [], [GOOD], [GOOD, GOOD], ["good", GOOD], [[GOOD], [BAD]]],
    ids=["none", "number", "mapping", "empty", "one", "twice", "twice in two ways", "nested"],
)
def test_what_is_no_list_of_different_models_is_refused(
    models: object, flow: Flow, server: ScriptedServer
) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    with pytest.raises(ConfigError):
        read.compare(models, cases(2))
    assert server.requests == []


def test_a_number_of_repeats_that_can_only_be_a_slip_is_refused_at_once(flow: Flow) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    with pytest.raises(ConfigError) as caught:
        read.compare(MODELS, cases(2), repeat=10**9, max_calls=4)
    assert caught.value.kind == "repeat"


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": "hot"},
        {"temperature": float("nan")},
        {"temperature": -1},
        {"margin": "a"},
        {"margin": "0.05"},
    ],
    ids=str,
)
def test_what_no_comparison_can_be_run_with_is_refused_before_the_first_call(
    options: dict, flow: Flow, server: ScriptedServer
) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    with pytest.raises(ConfigError) as caught:
        read.compare(MODELS, cases(2), **options)
    assert caught.value.kind == next(iter(options))
    assert server.requests == []


def test_a_plan_for_no_difference_is_refused(flow: Flow) -> None:
    pytest.importorskip("scipy")
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    result = read.compare(MODELS, cases(3))
    for margin in (0, "a"):
        with pytest.raises(ConfigError) as caught:
            result.plan(margin)
        assert caught.value.kind == "margin"


def test_a_model_that_is_no_worse_but_costs_more_is_not_recommended(server: ScriptedServer) -> None:
    pytest.importorskip("scipy")
    flow = openrouter_flow(server, "openrouter:some/small")
    usd = {"some/small": 0.001, "some/large": 0.004}
    usage = {"prompt_tokens": 10, "completion_tokens": 2}
    server.script(lambda request: replace(answer(request), usage={**usage, "cost": usd[request["model"]]}))
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    models = [f"openrouter:{name}" for name in usd]
    dear = read.compare(models, cases(20), margin=0.3)
    assert [result.verdict for result in dear.verdicts()] == ["baseline", "no worse"]
    assert dear.best().is_baseline
    assert "no worse, but it costs more" in dear.best().reason
    cheap = read.compare(models, cases(20), margin=0.3, baseline=models[1])
    assert cheap.best().models == {"read": models[0]}


def test_a_ratio_of_costs_is_not_shown_where_some_have_no_price(server: ScriptedServer) -> None:
    """A gateway reports the cost of every other call: what is known says nothing of the rest."""
    flow = openrouter_flow(server, "openrouter:some/one")

    def reported(request: dict) -> Say:
        known = {"cost": 0.001} if request["model"] == "some/one" or "number 1" in str(request["messages"]) else {}
        return replace(answer(request), usage={"prompt_tokens": 10, "completion_tokens": 2, **known})

    server.script(reported)
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    result = read.compare(["openrouter:some/one", "openrouter:some/two"], cases(3))
    assert [result.results.summary(variant).unpriced for variant in result.variants] == [0, 2]
    assert "not priced" in repr(result)
    assert "cost ratio" not in repr(result)


def test_a_cell_that_waits_shows_how_far_it_is(
    flow: Flow, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    sink = SimpleNamespace(show_standing=told.append, close=lambda result: told.append("closed"))
    monkeypatch.setattr(
        comparison, "frontend", lambda: SimpleNamespace(output_sink=lambda: sink, is_live=lambda: True)
    )
    server.script(lambda request: replace(answer(request), pause_s=0.2))
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    read.compare(MODELS, cases(2), wait=False).wait()
    assert told[-1] == "closed"
    assert "0 of 4 cells" in told[0]
    assert len(told) < 20, "not each time that the cell looks"


def test_a_table_leaves_out_what_has_nothing_to_say_of_any_variant(flow: Flow, server: ScriptedServer) -> None:
    server.script(lambda request: replace(answer(request), pause_s=0.02))
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    result = read.compare(MODELS, cases(2))
    for shown in (repr(result), result._repr_html_()):
        assert "p50" in shown
        assert "declined" not in shown
    server.script(lambda request: answer(request) if request["model"] == "good" else Say("no JSON"))
    declined = read.compare([MODELS[0], "compatible:other"], cases(2))
    assert "declined" in repr(declined)


def test_rescoring_makes_no_call(flow: Flow, server: ScriptedServer) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    result = read.compare(MODELS, cases(2))
    before = len(server.requests)
    result.rescore(lambda case, output: output["values"]["weekday"] == "Mon")
    assert len(server.requests) == before
    assert result.results.scores_of(result.variants[1])["c0"] == [1.0]


def test_verdicts_and_the_choice(flow: Flow) -> None:
    pytest.importorskip("scipy")
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    result = read.compare(MODELS, cases(20), baseline=MODELS[1])
    assert {finding.variant.name: finding.verdict for finding in result.verdicts()}[MODELS[0]] == "better"
    said = flow.apply(result.best("read"))
    assert repr(said) == str(said), "a cell shows a sentence, not a text in quotes"
    assert read.model == MODELS[0]


def test_without_evidence_nothing_is_applied(flow: Flow) -> None:
    pytest.importorskip("scipy")
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    choice = read.compare(MODELS, cases(3)).best("read")
    assert choice.is_baseline
    said = flow.apply(choice)
    assert repr(said) == str(said)
    assert read.model is None


def test_no_file_holds_a_key(flow: Flow, server: ScriptedServer, tmp_path: Path) -> None:
    key = fake_key("openai")
    flow.config  # noqa: B018 - the settings exist before the key does
    read = flow.extraction("read", weekday=str)
    server.script(Say(json.dumps({"weekday": key})))
    store = tmp_path / "cells.sqlite"
    result = read.compare(MODELS, cases(1), store=store)
    result.save(tmp_path / "report.html")
    held = b"".join(path.read_bytes() for path in tmp_path.glob("*.*"))
    base = sqlite3.connect(store)
    for table in ("reply", "request"):
        for (body,) in base.execute(f"SELECT body FROM {table}"):
            held += body if body[:1] == b"{" else zlib.decompress(body)
    base.close()
    assert b"weekday" in held
    assert key.encode() not in held
    assert "http://" not in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("line", "place"),
    [('{"text": 3}', "line 1"), ("nothing", "line 1"), ('{"text": "a", "expected": {}}', "line 1")],
)
def test_a_wrong_case_is_named_with_its_place(flow: Flow, tmp_path: Path, line: str, place: str) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(ConfigError) as caught:
        flow.cases(path)
    assert place in caught.value.problem


def test_conditions_of_two_kinds_that_read_alike_are_told_apart(flow: Flow) -> None:
    for name in ("ask", "bye"):
        flow.conversation(name, "Hello.", static=True)
    found = []
    for condition in ({"if_": "weekday is not None"}, {"when": "weekday is not None"}):
        flow.connect("ask", "bye", **condition)
        found.append(edge_definitions(flow.graph))
    assert found[0] != found[1]
