"""Budgets of comparisons at real prices: nothing is sent whose worst case is not covered."""

from __future__ import annotations

import json
import random
from decimal import Decimal

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.compare.spending.prices import Prices
from byok_widgets.messages import Message
from tests.compare.flows import priced_flow
from tests.scripted_server import Say, ScriptedServer

SMALL, LARGE = "openai:gpt-4o-mini", "openai:gpt-4o"
MOST = 200


@pytest.fixture
def flow(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A flow whose provider has a price list and is the scripted server; each answer is as long as it may be."""
    server.script(longest)
    return priced_flow(server, monkeypatch, SMALL)


def longest(request: dict) -> Say:
    read = sum(len(message["content"]) for message in request["messages"])
    usage = {"prompt_tokens": read, "completion_tokens": MOST}
    is_shaped = "response_format" in request
    return Say(json.dumps({"weekday": "Tue"}) if is_shaped else "Which day?", usage=usage)


def paid(flow: Flow, server: ScriptedServer) -> Decimal:
    """Return what the provider charged for everything it was asked."""
    prices = Prices(flow.context)
    usages = [(request["model"], longest(request).usage) for request in server.requests]
    costs = [
        prices.usd(f"openai:{model}", usage["prompt_tokens"], usage["completion_tokens"])
        for model, usage in usages
    ]
    return sum(costs, Decimal(0))


def texts(count: int) -> list[dict]:
    return [{"name": f"c{n}", "text": f"Tuesday, {n}", "values": {"weekday": "Tue"}} for n in range(count)]


def scripts(count: int) -> list[dict]:
    return [
        {"name": f"c{n}", "caller": ["Hello", f"Tue, {n}"], "values": {"weekday": "Tue"}} for n in range(count)
    ]


def connected(flow: Flow) -> None:
    ask = flow.conversation("ask", "Ask for the weekday.", max_tokens=MOST)
    read = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=MOST)
    flow.connect(ask, read)
    flow.connect(read, ask)


def test_a_node_is_never_overspent_and_the_estimate_holds(flow: Flow, server: ScriptedServer) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=MOST)
    free = read.compare([SMALL, LARGE], texts(3))
    assert free.estimate.worst_usd >= paid(flow, server) > 0
    assert free.cost.usd == paid(flow, server)
    server.requests.clear()
    budget = Decimal("0.05")
    result = read.compare([SMALL, LARGE], [*texts(40)[3:]], budget=budget)
    assert result.stopped_for == "budget"
    assert result.estimate.worst_usd == budget
    assert 0 < paid(flow, server) <= budget
    assert result.spent.usd == paid(flow, server)


def test_the_estimate_has_the_calls_of_a_judge_and_names_no_bound_of_what_it_reads(flow: Flow) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=MOST)
    flow.judge_model = LARGE
    judged = [{**case, "judge": "Is it polite?"} for case in texts(3)]
    result = read.compare([SMALL, LARGE], judged, max_calls=1)
    task = result.task
    cells = [task.expected(variant, case, None) for variant in result.variants for case in result.cases]
    assert (result.estimate.calls, result.estimate.cells) == (12, 6)
    assert result.estimate.usd > sum(cells, Decimal(0))
    assert result.estimate.worst_usd is None
    assert read.compare([SMALL, LARGE], judged, max_calls=1, budget=1).estimate.worst_usd == 1


def test_the_estimate_counts_the_calls_of_conversations_and_not_their_cells(flow: Flow) -> None:
    connected(flow)
    whole = flow.compare({"now": {}, "large": {"read": LARGE}}, scripts(20), max_calls=1).estimate
    assert (whole.calls, whole.cells) == (2 * 20 * 2 * 2, 40)
    assert "about 160 calls" in str(whole)
    node = flow.node("read").compare([SMALL, LARGE], scripts(5), max_calls=1).estimate
    assert (node.calls, node.cells) == (2 * 5 + 5 * 2 * 2, 10), "each script is played up to the node once"


def test_a_limit_that_is_too_low_for_the_first_call_says_so(flow: Flow, server: ScriptedServer) -> None:
    read = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=MOST)
    result = read.compare([SMALL, LARGE], texts(3), budget=0.0001, max_calls=50)
    assert server.requests == []
    assert "$0.0000 of $0.0001 and 0 of 50 calls" in " ".join(result.notes())
    assert result.resume(budget=1).complete
    assert "of 50 calls" not in " ".join(result.notes())


def test_a_flow_is_never_overspent_and_cells_that_were_given_up_are_in_its_cost(
    flow: Flow, server: ScriptedServer
) -> None:
    connected(flow)
    budget = Decimal("0.03")
    result = flow.compare({"now": {}, "large": {"read": LARGE}}, scripts(40), budget=budget)
    assert result.stopped_for == "budget"
    assert 0 < paid(flow, server) <= budget
    assert result.spent.usd == paid(flow, server)
    assert len(result.results) > 0


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("node", 0),
        ("flow", 1),
        *(pytest.param(*each, marks=pytest.mark.slow) for each in [("node", 1), ("flow", 0)]),
    ],
)
def test_nothing_is_overspent_whatever_the_provider_does(
    flow: Flow, server: ScriptedServer, kind: str, seed: int
) -> None:
    """It charges for all it begins to answer: also for what breaks off, is declined, or is of no use."""
    chance, charged = random.Random(seed), []

    def whatever(request: dict) -> Say:
        said = longest(request)
        found = chance.choice([said, said, said, "breaks", "busy", "down", "declines", "nonsense"])
        if found in ("busy", "down"):
            return Say(status=429 if found == "busy" else 503, body={"error": {"message": "Later."}})
        charged.append((request["model"], said.usage))
        broken = {"breaks": Say('{"week', finish=None, usage=None), "nonsense": Say("{", usage=said.usage)}
        declined = Say("", finish="content_filter", usage=said.usage)
        return said if found is said else broken.get(found, declined)

    connected(flow)
    flow.judge_model = LARGE
    server.script(whatever)
    budget, question = Decimal("0.35"), {"judge": "Is it polite?"}
    asked = [{**case, **question} for case in (texts(12) if kind == "node" else scripts(12))]
    if kind == "node":
        result = flow.node("read").compare([SMALL, LARGE], asked, budget=budget)
    else:
        result = flow.compare({"now": {}, "large": {"read": LARGE}}, asked, budget=budget)
    prices = Prices(flow.context)
    costs = [
        prices.usd(f"openai:{model}", usage["prompt_tokens"], usage["completion_tokens"])
        for model, usage in charged
    ]
    assert 0 < sum(costs, Decimal(0)) <= budget
    assert result.spent.usd <= sum(costs, Decimal(0)) <= result.used[0] <= budget


def test_calls_that_lead_to_a_node_count(flow: Flow, server: ScriptedServer) -> None:
    connected(flow)
    result = flow.node("read").compare([SMALL, LARGE], scripts(6), max_calls=9)
    assert result.stopped_for == "budget"
    assert 0 < len(server.requests) <= 9
    assert (result.spent.usd, result.spent.unpriced) == (paid(flow, server), 0)


def test_what_leads_to_a_node_is_paid_from_the_budget(flow: Flow, server: ScriptedServer) -> None:
    connected(flow)
    spent = flow.node("read").compare([SMALL, LARGE], scripts(6), budget=Decimal("0.02")).spent
    assert (spent.usd, spent.unpriced) == (paid(flow, server), 0)
    assert 0 < spent.usd <= Decimal("0.02")


def test_a_text_of_which_each_byte_is_a_token_is_covered(flow: Flow) -> None:
    ask = flow.conversation("ask", "Ask for the weekday.", max_tokens=MOST)
    prices, said = Prices(flow.context), Message("user", "ကျေးဇူးပြု၍ " * 500)
    worst = prices.worst(ask, SMALL, prices.bytes_of(ask, [said], {}), attempts=1)
    assert worst >= prices.usd(SMALL, len(said.content.encode()), MOST)


def test_what_has_no_bound_is_refused_before_the_first_call(flow: Flow, server: ScriptedServer) -> None:
    connected(flow)
    flow.node("ask").max_tokens = None
    for compare in (
        lambda: flow.compare({"now": {}, "large": {"read": LARGE}}, scripts(2), budget=1),
        lambda: flow.node("read").compare([SMALL, LARGE], scripts(2), budget=1),
    ):
        with pytest.raises(ConfigError) as caught:
            compare()
        assert caught.value.kind == "budget"
    assert server.requests == []
