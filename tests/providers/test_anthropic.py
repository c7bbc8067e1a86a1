"""Anthropic's Messages protocol, through the real `anthropic` SDK."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.engine import ENGINE
from byok_widgets.messages import Message
from byok_widgets.providers import PROVIDERS
from byok_widgets.secrets import Secret
from byok_widgets.usage import Usage
from tests.fake_keys import fake_key
from tests.providers.asking import (
    ask,
    ask_each,
    endpoint,
    letter,
    letter_events,
    parse,
    shape,
    split_at_some,
    split_everywhere,
)
from tests.providers.fault_server import FaultServer, Reply, says, stream
from tests.providers.protocols.test_chat_completions import TEXT

SAID = b'{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}'
USAGE = Usage(input_tokens=30, output_tokens=9, cached_input_tokens=20, cache_write_tokens=3)
CLAUDE = PROVIDERS["anthropic"]


def sent(server: FaultServer, **changes: Any) -> dict[str, Any]:
    """Return the body of a request."""
    ask(server, letter("Hi"), of="anthropic", **changes)
    return server.asked[0].body


def turns(server: FaultServer, *messages: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the dialogue that is sent for a dialogue."""
    body = sent(server, messages=tuple(Message(role, text) for role, text in messages))
    return [(turn["role"], turn["content"]) for turn in body["messages"]]


def test_a_request_in_the_protocols_words(faulty: FaultServer) -> None:
    body = sent(faulty, system="Be brief.", max_tokens=9, settings={"temperature": 0.2, "effort": "low"})
    assert body == {
        "model": "some-model",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "system": "Be brief.",
        "temperature": 0.2,
        "output_config": {"effort": "low"},
    }
    assert (faulty.asked[0].method, faulty.asked[0].path) == ("POST", "/v1/messages")


def test_nothing_is_sent_that_nobody_set(faulty: FaultServer) -> None:
    body = sent(faulty)
    assert sorted(body) == ["max_tokens", "messages", "model", "stream"]
    assert body["max_tokens"] == CLAUDE.max_tokens


@pytest.mark.parametrize("of", ["anthropic", "compatible"])
def test_a_browsers_tab_says_what_the_vendor_wants_of_it_and_a_computer_does_not(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    wanted = "anthropic-dangerous-direct-browser-access"
    found = []
    for has_threads in (True, False):
        monkeypatch.setattr("byok_widgets.providers.protocols.messages.HAS_THREADS", has_threads)
        ask(faulty, letter("Hi") if of == "anthropic" else Reply(SAID), of=of)
        found.append(faulty.asked[0].headers.get(wanted))
    assert found == [None, "true" if of == "anthropic" else None]


def test_a_system_message_never_becomes_somebodys_words(faulty: FaultServer) -> None:
    dialogue = (Message("user", "Hi"), Message("system", "Be kind."), Message("assistant", "Hello"))
    dialogue += (Message("system", "Be quick."), Message("user", "Bye"))
    body = sent(faulty, system="Be brief.", messages=dialogue)
    assert body["system"] == "Be brief.\n\nBe kind.\n\nBe quick."
    assert [turn["content"] for turn in body["messages"]] == ["Hi", "Hello", "Bye"]
    assert sent(faulty, messages=(Message("system", "Be kind."),))["system"] == "Be kind."


def test_turns_alternate_and_the_person_has_the_first_and_the_last(faulty: FaultServer) -> None:
    begins, goes_on = ("user", "(The conversation begins.)"), ("user", "(The conversation goes on.)")
    assert turns(faulty) == [begins]
    assert turns(faulty, ("assistant", "Hello"), ("user", "Hi")) == [
        begins,
        ("assistant", "Hello"),
        ("user", "Hi"),
    ]
    assert turns(faulty, ("user", "a"), ("user", "b")) == [("user", "a\n\nb")]
    assert turns(faulty, ("user", "a"), ("assistant", "b")) == [("user", "a"), ("assistant", "b"), goes_on]
    assert turns(faulty, ("user", "a"), ("assistant", " \n"), ("user", "")) == [("user", "a")]
    assert turns(faulty, ("user", "a"), ("system", "x"), ("user", "b")) == [("user", "a\n\nb")]


def test_the_ways_to_ask_for_a_shape(faulty: FaultServer) -> None:
    body = sent(faulty, output=shape("json_schema"), settings={"effort": "low"})
    schema = shape("json_schema").schema
    assert body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": schema}}
    body = sent(faulty, output=shape("tool"))
    assert body["tools"] == [{"name": "record", "input_schema": schema}]
    assert body["tool_choice"] == {"type": "tool", "name": "record"}
    assert sorted(sent(faulty, output=shape("prompt"))) == ["max_tokens", "messages", "model", "stream"]


def test_an_answer_in_the_tool_is_the_answer(faulty: FaultServer) -> None:
    events = letter_events([], "tool_use")
    pieces = ['{"na', 'me": "Ana"}']
    deltas = [
        {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": piece}}
        for piece in pieces
    ]
    answer = ask(
        faulty, stream(*events[:3], *deltas, *events[3:], named=True), of="anthropic", output=shape("tool")
    )
    assert (answer.text, answer.finish_reason, answer.notices) == ('{"name": "Ana"}', "stop", ())
    block = {"type": "tool_use", "name": "record", "input": {"name": "Ana"}}
    whole = says({"content": [block], "stop_reason": "tool_use"})
    assert ask(faulty, whole, of="anthropic", output=shape("tool")).text == '{"name": "Ana"}'
    assert ask(faulty, whole, of="anthropic").finish_reason == "tool_call"


def test_text_and_usage_come_as_they_are_written(faulty: FaultServer) -> None:
    pieces: list[str] = []
    answer = ask(faulty, letter("Good morning."), of="anthropic", on_text=pieces.append)
    assert "".join(pieces) == "Good morning."
    assert len(pieces) >= 2, "a letter or two may wait, where a held key begins with them"
    assert (answer.text, answer.finish_reason, answer.notices) == ("Good morning.", "stop", ())
    assert answer.usage == USAGE
    assert (answer.reported_model, answer.request_id) == ("said-model", "msg-1")


def test_what_was_written_is_unknown_until_the_end_says_it(faulty: FaultServer) -> None:
    usage = ask(faulty, letter("Half", None), of="anthropic").usage
    assert (usage.input_tokens, usage.output_tokens) == (30, None)


@pytest.mark.parametrize(
    ("late", "total"),
    [
        ({"output_tokens": 9}, USAGE),
        ({"output_tokens": 9, "input_tokens": 8}, Usage(31, 9, 20, 3)),
        (
            {
                "output_tokens": 9,
                "input_tokens": 8,
                "cache_read_input_tokens": 0,
                "cache_creation_input_tokens": 0,
            },
            Usage(8, 9, 0, 0),
        ),
        ({"output_tokens": None, "input_tokens": "x"}, Usage(30, None, 20, 3)),
    ],
)
def test_counts_that_come_late_replace_the_early_ones(
    faulty: FaultServer, late: dict[str, Any], total: Usage
) -> None:
    events = letter_events(["Hi"])
    events[-2]["usage"] = late
    assert ask(faulty, stream(*events, named=True), of="anthropic").usage == total


def test_a_stream_split_at_any_byte_is_the_same_answer(faulty: FaultServer) -> None:
    answers = [parse(pieces, of="anthropic") for pieces in split_everywhere(letter(TEXT).body)]
    assert len(answers) > 500
    answers += ask_each(faulty, split_at_some(letter(TEXT)), of="anthropic")
    assert {(answer.text, answer.finish_reason, answer.usage) for answer in answers} == {(TEXT, "stop", USAGE)}


def test_thinking_and_unknown_events_are_passed_over(faulty: FaultServer) -> None:
    events = letter_events(["Hi"])
    odd = [
        {"type": "content_block_start", "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "x"}},
        {"type": "something_new", "x": 1},
    ]
    answer = ask(faulty, stream(*events[:2], *odd, *events[2:], named=True), of="anthropic")
    assert (answer.text, answer.finish_reason) == ("Hi", "stop")


WHOLE = says(
    {
        "id": "msg-1",
        "type": "message",
        "model": "said-model",
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": TEXT}],
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": 7,
            "cache_read_input_tokens": 20,
            "cache_creation_input_tokens": 3,
            "output_tokens": 9,
        },
    }
)


@pytest.mark.parametrize("reply", [WHOLE, WHOLE.but(kind="text/plain"), letter(TEXT, kind="")])
def test_a_server_that_does_not_stream_is_read(faulty: FaultServer, reply: Reply) -> None:
    answer = ask(faulty, reply, of="anthropic")
    assert (answer.text, answer.finish_reason, answer.usage) == (TEXT, "stop", USAGE)
    assert (answer.reported_model, answer.notices) == ("said-model", ())


def test_models_are_listed_with_what_is_known_of_them(faulty: FaultServer) -> None:
    rows = [
        {
            "id": "claude-haiku-5-5",
            "display_name": "Claude Haiku 5.5",
            "max_input_tokens": 1_000_000,
            "retires_at": "2027-06-01T00:00:00Z",
            "capabilities": {"structured_outputs": {"supported": True}},
        },
        {"id": "claude-x", "max_input_tokens": "many", "retires_at": None, "capabilities": None},
    ]
    faulty.script(says({"data": rows, "has_more": False}))
    one, other = ENGINE.run(CLAUDE.list_models(endpoint(CLAUDE, faulty)))
    assert (one.id, one.label, one.context_tokens) == ("claude-haiku-5-5", "Claude Haiku 5.5", 1_000_000)
    assert (one.structured_output, one.ends_on) == (True, "2027-06-01")
    assert (other.label, other.context_tokens, other.structured_output, other.ends_on) == ("", None, None, None)
    assert faulty.asked[0].path == "/v1/models?limit=1000"


def test_an_extraction_asks_in_weaker_ways_until_one_is_taken(faulty: FaultServer) -> None:
    flow = Flow("anthropic extraction")
    flow.set_base_url("anthropic", faulty.url)
    flow.model = "anthropic:without-schemas"
    flow.key_store.save("anthropic", faulty.host, Secret(fake_key("anthropic")), backend="session")
    refusal = says(
        {"type": "error", "error": {"type": "invalid_request_error", "message": "output_config: no"}}, 400
    )
    faulty.script(refusal, letter('{"name": "Ana"}'))
    found = flow.extraction("who", name=str).run("I am Ana")
    assert found.values == {"name": "Ana"}
    assert ["output_config" in asked.body for asked in faulty.asked] == [True, False]
    assert "tools" in faulty.asked[1].body
