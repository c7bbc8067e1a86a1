"""Runs exported flows in a real Pipecat pipeline, with a model that calls the tools it is told to call.

Each line of standard input is a case: the folder and the module of its handlers, and for each turn the tools that
the model calls. For each of them a line is written: what went wrong, or the nodes in the order they were entered.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from loguru import logger
from openai.types.chat import ChatCompletionChunk
from pipecat import flows
from pipecat.flows import FlowManager
from pipecat.frames.frames import EndFrame, Frame, LLMMessagesAppendFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.workers.runner import WorkerRunner

LOOK_S, LONGEST_S = 0.005, 20.0
QUIET_LOOKS, PATIENT_LOOKS = 12, 600
"""Looks, not seconds: the pipeline runs on the same loop, so that a slow machine makes both slow."""


class ToldModel(OpenAILLMService):
    """Calls the tools that it is told to, in order; says something where there is none left."""

    def __init__(self) -> None:
        super().__init__(api_key="none")
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.calls, self.problems = 0, []  # type: ignore[var-annotated]

    async def get_chat_completions(self, context: LLMContext) -> AsyncIterator[Any]:  # type: ignore[override]
        self.calls += 1
        delta: dict[str, Any] = {"content": "Well."}
        if self.told:
            name, arguments = self.told.pop(0)
            tools = context.tools.standard_tools if hasattr(context.tools, "standard_tools") else []
            if name not in [tool.name for tool in tools]:
                self.problems.append(f"{name} is not offered")
            function = {"name": name, "arguments": json.dumps(arguments)}
            call = {"index": 0, "id": f"call_{self.calls}", "type": "function", "function": function}
            delta = {"tool_calls": [call]}
        return _chunks(delta)


class _Closing:
    """The chunks of one answer, as the SDK's stream gives them."""

    def __init__(self, chunks: list[ChatCompletionChunk]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[ChatCompletionChunk]:
        return self._each()

    async def _each(self) -> AsyncIterator[ChatCompletionChunk]:
        for chunk in self._chunks:
            yield chunk

    async def close(self) -> None:
        """Do nothing."""


def _chunks(delta: dict[str, Any]) -> Any:
    base = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "told"}
    ends = "tool_calls" if "tool_calls" in delta else "stop"
    parts = [{"index": 0, "delta": delta, "finish_reason": None}, {"index": 0, "delta": {}, "finish_reason": ends}]
    return _Closing([ChatCompletionChunk.model_validate({**base, "choices": [part]}) for part in parts])


class Sink(FrameProcessor):
    """Counts what passes, and notes whether the call was ended."""

    def __init__(self) -> None:
        super().__init__()
        self.frames, self.ended = 0, False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        self.frames += 1
        self.ended = self.ended or isinstance(frame, EndFrame)
        await self.push_frame(frame, direction)


async def run(case: dict[str, Any]) -> dict[str, Any]:
    sys.path.insert(0, case["folder"])
    handlers = importlib.import_module(case["module"])
    schema = json.loads(Path(flows.__file__).with_name("flow_config.schema.json").read_text(encoding="utf-8"))
    config = yaml.safe_load(handlers.CONFIG.read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(config)
    model, sink, entered = ToldModel(), Sink(), []
    pair = LLMContextAggregatorPair(LLMContext())
    worker = PipelineWorker(Pipeline([pair.user(), model, sink, pair.assistant()]), cancel_on_idle_timeout=False)
    manager = FlowManager(
        llm=model, context_aggregator=pair, worker=worker, global_functions=handlers.flow.global_functions
    )
    set_node = manager._set_node

    async def noted(name: str, node: Any) -> None:
        entered.append(name)
        await set_node(name, node)

    manager._set_node = noted  # type: ignore[method-assign]
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    handlers.begin(manager)
    await manager.initialize(handlers.flow.initial_node)
    await _quiet(sink, model, running)
    for tools in case["turns"]:
        if sink.ended or running.done():
            break
        model.told = [(name, arguments) for name, arguments in tools]
        said = {"role": "user", "content": "Something."}
        await worker.queue_frame(LLMMessagesAppendFrame(messages=[said], run_llm=True))
        await _quiet(sink, model, running)
        model.problems += [f"{name} was not called" for name, _ in model.told]
    ended = sink.ended or running.done()
    await worker.cancel()
    await asyncio.wait([running], timeout=LONGEST_S)
    return {"entered": entered, "problems": model.problems, "ended": ended}


async def _quiet(sink: Sink, model: ToldModel, running: asyncio.Task[Any]) -> None:
    """Wait until nothing has passed for a while, and longer while the model has not called all it is told to."""
    loop = asyncio.get_running_loop()
    until, seen, looks = loop.time() + LONGEST_S, -1, 0
    while loop.time() < until and not running.done():
        if sink.frames != seen:
            seen, looks = sink.frames, 0
        elif looks > (PATIENT_LOOKS if model.told else QUIET_LOOKS):
            return
        looks += 1
        await asyncio.sleep(LOOK_S)


def main() -> None:
    logger.remove()
    for line in sys.stdin:
        try:
            result = asyncio.run(run(json.loads(line)))
        except Exception as error:
            result = {"entered": [], "problems": [f"{type(error).__name__}: {error}"], "ended": False}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
