"""What a call cost that failed or was stopped: nothing, an amount, at least one, or unknown; never invented."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ExtractionError, Flow, ProviderError
from byok_widgets.config import BaseUrl, ModelRef, ResolvedModel
from byok_widgets.errors import ByokError
from byok_widgets.nodes.calls.admission import PendingCall, admitted_by
from byok_widgets.nodes.calls.model_call import cost_when_stopped
from byok_widgets.providers import PROVIDERS
from byok_widgets.usage import NOT_CHARGED, Cost, CostTotal
from tests.fake_keys import fake_key
from tests.providers.asking import letter_events, talk, whole
from tests.providers.fault_server import HANG_UP, SILENCE, FaultServer, Reply, says, stream

THINKS = {"choices": [{"index": 0, "delta": {"reasoning_content": "Hm."}}]}
SPEAKS = {"choices": [{"index": 0, "delta": {"content": "Hel"}}]}
OVERLOADED: dict[str, Any] = {"error": {"message": "overloaded", "type": "overloaded_error"}}
FAILED: dict[str, Any] = {"error": {"message": "CUDA out of memory", "code": 500}}
REFUSED: dict[str, Any] = {"error": {"message": "no such thing", "code": 400}}
USAGE = {"prompt_tokens": 1000, "completion_tokens": 1000}
UNKNOWN = Cost()


def reads(**values: str) -> dict[str, Any]:
    """Return an answer with an object, which cost 25 cents."""
    return whole({"content": json.dumps(values)}, usage={**USAGE, "cost": 0.25})


GOOD = reads(name="Ana", weekday="Tue")
UNFIT = reads(name="Ana", weekday="Someday")


class Bills:
    """Admits all calls, and keeps what they cost."""

    def __init__(self) -> None:
        self.costs: list[Cost] = []

    async def admit(self, call: PendingCall) -> Bills:
        del call
        return self

    def settle(self, cost: Cost) -> None:
        self.costs.append(cost)


@pytest.fixture
def faults() -> Iterator[FaultServer]:
    """A server of its own: what was learned of another one's address does not matter."""
    server = FaultServer()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byok_widgets.engine.retries.FIRST_WAIT_S", 0.001)
    monkeypatch.setattr("byok_widgets.engine.retries.WITHOUT_SUCCESS_S", 0.2)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries last where one of them succeeds."""
    monkeypatch.setattr("byok_widgets.engine.retries.WITHOUT_SUCCESS_S", 120.0)


def flow_at(server: FaultServer, provider: str = "compatible", model: str = "m") -> Flow:
    flow = Flow(f"bills of {server.host} {provider} {model}")
    url = server.url + ("" if provider == "anthropic" else "/v1")
    flow.set_base_url(provider, url)
    if provider != "compatible":
        destination = PROVIDERS[provider].key_destination(BaseUrl.parse(url))
        flow.key_store.save(provider, destination, fake_key(provider), backend="session")
    flow.model = f"{provider}:{model}"
    return flow


async def bill_of(run: Any) -> tuple[ByokError, Cost]:
    """Return the error of a run, and what it was charged by those who keep the budget."""
    bills = Bills()
    with admitted_by(bills):
        [error] = await asyncio.gather(run(), return_exceptions=True)
    assert isinstance(error, ByokError), error
    [cost] = bills.costs
    return error, cost


@pytest.mark.parametrize(
    ("answer", "cost"),
    [
        (says(REFUSED, 400), NOT_CHARGED),
        (says(REFUSED, 401), NOT_CHARGED),
        (says(OVERLOADED, 529), NOT_CHARGED),
        (says({"error": {"message": "slow down"}}, 429), NOT_CHARGED),
        (says({"error": {"message": "oh"}}, 500), NOT_CHARGED),
        (says(FAILED, 500), NOT_CHARGED),
        (says({"error": {"message": "bad gateway"}}, 502), NOT_CHARGED),
        (says(REFUSED), NOT_CHARGED),
        (says(OVERLOADED), NOT_CHARGED),
        (stream(OVERLOADED), NOT_CHARGED),
        (Reply(b"<html>Log in</html>", kind="text/html"), NOT_CHARGED),
        (stream(FAILED), UNKNOWN),
        (stream(THINKS, OVERLOADED), UNKNOWN),
        (stream(THINKS, REFUSED), UNKNOWN),
        (stream(THINKS).but(then="reset", pieces=(1,)), UNKNOWN),
        (stream(THINKS), UNKNOWN),
        (Reply(b"", kind="text/event-stream"), UNKNOWN),
        (Reply(b"{", kind="application/json"), UNKNOWN),
        (HANG_UP, UNKNOWN),
    ],
    ids=str,
)
def test_what_a_failed_call_cost(faults: FaultServer, answer: Reply, cost: Cost) -> None:
    faults.script(answer)
    error, billed = asyncio.run(bill_of(lambda: flow_at(faults).conversation("ask", "Be brief.").arun("Hi")))
    assert isinstance(error, ProviderError)
    assert (error.cost, billed) == (cost, cost)
    assert error.may_be_charged is (cost.usd is None)
    assert ("may charge" in str(error)) is error.may_be_charged


@pytest.mark.parametrize("thoughts", [0, 1])
def test_a_message_that_had_begun_is_not_free(faults: FaultServer, thoughts: int) -> None:
    thinks = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}
    faults.script(
        stream(*letter_events([], None), *[thinks] * thoughts, {"type": "error", **OVERLOADED}, named=True)
    )
    flow = flow_at(faults, "anthropic")
    error, billed = asyncio.run(bill_of(lambda: flow.conversation("ask", "Be brief.").arun("Hi")))
    assert error.cost == billed == UNKNOWN


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9/v1", "http://nowhere.invalid/v1"])
def test_what_was_never_sent_costs_nothing(faults: FaultServer, base_url: str) -> None:
    flow = flow_at(faults, model="elsewhere")
    if "invalid" in base_url:
        base_url = base_url.replace("http:", "https:")
    flow.set_base_url("compatible", base_url)
    error, billed = asyncio.run(bill_of(lambda: flow.conversation("ask", "Be brief.").arun("Hi")))
    assert error.kind in ("refused", "dns")
    assert error.cost == billed == NOT_CHARGED


@pytest.mark.parametrize(
    ("replies", "cost"),
    [
        ([SILENCE], UNKNOWN),
        ([stream(THINKS).but(sent=20, then="stall")], UNKNOWN),
        ([says({"error": {"message": "slow down"}}, 429)], NOT_CHARGED),
        ([HANG_UP, says({"error": {"message": "slow down"}}, 429, retry_after="30")], UNKNOWN),
    ],
    ids=["silence", "in the middle", "refused all the time", "one of them was sent"],
)
def test_a_call_that_ran_out_of_time(faults: FaultServer, replies: list[Reply], cost: Cost) -> None:
    faults.script(*replies)
    ask = flow_at(faults).conversation("ask", "Be brief.")
    error, billed = asyncio.run(bill_of(lambda: ask.arun("Hi", deadline_s=0.4)))
    assert error.cost == billed == cost


def test_a_stopped_call_is_not_free(faults: FaultServer) -> None:
    faults.script(
        stream(SPEAKS).but(body=stream(SPEAKS).body + b": ", sent=len(stream(SPEAKS).body), then="stall")
    )
    ask, bills = flow_at(faults).conversation("ask", "Be brief."), Bills()

    async def stopped() -> None:
        with admitted_by(bills):
            running = asyncio.ensure_future(ask.arun("Hi"))
        while not faults.asked:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        while not bills.costs:
            await asyncio.sleep(0.01)

    asyncio.run(stopped())
    assert bills.costs == [UNKNOWN]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("before", "is_exact"),
    [(says(REFUSED, 429), True), (stream(OVERLOADED), True), (stream(FAILED), False), (HANG_UP, False)],
    ids=str,
)
def test_an_answer_after_a_failure_costs_at_least_its_own_price(
    faults: FaultServer, before: Reply, is_exact: bool
) -> None:
    reported = {**USAGE, "cost": 0.25}
    faults.script(before, talk("Here.", usage=reported))
    reply = flow_at(faults, "openrouter").conversation("ask", "Be brief.").run("Hi")
    own = Decimal("0.25")
    assert reply.attempts == 2
    assert reply.cost == (Cost(own, "provider") if is_exact else Cost(least_usd=own))
    assert str(reply.cost) == ("$0.2500" if is_exact else "at least $0.2500")
    assert CostTotal.of([reply.cost]) == CostTotal(own, 0 if is_exact else 1, 1)


def test_the_cost_of_an_answer_that_cannot_be_used_is_known(faults: FaultServer) -> None:
    answer = says(whole({"content": "no object"}, usage={**USAGE, "cost": 0.25}))
    faults.script(answer)
    read = flow_at(faults, "openrouter").extraction("read", name=str)
    with pytest.raises(ExtractionError) as caught:
        read.run("I am Ana")
    assert caught.value.cost == Cost(Decimal("0.50"), "provider"), "it was asked twice"


@pytest.mark.usefixtures("patient")
def test_what_a_refused_shape_cost_before_it_was_asked_for_in_another_way(faults: FaultServer) -> None:
    faults.script(
        HANG_UP, says({"error": {"message": "json_schema is not supported"}}, 400), talk('{"name": "Ana"}')
    )
    found = flow_at(faults).extraction("read", name=str).run("I am Ana")
    assert (found.values, found.reply.attempts) == ({"name": "Ana"}, 3)
    assert found.reply.cost.usd is None


@pytest.mark.parametrize(
    ("answer", "lost"), [(says(REFUSED, 400), 0), (stream(THINKS, OVERLOADED), 1), (HANG_UP, 1)], ids=str
)
def test_a_turn_that_failed_counts_what_may_be_charged(faults: FaultServer, answer: Reply, lost: int) -> None:
    flow = flow_at(faults)
    flow.conversation("ask", "Be brief.")
    session = flow.start()
    faults.script(answer)
    with pytest.raises(ProviderError):
        session.say("Hi")
    assert session.cost == CostTotal(unpriced=lost, calls=lost)


@pytest.mark.parametrize(
    ("text", "usage", "total"),
    [
        ("no object", {**USAGE, "cost": 0.25}, CostTotal(Decimal("0.50"), 0, 1)),
        ("no object", USAGE, CostTotal(Decimal(0), 1, 1)),
    ],
    ids=["known", "unknown"],
)
@pytest.mark.parametrize("kind", ["extraction", "judge"])
def test_totals_hold_what_an_answer_cost_that_cannot_be_used(
    faults: FaultServer, tmp_path: Path, kind: str, text: str, usage: dict[str, Any], total: CostTotal
) -> None:
    flow = flow_at(faults, "openrouter")
    if kind == "extraction":
        flow.extraction("read", name=str)
    else:
        flow.conversation("ask", "Be brief.")
        flow.conversation("bye", "Say goodbye.")
        flow.connect("ask", "bye", when="they want to leave")
    session = flow.start()
    faults.script(says(whole({"content": text}, usage=usage)))
    with pytest.raises(ExtractionError):
        session.say("I am Ana")
    assert session.unfinished[-1].cost == total
    assert session.cost == session.timeline.cost == total
    session.save(tmp_path / "one.json")
    assert flow.load_session(tmp_path / "one.json").cost == session.cost


@pytest.mark.parametrize(("provider", "cost"), [("openai", UNKNOWN), ("local", Cost(Decimal(0), "local"))])
def test_what_was_stopped_costs_nothing_only_where_this_machine_wrote_it(provider: str, cost: Cost) -> None:
    chosen = ResolvedModel(ModelRef(provider, "m"), "flow default")
    assert cost_when_stopped(chosen, Flow("stopped").context) == cost


@pytest.mark.parametrize(
    ("answers", "costs"),
    [
        ([UNFIT, GOOD], Cost(Decimal("0.50"), "provider")),
        ([UNFIT, (REFUSED, 401)], Cost(Decimal("0.25"), "provider")),
        ([(REFUSED, 400), GOOD], Cost(Decimal("0.25"), "provider")),
    ],
    ids=["repaired", "repair refused", "asked in another form"],
)
def test_a_reply_that_took_several_requests_can_be_pickled_and_costs_the_same(
    faults: FaultServer, answers: list[Any], costs: Cost
) -> None:
    faults.script(*(says(*answer) if isinstance(answer, tuple) else says(answer) for answer in answers))
    read = flow_at(faults, "openrouter").extraction("read", name=str, weekday=["Mon", "Tue"])
    reply = read.run("I am Ana, on Tuesday").reply
    again = pickle.loads(pickle.dumps(reply))
    assert again.attempts == reply.attempts == 2
    assert again.cost == reply.cost == costs
