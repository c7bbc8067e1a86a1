"""Teaching a node from the chat: what it read in a turn, corrected, becomes an example."""

from __future__ import annotations

import json

import pytest

from byok_widgets.widgets.chat.chat import Chat
from tests.fake_keys import fake_key
from tests.widgets.wire import eventually

READ = json.dumps({"name": "Bob", "day": None, "urgent": None, "rows": [{"sku": "A", "n": 2}]})
ROWS = {"type": "object", "properties": {"sku": {"type": "string"}, "n": {"type": "integer"}}}
FIELDS = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "day": {"enum": ["Mon", "Tue"]},
        "urgent": {"type": "boolean"},
        "rows": {"type": "array", "items": ROWS},
    },
}


@pytest.fixture
def talk(flow, server):
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    data = flow.extraction("data", FIELDS)
    flow.conversation("ask", "Ask.")
    flow.connect(data, "ask")
    return flow


@pytest.fixture
def chat(talk, server, browser, wire):
    widget = Chat(talk.start(), mode="owner")
    server.script(READ, "Fine.")
    browser.custom(widget, {"kind": "say", "text": "Ana, on Tuesday"})
    eventually(lambda: [message for message in wire.custom(widget) if message["kind"] == "turn"])
    yield widget
    widget.close()


@pytest.fixture
def asked(chat, browser, wire):
    """Return a function that sends a message and returns the answer."""

    def ask(kind, node="data", turn=1, **more):
        browser.custom(chat, {"kind": kind, "turn": turn, "node": node, **more})
        return wire.custom(chat)[-1]

    return ask


def test_a_turn_names_the_nodes_that_can_be_taught(chat, wire):
    (told,) = [message for message in wire.custom(chat) if message["kind"] == "turn"]
    assert told["turn"]["readers"] == ["data"]


def test_what_was_read_is_told_as_it_can_be_typed(asked):
    told = asked("lesson")
    assert (told["kind"], told["turn"], told["node"]) == ("lesson", 1, "data")
    assert told["fields"] == [
        {"name": "name", "kind": "string", "value": "Bob", "choices": []},
        {"name": "day", "kind": "", "value": "", "choices": ["Mon", "Tue"]},
        {"name": "urgent", "kind": "", "value": "", "choices": ["true", "false"]},
        {"name": "rows", "kind": "as JSON", "value": '[{"sku": "A", "n": 2}]', "choices": []},
    ]


def test_the_corrected_values_and_the_dialogue_become_an_example(talk, asked):
    values = {"name": "Ana", "day": "Tue", "urgent": "false", "rows": ""}
    told = asked("teach", values=values)
    (example,) = talk.node("data").examples
    assert [message.content for message in example.dialogue] == ["Ana, on Tuesday"], "without the reply"
    assert example.values == {"name": "Ana", "day": "Tue", "urgent": False}
    assert told["problem"] == ""
    assert "example 1 of data" in told["text"]
    talk.node("data").examples = ()
    exec(told["code"], {"flow": talk})
    assert talk.node("data").examples == (example,)


@pytest.mark.parametrize(("name", "text"), [("day", "Sunday"), ("rows", "[{]"), ("urgent", "perhaps")])
def test_a_value_that_does_not_fit_is_reported_with_its_field(talk, asked, name, text):
    told = asked("teach", values={name: text})
    assert (told["kind"], told["field"], told["text"]) == ("taught", name, "")
    assert name in told["problem"]
    assert not talk.node("data").examples


def test_the_examples_are_told_and_one_is_removed(talk, asked):
    asked("teach", values={"name": "Ana"})
    talk.node("data").teach("I am Bo", {"name": "Bo"})
    one, other = asked("lesson")["examples"]
    assert (one["said"], other["said"]) == ("Ana, on Tuesday", "I am Bo")
    assert "Bo" in other["values"]
    for _ in range(2):  # also for one that is gone already
        told = asked("forget", example=one["id"])
        assert (told["kind"], told["examples"]) == ("examples", [other])
    assert [example.values for example in talk.node("data").examples] == [{"name": "Bo"}]


def test_a_key_is_not_kept_and_not_repeated(talk, asked):
    key = fake_key("openai")
    told = asked("teach", values={"name": key})
    assert told["problem"]
    assert key not in json.dumps(told)
    assert not talk.node("data").examples


@pytest.mark.parametrize(("node", "turn"), [("ask", 1), ("gone", 1), ("data", 7)])
def test_a_node_that_read_nothing_there_is_refused(asked, node, turn):
    for kind in ("lesson", "teach"):
        assert asked(kind, node, turn, values={})["kind"] == "failed"
    if (node, turn) != ("data", 1):
        assert asked("forget", node, turn, example="")["kind"] == "failed"


@pytest.mark.parametrize("values", [None, [], {"name": 3}, {3: "a"}, "Ana"])
def test_junk_is_ignored(talk, chat, asked, wire, values):
    before = len(wire.custom(chat))
    asked("teach", values=values)
    assert len(wire.custom(chat)) == before
    assert not talk.node("data").examples


def test_a_session_that_was_loaded_can_teach_too(talk, chat, tmp_path, browser, wire):
    chat.session.save(tmp_path / "a.session.json")
    again = Chat(talk.load_session(tmp_path / "a.session.json"), mode="owner")
    browser.custom(again, {"kind": "teach", "turn": 1, "node": "data", "values": {"name": "Ana"}})
    (example,) = talk.node("data").examples
    assert [message.content for message in example.dialogue] == ["Ana, on Tuesday"]
    again.close()
