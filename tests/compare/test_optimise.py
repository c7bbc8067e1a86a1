"""The cheapest safe assignment on a flow of three models whose accuracies and prices are known."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ConfigError
from tests.compare.flows import openrouter_flow
from tests.html_table import cells_of
from tests.scripted_server import Say, ScriptedServer

CASES = 18
MARGIN = 0.35
USD = {"big": Decimal("0.01"), "small": Decimal("0.001"), "tiny": Decimal("0.0001")}
MODELS = [f"openrouter:some/{model}" for model in USD]


def is_right(model: str, field: str, number: int) -> bool:
    """`small` reads days as well as `big` and one number of people in three; `tiny` reads nothing."""
    return model == "big" or (model == "small" and (field == "weekday" or number % 3 == 0))


def answer(request: dict[str, Any]) -> Say:
    model = request["model"].removeprefix("some/")
    texts = " ".join(message["content"] for message in request["messages"] if isinstance(message["content"], str))
    number = int(re.findall(r"number (\d+)", texts)[-1])
    field = next(name for name in ("weekday", "people") if name in json.dumps(request["response_format"]))
    right, wrong = ("Tue", "Mon") if field == "weekday" else (4, 7)
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "cost": float(USD[model])}
    return Say(json.dumps({field: right if is_right(model, field, number) else wrong}), usage=usage)


@pytest.fixture
def make_flow(server: ScriptedServer) -> Callable[[], Flow]:
    pytest.importorskip("scipy")
    server.script(answer)

    def make() -> Flow:
        flow = openrouter_flow(server, MODELS[0])
        flow.conversation("hello", "Hello.", static=True)
        flow.extraction("day", weekday=["Mon", "Tue"])
        flow.extraction("party", people=int)
        flow.conversation("bye", "Bye.", static=True, end=True)
        for source, target in itertools.pairwise(("hello", "day", "party", "bye")):
            flow.connect(source, target)
        return flow

    return make


def cases(count: int = CASES, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": f"c{n:02}",
            "text": f"Tuesday, we are four, number {n}",
            "values": {"weekday": "Tue", "people": 4},
            **more,
        }
        for n in range(count)
    ]


def overrides(flow: Flow) -> dict[str, str]:
    found = {node: flow.config.override(node) for node in flow.nodes}
    return {node: model for node, model in found.items() if model}


def test_each_node_gets_the_cheapest_model_that_runs_of_the_flow_show_to_be_safe(
    make_flow: Callable[[], Flow], server: ScriptedServer
) -> None:
    flow = make_flow()
    found = flow.optimise(MODELS, cases(), margin=MARGIN)
    assert found.changes == {"day": MODELS[1]}
    assert found.models == {"day": MODELS[1], "party": MODELS[0]}
    assert found.baseline_usd_per_1000 == 1000 * 2 * USD["big"]
    assert found.usd_per_1000 == 1000 * (USD["small"] + USD["big"])
    assert found.saving == pytest.approx(0.45)
    assert found.steps[-1].passed
    assert found.steps[-1].difference.estimate == 0
    assert found.spent.usd == CASES * (2 * USD["big"] + 2 * sum(USD.values()) + USD["small"] + USD["big"])
    assert overrides(flow) == {}, "nothing is changed unasked"
    flow.apply(found.best())
    assert overrides(flow) == {"day": MODELS[1]}

    sent = len(server.requests)
    flow.config.set_override("day", None)
    again = flow.optimise(MODELS, cases(), margin=MARGIN)
    assert len(server.requests) == sent, "the same call pays nothing"
    assert (again.changes, again.spent.usd) == (found.changes, Decimal(0))


def test_cases_that_are_added_to_a_search_leave_evidence_and_no_interval(make_flow: Callable[[], Flow]) -> None:
    flow = make_flow()
    first = flow.optimise(MODELS, cases(), margin=MARGIN)
    second = flow.optimise(MODELS, cases(40), margin=MARGIN)
    again = flow.optimise(MODELS, cases(), margin=MARGIN)
    for found, count, has_interval in ((first, CASES, True), (second, 40, False), (again, CASES, True)):
        assert found.changes == {"day": MODELS[1]}
        step = found.steps[0]
        assert (step.difference.n, step.passed) == (count, True)
        assert ("(" in dict(step.facts())["difference in points"]) is has_interval
        assert ("were added" in repr(found)) is not has_interval
        assert ("nan" in f"{found!r}{found.best()!r}{found._repr_html_()}") is False


def test_its_parts_are_tables_and_remain_what_programs_read(make_flow: Callable[[], Flow]) -> None:
    found = make_flow().optimise(MODELS, cases(), margin=MARGIN)
    heads, *steps = cells_of(found.steps._repr_html_())
    assert heads == ["changed", "difference in points", "cases", "verdict", "shown safe"]
    assert [row[0] for row in steps] == [step.words for step in found.steps]
    heads, *runs = cells_of(found.runs._repr_html_())
    assert heads == ["models", "cases", "score", "cost per 1,000", "time (p50)", "failed"]
    assert [row[:3] for row in runs] == [[name, str(CASES), "100.0%"] for name in ("now", f"day: {MODELS[1]}")]
    heads, *nodes = cells_of(found.nodes._repr_html_())
    assert heads[:2] == ["node", "model"]
    assert [row[:2] for row in nodes] == [[node, model] for node in ("day", "party") for model in MODELS]
    assert [mark for mark in ("object at 0x", "=(", "Decimal") if mark in f"{found.steps!r}{found.runs!r}"] == []
    assert found.runs[0].baseline.name == "now"


def test_what_is_not_shown_to_be_safe_changes_nothing_and_says_why(make_flow: Callable[[], Flow]) -> None:
    flow = make_flow()
    found = flow.optimise({"party": [MODELS[1]]}, cases(), margin=MARGIN)
    assert (found.changes, found.steps) == ({}, ())
    recommended = found.best()
    assert recommended.is_baseline
    flow.apply(recommended)
    assert overrides(flow) == {}
    assert found.reason in repr(found)


def test_too_few_cases_say_how_many_more_would_decide(make_flow: Callable[[], Flow]) -> None:
    """Equal answers in 18 cases show no loss beyond 18 points, far from one of 5."""
    found = make_flow().optimise({"day": [MODELS[1]]}, cases(), margin=0.05)
    assert not found.changes
    assert found.more_cases is not None
    assert 40 < found.more_cases < 100


def test_it_ends_at_its_limit_and_the_same_call_goes_on(
    make_flow: Callable[[], Flow], server: ScriptedServer
) -> None:
    flow = make_flow()
    first = flow.optimise(MODELS, cases(), margin=MARGIN, max_calls=60)
    assert 50 < len(server.requests) <= 60
    assert not first.changes
    assert not first.steps
    assert first.spent.usd >= len(server.requests) * min(USD.values()), "what was run was paid for"
    rest = flow.optimise(MODELS, cases(), margin=MARGIN, max_calls=10_000)
    assert rest.changes == {"day": MODELS[1]}
    assert len(server.requests) == CASES * 10, "no cell is paid twice"


def test_nodes_that_no_case_judges_keep_their_model(make_flow: Callable[[], Flow]) -> None:
    found = make_flow().optimise(MODELS, cases(values={"weekday": "Tue"}), margin=MARGIN)
    assert set(found.unjudged) == {"hello", "party", "bye"}
    assert found.models == {"day": MODELS[1]}


def test_a_metric_of_its_own_judges_a_node(make_flow: Callable[[], Flow]) -> None:
    def fits(case: Any, output: Any) -> bool:
        return bool(output["values"].get("people") == 4)

    found = make_flow().optimise(
        MODELS, cases(values={"weekday": "Tue"}), margin=MARGIN, metrics={"party": fits}, metric="checks"
    )
    assert "party" not in found.unjudged
    assert found.models == {"day": MODELS[1], "party": MODELS[0]}


@pytest.mark.parametrize(
    ("models", "options", "kind"),
    [
        (MODELS, {"margin": 0}, "margin"),
        (MODELS, {"margin": MARGIN, "max_calls": 0}, "budget"),
        (MODELS[0], {"margin": MARGIN}, "models"),
        ({"nobody": MODELS}, {"margin": MARGIN}, "node"),
        (MODELS, {"margin": MARGIN, "metrics": {"nobody": len}}, "node"),
    ],
)
def test_what_cannot_be_used_is_refused_before_a_call(
    make_flow: Callable[[], Flow], server: ScriptedServer, models: Any, options: dict[str, Any], kind: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        make_flow().optimise(models, cases(), **options)
    assert refused.value.kind == kind
    assert not server.requests


def test_cases_that_expect_no_value_are_refused(make_flow: Callable[[], Flow], server: ScriptedServer) -> None:
    with pytest.raises(ConfigError) as refused:
        make_flow().optimise(MODELS, cases(values={}, end_node="bye"), margin=MARGIN)
    assert refused.value.kind == "cases"
    assert not server.requests


def test_cancelling_it_stops_the_calls_and_keeps_what_is_done(
    make_flow: Callable[[], Flow], server: ScriptedServer
) -> None:
    server.script(lambda request: replace(answer(request), pause_s=0.05))
    flow = make_flow()

    async def cancelled() -> None:
        searching = asyncio.ensure_future(flow.aoptimise(MODELS, cases(), margin=MARGIN))
        while len(server.requests) < 10:
            await asyncio.sleep(0.01)
        searching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await searching

    asyncio.run(cancelled())
    sent = len(server.requests)
    assert sent < CASES * 10
    found = asyncio.run(flow.aoptimise(MODELS, cases(), margin=MARGIN))
    assert found.changes == {"day": MODELS[1]}
