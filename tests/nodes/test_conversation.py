"""`ConversationNode`, through the real SDK against a scripted server."""

from __future__ import annotations

import _thread
import asyncio
import time
from decimal import Decimal

import pytest

from byok_widgets import (
    ConfigError,
    Flow,
    Message,
    MissingKeyError,
    ProviderError,
    Reply,
    TemplateError,
    TextDelta,
)
from byok_widgets.providers import PROVIDERS
from tests.fake_keys import fake_key
from tests.interrupts import stopping
from tests.scripted_server import Say, ScriptedServer


def test_a_reply_says_what_ran_and_how_it_ended(flow: Flow, server: ScriptedServer) -> None:
    server.script("Good morning, Ana.")
    reply = flow.conversation("ask", "Be brief.").run("Hi, I'm Ana")
    assert (reply.text, reply.finish_reason, reply.complete) == ("Good morning, Ana.", "stop", True)
    assert (reply.model, reply.model_source, reply.reported_model) == (
        "compatible:scripted",
        "flow default",
        "scripted-1",
    )
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (7, 3)
    assert reply.cost.usd is None
    assert "not priced" in reply.summary
    assert 0 < reply.time_to_first_token_s <= reply.latency_s
    assert server.requests[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi, I'm Ana"},
    ]


def test_what_a_first_call_loads_and_a_refused_request_are_no_time_of_the_model(
    flow: Flow, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, took_s = PROVIDERS["compatible"], 0.4
    load = provider._load

    def load_slowly() -> None:
        time.sleep(took_s)
        load()

    def refuse_slowly(request: dict) -> Say:
        time.sleep(took_s)
        error = {"message": "Unsupported parameter: 'temperature'.", "param": "temperature"}
        return Say(status=400, body={"error": {**error, "code": "unsupported_parameter"}})

    monkeypatch.setattr(provider, "_load", load_slowly)
    monkeypatch.setattr(provider, "_is_loaded", False)
    server.script(refuse_slowly, "Hello.")
    reply = flow.conversation("ask", "Be brief.", temperature=0.5).run("Hi")
    assert (reply.text, reply.attempts) == ("Hello.", 2)
    assert reply.waited_s >= 2 * took_s
    assert reply.waited_s <= reply.time_to_first_token_s <= reply.latency_s


def test_history_continues_the_dialogue(flow: Flow, server: ScriptedServer) -> None:
    ask = flow.conversation("ask", "Be brief.")
    server.script("Which day?", "Noted.")
    first = ask.run("Hi, I'm Ana")
    second = ask.run("Tuesday", history=first)
    assert [message["content"] for message in server.requests[1]["messages"]][1:] == [
        "Hi, I'm Ana",
        "Which day?",
        "Tuesday",
    ]
    assert second.transcript[-1] == Message("assistant", "Noted.")
    server.script("Hello.")
    ask.run("Again")
    assert len(server.requests[0]["messages"]) == 2, "the node itself remembers nothing"


@pytest.mark.parametrize(
    "history",
    [
        [Message("user", "a"), Message("assistant", "b")],
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
        [("user", "a"), ("assistant", "b")],
    ],
)
def test_history_in_each_form(flow: Flow, server: ScriptedServer, history: list) -> None:
    flow.conversation("ask", "Be brief.").run("c", history=history)
    assert [message["content"] for message in server.requests[0]["messages"]] == ["Be brief.", "a", "b", "c"]


def test_an_invalid_dialogue_is_rejected_before_any_request(flow: Flow, server: ScriptedServer) -> None:
    with pytest.raises(ConfigError, match="robot") as caught:
        flow.conversation("ask", "Be brief.").run("c", history=[{"role": "robot", "content": "x"}])
    assert caught.value.kind == "dialogue"
    assert not server.requests


def test_prompts_use_variables_and_the_global_prompt_comes_first(flow: Flow, server: ScriptedServer) -> None:
    flow.global_prompt = "You work for {{firm}}."
    flow.conversation("ask", "Greet {{name}}.").run("Hi", variables={"firm": "Smile", "name": "Ana"})
    assert server.requests[0]["messages"][0]["content"] == "You work for Smile.\n\nGreet Ana."


def test_a_missing_variable_names_node_and_variable(flow: Flow, server: ScriptedServer) -> None:
    with pytest.raises(TemplateError, match=r"'ask'.*\{\{nmae\}\}") as caught:
        flow.conversation("ask", "Greet {{nmae}}.").run("Hi", variables={"name": "Ana"})
    assert "{{name}}" in caught.value.fix
    assert not server.requests


def test_static_speaks_once_without_a_model_and_then_from_its_prompt(flow: Flow, server: ScriptedServer) -> None:
    bye = flow.conversation("bye", "Thanks {{name}}.", static=True)
    first = bye.run(variables={"name": "Ana"})
    assert (first.text, first.finish_reason, first.model) == ("Thanks Ana.", "static", None)
    assert first.cost.usd == Decimal(0)
    assert not server.requests
    server.script("You are welcome.")
    assert bye.run("Oh?", history=first, variables={"name": "Ana"}).text == "You are welcome."
    assert len(server.requests) == 1


def test_precedence_is_call_then_override_then_default(flow: Flow, server: ScriptedServer) -> None:
    ask = flow.conversation("ask", "Be brief.")
    assert ask.run("Hi").model_source == "flow default"
    ask.model = "compatible:other"
    assert (ask.run("Hi").model, ask.run("Hi").model_source) == ("compatible:other", "node override")
    reply = ask.run("Hi", model="compatible:third")
    assert (reply.model, reply.model_source) == ("compatible:third", "call argument")
    ask.model = None
    assert ask.run("Hi").model == "compatible:scripted"
    assert [request["model"] for request in server.requests] == ["scripted", "other", "other", "third", "scripted"]


def test_no_model_is_an_error_that_names_the_node(flow: Flow, server: ScriptedServer) -> None:
    flow.provider = "openai"
    flow.key_store.save("openai", "api.openai.com", fake_key(), backend="session")
    with pytest.raises(ConfigError, match="'ask'") as caught:
        flow.conversation("ask", "Be brief.").run("Hi")
    assert caught.value.kind == "no_model"
    assert "OpenAI" in caught.value.cause, "the provider as people know it"
    assert not server.requests


def test_a_missing_key_is_reported_with_flow_and_provider(flow: Flow) -> None:
    with pytest.raises(MissingKeyError) as caught:
        flow.conversation("ask", "Be brief.").run("Hi", model="openai:gpt-6-luna")
    assert flow.name in str(caught.value)
    assert "OpenAI" in str(caught.value)
    assert "Settings" in caught.value.fix


@pytest.mark.parametrize(
    ("finish", "reason", "word"),
    [
        ("length", "length", "cut off"),
        ("content_filter", "content_filter", "filter"),
        (None, "incomplete", "incomplete"),
        ("tool_calls", "tool_call", "tool"),
    ],
)
def test_an_incomplete_answer_is_flagged(
    flow: Flow, server: ScriptedServer, finish: str | None, reason: str, word: str
) -> None:
    server.script(Say("Half of it", finish=finish))
    reply = flow.conversation("ask", "Be brief.").run("Hi")
    assert (reply.text, reply.finish_reason, reply.complete) == ("Half of it", reason, False)
    assert word in reply.summary


def test_a_setting_the_provider_does_not_have_is_named(flow: Flow, server: ScriptedServer) -> None:
    with pytest.raises(ConfigError, match="'warmth'"):
        flow.conversation("ask", "Be brief.").run("Hi", warmth=3)
    assert not server.requests


@pytest.mark.parametrize(
    ("given", "meant"),
    [("max_token", "max_tokens"), ("temprature", "temperature"), ("histroy", "history"), ("modle", "model")],
)
def test_a_misspelt_argument_of_a_call_is_named_with_a_suggestion(
    flow: Flow, server: ScriptedServer, given: str, meant: str
) -> None:
    ask, read = flow.conversation("ask", "Be brief."), flow.extraction("read", name=str)
    for run in (ask.run, read.run):
        with pytest.raises(ConfigError, match=f"'{given}'") as caught:
            run("Hi", **{given: 20})
        assert f"'{meant}'" in caught.value.fix
    assert not server.requests


@pytest.mark.parametrize(("given", "meant"), [("promt", "prompt"), ("max_token", "max_tokens"), ("temp", "")])
def test_a_misspelt_argument_of_a_node_is_named_when_it_is_created(flow: Flow, given: str, meant: str) -> None:
    if not meant:
        assert flow.conversation("ask", "Be brief.", **{given: 1}).settings == {given: 1}
        return
    with pytest.raises(ConfigError, match=f"'{given}'") as caught:
        flow.conversation("ask", **{given: "Be brief."})
    assert f"'{meant}'" in caught.value.fix
    with pytest.raises(ConfigError, match="'temprature'"):
        flow.extraction("read", name=str, settings={"temprature": 0})


def test_name_and_prompt_may_be_keywords_and_a_missing_one_is_named(flow: Flow, server: ScriptedServer) -> None:
    flow.conversation(name="ask", prompt="Be brief.").run("Hi")
    assert server.requests[0]["messages"][0]["content"] == "Be brief."
    with pytest.raises(ConfigError, match="'ask'"):
        flow.conversation("ask")
    with pytest.raises(ConfigError) as caught:
        flow.conversation()
    assert 'flow.conversation("ask", "...")' in caught.value.fix


@pytest.mark.parametrize("limit", [0, -1, "20", 20.0, True])
def test_an_invalid_limit_is_rejected_before_any_request(flow: Flow, server: ScriptedServer, limit) -> None:
    ask, read = flow.conversation("ask", "Be brief."), flow.extraction("read", name=str)
    for wrong in (
        lambda: ask.run("Hi", max_tokens=limit),
        lambda: read.run("Hi", max_tokens=limit),
        lambda: setattr(ask, "max_tokens", limit),
        lambda: flow.conversation("other", "Be brief.", max_tokens=limit),
        lambda: flow.extraction("another", name=str, max_tokens=limit),
    ):
        with pytest.raises(ConfigError, match=rf"'\w+( \w+)*': max_tokens .*1.*{limit!r}"):
            wrong()
    assert not server.requests


def test_the_limit_of_the_call_wins_over_that_of_the_node(flow: Flow, server: ScriptedServer) -> None:
    ask = flow.conversation("ask", "Be brief.", max_tokens=9)
    ask.run("Hi")
    ask.run("Hi", max_tokens=5)
    ask.max_tokens = None
    ask.run("Hi")
    assert [request.get("max_tokens") for request in server.requests] == [9, 5, None]


@pytest.mark.parametrize("text", ["", "  \n", [], {"role": "user", "content": " "}])
def test_empty_text_is_rejected_as_in_an_extraction(flow: Flow, server: ScriptedServer, text) -> None:
    ask, read = flow.conversation("ask", "Be brief."), flow.extraction("read", name=str)
    for run in (ask.run, read.run):
        with pytest.raises(ConfigError) as caught:
            run(text)
        assert caught.value.kind == "dialogue"
    with pytest.raises(ConfigError, match="'ask'") as caught:
        ask.run(text, history=[("user", "Hi")])
    assert caught.value.kind == "dialogue"
    assert not server.requests
    assert ask.run(history=[("user", "Hi")]).text == "Hello.", "without a text it continues from the history"


def test_a_string_is_not_a_history(flow: Flow, server: ScriptedServer) -> None:
    ask = flow.conversation("ask", "Be brief.")
    with pytest.raises(ConfigError, match="'foo'") as caught:
        ask.run("x", history="foo")
    assert caught.value.kind == "dialogue"
    assert not server.requests


def test_a_single_message_can_be_said(flow: Flow, server: ScriptedServer) -> None:
    flow.conversation("ask", "Be brief.").run({"role": "user", "content": "Hi"})
    assert server.requests[0]["messages"][1:] == [{"role": "user", "content": "Hi"}]


def test_a_node_of_another_kind_is_not_silently_replaced(flow: Flow) -> None:
    ask = flow.conversation("ask", "Be brief.")
    with pytest.raises(ConfigError, match=r"conversation.*'ask'") as caught:
        flow.extraction("ask", name=str)
    assert caught.value.kind == "node"
    assert flow.node("ask") is ask
    again = flow.conversation("ask", "Be briefer.")
    assert flow.node("ask") is again, "the same kind is replaced, so that a cell can be run again"


def test_settings_reach_the_wire(flow: Flow, server: ScriptedServer) -> None:
    flow.conversation("ask", "Be brief.", temperature=0.5, max_tokens=9).run("Hi", temperature=0.1)
    assert (server.requests[0]["temperature"], server.requests[0]["max_tokens"]) == (0.1, 9)


def test_an_error_names_flow_node_and_model(flow: Flow, server: ScriptedServer) -> None:
    server.script(Say(status=400, body={"error": {"message": "bad", "type": "invalid_request_error"}}))
    with pytest.raises(ProviderError) as caught:
        flow.conversation("ask", "Be brief.").run("Hi")
    assert all(word in str(caught.value) for word in (flow.name, "'ask'", "compatible:scripted"))
    assert caught.value.attempts == 1
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_rate_limit_is_waited_for(flow: Flow, server: ScriptedServer) -> None:
    busy = Say(status=429, body={"error": {"message": "slow down", "code": "rate_limit_exceeded"}})
    server.script(busy, "Now.")
    reply = flow.conversation("ask", "Be brief.").run("Hi")
    assert (reply.text, reply.attempts) == ("Now.", 2)


def test_the_async_twin_and_the_stream(flow: Flow, server: ScriptedServer) -> None:
    server.script("Good morning, Ana.")
    ask = flow.conversation("ask", "Be brief.")

    async def both() -> tuple[Reply, list[TextDelta | Reply]]:
        return await ask.arun("Hi"), [event async for event in ask.astream("Hi")]

    reply, events = asyncio.run(both())
    assert reply.text == "Good morning, Ana."
    *pieces, last = events
    assert "".join(piece.text for piece in pieces) == last.text == "Good morning, Ana."


def test_sync_calls_work_inside_a_running_loop(flow: Flow, server: ScriptedServer) -> None:
    server.script("Yes.")

    async def cell() -> Reply:
        return flow.conversation("ask", "Be brief.").run("Hi")

    assert asyncio.run(cell()).text == "Yes."


def test_an_interrupt_stops_the_request_within_a_second_and_the_flow_continues(
    flow: Flow, server: ScriptedServer
) -> None:
    ask = flow.conversation("ask", "Be brief.")
    stopped: list[float] = []

    def stop() -> None:
        stopped.append(time.monotonic())
        _thread.interrupt_main()

    server.script(stopping(stop))
    with pytest.raises(KeyboardInterrupt):
        ask.run("Hi")
    assert time.monotonic() - stopped[0] < 2.5, "the rest would take seven seconds"
    assert server.gone.wait(10), "the connection was closed"
    server.script("Still here.")
    assert ask.run("Hi").text == "Still here."


def test_cancelling_the_caller_cancels_the_request(flow: Flow, server: ScriptedServer) -> None:
    server.script(Say("word " * 400, pause_s=0.02))
    ask = flow.conversation("ask", "Be brief.")

    async def stopped() -> None:
        task = asyncio.create_task(ask.arun("Hi"))
        await asyncio.sleep(0.3)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(stopped())
    assert server.gone.wait(10)


def test_a_deadline_keeps_the_partial_text_and_says_so(flow: Flow, server: ScriptedServer) -> None:
    server.script(Say("word " * 400, pause_s=0.05))
    reply = flow.conversation("ask", "Be brief.").run("Hi", deadline_s=0.5)
    assert reply.text.startswith("word word")
    assert (reply.finish_reason, reply.complete) == ("incomplete", False)
    assert "0.5 s" in reply.summary


def test_a_deadline_with_nothing_to_keep_is_an_error(flow: Flow, server: ScriptedServer) -> None:
    def slow(_: dict) -> Say:
        time.sleep(1)
        return Say("late")

    server.script(slow)
    with pytest.raises(ProviderError, match=r"within 0\.3 s") as caught:
        flow.conversation("ask", "Be brief.").run("Hi", deadline_s=0.3)
    assert caught.value.kind == "timeout"


def test_two_flows_at_the_same_time_do_not_affect_each_other(flow: Flow, server: ScriptedServer) -> None:
    other = Flow(f"{flow.name} other")
    other.set_base_url("compatible", server.base_url)
    server.script(lambda request: Say(request["model"], pause_s=0.01))

    async def both() -> list[Reply]:
        one, two = flow.conversation("ask", "x"), other.conversation("ask", "x")
        return await asyncio.gather(
            *(one.arun("Hi", model="compatible:model-one") for _ in range(5)),
            *(two.arun("Hi", model="compatible:model-two") for _ in range(5)),
        )

    assert [reply.text for reply in asyncio.run(both())] == ["model-one"] * 5 + ["model-two"] * 5


def test_an_endpoint_that_needs_no_key_is_called_without_a_keyring_lookup(flow, server, keyring_in_memory):
    flow.conversation("ask", "Be brief.").run("Hi")
    assert keyring_in_memory.reads == 0
    assert server.headers[0]["authorization"] == "Bearer none"
