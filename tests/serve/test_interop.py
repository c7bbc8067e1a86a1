"""Frameworks for phones ask a served flow: `pip install ".[test,interop]" && pytest --slow`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.scripted_server import Say
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


def test_pipecat_in_a_real_pipeline_hangs_up_once_and_may_be_interrupted(served: Served, script: Script) -> None:
    pytest.importorskip("pipecat")
    from pipecat.adapters.schemas.function_schema import FunctionSchema
    from pipecat.adapters.schemas.tools_schema import ToolsSchema
    from pipecat.frames.frames import InterruptionFrame, LLMMessagesAppendFrame
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineWorker
    from pipecat.processors.aggregators.llm_context import LLMContext
    from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
    from pipecat.services.openai.llm import OpenAILLMService
    from pipecat.workers.runner import WorkerRunner

    script.choices, script.words = ["stay", "stay", "1"], [Say("A long reply. " * 20, pause_s=0.05), "Who?"]
    script.values = {"data": [{"name": "Ana", "weekday": "Tue"}]}
    ended: list[str] = []

    async def call() -> None:
        llm = OpenAILLMService(
            base_url=served.base_url,
            api_key=served.token,
            default_headers={"X-Byok-Session": "call"},
            settings=OpenAILLMService.Settings(model="served"),
        )

        async def end_call(params: Any) -> None:
            ended.append(params.function_name)
            await params.result_callback({"status": "done"})

        llm.register_function("end_call", end_call)
        tool = FunctionSchema(name="end_call", description="Hang up.", properties={}, required=[])
        pair = LLMContextAggregatorPair(LLMContext(tools=ToolsSchema(standard_tools=[tool])))
        worker = PipelineWorker(Pipeline([pair.user(), llm, pair.assistant()]), cancel_on_idle_timeout=False)
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())

        async def say(text: str) -> None:
            message = {"role": "user", "content": text}
            await worker.queue_frame(LLMMessagesAppendFrame(messages=[message], run_llm=True))

        try:
            await say("Hi")
            await _until(lambda: len(script.spoken) == 1)
            await asyncio.sleep(0.5)
            await worker.queue_frame(InterruptionFrame())  # the caller speaks over the reply
            await asyncio.sleep(0.5)
            await say("Hello?")
            await _until(lambda: len(served.reports) == 2)
            await say("Ana, Tuesday")
            await _until(lambda: bool(ended))
            await asyncio.sleep(1)  # it asks again with the result of the tool
        finally:
            await worker.cancel()
            await asyncio.wait([running], timeout=20)

    asyncio.run(call())
    assert ended == ["end_call"]
    (listed,) = served.server.sessions()
    assert (listed.name, listed.node, listed.reply) == ("call", "bye", "Thanks Ana, see you on Tue.")
    turns = served.server.session(listed).turns
    assert [turn.text for turn in turns][-1] == "Ana, Tuesday"
    assert [turn.node for turn in turns][-1] == "bye"


def test_livekit_hangs_up_once_and_may_be_interrupted(served: Served, script: Script) -> None:
    agents = pytest.importorskip("livekit.agents")
    plugin = pytest.importorskip("livekit.plugins.openai")
    script.choices, script.words = ["stay", "1"], [Say("A long reply. " * 20, pause_s=0.05)]
    script.values = {"data": [{"name": "Ana", "weekday": "Tue"}]}

    @agents.llm.function_tool
    async def end_call() -> str:
        """Hang up."""
        return "done"

    async def call() -> tuple[str, list[str], str]:
        llm = plugin.LLM(base_url=served.base_url, api_key=served.token, model="served", user="call")
        context = agents.llm.ChatContext.empty()

        async def said(*, leave_after: int = 0) -> tuple[str, list[Any]]:
            text, calls = "", []
            async with llm.chat(chat_ctx=context, tools=[end_call]) as stream:
                async for chunk in stream:
                    text += (chunk.delta.content or "") if chunk.delta else ""
                    calls += chunk.delta.tool_calls if chunk.delta else []
                    if leave_after and len(text) > leave_after:
                        break
            return text, calls

        context.add_message(role="user", content="Hi")
        heard, _ = await said(leave_after=20)
        context.add_message(role="assistant", content=heard[:18])
        context.add_message(role="user", content="Ana, Tuesday")
        bye, calls = await said()
        context.add_message(role="assistant", content=bye)
        (hung_up,) = calls
        asked = {"call_id": hung_up.call_id, "name": hung_up.name}
        context.items.append(agents.llm.FunctionCall(arguments=hung_up.arguments, **asked))
        context.items.append(agents.llm.FunctionCallOutput(output="done", is_error=False, **asked))
        after, again = await said()
        return bye, [each.name for each in (*calls, *again)], after

    assert asyncio.run(call()) == ("Thanks Ana, see you on Tue.", ["end_call"], "")
    asyncio.run(_until(lambda: len(served.reports) == 2))  # the reply that was cut off runs to its end
    (listed,) = served.server.sessions()
    assert [turn.text for turn in served.server.session(listed).turns] == ["Hi", "Ana, Tuesday"]


def test_litellm_streams_it(served: Served, script: Script) -> None:
    litellm = pytest.importorskip("litellm")
    pieces = litellm.completion(
        model="openai/served",
        messages=[{"role": "user", "content": "Hi"}],
        api_base=served.base_url,
        api_key=served.token,
        stream=True,
    )
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "Hm."


async def _until(holds: Callable[[], bool], within_s: float = 30) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    while not holds():
        assert loop.time() < until
        await asyncio.sleep(0.02)
