"""Turns of served calls: once, at the right node, and never silently wrong."""

from __future__ import annotations

import concurrent.futures
import gc
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.serve.http import app
from byok_widgets.serve.stores.sqlite_store import SqliteStore
from byok_widgets.serve.turns.execution import Execution
from tests.html_table import cells_of
from tests.scripted_server import Say, ScriptedServer
from tests.serve import fruit
from tests.serve.conftest import END_CALL, Served
from tests.serve.talking import flow_said, user
from tests.session.conftest import Script
from tests.widgets.wire import eventually

HELLO = [user("Hi")]
FALLBACK = "One moment, please."
REFUSED = Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}})


@pytest.fixture
def serve(flow: Flow) -> Any:
    running: list[Served] = []

    def start(**options: Any) -> Served:
        running.append(Served(flow, None, **options))
        return running[-1]

    yield start
    for served in running:
        served.server.stop()


@pytest.fixture
def serve_fruit(server: ScriptedServer) -> Iterator[Callable[[], Served]]:
    running: list[Served] = []

    def start() -> Served:
        server.script(fruit.answer)
        running.append(Served(fruit.fruit_flow("windows", server.base_url), None))
        return running[-1]

    yield start
    for served in running:
        served.server.stop()


def to_the_end(served: Served, script: Script, **more: Any) -> Any:
    script.choices = ["1"]
    script.values = {"data": [{"name": "Ana", "weekday": "Tue"}]}
    return served.caller.ask([user("Ana, Tuesday")], **more)


def test_a_busy_duplicate_joins_the_running_turn(served: Served, script: Script) -> None:
    script.words = [Say("A long reply.", pause_s=0.2), "Another."]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        replies = list(pool.map(lambda stream: served.caller.ask(HELLO, stream=stream), [True, False, True]))
    assert {reply.text for reply in replies} == {"A long reply."}
    assert len(script.spoken) == 1
    assert served.caller.ask(HELLO).text == "A long reply."  # also later


def test_a_new_idempotency_key_asks_for_another_reply_and_what_was_heard_decides(
    served: Served, script: Script
) -> None:
    script.words = ["First reply.", "Second reply.", "After."]
    assert served.caller.ask(HELLO, user="u").text == "First reply."
    assert served.caller.ask(HELLO, {"Idempotency-Key": "2"}, user="u").text == "Second reply."
    assert served.caller.ask(HELLO, {"Idempotency-Key": "2"}, user="u").text == "Second reply."
    served.caller.ask([*HELLO, flow_said("Second re"), user("Yes")], user="u")
    listed = served.server.session(served.server.sessions()[0])
    assert [str(turn) for turn in listed.turns] == ["Second reply.", "After."]


def test_the_end_of_a_call_is_told_once_by_the_offered_name(served: Served, script: Script) -> None:
    other = {"type": "function", "function": {"name": "endCall", "parameters": {}}}
    first = to_the_end(served, script, user="a", tools=[END_CALL], stream=True)
    assert (first.text, first.tools, first.finish) == ("Thanks Ana, see you on Tue.", ["end_call"], "tool_calls")
    assert to_the_end(served, script, user="b", tools=[other]).tools == ["endCall"]
    assert to_the_end(served, script, user="c").finish == "stop"
    said = [user("Ana, Tuesday"), flow_said(first.text), user("Bye")]
    after = served.caller.ask(said, user="a", tools=[END_CALL])
    assert (after.text, after.tools, after.finish) == ("", [], "stop")


def test_a_request_that_ends_in_a_result_of_a_tool_is_answered_empty_and_free(
    served: Served, script: Script
) -> None:
    first = to_the_end(served, script, user="a", tools=[END_CALL])
    call = {"id": "c", "type": "function", "function": {"name": "end_call", "arguments": "{}"}}
    said = [
        user("Ana, Tuesday"),
        {"role": "assistant", "content": first.text},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "done"},
    ]
    calls = len(script.server.requests)
    again = served.caller.ask(said, user="a", tools=[END_CALL], stream=True)
    assert (again.text, again.tools, again.finish) == ("", [], "stop")
    assert len(script.server.requests) == calls


def test_the_flow_speaks_first_where_nothing_was_said(served: Served, script: Script) -> None:
    script.words = ["Good day.", "And your name?"]
    system = {"role": "system", "content": "x"}
    assert served.caller.ask([system], user="u").text == "Good day."
    assert served.caller.ask([system, flow_said("Good day."), user("Hello")], user="u").text == "And your name?"


def test_a_dialogue_that_is_not_known_is_gone_through_again_without_replies(
    served: Served, script: Script
) -> None:
    script.choices, script.values = ["stay", "1", "stay"], {"data": [{"name": "Ana", "weekday": None}]}
    script.words = ["Which day?"]
    said = [user("Hi"), flow_said("Your name?"), user("Ana"), flow_said("Which day?"), user("Hm")]
    assert served.caller.ask(said, user="u").text == "Which day?"
    assert (len(script.judged), len(script.spoken)) == (3, 1)
    session = served.server.session(served.server.sessions()[0])
    assert [str(turn) for turn in session.turns] == ["Your name?", "Which day?", "Which day?"]
    assert session.variables["name"] == "Ana"


def test_the_time_to_the_first_token_runs_from_the_last_word(served: Served, script: Script) -> None:
    def slowly(request: dict[str, Any]) -> Say:
        time.sleep(0.4 if "response_format" in request else 0)
        return script._answer(request)

    script.server.script(slowly)
    served.caller.ask([user("Hi"), flow_said("Your name?"), user("Hm")], user="u")
    assert served.reports[-1].first_token_s is not None
    assert served.reports[-1].first_token_s >= 0.8, "the turn before is gone through again, while the caller waits"
    assert served.reports[-1].seconds >= served.reports[-1].first_token_s


def test_a_client_hears_that_it_is_not_forgotten_while_earlier_turns_are_gone_through(
    served: Served, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "ALIVE_EVERY_S", 0.3)

    def slowly(request: dict[str, Any]) -> Say:
        time.sleep(
            0.7 if not script.server.requests[1:] else 0
        )  # the first call, which goes through the turn before
        return script._answer(request)

    script.server.script(slowly)
    said = [user("Hi"), flow_said("Your name?"), user("Hm")]
    response = served.caller.ask(said, user="u", stream=True)
    assert response.body.startswith(b": keep-alive")
    assert (response.text, response.finish) == ("Hm.", "stop")


@pytest.mark.parametrize("pause_s", [0.0, 0.05])
def test_a_turn_that_has_ended_leaves_no_step_behind_and_counts_once(
    served: Served, script: Script, pause_s: float
) -> None:
    script.choices, script.words = ["stay"], [Say("Your name, please?", pause_s=pause_s)]
    assert served.caller.ask(HELLO, user="u").text == "Your name, please?"
    script.words = [Say("And the day?", pause_s=pause_s)]
    assert (
        served.caller.ask([*HELLO, flow_said("Your name, please?"), user("Ana")], user="u").text == "And the day?"
    )
    served.server.stop()  # what is still to be written is written
    with sqlite3.connect(served.path or "") as base:
        assert base.execute("SELECT count(*) FROM turns WHERE answer != ''").fetchone() == (2,)
        assert base.execute("SELECT * FROM journal").fetchall() == []
        spent = base.execute("SELECT calls FROM spending WHERE scope LIKE 'session:%'").fetchall()
    assert spent == [(len(script.judged) + len(script.spoken),)]


def test_a_turn_that_has_ended_is_no_work_for_the_garbage_collector(served: Served, script: Script) -> None:
    gc.collect()  # what other tests have left
    gc.disable()
    try:
        assert served.caller.ask([user("Hi")], user="u").text == "Hm."
        eventually(lambda: not any(type(each) is Execution for each in gc.get_objects()))
    finally:
        gc.enable()


def test_a_reply_that_is_cut_off_by_leaving_is_kept_whole(served: Served, script: Script) -> None:
    script.words = [Say("A reply of some length.", pause_s=0.05), "Other."]
    served.caller.leave(HELLO, after=b"content", user="u")
    assert served.caller.ask(HELLO, user="u").text == "A reply of some length."


def test_a_reply_that_ends_after_the_next_turn_is_not_the_last_of_the_call(served: Served, script: Script) -> None:
    script.words = [Say("A long reply of some length.", pause_s=0.1), "Next."]
    served.caller.leave(HELLO, after=b"A lon", user="u")
    served.caller.ask([*HELLO, flow_said("A lon"), user("Wait")], user="u")
    until = time.monotonic() + 30
    while len(served.reports) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert [report.turns[0].text for report in served.reports] == ["Wait", "Hi"]
    (listed,) = calls = served.server.sessions()
    assert listed.text == "Wait"
    heads, row = cells_of(calls._repr_html_())
    assert (heads[0], row[heads.index("at node")], row[heads.index("caller")]) == ("call", "ask", "Wait")
    assert [turn.text for turn in served.server.session(listed).turns] == ["Hi", "Wait"]


@pytest.mark.parametrize("stream", [True, False])
def test_where_a_turn_fails_the_fallback_is_said_and_the_flow_stays(
    serve: Callable[..., Served], script: Script, stream: bool
) -> None:
    served = serve(fallback=FALLBACK, end_on_failure=True)
    body = {"error": {"message": "no", "code": "invalid_api_key"}}
    script.words = [Say(status=401, body=body), "Now."]
    failed = served.caller.ask(HELLO, user="u", tools=[END_CALL], stream=stream)
    assert (failed.status, failed.text, failed.tools) == (200, FALLBACK, ["end_call"])
    assert served.reports[-1].fallback == "auth"
    assert served.caller.ask(HELLO, user="u", stream=stream).text == FALLBACK  # no turn gets two replies
    assert served.caller.ask([*HELLO, flow_said(FALLBACK), user("Hello?")], user="u").text == "Now."
    session = served.server.session(served.server.sessions()[0])
    assert [turn.fault_kind for turn in session.unfinished] == ["auth"]


@pytest.mark.parametrize("stream", [True, False])
def test_the_sentence_comes_first_then_the_fallback_model_and_both_are_marked(
    serve: Callable[..., Served], script: Script, stream: bool
) -> None:
    served = serve(fallback=FALLBACK, fallback_model="compatible:spare", end_on_failure=True)
    script.words = [REFUSED, Say("Here.", pause_s=0.1), "After."]
    reply = served.caller.ask(HELLO, user="u", tools=[END_CALL], stream=stream)
    assert (reply.text, reply.tools, reply.finish) == (f"{FALLBACK} Here.", [], "stop")
    if stream:
        deltas = [chunk["choices"][0]["delta"].get("content") for chunk in reply.chunks]
        assert f"{FALLBACK} " in deltas, "it is not held back until the other model answers"
    assert [request["model"] for request in script.spoken] == ["scripted", "spare"]
    assert served.reports[-1].fallback == "auth"
    served.caller.ask([*HELLO, flow_said(reply.text), user("Yes")], user="u")
    session = served.server.session(served.server.sessions()[0])
    assert [turn.reply.fallback for turn in session.turns] == ["auth", ""]
    assert [turn.fault_kind for turn in session.unfinished] == ["auth"]
    assert [turn.reply.text for turn in session.turns] == [f"{FALLBACK} Here.", "After."]
    assert "fallback: auth" in str(session.trace)
    assert session.turns[0].reply.model == "compatible:spare"


def test_where_the_fallback_model_fails_too_the_call_ends(serve: Callable[..., Served], script: Script) -> None:
    served = serve(fallback=FALLBACK, fallback_model="compatible:spare", end_on_failure=True)
    script.words = [REFUSED, REFUSED]
    reply = served.caller.ask(HELLO, user="u", tools=[END_CALL], stream=True)
    assert (reply.text.strip(), reply.tools) == (FALLBACK, ["end_call"])
    session = served.server.session(served.server.sessions()[0])
    assert [(turn.reply.text, turn.reply.fallback, turn.node) for turn in session.turns] == [
        (FALLBACK, "auth", "ask")
    ]
    assert [turn.fault_kind for turn in session.unfinished] == ["auth", "auth"]
    assert "fallback: auth" in str(session.trace)


def test_the_fallback_model_moves_the_flow_where_the_judge_has_failed(
    serve: Callable[..., Served], script: Script
) -> None:
    served = serve(fallback_model="compatible:spare")
    script.server.script(lambda request: REFUSED if request["model"] == "scripted" else script._answer(request))
    reply = to_the_end(served, script, user="a", tools=[END_CALL], stream=True)
    assert reply.text.endswith("Thanks Ana, see you on Tue.")
    assert reply.tools == ["end_call"]
    assert served.server.sessions()[0].node == "bye"


def test_the_sentence_is_the_flows_own_and_is_in_its_file(flow: Flow, script: Script, tmp_path: Any) -> None:
    flow.fallback = "Einen Augenblick, bitte."
    flow.save(tmp_path / "f.flow.json")
    assert Flow.load(tmp_path / "f.flow.json").fallback == flow.fallback
    served = Served(flow, None)
    try:
        script.words = [REFUSED]
        assert served.caller.ask(HELLO).text == flow.fallback
    finally:
        served.server.stop()
    assert "fallback" in {loss.feature for loss in flow.export("retell").losses}
    with pytest.raises(ConfigError):
        flow.fallback = 5  # type: ignore[assignment]


def test_silence_becomes_the_fallback_in_time(serve: Callable[..., Served], script: Script) -> None:
    served = serve(fallback=FALLBACK, first_token_s=0.5)

    def late(request: Any) -> Say:
        time.sleep(2)
        return Say("Late.")

    script.server.script(late)
    assert served.caller.ask(HELLO).text == FALLBACK
    assert served.reports[-1].fallback == "timeout"


@pytest.mark.parametrize("scope", ["turn", "session", "token", "day"])
def test_caps_stop_calls(serve: Callable[..., Served], script: Script, scope: str) -> None:
    served = serve(fallback=FALLBACK, max_calls={scope: 3 if scope != "turn" else 1})
    first = served.caller.ask(HELLO, user="u")
    second = served.caller.ask([*HELLO, flow_said(first.text), user("Yes")], user="u")
    assert [first.text, second.text][scope != "turn"] == FALLBACK
    assert served.reports[-1].fallback == "cap"
    assert len(script.server.requests) == (2 if scope == "turn" else 3)


def test_without_an_id_callers_share_the_cap_of_a_session_only_if_they_begin_alike(
    serve: Callable[..., Served], script: Script
) -> None:
    served = serve(fallback=FALLBACK, max_calls={"session": 3})
    first = served.caller.ask(HELLO)
    assert first.text != FALLBACK
    assert served.caller.ask([user("Good day")]).text != FALLBACK
    assert served.caller.ask([*HELLO, flow_said(first.text), user("Yes")]).text == FALLBACK


def test_actions_need_the_id_of_a_session_and_get_the_key_of_their_turn(flow: Flow, script: Script) -> None:
    seen: list[tuple[str, str]] = []

    def book(weekday: str, turn_key: str) -> str:
        seen.append((weekday, turn_key))
        return "10:00"

    flow.action("slot", book, writes=["time"], effects=True)
    flow.disconnect("data", "bye")
    flow.connect("data", "slot", if_="weekday is not None")
    flow.connect("slot", "bye")
    served = Served(flow, None)
    try:
        assert served.caller.ask(HELLO).status == 400
        assert to_the_end(served, script, user="a").text == "Thanks Ana, see you on Tue."
        assert to_the_end(served, script, user="a").status == 200
        served.caller.ask([user("Ana, Tuesday then")], user="a")  # the same booking, in words that were cut
        assert to_the_end(served, script, user="b").status == 200
    finally:
        served.server.stop()
    assert [weekday for weekday, _ in seen] == ["Tue", "Tue"]
    assert len({key for _, key in seen}) == 2


def test_stopping_ends_each_stream_properly(serve: Callable[..., Served], script: Script) -> None:
    served = serve()
    script.words = [Say("A reply of some length, in pieces.", pause_s=0.1)]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(served.caller.ask, HELLO, stream=True)
        while not script.spoken:
            time.sleep(0.01)
        served.server.stop()
        response = running.result()
    assert response.text == "A reply of some length, in pieces."
    assert response.body.endswith(b"data: [DONE]\n\n")


def test_the_last_messages_alone_find_the_turn_without_another_call(served: Served, script: Script) -> None:
    said = []
    for text in ("One", "Two", "Three", "Four"):
        said.append(user(text))
        before = len(script.judged)
        reply = served.caller.ask(said[-5:], user="u").text
        assert len(script.judged) == before + 1
        said.append(flow_said(reply))


def test_a_window_that_begins_with_a_reply_goes_on_after_the_turn_that_gave_it(
    server: ScriptedServer, serve_fruit: Callable[[], Served]
) -> None:
    caller = serve_fruit().caller
    caller.ask([user("Hello")], user="u")
    reply = caller.ask([user("Hello"), flow_said("Here is plain"), user("An apple")], user="u").text
    for heard, text in [(reply, "Well"), (reply[:14], "Hm")]:
        window = [flow_said(heard), user(text)]
        first = caller.ask(window, user="u").text
        assert first.startswith("Here is apple")
        asked = len(server.requests)
        assert caller.ask(window, user="u").text == first
        assert len(server.requests) == asked
    assert caller.ask([flow_said(reply), user("Well")], user="other").text.startswith("Here is plain")


def test_a_client_that_speaks_first_is_not_taken_for_one_that_sends_the_last_messages(
    serve_fruit: Callable[[], Served],
) -> None:
    caller = serve_fruit().caller
    opening = flow_said("Here is")
    assert caller.ask([opening, user("An apple")], user="u").text.startswith("Here is apple")
    assert caller.ask([opening, user("Well")], user="u").text.startswith("Here is plain")


def test_a_caller_who_always_says_the_same_costs_no_more_turn_by_turn(
    served: Served, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    turn = SqliteStore.turn

    async def counted(store: SqliteStore, key: str) -> Any:
        read.append(key)
        return await turn(store, key)

    monkeypatch.setattr(SqliteStore, "turn", counted)
    said = [user("First")]
    for number in range(12):
        said.append(flow_said(served.caller.ask(said[-7:], user="u").text))
        said.append(user("Yes"))
        if number == 5:
            read.clear()
    assert len(read) <= 6 * 4  # of each dialogue, the turns before those that were found
    assert len(script.judged) == 12
