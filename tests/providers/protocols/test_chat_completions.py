"""The Chat Completions protocol, through the real `openai` SDK: what is sent, and what is made of what comes."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import itertools
import time
from typing import Any

import pytest

from byok_widgets import ProviderError
from byok_widgets.config import BaseUrl
from byok_widgets.engine import ENGINE
from byok_widgets.messages import Message
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.providers.compatible import CompatibleProvider
from byok_widgets.secrets import Secret
from byok_widgets.usage import Usage
from tests.fake_keys import fake_key
from tests.providers.asking import (
    QUESTION,
    ask,
    ask_each,
    endpoint,
    fault,
    letter,
    parse,
    shape,
    split_at_some,
    split_everywhere,
    talk,
    whole,
)
from tests.providers.fault_server import SILENCE, FaultServer, Reply, page, says, stream

TEXT = "Grüße, 世界! 👩‍🚀🎉 “done”\r\n\ttab and \\ slash"
USAGE = {"prompt_tokens": 12, "completion_tokens": 34, "prompt_tokens_details": {"cached_tokens": 8}}


def sent(server: FaultServer, of: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a request."""
    ask(server, talk("Hi"), of=of, **changes)
    return server.asked[0].body


def test_a_request_in_the_protocols_words(faulty: FaultServer) -> None:
    dialogue = (Message("user", "Hi"), Message("assistant", "Hello"), Message("system", "Be kind."))
    body = sent(faulty, "compatible", system="Be brief.", messages=dialogue, max_tokens=9, settings={"seed": 1})
    assert body == {
        "model": "some-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "system", "content": "Be kind."},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 9,
        "seed": 1,
    }
    asked = faulty.asked[0]
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.headers["accept"] == "application/json"


def test_a_later_request_has_the_head_of_the_first_and_its_own_body(faulty: FaultServer) -> None:
    provider = PROVIDERS["openai"]
    one, other = endpoint(provider, faulty), endpoint(provider, faulty)

    async def ask_all() -> None:
        for text, there in ("Hi", one), ("Ünïcode ✓", one), ("Hi", other):
            asked = dataclasses.replace(QUESTION, messages=(Message("user", text),))
            await provider.complete(asked, there, lambda _: None)

    faulty.script(talk("Yes"))
    ENGINE.run(ask_all())
    first, second, third = faulty.asked
    assert second.body == {**first.body, "messages": [{"role": "user", "content": "Ünïcode ✓"}]}
    heads = [
        {name: value for name, value in each.headers.items() if name != "content-length"} for each in faulty.asked
    ]
    assert heads[0] == heads[1]
    assert {name for name in heads[0] if heads[0][name] != heads[2][name]} == {"authorization"}
    assert third.body == first.body


def test_events_with_something_else_in_them_say_the_same(faulty: FaultServer) -> None:
    plain = talk(TEXT, usage=USAGE)
    odd = plain.but(body=plain.body.replace(b'"id": "chat-1"', b'"odd": {"a": 1}, "id": "chat-1"'))
    assert odd.body != plain.body
    heard: list[list[str]] = [[], []]
    answers = [
        ask(faulty, reply, on_text=pieces.append) for reply, pieces in zip((plain, odd), heard, strict=True)
    ]
    assert answers[0] == answers[1]
    assert answers[0].text == TEXT
    assert "".join(heard[0]) == "".join(heard[1]) == TEXT


def test_words_that_come_at_once_are_passed_on_at_once(faulty: FaultServer) -> None:
    heard: list[str] = []
    answer = ask(faulty, talk("one two three four five six seven eight nine ten"), on_text=heard.append)
    assert "".join(heard) == answer.text == "one two three four five six seven eight nine ten"
    assert len(heard) < 5


def test_nothing_is_sent_that_nobody_set(faulty: FaultServer) -> None:
    assert sorted(sent(faulty, "openai")) == ["messages", "model", "stream", "stream_options"]
    assert sorted(sent(faulty, "openrouter")) == ["messages", "model", "stream"]


@pytest.mark.parametrize(
    ("of", "name"),
    [("openai", "max_completion_tokens"), ("openrouter", "max_tokens"), ("compatible", "max_tokens")],
)
def test_the_token_limit_has_each_vendors_name(faulty: FaultServer, of: str, name: str) -> None:
    body = sent(faulty, of, max_tokens=9)
    assert body[name] == 9
    assert len([key for key in body if "tokens" in key]) == 1


def test_the_ways_to_ask_for_a_shape(faulty: FaultServer) -> None:
    strict = sent(faulty, "openai", output=shape("json_schema"))["response_format"]
    assert strict["type"] == "json_schema"
    assert strict["json_schema"] == {"name": "person", "schema": shape("json_schema").schema, "strict": True}
    assert sent(faulty, "openai", output=shape("json_object"))["response_format"] == {"type": "json_object"}
    assert "response_format" not in sent(faulty, "openai", output=shape("prompt"))
    forced = sent(faulty, "openai", output=shape("tool"))
    tool = {"name": "person", "parameters": shape("tool").schema}
    assert forced["tools"] == [{"type": "function", "function": tool}]
    assert forced["tool_choice"] == {"type": "function", "function": {"name": "person"}}


def test_an_answer_in_the_tool_is_the_answer(faulty: FaultServer) -> None:
    pieces = [
        {"function": {"name": "person", "arguments": ""}},
        *({"function": {"arguments": a}} for a in ("{", "}")),
    ]
    chunks = [
        {"choices": [{"delta": {"content": None, "tool_calls": [{"index": 0, **piece}]}}]} for piece in pieces
    ]
    end = {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}
    answer = ask(faulty, stream(*chunks, end), output=shape("tool"))
    assert (answer.text, answer.finish_reason, answer.notices) == ("{}", "stop", ())
    message = {"tool_calls": [{"function": {"name": "person", "arguments": "{}"}}]}
    whole_answer = says({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    assert ask(faulty, whole_answer, output=shape("tool")).text == "{}"
    as_object = {
        "tool_calls": [{"function": {"name": "person", "arguments": {"name": "Zoë"}}}, {"function": None}]
    }
    reply = says({"choices": [{"message": as_object, "finish_reason": "tool_calls"}]})
    assert ask(faulty, reply, output=shape("tool")).text == '{"name": "Zoë"}'
    assert ask(faulty, whole_answer).finish_reason == "tool_call"


@pytest.mark.parametrize("calls", [7, [7], [{}], [{"function": 7}], [{"function": {"arguments": 7}}]])
def test_a_tool_call_that_is_none_is_our_error(faulty: FaultServer, calls: Any) -> None:
    reply = says({"choices": [{"message": {"tool_calls": calls}, "finish_reason": "tool_calls"}]})
    assert fault(faulty, reply, output=shape("tool")).kind == "unreadable"


@pytest.mark.parametrize("kind", [None, True, 7, [], ["text"], {}, {"type": "text"}], ids=repr)
def test_a_typed_part_whose_type_is_no_word_is_read_by_what_it_holds(faulty: FaultServer, kind: Any) -> None:
    content = [{"type": kind, "text": "Hello"}]
    answer = ask(faulty, says({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}))
    assert (answer.text, answer.reasoning, answer.finish_reason) == ("Hello", "", "stop")


def test_text_comes_as_it_is_written(faulty: FaultServer) -> None:
    pieces: list[str] = []
    answer = ask(faulty, talk("Good morning, Ana.", usage=USAGE), on_text=pieces.append)
    assert "".join(pieces) == "Good morning, Ana."
    assert len(pieces) >= 3, "a letter or two may wait, where a held key begins with them"
    assert (answer.text, answer.finish_reason, answer.notices) == ("Good morning, Ana.", "stop", ())
    assert answer.usage == Usage(12, 34, 8)
    assert answer.reported_model == "said-model"
    assert answer.reported_cost_usd is None


def _half(reply: Reply) -> Reply:
    return reply.but(body=reply.body + b" ", sent=len(reply.body), then="stall")


STOPPED = {
    "before it is answered": {"openai": SILENCE, "anthropic": SILENCE},
    "in the middle": {"openai": _half(talk("first", None)), "anthropic": _half(letter("first", None))},
    "while an error is told": dict.fromkeys(("openai", "anthropic"), _half(says({"error": {}}, 500))),
}


@pytest.mark.parametrize("of", ["openai", "anthropic"])
@pytest.mark.parametrize("when", STOPPED)
def test_the_server_sees_at_once_that_a_call_is_cancelled(faulty: FaultServer, of: str, when: str) -> None:
    async def stopped() -> float:
        there = endpoint(PROVIDERS[of], faulty)
        came = asyncio.Event()
        work = asyncio.ensure_future(PROVIDERS[of].complete(QUESTION, there, lambda _: came.set()))
        while not faulty.asked:
            await asyncio.sleep(0.001)
        if when == "in the middle":
            await came.wait()
        else:
            await asyncio.sleep(0.02)
        at = time.monotonic()
        work.cancel()
        await asyncio.wait([work])
        assert work.cancelled()
        return at

    faulty.script(STOPPED[when][of])
    at = ENGINE.run(stopped())
    assert faulty.gone.wait(10)
    assert time.monotonic() - at < 5, "it takes half a millisecond where nothing else runs"


def test_a_stream_split_at_any_byte_is_the_same_answer(faulty: FaultServer) -> None:
    reply = talk(TEXT, usage=USAGE)
    answers = [parse(pieces) for pieces in split_everywhere(reply.body)]
    assert len(answers) > 500
    answers += ask_each(faulty, split_at_some(reply))
    got = {(answer.text, answer.finish_reason, answer.usage) for answer in answers}
    assert got == {(TEXT, "stop", Usage(12, 34, 8))}


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\r\r", b"\n\n"], ids=["crlf", "cr", "lf"])
def test_comments_blank_lines_and_unknown_things_are_passed_over(faulty: FaultServer, end: bytes) -> None:
    chunk = {"choices": [{"delta": {"content": "Hi", "reasoning": "hm", "x": {}}, "logprobs": None}], "new": [1]}
    events = stream(
        b": OPENROUTER PROCESSING\n\n",
        {"choices": [], "prompt_filter_results": []},
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]},
        chunk,
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": None},
        b"data: [DONE]\n\n",
        b"data: {never read\n\n",
    )
    answer = ask(faulty, events.but(body=events.body.replace(b"\n\n", end)))
    assert (answer.text, answer.finish_reason) == ("Hi", "stop")


WHOLE = says(whole({"content": TEXT}, usage=USAGE))


@pytest.mark.parametrize(
    "reply",
    [
        WHOLE,
        WHOLE.but(kind="application/json; charset=utf-8"),
        WHOLE.but(kind="text/plain"),
        WHOLE.but(kind=""),
        WHOLE.but(body=b"\n \n" * 50 + WHOLE.body),
        talk(TEXT, usage=USAGE, kind="text/plain"),
        talk(TEXT, usage=USAGE, kind=""),
        talk(TEXT, usage=USAGE, kind="text/event-stream; charset=utf-8"),
    ],
    ids=["json", "json-utf8", "plain", "untyped", "padded", "plain-stream", "untyped-stream", "stream-utf8"],
)
def test_a_server_that_does_not_stream_or_says_so_wrongly_is_read(faulty: FaultServer, reply: Reply) -> None:
    pieces: list[str] = []
    answer = ask(faulty, reply, of="compatible", on_text=pieces.append)
    assert "".join(pieces) == answer.text == TEXT
    assert (answer.finish_reason, answer.usage, answer.notices) == ("stop", Usage(12, 34, 8), ())


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"prompt_tokens": "many", "completion_tokens": None},
        {"prompt_tokens": -1, "completion_tokens": True, "prompt_tokens_details": 3},
    ],
)
def test_counts_that_are_none_stay_unknown(faulty: FaultServer, usage: dict[str, Any]) -> None:
    assert ask(faulty, talk("Hi", usage=usage)).usage == Usage()


def test_a_reported_cost_in_unknown_money_is_not_taken_for_dollars(faulty: FaultServer) -> None:
    assert ask(faulty, talk("Hi", usage={**USAGE, "cost": 3}), of="compatible").reported_cost_usd is None


def test_a_megabyte_each_way(faulty: FaultServer) -> None:
    long = "word " * 200_000
    begun = time.monotonic()
    answer = ask(faulty, says(whole({"content": long})), messages=(Message("user", long),))
    assert answer.text == long
    assert faulty.asked[0].body["messages"][0]["content"] == long
    assert time.monotonic() - begun < 20, "where each piece copies what came before, it takes minutes"


def test_without_a_key_none_is_sent(faulty: FaultServer) -> None:
    faulty.script(talk("Hi"))
    nobody = Endpoint(BaseUrl.parse(f"{faulty.url}/v1"), None)
    assert ENGINE.run(PROVIDERS["compatible"].complete(QUESTION, nobody, lambda _: None)).text == "Hi"
    assert faulty.asked[0].headers["authorization"] == "Bearer none"


def test_each_key_goes_to_its_own_address_only(faulty: FaultServer) -> None:
    other = FaultServer()
    keys = [fake_key("openai"), fake_key("openai")]
    secrets = [Secret(key) for key in keys]
    for server in (faulty, other):
        server.script(talk("Hi"))
    for server, secret in itertools.product((faulty, other), secrets * 2):
        there = Endpoint(BaseUrl.parse(f"{server.url}/v1"), secret)
        ENGINE.run(PROVIDERS["openai"].complete(QUESTION, there, lambda _: None))
    for server in (faulty, other):
        assert [asked.headers["authorization"] for asked in server.asked] == [f"Bearer {key}" for key in keys * 2]
    other.close()


def test_the_sdks_client_lives_no_longer_than_its_key(faulty: FaultServer) -> None:
    provider = CompatibleProvider()
    faulty.script(talk("Hi"))
    secret = Secret(fake_key("compatible"))
    there = Endpoint(BaseUrl.parse(f"{faulty.url}/v1"), secret)
    for _ in range(2):
        ENGINE.run(provider.complete(QUESTION, there, lambda _: None))
    assert len(provider._clients) == 1
    del secret, there
    gc.collect()
    assert len(provider._clients) == 0


def test_models_are_listed(faulty: FaultServer) -> None:
    rows = [{"id": "gpt-6-luna"}, {"id": "gpt-4o", "shutdown_date": "2027-01-14T00:00:00Z"}, {"id": ""}, 7]
    rows += [
        {"id": word} for word in ("gpt-image-2", "whisper-1", "gpt-5.5-pro", "davinci-002", "ft:gpt-4o:a-pro")
    ]
    faulty.script(says({"data": rows}))
    models = ENGINE.run(PROVIDERS["openai"].list_models(endpoint(PROVIDERS["openai"], faulty)))
    assert [model.id for model in models] == ["gpt-6-luna", "gpt-4o", "ft:gpt-4o:a-pro"]
    assert [model.ends_on for model in models] == [None, "2027-01-14", None]
    assert (faulty.asked[0].method, faulty.asked[0].path) == ("GET", "/v1/models")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (says({"error": {"code": "invalid_api_key", "message": "no"}}, 401), "auth"),
        (says({"error": {"code": "invalid_api_key", "message": "no"}}), "auth"),
        (says({"detail": "Not Found"}, 404), "address"),
        (page(), "page"),
        (page(kind="application/json"), "page"),
        (says({"data": 7}), "unreadable"),
        (says({"id": "x"}), "unreadable"),
        (says("models"), "unreadable"),
        (Reply(b"hello", kind="text/plain"), "unreadable"),
        (Reply(b""), "unreadable"),
    ],
)
def test_a_check_of_the_key_ends_in_one_of_our_errors(faulty: FaultServer, reply: Reply, kind: str) -> None:
    faulty.script(reply)
    with pytest.raises(ProviderError) as caught:
        ENGINE.run(PROVIDERS["compatible"].check_key(endpoint(PROVIDERS["compatible"], faulty)))
    assert (caught.value.kind, caught.value.__context__) == (kind, None)
    assert "''" not in str(caught.value), "there is no model to name"


def test_a_key_that_cannot_be_sent_is_refused_before_the_sdk_sees_it(faulty: FaultServer) -> None:
    error = fault(faulty, talk("Hi"), key=fake_key("openai") + "\nx")
    assert error.kind == "bad_key_format"
    assert faulty.asked == []
    assert ask(faulty, talk("Hi"), key=fake_key("openai") + "\n").text == "Hi"
