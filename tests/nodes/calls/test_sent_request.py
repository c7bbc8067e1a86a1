"""The request as it was sent is one attribute away, never with a key, and costs no memory to speak of."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest

from byok_widgets import Flow, Message
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer


def test_a_reply_has_the_words_that_were_sent(flow: Flow, server: ScriptedServer) -> None:
    flow.global_prompt = "You work for {{firm}}."
    node = flow.conversation("ask", "Greet {{name}}, {{size}}.", max_tokens=50, temperature=0.5)
    request = node.run("Hi", variables={"firm": "Smile", "name": "Ana"}).request
    sent = server.requests[0]
    assert request.system == sent["messages"][0]["content"] == "You work for Smile.\n\nGreet Ana, not stated."
    assert request.messages == (Message("user", "Hi"),)
    assert (request.model, request.node, request.schema) == ("compatible:scripted", "ask", None)
    assert request.settings == {"max_tokens": 50, "temperature": 0.5}
    assert flow.conversation("bye", "Bye.", static=True).run().request is None


def test_it_cannot_be_changed(flow: Flow) -> None:
    request = flow.conversation("ask", "x", temperature=0.5).run("Hi").request
    with pytest.raises(AttributeError):
        request.system = "y"
    with pytest.raises(TypeError):
        request.settings["temperature"] = 1
    assert request.settings == {"temperature": 0.5}


def test_an_extraction_has_its_schema_and_its_repairs(flow: Flow, server: ScriptedServer) -> None:
    server.script(json.dumps({"people": "many"}), json.dumps({"people": 2}))
    found = flow.extraction("data", people=int, examples=[("We are 3", {"people": 3})]).run("Two of us")
    first, second = found.requests
    assert found.request == second
    for request, sent in zip(found.requests, server.requests, strict=True):
        assert [message.content for message in request.messages] == [
            message["content"] for message in sent["messages"][1:]
        ]
        assert request.schema == sent["response_format"]["json_schema"]["schema"]
        assert request.mode == "json_schema"
    assert len(second.messages) == len(first.messages) + 2


def test_a_way_of_asking_that_was_refused_is_among_them(flow: Flow, server: ScriptedServer) -> None:
    refused = Say(json.dumps({"error": {"message": "response_format is not supported"}}), status=400)
    server.script(
        lambda request: (
            refused if "json_schema" in json.dumps(request.get("response_format", "")) else Say('{"size": "x"}')
        )
    )
    found = flow.extraction("data", size=str).run("x")
    assert len(found.requests) == len(server.requests) > 1
    assert found.requests[0].mode == "json_schema" != found.request.mode


def test_a_turn_has_the_requests_of_all_its_calls(flow: Flow, server: ScriptedServer, tmp_path: Path) -> None:
    def say(request: dict[str, object]) -> Say:
        text = json.dumps(request)
        if '"choice"' in text:
            return Say(json.dumps({"choice": "they agree", "reason": "said so"}))
        return Say(json.dumps({"size": "large"}) if "response_format" in request else "Hello")

    server.script(say)
    flow.conversation("ask", "Ask.")
    flow.extraction("data", size=str)
    flow.conversation("bye", "Bye {{size}}.")
    flow.connect("ask", "data", when="they agree")
    flow.connect("data", "bye")
    s = flow.start()
    turn = s.say("large")
    assert [request.node for request in turn.requests] == ["ask", "data", "bye"], "the judge of ask comes first"
    sent = [request["messages"][-1]["content"] for request in server.requests]
    assert [request.messages[-1].content for request in turn.requests] == sent
    assert turn.requests[-1].system == "Bye large."
    s.save(tmp_path / "s.json")
    assert "You watch a conversation" not in (tmp_path / "s.json").read_text(encoding="utf-8")
    again = flow.load_session(tmp_path / "s.json")
    assert again.turns[0].requests == ()
    assert again.turns[0].reply is not None
    assert again.turns[0].reply.request is None


def test_no_key_is_in_it_anywhere(flow: Flow, server: ScriptedServer) -> None:
    key = fake_key()
    flow.key_store.save("openai", "api.openai.com", key)
    server.script(json.dumps({"size": key}))
    reply = flow.conversation("ask", f"Say {key}").run(f"My key is {key}.")
    found = flow.extraction("data", size=str, prompt=key).run(key)
    for request in (reply.request, *found.requests):
        told = f"{request!r}{request._repr_html_()}{request.system}{request.messages}{request.settings}"
        assert key not in told
        assert key.encode() not in pickle.dumps(request)


def test_it_survives_pickling_with_a_class_of_the_notebook(flow: Flow, server: ScriptedServer) -> None:
    server.script(json.dumps({"size": "large"}))
    found = flow.extraction("data", size=str).run("large")
    again = pickle.loads(pickle.dumps(found.request))
    assert again == found.request
    assert again.messages == found.request.messages
    assert pickle.loads(pickle.dumps(found.reply)).request == found.request


def test_it_is_readable_and_inert(flow: Flow) -> None:
    evil = "<img src=x onerror=alert(1)> costs $5 and $6"
    request = flow.conversation("ask", evil, temperature=0.5).run("Hi").request
    assert (
        repr(request)
        == f"Request of node 'ask' to compatible:scripted\nsystem: {evil}\nuser: Hi\nsettings: temperature=0.5"
    )
    page = request._repr_html_()
    assert "<img" not in page
    assert "$5" not in page
    assert "<caption" in page
    assert 'scope="row"' in page


def test_a_long_session_does_not_keep_its_dialogue_once_more_for_each_call(
    flow: Flow, server: ScriptedServer
) -> None:
    server.script(json.dumps({"size": None}))
    flow.conversation("ask", "Ask.", static=True)
    flow.extraction("data", size=str)
    flow.connect("ask", "data")
    flow.connect("data", "ask")
    s = flow.start()
    for _ in range(12):
        s.say("x" * 20_000)
    kept, seen = 0, set[int]()
    for turn in s.turns:
        for request in turn.requests:
            waiting = [getattr(request, name) for name in request.__slots__]
            while waiting:
                thing = waiting.pop()
                if id(thing) in seen:
                    continue
                seen.add(id(thing))
                if isinstance(thing, (str, bytes)):
                    kept += sys.getsizeof(thing)
                elif isinstance(thing, (tuple, list)):
                    waiting += thing
                elif isinstance(thing, Message):
                    waiting.append(thing.content)
                elif hasattr(thing, "args"):
                    waiting += thing.args
    assert kept < 2 * 12 * 20_000
    assert len(s.turns[-1].requests[0].messages[-1].content) > 12 * 20_000
