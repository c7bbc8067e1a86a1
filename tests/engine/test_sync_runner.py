"""What a cell shows of a run that the user stops, and what is kept of it."""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

from byok_widgets import Flow, Message, Reply, last_partial_result
from tests.interrupts import stopping
from tests.scripted_server import Say, ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    scripted.script(stopping(_thread.interrupt_main))
    yield scripted
    scripted.close()


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    flow = Flow("showing")
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.conversation("ask", "Be brief.")
    return flow


@pytest.fixture
def run(flow: Flow) -> Iterator[Callable[[str], ExecutionResult]]:
    """Return a function that runs a cell."""
    shell = InteractiveShell.instance()
    shell.user_ns["flow"] = flow
    yield shell.run_cell
    InteractiveShell.clear_instance()


def test_a_stopped_run_shows_a_summary_and_keeps_the_partial_text(run, capsys: pytest.CaptureFixture[str]) -> None:
    done = run("flow.node('ask').run('Hi')")
    assert isinstance(done.error_in_exec, KeyboardInterrupt), "Run All stops at it"
    text, *card = capsys.readouterr().out.strip().splitlines()
    assert text.startswith("word word")
    assert card == ["Stopped. The text so far is above.", "  (partial output: byok_widgets.last_partial_result())"]
    reply = last_partial_result()
    assert (reply.text.strip(), reply.finish_reason, reply.node) == (text.strip(), "interrupted", "ask")
    assert (reply.model, reply.model_source) == ("compatible:scripted", "flow default")
    assert reply.transcript == (Message("user", "Hi"), Message("assistant", f"{reply.text.rstrip()} […]"))
    assert "it was stopped" in reply.summary


def test_the_dialogue_continues_from_the_partial_text(run, server: ScriptedServer) -> None:
    run("flow.node('ask').run('Hi', history=iter([('user', 'a'), ('assistant', 'b')]))")
    server.script("Noted.")
    done = run("import byok_widgets\nflow.node('ask').run('Go on', history=byok_widgets.last_partial_result())")
    assert isinstance(done.result, Reply)
    said = [message["content"] for message in server.requests[0]["messages"][1:]]
    assert (said[:3], said[3][:10], said[4]) == (["a", "b", "Hi"], "word word ", "Go on")


def test_no_text_is_announced_when_none_was_shown(run, server, capsys: pytest.CaptureFixture[str]) -> None:
    run("flow.node('ask').run('Hi', show=False)")
    assert capsys.readouterr().out.startswith("Stopped.\n  (partial output")
    assert last_partial_result().text.startswith("word")
    run("flow.extraction('read', name=str).run('I am Ana')")
    assert capsys.readouterr().out.strip() == "Stopped."
    assert last_partial_result() is None


def test_a_stopped_turn_of_a_session_shows_the_summary_too(run, capsys: pytest.CaptureFixture[str]) -> None:
    done = run("s = flow.start()\ns.say('Hi')")
    assert isinstance(done.error_in_exec, KeyboardInterrupt)
    text, *card = capsys.readouterr().out.strip().splitlines()
    assert card[0] == "Stopped. The text so far is above."
    session = InteractiveShell.instance().user_ns["s"]
    assert last_partial_result() is session.turns[-1]
    assert session.transcript[-1].content == f"{text.strip()} […]"


def test_a_turn_that_is_stopped_while_the_model_thinks_is_the_partial_result(run, server: ScriptedServer) -> None:
    server.thoughts = ["They sound rude."]
    server.script(stopping(_thread.interrupt_main, Say("Hm.", pause_s=3)))
    done = run("s = flow.start()\ns.say('Hi')")
    assert isinstance(done.error_in_exec, KeyboardInterrupt)
    session = InteractiveShell.instance().user_ns["s"]
    assert session.turns == ()
    assert last_partial_result() is session.unfinished[-1]
    assert last_partial_result().lost_reasoning == "They sound rude."


PROGRAM = """
from byok_widgets import Flow
flow = Flow("program")
flow.set_base_url("compatible", {url!r})
flow.model = "compatible:scripted"
flow.conversation("ask", "Be brief.").run("Hi")
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_in_a_program_the_shell_still_sees_the_interrupt(server: ScriptedServer) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(url=server.base_url)],
        text=True,
        stderr=subprocess.PIPE,
    )
    server.script(stopping(lambda: program.send_signal(signal.SIGINT)))
    errors = program.communicate(timeout=20)[1]
    assert program.returncode == -signal.SIGINT
    assert errors.strip().endswith("KeyboardInterrupt")


def test_thinking_that_was_shown_as_text_is_marked_in_the_cell(
    run, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script(Say("Hm. " * 20 + "\n</think>\n\nHello", pause_s=0.02))
    done = run("reply = flow.node('ask').run('Hi'); (reply.text, reply.reasoning)")
    assert done.result == ("Hello", ("Hm. " * 20).strip())
    shown = capsys.readouterr().out
    before, note, after = shown.partition("[The text above is the model's reasoning, not its answer.]")
    assert note
    assert before.startswith("Hm. Hm.")
    assert "Hello" in after
    assert "</think>" not in shown
