"""Frameworks for phones ask a served flow: `pip install ".[test,interop]" && pytest --slow`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.serve.conftest import Served
from tests.session.conftest import Script

pytestmark = pytest.mark.slow


def test_litellm(served: Served, script: Script) -> None:
    litellm = pytest.importorskip("litellm")
    reply = litellm.completion(
        model="openai/served",
        messages=[{"role": "user", "content": "Hi"}],
        api_base=served.base_url,
        api_key=served.token,
        extra_headers={"X-Byok-Session": "call"},
    )
    assert reply.choices[0].message.content == "Hm."
    assert [call.name for call in served.server.sessions()] == ["call"]


def test_livekit(served: Served, script: Script) -> None:
    agents = pytest.importorskip("livekit.agents")
    plugin = pytest.importorskip("livekit.plugins.openai")

    async def asked() -> str:
        llm = plugin.LLM(base_url=served.base_url, api_key=served.token, model="served", user="call")
        context = agents.llm.ChatContext.empty()
        context.add_message(role="user", content="Hi")
        said = ""
        async with llm.chat(chat_ctx=context) as stream:
            async for chunk in stream:
                said += (chunk.delta.content or "") if chunk.delta else ""
        return said

    assert asyncio.run(asked()) == "Hm."
    assert [call.name for call in served.server.sessions()] == ["call"]


def test_pipecat(served: Served, script: Script) -> None:
    pytest.importorskip("pipecat")
    from pipecat.frames.frames import EndFrame, LLMContextFrame, LLMTextFrame
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.processors.aggregators.llm_context import LLMContext
    from pipecat.services.openai.llm import OpenAILLMService
    from pipecat.tests.utils import run_test

    async def asked() -> str:
        llm = OpenAILLMService(
            base_url=served.base_url,
            api_key=served.token,
            default_headers={"X-Byok-Session": "call"},
            settings=OpenAILLMService.Settings(model="served"),
        )
        context: Any = LLMContext([{"role": "user", "content": "Hi"}])
        down, _ = await run_test(Pipeline([llm]), frames_to_send=[LLMContextFrame(context), EndFrame()])
        return "".join(frame.text for frame in down if isinstance(frame, LLMTextFrame))

    assert asyncio.run(asked()) == "Hm."
    assert [call.name for call in served.server.sessions()] == ["call"]
