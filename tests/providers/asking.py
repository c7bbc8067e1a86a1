"""One question to an adapter, with the real SDK in the path, against a server on this machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from byok_widgets.config import BaseUrl
from byok_widgets.engine import ENGINE
from byok_widgets.errors import ByokError
from byok_widgets.messages import Message
from byok_widgets.providers import PROVIDERS, Endpoint, OutputSchema, Provider, Request, error_mapping
from byok_widgets.providers.base import OnText
from byok_widgets.providers.error_mapping import CallContext
from byok_widgets.providers.exchange import Answer
from byok_widgets.providers.protocols.answer_parser import AnswerParser
from byok_widgets.providers.protocols.sdk_provider import SdkProvider
from byok_widgets.providers.response_accumulator import ResponseAccumulator
from byok_widgets.providers.stream import TooLargeError
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.providers.fault_server import FaultServer, Reply, stream


def _unseen(_: str) -> None:
    pass


QUESTION = Request("some-model", (Message("user", "Hi"),))


def endpoint(provider: Provider, server: FaultServer, key: str | None = None) -> Endpoint:
    """Return the server as an address of `provider`, with a fresh key."""
    path = "" if provider.name == "anthropic" else "/v1"
    return Endpoint(BaseUrl.parse(server.url + path), Secret(key or fake_key(provider.name)))


def ask(
    server: FaultServer,
    reply: Reply | None = None,
    *,
    of: str | Provider = "openai",
    on_text: OnText = _unseen,
    key: str | None = None,
    **changes: Any,
) -> Answer:
    """Let a provider answer a question with what the server says."""
    provider = PROVIDERS[of] if isinstance(of, str) else of
    if reply is not None:
        server.script(reply)
    asked = Request(**{**vars(QUESTION), **changes})
    return ENGINE.run(provider.complete(asked, endpoint(provider, server, key), on_text))


def fault(
    server: FaultServer, reply: Reply | None = None, *, of: str | Provider = "openai", **changes: Any
) -> ByokError:
    """Let a provider fail on what the server says, and return the error."""
    with pytest.raises(ByokError) as caught:
        ask(server, reply, of=of, **changes)
    return caught.value


def parse(
    pieces: Iterable[bytes],
    *,
    of: str = "openai",
    kind: str = "text/event-stream",
    on_text: OnText = _unseen,
    output: OutputSchema | None = None,
) -> Answer:
    """Return what a provider's protocol makes of a body that arrives in these pieces; no wire is in the path."""
    provider = PROVIDERS[of]
    assert isinstance(provider, SdkProvider)
    accumulator = ResponseAccumulator(on_text, offers_tool=output is not None and output.mode == "tool")
    site = CallContext(provider, Endpoint(BaseUrl.parse("http://127.0.0.1:9/v1"), None), "some-model")
    parser = AnswerParser(provider, accumulator, site, kind)
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.end()
    except (ByokError, TooLargeError) as error:
        failure = error if isinstance(error, ByokError) else error_mapping.translate(error, site)
        return accumulator.partial_or_raise(failure)
    return accumulator.answer()


def ask_each(server: FaultServer, replies: list[Reply], *, of: str = "openai") -> list[Answer]:
    """Let a provider answer a question with each of the replies; 16 are on their way at a time."""
    provider = PROVIDERS[of]
    there, doors = endpoint(provider, server), asyncio.Semaphore(16)

    async def one() -> Answer:
        async with doors:
            return await provider.complete(QUESTION, there, _unseen)

    async def all_of_them() -> list[Answer]:
        return await asyncio.gather(*(one() for _ in replies))

    server.script(*replies)
    return ENGINE.run(all_of_them())


def split_everywhere(body: bytes) -> list[list[bytes]]:
    """Return a body in two pieces, split at each byte, and in pieces of a byte each."""
    places = range(1, len(body))
    return [*([body[:at], body[at:]] for at in places), [body[at : at + 1] for at in range(len(body))]]


def split_at_some(reply: Reply) -> list[Reply]:
    """Return the reply split in two at some of its bytes, and split at all bytes at once."""
    places = range(1, len(reply.body), len(reply.body) // 12)
    return [*(reply.but(pieces=(at,)) for at in places), reply.but(pieces=tuple(range(1, len(reply.body))))]


def talk(text: str, finish: str | None = "stop", usage: Mapping[str, Any] | None = None, **more: Any) -> Reply:
    """Return a stream of Chat Completions, in pieces of five characters."""
    pieces = [text[at : at + 5] for at in range(0, len(text), 5)]
    events = [_chunk({"content": piece}) for piece in pieces]
    events += [_chunk({}, finish)] if finish else []
    events += [{"id": "chat-1", "model": "said-model", "choices": [], "usage": usage}] if usage else []
    return stream(*events, *([b"data: [DONE]\n\n"] if finish else [])).but(**more)


def whole(message: Mapping[str, Any], finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    """Return the body of a Chat Completion that is not streamed."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {"id": "chat-1", "object": "chat.completion", "model": "said-model", "choices": [choice], **more}


def letter(text: str, stop: str | None = "end_turn", **more: Any) -> Reply:
    """Return a stream of Anthropic's Messages, in pieces of five characters."""
    pieces = [text[at : at + 5] for at in range(0, len(text), 5)]
    return stream(*letter_events(pieces, stop), named=True).but(**more)


def letter_events(pieces: list[str], stop: str | None = "end_turn", **delta: Any) -> list[dict[str, Any]]:
    """Return the events of Anthropic's Messages; without `stop` the end is missing."""
    usage = {
        "input_tokens": 7,
        "cache_read_input_tokens": 20,
        "cache_creation_input_tokens": 3,
        "output_tokens": 1,
    }
    message = {"id": "msg-1", "type": "message", "model": "said-model", "content": [], "usage": usage}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
    ]
    events += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        for piece in pieces
    ]
    if stop:
        events += [
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": stop, **delta},
                "usage": {"output_tokens": 9},
            },
            {"type": "message_stop"},
        ]
    return events


def shape(mode: Any) -> OutputSchema:
    """Return a small shape for an answer."""
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    return OutputSchema("person", json.loads(json.dumps(schema)), mode)


def _chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chat-1",
        "model": "said-model",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
