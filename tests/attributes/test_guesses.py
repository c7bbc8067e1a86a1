"""Natural guesses of a name are answered with the right one, and are no attributes."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.attributes.guesses import GUESSES
from tests.scripted_server import ScriptedServer


@pytest.fixture
def objects(server: ScriptedServer) -> dict[str, Any]:
    flow = Flow("guesses")
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    ask = flow.conversation("ask", "Ask.")
    server.script('{"size": "x"}')
    s = flow.start()
    turn = s.say("Hi")
    found = flow.extraction("read", size=str).run("x")
    return {
        "flow": flow,
        "session": s,
        "conversation": ask,
        "extraction": flow.node("read"),
        "action": flow.action("look", len),
        "reply": turn.reply,
        "extraction result": found,
        "turn": turn,
    }


@pytest.mark.parametrize(("kind", "misspelt", "meant"), [("flow", "conect", "connect"), ("session", "sya", "say")])
def test_the_error_for_a_misspelt_name_suggests_the_nearest(
    objects: dict[str, Any], kind: str, misspelt: str, meant: str
) -> None:
    assert not hasattr(objects[kind], misspelt)
    with pytest.raises(ConfigError) as caught:
        getattr(objects[kind], misspelt)
    assert repr(meant) in str(caught.value)
    with pytest.raises(AttributeError, match="no attribute 'quite_different'"):
        _ = objects[kind].quite_different


def test_every_guess_is_answered_and_is_no_attribute(objects: dict[str, Any]) -> None:
    assert set(objects) == set(GUESSES)
    for kind, guesses in GUESSES.items():
        thing = objects[kind]
        for name, meant in guesses.items():
            assert not hasattr(thing, name), (kind, name)
            assert getattr(thing, name, None) is None
            assert name not in dir(thing)
            with pytest.raises(AttributeError) as caught:
                getattr(thing, name)
            assert isinstance(caught.value, ConfigError)
            assert caught.value.kind == "unknown_name"
            assert (meant in caught.value.fix, repr(name) in caught.value.problem) == (True, True)
            assert re.match("A(n [AEIOU]| [^AEIOU])", caught.value.problem)
            assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("kind", "name", "call"),
    [
        *(("flow", name, "flow.start()") for name in ("run", "say", "ask", "send")),
        *(("session", name, "s.say(") for name in ("run", "send", "ask", "chat")),
        *(("conversation", name, "node.run(") for name in ("say", "chat", "ask")),
        ("flow", "validate", "flow.check()"),
        ("flow", "add_edge", "flow.connect("),
        ("reply", "content", "reply.text"),
        ("reply", "prompt", "reply.request"),
    ],
)
def test_the_right_call_is_named(objects: dict[str, Any], kind: str, name: str, call: str) -> None:
    with pytest.raises(AttributeError, match="Write: ") as caught:
        getattr(objects[kind], name)
    assert call in str(caught.value)


def test_a_guess_that_is_set_is_answered_too(objects: dict[str, Any]) -> None:
    for kind, name, call in [
        ("conversation", "temperature", 'node.settings["temperature"]'),
        ("flow", "temperature", 'flow.node("name").settings["temperature"]'),
        ("conversation", "text", "node.prompt"),
        ("flow", "default_model", "flow.model"),
    ]:
        with pytest.raises(ConfigError, match="Write: ") as caught:
            setattr(objects[kind], name, "x")
        assert call in str(caught.value)
    with pytest.raises(ConfigError) as key:
        objects["flow"].api_key = "x"
    assert key.value.kind == "key_in_code"


def test_what_is_named_is_there(objects: dict[str, Any]) -> None:
    names = {
        "flow": "flow",
        "s": "session",
        "node": "conversation",
        "reply": "reply",
        "found": "extraction result",
    }
    for meant in {re.sub('"[^"]*"', '""', call) for guesses in GUESSES.values() for call in guesses.values()}:
        for owner, attribute in re.findall(r"\b(flow|s|node|reply|found|turn)\.(\w+)", meant):
            things = ["conversation", "extraction"] if owner == "node" else [names.get(owner, owner)]
            assert any(attribute in dir(objects[thing]) for thing in things), meant


def test_a_node_by_its_name_is_shown_the_way(objects: dict[str, Any]) -> None:
    with pytest.raises(AttributeError, match=r"flow\.node\('look'\)"):
        getattr(objects["flow"], "look")  # noqa: B009
    assert "look" not in dir(objects["flow"])


def test_other_names_raise_the_usual_error_and_copies_work(objects: dict[str, Any]) -> None:
    for thing in objects.values():
        with pytest.raises(AttributeError) as caught:
            getattr(thing, "nothing_like_that")  # noqa: B009
        assert not isinstance(caught.value, ConfigError)
    assert copy.copy(objects["reply"]) == objects["reply"]
    assert pickle.loads(pickle.dumps(objects["reply"])).text == objects["reply"].text
