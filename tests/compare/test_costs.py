"""What cells cost: a call that was begun is never told as free, and nothing is counted that was not charged."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ByokError, Flow
from byok_widgets.compare.spending.prices import Prices
from tests.compare.conftest import LARGE, MOST, SMALL, answer
from tests.compare.flows import openrouter_flow
from tests.scripted_server import Say, ScriptedServer

VARIANTS = {"now": {}, "large": {"read": LARGE}}
REFUSED = Say(status=400, body={"error": {"message": "no", "code": "invalid"}})


def texts(count: int) -> list[dict]:
    return [{"name": f"c{n}", "text": f"Tuesday, {n}", "values": {"weekday": "Tue"}} for n in range(count)]


def scripts(count: int) -> list[dict]:
    return [
        {"name": f"c{n}", "caller": ["Hello", f"Tue, {n}"], "values": {"weekday": "Tue"}} for n in range(count)
    ]


def paid(flow: Flow, server: ScriptedServer) -> Decimal:
    prices = Prices(flow.context)
    return sum((prices.usd(f"openai:{request['model']}", 100, MOST) for request in server.requests), Decimal(0))


def cells(result: Any) -> list[Any]:
    return [cell for _, _, cell, _ in result.results.items()]


@pytest.mark.parametrize(
    "compare",
    [
        lambda flow: flow.node("read").compare([SMALL, LARGE], texts(1), wait=False),
        lambda flow: flow.compare(VARIANTS, scripts(1), wait=False),
    ],
    ids=["node", "flow"],
)
def test_a_call_that_is_stopped_in_the_middle_of_its_answer_has_an_unknown_cost(
    priced: Flow, server: ScriptedServer, compare: Callable[[Flow], Any]
) -> None:
    server.script(Say("Which day, then? " * 20, pause_s=0.2))
    result = compare(priced)
    while not server.requests:
        pass
    result.stop()
    result.wait()
    assert result.spent.unpriced > 0
    assert "free" not in str(result.spent)


def test_a_call_that_is_stopped_while_it_waits_to_be_sent_again_costs_nothing(
    priced: Flow, server: ScriptedServer
) -> None:
    refused = Say(status=429, body={"error": {"message": "Slow down."}})
    server.script(lambda request: refused if f"openai:{request['model']}" == LARGE else answer(request))
    result = priced.node("read").compare([SMALL, LARGE], texts(1), wait=False)
    while not (len(result.results) and priced.context.waits.longest):
        time.sleep(0.01)
    result.stop()
    result.wait()
    (done,) = cells(result)
    assert (result.given_up, result.spent.unpriced, result.spent.usd) == (1, 0, done.usd)


def test_a_call_that_breaks_after_it_has_begun_has_an_unknown_cost(priced: Flow, server: ScriptedServer) -> None:
    server.thoughts = ["Let me think."]
    server.script(Say("", finish=None, usage=None))
    result = priced.node("read").compare([SMALL, LARGE], texts(1), budget=1)
    assert [cell.status for cell in cells(result)] == ["failed", "failed"]
    assert [cell.usd for cell in cells(result)] == [None, None]
    assert (result.spent.unpriced, result.cost.unpriced) == (2, 2)
    again = priced.node("read").compare([SMALL, LARGE], texts(1), max_calls=1)
    assert all(summary.usd_per_1000 is None for summary in map(again.results.summary, again.variants))


def test_an_answer_after_one_that_broke_costs_at_least_its_own_price(priced: Flow, server: ScriptedServer) -> None:
    said = {"broken": 0}

    def once(request: dict) -> Say:
        said["broken"] += 1
        return Say('{"week', finish=None, usage=None) if said["broken"] == 1 else answer(request)

    server.script(once)
    result = priced.node("read").compare([SMALL, LARGE], texts(1))
    assert [cell.status for cell in cells(result)].count("done") >= 1
    assert result.spent.unpriced == 1
    assert 0 < result.spent.usd < paid(priced, server)
    assert str(result.spent).startswith("at least")


def test_a_refusal_costs_nothing_and_takes_nothing_off_the_budget(priced: Flow, server: ScriptedServer) -> None:
    server.script(lambda request: REFUSED if request["model"] == "gpt-4o" else answer(request))
    result = priced.node("read").compare([SMALL, LARGE], texts(30), budget=Decimal("0.05"))
    assert result.complete, "the worst case of what was refused would have used the budget up"
    usd, unpriced = result.spent.usd, result.spent.unpriced
    assert (usd, unpriced) == (sum(cell.usd for cell in cells(result)), 0)
    assert result.used[0] == usd


def test_calls_that_an_action_makes_itself_are_in_the_cost_of_its_cell(
    priced: Flow, server: ScriptedServer
) -> None:
    other = priced.conversation("other", "Say hello.", max_tokens=MOST)
    priced.disconnect("read", "ask")
    priced.connect("read", priced.action("greet", lambda: other.run("Hello").text, writes=["greeting"]))
    priced.connect("greet", "ask")
    result = priced.compare(VARIANTS, scripts(1))
    assert [cell.status for cell in cells(result)] == ["done", "done"]
    assert result.cost.usd == result.spent.usd == paid(priced, server)


def test_a_refused_call_that_an_action_catches_gives_the_cell_up(priced: Flow, server: ScriptedServer) -> None:
    other = priced.conversation("other", "Say hello.", max_tokens=MOST)

    def greet() -> str:
        try:
            return other.run("Hello").text
        except ByokError:
            return "nobody"

    priced.disconnect("read", "ask")
    priced.connect("read", priced.action("greet", greet, writes=["greeting"]))
    priced.connect("greet", "ask")
    most = len(priced.compare({"now": {}, "large": {"ask": LARGE}}, scripts(1)).results) and len(server.requests)
    for limit in range(1, most):
        result = priced.compare(
            VARIANTS, [{**scripts(1)[0], "text": "", "caller": ["Hi", str(limit)]}], max_calls=limit
        )
        assert all(cell.output["values"]["greeting"] != "nobody" for cell in cells(result))
        assert result.stopped_for == "budget" or result.complete
    last = priced.node("ask")
    for limit in range(1, 3):
        case = {"name": "c", "caller": ["Hi", f"{limit}"], "contains": "day"}
        result = last.compare([SMALL, LARGE], [case], max_calls=limit)
        assert result.stopped_for == "budget"
        assert result.resume(max_calls=100).complete
        assert "nobody" not in str([request["messages"] for request in server.requests])


def test_calls_of_a_metric_count_towards_the_limit(priced: Flow, server: ScriptedServer) -> None:
    judge = priced.conversation("judge", "Judge.", max_tokens=MOST)

    def metric(case: Any, output: Any) -> bool:
        return bool(judge.run(output["text"]).text)

    result = priced.node("read").compare([SMALL, LARGE], texts(3), metric=metric, max_calls=5)
    assert len(server.requests) <= 5
    assert result.stopped_for == "budget"
    assert result.resume(max_calls=100).complete
    assert result.spent.usd == paid(priced, server)
    before = len(server.requests)
    assert result.rescore(metric).spent.usd == paid(priced, server)
    assert len(server.requests) == before + 6


def test_a_metric_that_raises_loses_no_cell(priced: Flow, server: ScriptedServer) -> None:
    def metric(case: Any, output: Any) -> float:
        if case.name == "c1":
            raise LookupError("no such thing")
        return 1

    result = priced.node("read").compare([SMALL, LARGE], texts(3), metric=metric)
    assert result.complete
    assert [cell.status for cell in cells(result)] == ["done"] * 6
    assert result.results.scores_of(result.variants[0]) == {"c0": [1.0], "c2": [1.0]}
    assert "no such thing" in repr(result)
    before = len(server.requests)
    assert set(result.rescore("checks").results.scores_of(result.variants[0])) == {"c0", "c1", "c2"}
    assert len(server.requests) == before


def test_looking_at_results_pays_nothing_and_tells_what_a_function_raises(
    priced: Flow, server: ScriptedServer, tmp_path: Path
) -> None:
    judge = priced.conversation("judge", "Judge.", max_tokens=MOST)
    functions = {"broken": lambda output: output["nothing"], "asks": lambda output: bool(judge.run("Hi").text)}
    for name in functions:
        cases = priced.cases([{"text": "Tue", "assertions": [{"function": name}]}], functions=functions)
        result = priced.node("read").compare([SMALL, LARGE], cases)
        before = len(server.requests)
        assert result.complete
        assert name in repr(result.diff("case 1"))
        result.save(tmp_path / f"{name}.html")
        assert len(server.requests) == before


def test_what_fails_before_a_node_is_missing_for_all(priced: Flow, server: ScriptedServer) -> None:
    priced.extraction("last", weekday=["Mon", "Tue"], max_tokens=MOST)
    priced.disconnect("read", "ask")
    priced.connect("read", "last")
    priced.connect("last", "ask")
    server.script(lambda request: Say("nonsense") if "response_format" in request else answer(request))
    result = priced.node("last").compare([SMALL, LARGE], scripts(1))
    assert [cell.status for cell in cells(result)] == ["failed", "failed"]
    assert [result.results.scores_of(variant) for variant in result.variants] == [{}, {}]
    assert "2 cells failed" in repr(result)


def test_equal_cases_are_paid_and_counted_once(priced: Flow, server: ScriptedServer) -> None:
    twice = [{**texts(1)[0], "name": name} for name in ("a", "b")]
    for compare in (
        lambda: priced.node("read").compare([SMALL, LARGE], twice),
        lambda: priced.compare(VARIANTS, [{"name": n, "caller": ["Hi", "Tue"], "end_node": "ask"} for n in "ab"]),
    ):
        server.requests.clear()
        result = compare()
        assert result.complete
        assert result.cost.usd == result.spent.usd == paid(priced, server)
        assert compare().cost.usd == result.cost.usd
        assert sum(result.results.summary(variant).usd for variant in result.variants) == result.cost.usd


def test_equal_cases_are_no_more_evidence_than_one(priced: Flow, server: ScriptedServer) -> None:
    pytest.importorskip("scipy")
    wrong = Say('{"weekday": "Mon"}')
    server.script(lambda request: wrong if request["model"] == "gpt-4o" else answer(request))
    equal = [{**texts(1)[0], "name": f"c{number}"} for number in range(20)]
    found = priced.node("read").compare([SMALL, LARGE], equal).verdicts()
    assert [each.verdict for each in found] == ["baseline", "too few"]


def test_what_is_held_for_cells_starves_none_that_fits(priced: Flow, server: ScriptedServer) -> None:
    priced.node("read").max_tokens = priced.node("ask").max_tokens = 3000
    server.script(lambda request: Say(answer(request).text, usage={"prompt_tokens": 10, "completion_tokens": 1}))
    worst = 3 * Prices(priced.context).usd(SMALL, 3000, 3000)
    variants = {"now": {}, "same": {"read": "openai:gpt-4o-mini-2024-07-18"}}
    result = priced.compare(variants, scripts(3), budget=float(worst))
    assert result.complete
    assert result.used[0] <= worst


def test_a_thousand_conversations_cost_what_the_weights_of_the_cases_say(server: ScriptedServer) -> None:
    """A long call is rare, and dear on one of the models."""

    def priced_by_length(request: dict) -> Say:
        is_dear = request["model"] == "some/big" and "long" in str(request["messages"])
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "cost": 0.01 if is_dear else 0.001}
        return Say('{"weekday": "Tue"}', usage=usage)

    server.script(priced_by_length)
    models = ["openrouter:some/big", "openrouter:some/small"]
    flow = openrouter_flow(server, models[0])
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    expected: dict[str, Any] = {"values": {"weekday": "Tue"}}
    cases = [{"text": "a long one", "weight": 1, **expected}, {"text": "a short one", "weight": 9, **expected}]
    found = read.compare(models, cases, wait=True)
    big, small = (found.results.summary(variant) for variant in found.variants)
    assert (big.usd_per_1000, small.usd_per_1000) == (Decimal("1.9"), 1)
    assert (big.usd, big.usd_per_cell) == (Decimal("0.011"), Decimal("0.0055"))
    assert "times are those of the calls" in repr(found), "they are not weighted"
    pytest.importorskip("scipy")
    assert found.verdicts()[1].service.cost_ratio.estimate == pytest.approx(1 / 1.9)
