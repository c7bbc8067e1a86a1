"""Streams beside the raw SDK: what 1,000 chunks cost, and when the first token is there."""

from __future__ import annotations

import asyncio
import time

from byok_widgets import ConversationNode, TextDelta
from tests.bench.calls import HELLO, stub_flow
from tests.bench.rows import ROUNDS, Row, interleaved, interleaved_async

CHARS = 5000


def stream_rows(base_url: str) -> list[Row]:
    """Compare streams in this process."""
    ask = stub_flow("bench streams", base_url).conversation("ask", "Be brief.")
    return [
        _gathered_row(base_url, ask),
        _iterated_row(base_url, ask),
        asyncio.run(_first_token_row(base_url, ask)),
    ]


def _gathered_row(base_url: str, ask: ConversationNode) -> Row:
    import openai

    client = openai.OpenAI(api_key="none", base_url=base_url)

    def raw() -> object:
        chunks = client.chat.completions.create(
            model="text-1000", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert len(text) == CHARS
        return text

    def ours() -> object:
        reply = ask.run("Hi", model="compatible:text-1000")
        assert len(reply.text) == CHARS
        return reply

    return interleaved("1,000 streamed chunks, sync, CPU", raw, ours, 2, 0.2, 0.12)


def _iterated_row(base_url: str, ask: ConversationNode) -> Row:
    import openai

    client = openai.AsyncOpenAI(api_key="none", base_url=base_url)

    async def raw() -> object:
        chunks = await client.chat.completions.create(
            model="text-1000", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices])
        assert len(text) == CHARS
        return text

    async def ours() -> object:
        events = ask.astream("Hi", model="compatible:text-1000")
        text = "".join([event.text async for event in events if isinstance(event, TextDelta)])
        assert len(text) == CHARS
        return text

    return interleaved_async(
        "1,000 streamed chunks, async iteration, CPU", raw, ours, 2, 0.2, 0.12, close=client.close
    )


async def _first_token_row(base_url: str, ask: ConversationNode) -> Row:
    import openai

    client = openai.AsyncOpenAI(api_key="none", base_url=base_url)

    async def raw() -> float:
        start, first = time.perf_counter(), 0.0
        chunks = await client.chat.completions.create(model="paced-3", messages=HELLO, stream=True)
        async for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content and not first:
                first = time.perf_counter() - start
        return first

    async def ours() -> float:
        start, first = time.perf_counter(), 0.0
        async for event in ask.astream("Hi", model="compatible:paced-3"):
            if isinstance(event, TextDelta) and not first:
                first = time.perf_counter() - start
        return first

    await raw(), await ours()
    times = [(await raw(), await ours()) for _ in range(3 * ROUNDS)]
    await client.close()
    return Row("time to first token, wall", [one for one, _ in times], [one for _, one in times], 1.0, 0.85)
