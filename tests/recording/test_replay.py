"""What was recorded is replayed: with no key, no model and no network, and as it was."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Cost, Flow, FlowError, ProviderError, ReplayMissError, lane
from byok_widgets.engine.outcome import Outcome
from byok_widgets.nodes.calls import structured_output
from byok_widgets.recording import tapes
from byok_widgets.session import Session
from tests.fake_keys import fake_key
from tests.recording.conftest import made
from tests.scripted_server import Say, ScriptedServer

NAMED = json.dumps({"name": "Ana"})


def _booking(flow: Flow) -> Flow:
    """A flow with an extraction that is repaired, a judge, an action, and static and spoken nodes."""
    flow.conversation("ask", "Ask for the name.")
    flow.extraction("read", name=str)
    flow.action("slot", lambda name: f"{name} at ten", writes=["time"])
    flow.conversation("bye", "Thanks {{name}}: {{time}}.", static=True, end=True)
    flow.conversation("end", "Goodbye.", static=True, end=True)
    flow.connect("ask", "end", when="the caller wants to end the call")
    flow.connect("ask", "read")
    flow.connect("read", "slot", if_="name is not None")
    flow.connect("read", "ask")
    flow.connect("slot", "bye")
    return flow


def _script(server: ScriptedServer) -> None:
    """Refuse schemas, answer an extraction wrongly at first, and stay where the judge is asked."""
    read = iter(['{"name": 5', '{"name": null}'])

    def answer(request: dict[str, Any]) -> Say:
        shape = request.get("response_format", {}).get("type")
        if shape == "json_schema":
            return Say(status=400, body={"error": {"message": "response_format json_schema is not supported"}})
        if shape != "json_object":
            return Say("What is your name?", usage={"prompt_tokens": 11, "completion_tokens": 5})
        is_judge = "Which is true?" in request["messages"][-1]["content"]
        return Say(json.dumps({"choice": "stay", "reason": "not yet"}) if is_judge else next(read, NAMED))

    server.script(answer)


def _talk(flow: Flow) -> list[Session]:
    s = flow.start()
    s.say("Hello?")
    s.say("I am Ana.")
    other = s.fork(turn=1)
    other.say("It's Ana!")
    return [s, other]


def _facts(sessions: list[Session]) -> list[tuple[Any, ...]]:
    return [
        (turn.text, str(turn), turn.path, turn.usage, *_calls(turn))
        for session in sessions
        for turn in session.turns
    ]


def _seconds(sessions: list[Session]) -> list[Any]:
    """Return how long the turns took, roughly: an action runs again, and takes its own time."""
    return [pytest.approx(turn.latency_s, abs=0.3) for session in sessions for turn in session.turns]


def _calls(turn: Any) -> list[Any]:
    return [
        (reply.text, reply.attempts, reply.latency_s, reply.time_to_first_token_s, reply.notices, reply.request)
        for reply in turn.calls
    ]


def test_a_conversation_is_replayed_as_it_was(server: ScriptedServer, cassette: Path) -> None:
    """Judge, refused schema, repair, action and fork included, also in a process that knows which mode works."""
    _script(server)
    with _booking(made(server)).record(cassette):
        recorded = _talk(_booking(made(server)))
    assert any("asked twice" in notice for turn in recorded[0].turns for r in turn.calls for notice in r.notices)
    server.close()
    structured_output._taken[("anything", None, "")] = 1
    for _ in range(2):
        flow = _booking(made(server))
        with flow.replay(cassette) as replay:
            replayed = _talk(flow)
        assert _facts(replayed) == _facts(recorded)
        assert [turn.latency_s for s in replayed for turn in s.turns] == _seconds(recorded)
        assert replay.played > 5
    assert {reply.origin for s in replayed for turn in s.turns for reply in turn.calls} == {"replay"}


def test_no_key_is_needed_and_nothing_is_sent(server: ScriptedServer, cassette: Path, monkeypatch: Any) -> None:
    flow = Flow("lesson", fresh=True)
    ask = flow.conversation("ask", "Be brief.")
    flow.provider, flow.model = "openai", "gpt-6-luna"
    flow.set_base_url("openai", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", fake_key("openai"))
    flow.use_key("env:OPENAI_API_KEY")
    with flow.record(cassette):
        recorded = ask.run("Hi")
    monkeypatch.delenv("OPENAI_API_KEY")
    flow.set_base_url("openai", None)
    server.requests.clear()
    flow.replay(cassette)
    assert ask.run("Hi").text == recorded.text
    assert [finding.kind for finding in flow.check() if finding.kind in ("no_key", "key_variable_not_set")] == []
    assert server.requests == []


def test_a_reply_is_equal_but_for_where_it_came_from(flow: Flow, cassette: Path, server: ScriptedServer) -> None:
    server.script(Say("Half an ans", finish=None, piece_chars=3))
    ask = flow.conversation("ask", "Be brief.", max_tokens=60, temperature=0.5)
    with flow.record(cassette):
        recorded = ask.run("Hi")
    with flow.replay(cassette):
        replayed = ask.run("Hi")
    assert recorded.finish_reason == "incomplete"
    assert {name for name, value in vars(recorded).items() if vars(replayed).get(name) != value} <= {
        "origin",
        "price",
        "cost",
    }
    assert (recorded.origin, replayed.origin) == ("live", "replay")
    assert recorded.summary.startswith("LIVE · ")
    assert replayed.summary.startswith("REPLAY · ")
    assert "REPLAY" in replayed._repr_html_()


def test_a_replay_costs_nothing_and_tells_what_it_cost(
    server: ScriptedServer, cassette: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = made(server)
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "cost": 0.25}
    server.script(Say("Hello.", usage=usage))
    flow.provider, flow.model = "openrouter", "openai/gpt-6-luna"
    flow.set_base_url("openrouter", server.base_url)
    flow.conversation("ask", "Be brief.")
    monkeypatch.setenv("OPENROUTER_API_KEY", fake_key("openrouter"))
    flow.use_key("env:OPENROUTER_API_KEY")
    with flow.record(cassette):
        session = flow.start()
        session.say("Hi")
        session.say("Hi again")
    flow.replay(cassette)
    flow.max_cost_per_turn = 0.01
    s = flow.start()
    s.say("Hi")
    s.say("Hi again")
    cost = s.turns[0].reply.cost
    assert (cost.usd, cost.source, cost.originally) == (0, "replay", Cost(Decimal("0.25"), "provider"))
    assert (s.cost.usd, s.cost.originally.usd, s.cost.unpriced) == (0, Decimal("0.50"), 0)
    assert "$0.5000" in str(s.cost)


def test_faults_are_replayed_with_their_words(flow: Flow, cassette: Path, server: ScriptedServer) -> None:
    server.script(Say(status=404, body={"error": {"message": "no such model", "code": "model_not_found"}}))
    ask = flow.conversation("ask", "Be brief.")
    with flow.record(cassette), pytest.raises(ProviderError) as recorded:
        ask.run("Hi")
    server.close()
    with flow.replay(cassette), pytest.raises(ProviderError) as replayed:
        ask.run("Hi")
    for name in ("kind", "problem", "cause", "fix", "quote", "attempts", "where"):
        assert getattr(replayed.value, name) == getattr(recorded.value, name), name
    assert not replayed.value.may_be_charged


def test_thirty_equal_questions_at_once_get_their_own_answers(
    flow: Flow, cassette: Path, server: ScriptedServer
) -> None:
    numbers = iter(range(1000))
    server.script(lambda _: Say(f"Answer {next(numbers)}", pause_s=0.001))
    ask = flow.conversation("ask", "Be brief.")

    async def asked(number: int) -> str:
        with lane(f"case {number}", repeat=number % 2):
            return (await ask.arun("Hi")).text

    async def all_asked(order: list[int]) -> dict[int, str]:
        return dict(zip(order, await asyncio.gather(*map(asked, order)), strict=True))

    with flow.record(cassette):
        recorded = asyncio.run(all_asked(list(range(30))))
    assert len(set(recorded.values())) == 30
    with flow.replay(cassette):
        assert asyncio.run(all_asked(list(reversed(range(30))))) == recorded


def test_the_same_request_gets_the_same_answer_however_often(
    flow: Flow, cassette: Path, server: ScriptedServer
) -> None:
    server.script("first", "second", "third")
    ask = flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        first = ask.run("Hi").text
        with lane(repeat=1):
            second = ask.run("Hi").text
    with flow.replay(cassette):
        for _ in range(2):
            assert ask.run("Hi").text == first
            with lane(repeat=1):
                assert ask.run("Hi").text == second
    assert (first, second) == ("first", "second")


def test_the_pace_is_the_recorded_one_and_never_longer_than_its_limit(
    flow: Flow, cassette: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI")
    server.script(Say("Hello there", pause_s=0.05))
    ask = flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        recorded = ask.run("Hi")
    assert recorded.latency_s > 0.1
    with flow.replay(cassette):
        assert _wall_s(ask) > 0.1
    lines = cassette.read_text(encoding="utf-8").splitlines()
    entry = json.loads(lines[-1])
    entry["answer"]["latency_s"] *= 1000
    entry["answer"]["chunks"] = [[at * 1000, chars] for at, chars in entry["answer"]["chunks"]]
    cassette.write_text("\n".join([*lines[:-1], json.dumps(entry), ""]), encoding="utf-8")
    monkeypatch.setattr(tapes, "LONGEST_S", 0.3)
    with flow.replay(cassette):
        assert 0.1 < _wall_s(ask) < 20
        assert ask.run("Hi").latency_s > 100
    monkeypatch.setenv("CI", "1")
    monkeypatch.setattr(tapes, "LONGEST_S", 60)
    with flow.replay(cassette):
        assert _wall_s(ask) < 20


def _wall_s(ask: Any) -> float:
    began_at = time.monotonic()
    ask.run("Hi")
    return time.monotonic() - began_at


def test_what_is_stopped_leaves_nothing(flow: Flow, cassette: Path, server: ScriptedServer) -> None:
    server.script(Say("Hello there", pause_s=0.2))
    ask = flow.conversation("ask", "Be brief.")

    async def stopped() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask.arun("Hi"), 0.3)

    with flow.record(cassette) as recording:
        asyncio.run(stopped())
        server.script("Hello.")
        ask.run("Bye")
    assert recording.written == 1
    with flow.replay(cassette), pytest.raises(ReplayMissError):
        ask.run("Hi")


def test_a_replay_calls_no_action_with_effects_unless_it_is_asked_for(flow: Flow, cassette: Path) -> None:
    booked: list[str] = []
    flow.conversation("ask", "Be brief.", start=True)
    flow.action("book", lambda: booked.append("ten") or "ten", writes=["time"], effects=True)
    flow.conversation("tell", "It is at {{time}}.")
    flow.connect("ask", "book")
    flow.connect("book", "tell")
    with flow.record(cassette):
        recorded = flow.start().say("Hi")
    with flow.replay(cassette):
        s = flow.start()
        with pytest.raises(FlowError) as caught:
            s.say("Hi")
        assert (caught.value.kind, booked, s.turns) == ("action_replayed", ["ten"], ())
        assert str(s.say("Hi", repeat_effects=True)) == str(recorded)
        assert booked == ["ten", "ten"]
        assert flow.node("book").run()["time"] == "ten"  # alone it is called each time


def test_a_replay_that_is_stopped_costs_nothing(
    flow: Flow, cassette: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script(Say("Hello there", pause_s=0.2))
    flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        flow.start().say("Hi")
    monkeypatch.delenv("CI")
    flow.replay(cassette)
    s = flow.start()

    async def stopped() -> None:
        with pytest.raises((TimeoutError, asyncio.CancelledError)):
            await asyncio.wait_for(s.asay("Hi"), 0.3)

    asyncio.run(stopped())
    assert (s.cost.usd, s.cost.unpriced) == (0, 0)


def test_an_answer_that_its_deadline_cut_is_recorded_as_incomplete(
    flow: Flow, cassette: Path, server: ScriptedServer
) -> None:
    server.script(Say("Hello there, how are you?", pause_s=0.3))
    ask = flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        recorded = ask.run("Hi", deadline_s=1)
    assert recorded.finish_reason == "incomplete"
    with flow.replay(cassette):
        assert ask.run("Hi").text == recorded.text


def test_streams_and_their_pieces_are_replayed(flow: Flow, cassette: Path, server: ScriptedServer) -> None:
    server.script(Say("One two three four", pause_s=0.06, piece_chars=4))
    ask = flow.conversation("ask", "Be brief.")

    async def pieces() -> list[Any]:
        return [event async for event in ask.astream("Hi")]

    with flow.record(cassette):
        recorded = asyncio.run(pieces())
    with flow.replay(cassette):
        replayed = asyncio.run(pieces())
    assert "".join(event.text for event in replayed[:-1]) == recorded[-1].text
    assert len(replayed) > 3


def test_a_session_file_keeps_where_its_answers_came_from(flow: Flow, cassette: Path, tmp_path: Path) -> None:
    flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        flow.start().say("Hi")
    with flow.replay(cassette):
        s = flow.start()
        s.say("Hi")
    s.save(tmp_path / "talk.session.json")
    again = flow.load_session(tmp_path / "talk.session.json")
    assert again.turns[0].reply.origin == "replay"
    assert again.turns[0].reply.cost == s.turns[0].reply.cost
    assert again.summary == s.summary
    assert again.summary.startswith("REPLAY · ")


def test_a_node_that_is_replayed_answers_where_its_caller_is(
    flow: Flow, server: ScriptedServer, cassette: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        said = ask.run("Hi").text
    monkeypatch.setattr(Outcome, "start", _refuse)  # what would hand work to the engine's thread
    with flow.replay(cassette):
        assert ask.run("Hi").text == asyncio.run(ask.arun("Hi")).text == said
    with pytest.raises(RuntimeError, match="handed over"):
        ask.run("Hi")


def _refuse(outcome: Outcome[Any]) -> None:
    raise RuntimeError("handed over")
