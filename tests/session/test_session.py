"""Sessions as they run: the async variant, stopping at every point, one turn at a time, and the total usage."""

from __future__ import annotations

import _thread
import asyncio
import gc
import threading
import time
import tracemalloc
import weakref
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from byok_widgets import ConfigError, ExtractionError, Flow, FlowError, ProviderError, Session, Turn
from byok_widgets.errors import KeyFormatError
from byok_widgets.messages import TextDelta
from byok_widgets.providers import PROVIDERS
from byok_widgets.usage import CostTotal
from tests.fake_keys import fake_key
from tests.scripted_server import Say
from tests.session.conftest import Script

LONG = "It was a dark and stormy night, and nobody was about."


def slow_at(script: Script, asked: str, say: Say, *, wait_s: float = 0.0) -> None:
    """Answer one kind of call with `say`: `"edges"` is the judge, a node's name an extraction, `""` a reply."""

    def answer(request: dict[str, Any]) -> Say:
        if request.get("response_format", {}).get("json_schema", {}).get("name", "") != asked:
            return script._answer(request)
        time.sleep(wait_s)
        return say

    script.server.script(answer)


async def until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not ready() and time.monotonic() < end:
        await asyncio.sleep(0.005)
    assert ready()


@pytest.mark.parametrize("door", ["say", "asay", "astream"])
def test_arguments_that_say_does_not_accept_are_explained(booking: Flow, script: Script, door: str) -> None:
    s = booking.start()

    async def talk() -> None:
        begun = getattr(s, door)("Hi", max_tokens=4)
        await (begun if door == "asay" else anext(begun))

    with pytest.raises(ConfigError, match="'max_tokens'") as caught:
        s.say("Hi", max_tokens=4) if door == "say" else asyncio.run(talk())
    assert all(name in caught.value.fix for name in ("model", "show"))
    with pytest.raises(ConfigError) as caught:
        s.say("Hi", modle="gpt-6-luna")
    assert "'model'" in caught.value.fix
    assert not s.turns
    assert not script.server.requests


# The async variants, inside a running loop


def test_the_async_twins_do_what_the_sync_ones_do(booking: Flow, script: Script) -> None:
    booking.conversation("hello", "Hello!", static=True, start=True)
    booking.connect("hello", "ask")
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": "Mon"}]

    async def talk() -> Session:
        s = await booking.astart()
        assert str(s.turns[0]) == "Hello!"
        assert isinstance(await s.asay("Hi"), Turn)
        events = [event async for event in s.astream("Ana, Monday")]
        assert [type(event) for event in events] == [TextDelta, Turn]
        other = await booking.astart(speak_first=False, variables={"firm": "Acme"}, model="compatible:other")
        assert other.turns == ()
        assert (await other.aopen()).number == 0
        assert (other.variables["firm"], other.model) == ("Acme", "compatible:other")
        return s

    twin = asyncio.run(talk())
    s = booking.start()
    s.say("Hi")
    s.say("Ana, Monday")
    assert [turn.path for turn in twin.turns] == [turn.path for turn in s.turns]
    assert (twin.transcript, dict(twin.variables)) == (s.transcript, dict(s.variables))


def test_the_sync_calls_work_inside_a_running_loop(booking: Flow, script: Script) -> None:
    async def cell() -> str:
        return str(booking.start().say("Hello"))

    assert asyncio.run(cell()) == "Hm."


def test_the_pieces_of_a_stream_are_the_reply(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    script.words = [LONG]
    s = flow.start()

    async def listen() -> list[TextDelta | Turn]:
        return [event async for event in s.astream("A story")]

    *pieces, turn = asyncio.run(listen())
    assert len(pieces) > 1
    assert "".join(piece.text for piece in pieces) == str(turn) == LONG
    assert s.turns == (turn,)


def test_errors_are_raised_by_the_async_calls(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    script.words = [Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}})]
    s = flow.start()

    async def talk() -> None:
        with pytest.raises(ProviderError, match="401"):
            await s.asay("Hello")
        with pytest.raises(ProviderError, match="401"):
            async for _ in s.astream("Hello"):
                pass
        with pytest.raises(FlowError) as caught:
            await s.asay(" ")
        assert caught.value.kind == "dialogue"

    asyncio.run(talk())
    assert (s.turns, len(s.unfinished), s.busy) == ((), 2, False)


# Stopped at every point


@pytest.mark.parametrize(
    ("asked", "paths", "calls"),
    [("edges", (), 0), ("data", (), 1), ("", ("data",), 2)],
    ids=["judge", "reading", "reply"],
)
def test_a_turn_stopped_before_its_reply_leaves_nothing_but_its_usage(
    booking: Flow, script: Script, asked: str, paths: tuple[str, ...], calls: int
) -> None:
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": None}]
    slow_at(script, asked, Say(LONG, pause_s=0.02), wait_s=0.3)
    s = booking.start(variables={"firm": "Acme"})

    async def stopped() -> None:
        task = asyncio.create_task(s.asay("I am Ana"))
        await until(lambda: len(script.server.requests) == calls + 1)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not s.busy)
        await until(script.server.gone.is_set)

    asyncio.run(stopped())
    assert (s.turns, s.node, dict(s.variables)) == ((), "ask", {"name": None, "weekday": None, "firm": "Acme"})
    (left,) = s.unfinished
    assert (left.path, len(left.calls), left.lost_calls, left.fault_kind) == (paths, calls, 1, "interrupted")
    assert (s.cost.calls, s.cost.unpriced) == (calls + 1, calls + 1)
    assert s.usage.input_tokens is None, "the usage of the stopped call is unknown"
    assert left.fault in left.summary
    script.server.script(script._answer)
    assert str(s.say("I am Ana")) == "Hm."


def test_a_turn_can_be_said_again_at_once_after_it_was_stopped(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    script.words = [Say(LONG, pause_s=0.05), Say(LONG, pause_s=0.05), "Yes?"]
    s = flow.start()

    async def talk() -> None:
        async for _ in s.astream("A story"):
            break
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(s.asay("Another"), 0.3)
        s_reset = s.fork()
        assert str(await s.asay("And now?")) == "Yes?"
        assert len(s_reset.turns) <= len(s.turns)

    asyncio.run(talk())
    assert [turn.text for turn in s.turns] == ["A story", "Another", "And now?"]
    assert [turn.complete for turn in s.turns] == [False, False, True]


def test_reset_waits_for_a_turn_that_is_being_stopped(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    script.words = [Say(LONG, pause_s=0.05)]
    s = flow.start()

    async def talk() -> None:
        task = asyncio.create_task(s.asay("A story"))
        await until(lambda: len(script.spoken) == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        s.reset()

    asyncio.run(talk())
    assert (s.turns, s.unfinished, s.busy) == ((), (), False)


def test_an_interrupt_in_a_program_keeps_the_partial_reply(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    script.words = [Say(LONG, pause_s=1.0), "Yes?"]
    s = flow.start()

    def interrupt() -> None:
        while not script.spoken:
            time.sleep(0.005)
        time.sleep(0.2)
        _thread.interrupt_main()

    threading.Thread(target=interrupt).start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        s.say("A story")
    assert time.monotonic() - begun < 0.7 * len(LONG.split())
    assert [(turn.text, turn.complete) for turn in s.turns] == [("A story", False)], "it is there at once"
    assert LONG.startswith(str(s.turns[0]))
    assert str(s.say("Go on")) == "Yes?"


def test_a_session_that_is_dropped_while_it_speaks_is_stopped_and_freed(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    script.words = [Say(LONG, pause_s=0.05)]

    async def drop() -> weakref.ref[Session]:
        s = flow.start()
        async for _ in s.astream("A story"):
            break
        left = weakref.ref(s)
        del s
        await until(script.server.gone.is_set)
        return left

    left = asyncio.run(drop())
    end = time.monotonic() + 30
    while left() is not None and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
    assert left() is None


# One at a time


def test_two_turns_at_the_same_time_are_an_error_and_change_nothing(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    script.words = [Say("Slowly I speak", pause_s=0.2)]
    s = flow.start()

    async def both() -> list[Turn | BaseException]:
        return await asyncio.gather(s.asay("One"), s.asay("Two"), return_exceptions=True)

    one, two = asyncio.run(both())
    faults = [found for found in (one, two) if isinstance(found, FlowError)]
    assert [fault.kind for fault in faults] == ["busy"]
    assert "fork" in faults[0].fix
    assert (len(s.turns), s.unfinished) == (1, ())


def test_a_fork_during_a_turn_starts_from_the_last_turn(booking: Flow, script: Script) -> None:
    script.choices, script.values["data"] = ["stay", "1"], [{"name": "Ana", "weekday": None}]
    s = booking.start()
    s.say("Hello")
    slow_at(script, "", Say("Slowly I speak", pause_s=0.1))
    thread = threading.Thread(target=s.say, args=("I am Ana",))
    thread.start()
    forks = []
    while thread.is_alive():
        forks.append(s.fork())
        time.sleep(0.01)
    forks.append(s.fork())
    seen = {(len(fork.turns), fork.variables["name"]) for fork in forks}
    assert seen == {(1, None), (2, "Ana")}


# Total usage and cost


@pytest.fixture
def priced(flow: Flow, script: Script) -> Flow:
    """A flow whose provider reports what each call cost."""
    flow.set_base_url("openrouter", script.server.base_url)
    provider = PROVIDERS["openrouter"]
    destination = provider.key_destination(provider.address(script.server.base_url))
    flow.key_store.save("openrouter", destination, fake_key("openrouter"), backend="session")
    flow.model = "openrouter:some/model"
    flow.conversation("chat", "Chat.")
    return flow


def charged(text: str, usd: float | None) -> Say:
    usage = {"prompt_tokens": 100, "completion_tokens": 10, **({} if usd is None else {"cost": usd})}
    return Say(text, usage=usage)


def test_costs_add_up_and_unknown_ones_make_a_lower_bound(priced: Flow, script: Script) -> None:
    script.words = [charged("One.", 0.25), charged("Two.", None), charged("Three.", 0.5), Say("Four.", usage=None)]
    s = priced.start()
    s.say("1")
    assert (str(s.cost), s.usage.input_tokens) == ("$0.2500", 100)
    s.say("2")
    assert str(s.turns[1].cost) == "not priced"
    assert str(s.cost) == "at least $0.2500, 1 call not priced"
    s.say("3")
    assert (s.cost.usd, s.cost.unpriced, s.cost.calls) == (Decimal("0.75"), 1, 3)
    assert s.usage.input_tokens == 300
    s.say("4")
    assert str(s.cost) == "at least $0.7500, 2 calls not priced"
    assert s.usage.input_tokens is None
    assert "at least 300 tokens in" in s.summary
    assert str(s.fork(1).cost) == "$0.2500"


def test_a_stopped_reply_does_not_count_as_free(priced: Flow, script: Script) -> None:
    script.words = [charged("One.", 0.25), Say(LONG, pause_s=0.05)]
    s = priced.start()
    s.say("1")

    async def stopped() -> None:
        async for _ in s.astream("2"):
            break
        await until(lambda: not s.busy)

    asyncio.run(stopped())
    assert str(s.cost) == "at least $0.2500, 1 call not priced"
    assert str(s.turns[1].reply.cost) == "not priced"


@pytest.mark.parametrize(
    ("say", "lost"),
    [
        (Say(status=401, body={"error": {"message": "no"}}), 0),
        (Say(status=400, body={"error": {"message": "no"}}), 0),
        (Say("", finish=None, usage=None), 1),
    ],
    ids=["refused", "bad request", "connection lost"],
)
def test_a_failed_call_counts_if_it_may_have_been_charged(
    priced: Flow, script: Script, say: Say, lost: int
) -> None:
    script.words = [say]
    s = priced.start()
    with pytest.raises(ProviderError):
        s.say("Hello")
    assert (s.unfinished[0].lost_calls, s.cost.unpriced) == (lost, lost)
    assert (s.usage.input_tokens is None) is bool(lost)


def test_a_gateway_that_gave_up_after_a_long_silence_may_have_been_charged(
    priced: Flow, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byok_widgets.engine.retries.PAID_AFTER_S", 0.0)
    monkeypatch.setattr("byok_widgets.engine.retries.REACHED_AFTER_S", 0.0)
    script.words = [Say(status=504, body={"error": {"message": "upstream took too long"}})]
    s = priced.start()
    with pytest.raises(ProviderError):
        s.say("Hello")
    assert (s.unfinished[0].lost_calls, s.cost.unpriced) == (1, 1)


def test_an_unusable_answer_was_paid_for(priced: Flow, script: Script) -> None:
    priced.extraction("data", name=str)
    priced.connect("chat", "data")
    slow_at(script, "data", charged("no JSON", 0.25))
    s = priced.start()
    with pytest.raises(ExtractionError):
        s.say("Hello")
    assert s.cost == CostTotal(Decimal("0.50"), 0, 1), "it was asked twice"


def test_local_models_cost_nothing_even_when_stopped(flow: Flow) -> None:
    from byok_widgets.config import ModelRef, ResolvedModel
    from byok_widgets.session.call_ledger import CallLedger

    async def begun(calls: CallLedger) -> None:
        calls.on_text("Once")
        await asyncio.sleep(30)

    async def stopped() -> CallLedger:
        calls = CallLedger(flow.context, lambda _: None, lambda _: None)
        model = ResolvedModel(ModelRef("local", "smollm2-135m"), "flow default")
        task = asyncio.create_task(calls.ask(model, begun(calls)))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return calls

    calls = asyncio.run(stopped())
    so_far = calls.interrupted("chat", ())
    assert so_far is not None
    assert (str(so_far.cost), so_far.text, calls.lost_costs) == ("free", "Once", [])


# Small things


def test_an_invalid_model_is_not_replaced_by_the_default(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    s = flow.start()
    with pytest.raises(ConfigError, match="''"):
        s.say("Hello", model="")
    with pytest.raises(ConfigError, match="''"):
        s.fork(model="")
    with pytest.raises(ConfigError, match="5"):
        s.model = 5  # type: ignore[assignment]
    assert s.model is None
    s.model = "other"
    assert s.model == "compatible:other"
    assert not script.server.requests


@pytest.mark.parametrize(("said", "named"), [("", ""), (" \n", ""), (5, "5"), (None, "None")])
def test_what_is_not_text_cannot_be_said(flow: Flow, script: Script, said: Any, named: str) -> None:
    flow.conversation("chat", "Chat.")
    s = flow.start()
    with pytest.raises(FlowError) as caught:
        s.say(said)
    assert caught.value.kind == "dialogue"
    assert named in caught.value.problem
    assert (s.turns, s.unfinished) == ((), ())


def test_memory_grows_only_linearly_with_a_session(flow: Flow) -> None:
    flow.conversation("chat", "Once.", static=True)
    flow.extraction("data", name=str)
    s = flow.start(speak_first=False)
    first = s.say("x" * 200)
    turns = [Turn(number, first.text, first.steps, "chat") for number in range(1, 2001)]
    s.restore(turns=turns, unfinished=(), entries=())
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    forks = [s.fork(1000) for _ in range(5)]
    grown = sum(entry.size_diff for entry in tracemalloc.take_snapshot().compare_to(before, "filename"))
    tracemalloc.stop()
    assert len(forks) == 5
    assert grown < 500_000, "a fork shares the turns"


def test_a_held_key_is_not_said_to_a_model(flow: Flow, script: Script) -> None:
    key = fake_key("anthropic")
    flow.conversation("chat", "Chat.")
    script.words = ["Hello."]
    s = flow.start()
    s.say(f"Keys look like {key}, they say")
    flow.key_store.save("anthropic", "api.anthropic.com", key, backend="session")
    with pytest.raises(KeyFormatError) as caught:
        s.say(f"Here it is: {key[20:60]}")
    assert caught.value.kind == "misplaced_key"
    assert len(s.turns) == 1
