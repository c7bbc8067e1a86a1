"""Single calls and extractions beside the raw SDK and, where they are installed, beside other libraries."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from byok_widgets import Flow
from tests.bench import peers
from tests.bench.rows import Row, interleaved, interleaved_async

HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
SAID = "I am Ana, Tuesday please, no hurry"
REPEATS = 40


class Booking(BaseModel):
    """The fields of the extraction rows."""

    name: str | None
    weekday: Literal["Mon", "Tue", "Wed"] | None
    urgent: bool | None


def stub_flow(name: str, base_url: str) -> Flow:
    """Return a flow that talks to the stub server."""
    flow = Flow(name)
    flow.set_base_url("compatible", base_url)
    flow.model = "compatible:text-10"
    return flow


def call_rows(base_url: str) -> list[Row]:
    """Compare calls in this process. Raw is not streamed; ours always is."""
    flow = stub_flow("bench calls", base_url)
    ask = flow.conversation("ask", "Be brief.")
    data = flow.extraction("data", Booking, model="compatible:record")
    return [
        *_sync_rows(base_url, lambda: ask.run("Hi"), lambda: data.run(SAID, show=False)),
        *_async_rows(base_url, lambda: ask.arun("Hi"), lambda: data.arun(SAID)),
    ]


def _sync_rows(base_url, ask, extract) -> list[Row]:
    import openai

    client = openai.OpenAI(api_key="none", base_url=base_url)

    def raw_call() -> object:
        answer = client.chat.completions.create(model="text-10", messages=HELLO)
        return answer.choices[0].message.content

    def raw_extraction() -> object:
        answer = client.chat.completions.parse(model="record", messages=HELLO, response_format=Booking)
        assert answer.choices[0].message.parsed.name == "Ana"
        return answer

    def our_extraction() -> object:
        result = extract()
        assert result.record.name == "Ana"
        return result

    calls, extractions = peers.calls(base_url, HELLO), peers.extractions(base_url, HELLO, Booking)
    return [
        interleaved("one call, sync, CPU", raw_call, ask, REPEATS, 0.95, 0.85, peers=calls),
        interleaved(
            "one extraction, sync, CPU", raw_extraction, our_extraction, REPEATS, 0.8, 0.60, peers=extractions
        ),
    ]


def _async_rows(base_url, ask, extract) -> list[Row]:
    import openai

    def client() -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(api_key="none", base_url=base_url)

    caller, extractor = client(), client()  # each row has its own loop

    async def raw_call() -> object:
        answer = await caller.chat.completions.create(model="text-10", messages=HELLO)
        return answer.choices[0].message.content

    async def raw_extraction() -> object:
        answer = await extractor.chat.completions.parse(model="record", messages=HELLO, response_format=Booking)
        assert answer.choices[0].message.parsed.name == "Ana"
        return answer

    return [
        interleaved_async("one call, async, CPU", raw_call, ask, REPEATS, 0.95, 0.75, close=caller.close),
        interleaved_async(
            "one extraction, async, CPU", raw_extraction, extract, REPEATS, 0.8, 0.55, close=extractor.close
        ),
    ]
