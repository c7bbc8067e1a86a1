"""A model that thinks: what is reported, what is kept, and what is retracted."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from byok_widgets import Flow, ProviderError, Reply, TextDelta, Turn
from byok_widgets.engine import sync_runner, thinking_time
from byok_widgets.engine.callbacks import Progress, Thinking
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import RunInterrupted
from byok_widgets.messages import Message
from byok_widgets.nodes import NodeInput
from byok_widgets.nodes.calls import sending
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

THOUGHT = "They greet me, hm."
UNMARKED = Say(f"{THOUGHT}\n</think>\n\nHello there.", piece_chars=4)


class Sink:
    """The output of a cell; the kernel is interrupted as soon as it shows what is waited for."""

    def __init__(self, interrupt_at: str = "") -> None:
        self.seen: list[str] = []
        self._interrupt_at = interrupt_at

    def show_text(self, piece: str) -> None:
        self._note(piece)

    def show_progress(self, *_: object) -> None: ...

    def show_wait(self, *_: object) -> None: ...

    def show_thinking(self, seconds: int, silent_s: int, *, is_thinking: bool, is_over: bool = False) -> None:
        self._note(f"{'thought' if is_over else 'thinking'} {is_thinking}")

    def close(self, result: object) -> None: ...

    def _note(self, seen: str) -> None:
        self.seen.append(seen)
        if self._interrupt_at and self._interrupt_at in seen:
            self._interrupt_at = ""
            raise KeyboardInterrupt


@pytest.fixture
def in_cell(monkeypatch: pytest.MonkeyPatch):
    def use(sink: Sink) -> Sink:
        class Frontend:
            def output_sink(self) -> Sink:
                return sink

        monkeypatch.setattr(sync_runner, "frontend", Frontend)
        for module in (thinking_time, sending):  # a third of a second counts as six
            monkeypatch.setattr(module, "clock", lambda: 20 * time.perf_counter())
        return sink

        monkeypatch.setattr(sync_runner, "frontend", Frontend)
        monkeypatch.setattr("byok_widgets.engine.thinking_time.SHOWN_AFTER_S", 0)
        monkeypatch.setattr("byok_widgets.engine.thinking_time.ThinkingTime._told", -1, raising=False)
        return sink

    return use


def joined(events: list[Any]) -> str:
    """Return the text of a stream by the rule in the docstring of `TextDelta`."""
    said = ""
    for event in events:
        if isinstance(event, TextDelta):
            said = event.text if event.retracts else said + event.text
    return said


@pytest.mark.parametrize("reader", ["node", "session"])
def test_who_reads_along_is_told_that_the_text_was_thinking(
    flow: Flow, server: ScriptedServer, reader: str
) -> None:
    server.script(UNMARKED)
    node = flow.conversation("ask", "Be brief.")

    async def read() -> list[TextDelta | Reply | Turn]:
        stream = node.astream("Hi") if reader == "node" else flow.start().astream("Hi")
        return [event async for event in stream]

    *pieces, last = asyncio.run(read())
    assert [piece.retracts for piece in pieces].count(True) == 1
    at = next(at for at, piece in enumerate(pieces) if piece.retracts)
    assert "".join(piece.text for piece in pieces[:at]).strip() == THOUGHT
    assert joined(pieces) == str(last) == "Hello there."


def test_a_stream_without_unmarked_thinking_takes_nothing_back(flow: Flow, server: ScriptedServer) -> None:
    server.thoughts = [THOUGHT]
    node = flow.conversation("ask", "Be brief.")

    async def read() -> list[TextDelta | Reply]:
        return [event async for event in node.astream("Hi")]

    *pieces, reply = asyncio.run(read())
    assert all(piece.text and not piece.retracts for piece in pieces), "thinking is no piece of the answer"
    assert isinstance(reply, Reply)
    assert (reply.text, reply.reasoning) == ("Hello.", THOUGHT)


@pytest.mark.parametrize("unmarked", [False, True], ids=["in a field", "as text"])
def test_a_reply_that_runs_into_its_deadline_keeps_its_reasoning(
    flow: Flow, server: ScriptedServer, unmarked: bool
) -> None:
    server.thoughts = [] if unmarked else [THOUGHT]
    begun = f"{THOUGHT}\n</think>\n\n" if unmarked else ""
    server.script(Say(begun + "word " * 200, pause_s=0.05, piece_chars=16))
    reply = flow.conversation("ask", "Be brief.").run("Hi", deadline_s=1)
    assert reply.finish_reason == "incomplete"
    assert reply.text.startswith("word")
    assert reply.reasoning == THOUGHT


def test_a_deadline_while_it_thinks_says_so(flow: Flow, server: ScriptedServer) -> None:
    server.thoughts = [THOUGHT]
    server.script(Say("late", pause_s=2))
    with pytest.raises(ProviderError, match="was still thinking") as caught:
        flow.conversation("ask", "Be brief.").run("Hi", deadline_s=0.5)
    assert (caught.value.kind, len(server.requests)) == ("timeout", 1)


def test_a_reply_that_fails_late_keeps_its_reasoning(flow: Flow, server: ScriptedServer) -> None:
    server.thoughts = [THOUGHT]
    server.script(Say("Half of", finish=None))
    reply = flow.conversation("ask", "Be brief.").run("Hi")
    assert (reply.text, reply.finish_reason, reply.reasoning) == ("Half of", "incomplete", THOUGHT)


@pytest.mark.parametrize("at", ["thinking True", "word"])
def test_a_run_that_is_stopped_in_a_cell_keeps_its_reasoning(
    flow: Flow, server: ScriptedServer, in_cell, at: str
) -> None:
    server.thoughts = [THOUGHT]
    server.script(Say("word " * 200, pause_s=0.3))
    in_cell(Sink(interrupt_at=at))
    with pytest.raises(RunInterrupted) as caught:
        flow.conversation("ask", "Be brief.").run("Hi")
    partial = caught.value.result
    assert isinstance(partial, Reply)
    assert (partial.reasoning, partial.finish_reason) == (THOUGHT, "interrupted")
    assert bool(partial.text) == (at == "word")
    assert THOUGHT in partial._repr_html_()


def test_a_turn_that_is_stopped_keeps_its_reasoning(flow: Flow, server: ScriptedServer, in_cell) -> None:
    server.thoughts = [THOUGHT]
    server.script(Say("word " * 200, pause_s=0.05))
    flow.conversation("ask", "Be brief.")
    s = flow.start()
    in_cell(Sink(interrupt_at="word"))
    with pytest.raises(RunInterrupted):
        s.say("Hi")
    assert s.turns[0].reply.reasoning == THOUGHT


def test_a_key_in_the_reasoning_of_a_stopped_reply_is_removed(flow: Flow, server: ScriptedServer, in_cell) -> None:
    key = fake_key()
    flow.key_store.save("openai", "api.openai.com", key, backend="session", override=True)
    server.thoughts = [f"They gave me {key}, I must not say it."]
    server.script(Say("word " * 200, pause_s=0.05))
    in_cell(Sink(interrupt_at="word"))
    with pytest.raises(RunInterrupted) as caught:
        flow.conversation("ask", "Be brief.").run("Hi")
    assert key not in caught.value.result.reasoning
    assert "They gave me" in caught.value.result.reasoning


def test_a_cell_shows_how_long_a_model_thinks_and_then_that_it_is_over(
    flow: Flow, server: ScriptedServer, in_cell
) -> None:
    server.thoughts = [THOUGHT]
    server.script(Say("word", pause_s=0.3))
    sink = in_cell(Sink())
    flow.conversation("ask", "Be brief.").run("Hi")
    assert "thinking True" in sink.seen
    assert sink.seen[sink.seen.index("word") - 1] == "thought True"


def test_an_extraction_tells_it_too(flow: Flow, server: ScriptedServer) -> None:
    server.thoughts = [THOUGHT]
    server.script('{"name": "Ana"}')
    node = flow.extraction("data", name=str)
    told: list[Progress] = []
    work = node.prepare(NodeInput((Message("user", "I am Ana"),), {}, None, first_visit=True))
    asyncio.run(work(ignore, told.append))
    assert any(isinstance(progress, Thinking) for progress in told)
