"""`byok-widgets record`: a whole notebook becomes a cassette, and replays in another kernel."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from byok_widgets.cli import main
from byok_widgets.recording.cassette import Cassette
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

MADE = """\
from byok_widgets import Flow
flow = Flow("lesson", fresh=True)
flow.set_base_url("compatible", {url!r})
flow.model = "compatible:scripted"
ask = flow.conversation("ask", "Be brief.")
{replay}
---
reply = ask.run("Hi")
---
s = flow.start()
s.say("Hi, I am Ana")
---
print(s.summary, s.timeline)
s"""
"""A notebook, cell by cell; a session's table is its last output."""


@pytest.fixture
def notebook(tmp_path: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    return written(tmp_path / "lesson.ipynb", server)


def written(path: Path, server: ScriptedServer, replay: str = "", more: str = "") -> Path:
    """Write the notebook."""
    cells = [*MADE.format(url=server.base_url, replay=replay).split("\n---\n"), *([more] if more else [])]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(made, path)
    return path


def outputs(path: Path) -> list[Any]:
    """Run a notebook, and return what its cells show, but for what says where the answers came from."""
    made = nbformat.read(path, as_version=4)
    NotebookClient(made, timeout=60).execute()
    return [dict(output) for cell in made.cells for output in cell.outputs]


def test_a_notebook_is_recorded_and_replayed_in_another_kernel(notebook: Path, server: ScriptedServer) -> None:
    before = notebook.read_bytes()
    server.script(Say("Hello, who is there?"), Say("Good morning, Ana."))
    assert main(["record", str(notebook)]) == 0
    assert notebook.read_bytes() == before
    cassette = notebook.with_suffix(".cassette")
    assert len(Cassette(cassette, must_exist=True)) == 2
    assert sorted(path.name for path in notebook.parent.glob("*lesson*")) == ["lesson.cassette", "lesson.ipynb"]
    server.close()
    replaying = written(notebook.with_name("again.ipynb"), server, f'flow.replay("{cassette.name}")')
    first, second = outputs(replaying), outputs(replaying)
    assert first == second
    shown = json.dumps(first)
    assert "Good morning, Ana." in shown
    assert "REPLAY" in shown


def test_what_a_notebook_replays_is_recorded_anew_and_kept_where_it_fails(
    notebook: Path, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", str(notebook)]) == 0
    cassette = notebook.with_suffix(".cassette")
    old, key = cassette.read_bytes(), fake_key("anthropic")
    written(notebook, server, 'flow.replay("lesson.cassette")', more=f"key = {key!r}\n1 / 0")
    server.script("Newer.")
    assert main(["record", str(notebook)]) == 1
    told = capsys.readouterr().err
    assert "1 / 0\nZeroDivisionError" in told
    assert "\x1b" not in told, "no colours"
    assert key not in told
    assert cassette.read_bytes() == old
    written(notebook, server, 'flow.replay("lesson.cassette")')
    assert main(["record", str(notebook)]) == 0
    entries = list(Cassette(cassette, must_exist=True).entries())
    assert [entry["answer"]["text"] for entry in entries] == ["Newer.", "Newer."]


def test_two_notebooks_may_have_one_cassette(
    notebook: Path, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    cassette, other = notebook.with_name("both.cassette"), notebook.with_name("other.ipynb")
    written(notebook, server, 'flow.replay("both.cassette")')
    written(other, server, 'flow.replay("both.cassette")')
    request = {"provider": "compatible", "model": "m", "system": "", "messages": []}
    answer = {"text": "For other.ipynb.", "finish_reason": "stop"}
    call = {"digest": "0" * 64, "node": "ask", "lane": ["", "", 0], "request": request, "answer": answer}
    Cassette(cassette, must_exist=False).append(call)
    if os.name == "posix":  # what else may have such a name: neither is waited for, nor ends the recording
        os.mkfifo(notebook.with_name("pipe.ipynb"))
        notebook.with_name(".#other.ipynb").symlink_to("ana@machine.1")  # an editor's lock
    assert main(["record", str(notebook)]) == 0
    assert "It keeps 1 earlier call that lesson.ipynb does not make, since other.ipynb" in capsys.readouterr().out
    assert len(Cassette(cassette, must_exist=True)) == 3
    other.unlink()
    assert main(["record", str(notebook)]) == 0
    assert "It no longer has 1 earlier call" in capsys.readouterr().out
    assert len(Cassette(cassette, must_exist=True)) == 2


def test_a_request_that_was_answered_twice_is_told(
    notebook: Path, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script("One.", "Two.")
    written(notebook, server, more='ask.run("Tell me a joke")\nask.run("Tell me a joke")')
    assert main(["record", str(notebook)]) == 0
    assert "lane" not in capsys.readouterr().out, "the last answer was the same each time"
    server.script("One.", "Two.", "Three.", "Four.")
    assert main(["record", str(notebook)]) == 0
    assert "lane(repeat=1)" in capsys.readouterr().out


def test_what_is_no_notebook_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.ipynb").write_text("hello", encoding="utf-8")
    for name in ("missing.ipynb", "text.ipynb"):
        assert main(["record", str(tmp_path / name)]) == 2
        assert name in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    assert main(["record", str(tmp_path / "pipe.ipynb")]) == 2
    assert "regular file" in capsys.readouterr().err


@pytest.mark.parametrize("text", ['{"version": 1, "nodes": []}', "{}", "[]", "no JSON"])
def test_a_file_that_is_no_notebook_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "a.flow.json"
    path.write_text(text)
    assert main(["record", str(path)]) == 2
    assert "not a notebook" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="there are no such sockets")
def test_nobody_else_can_listen_to_the_kernel_that_is_recorded(
    notebook: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = (
        "from ipykernel.kernelapp import IPKernelApp; open('kernel', 'w').write(IPKernelApp.instance().transport)"
    )
    written(notebook, server, more=ask)
    with tempfile.TemporaryDirectory() as short:  # the path of a socket has a limit
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", short)
        assert main(["record", str(notebook)]) == 0
    assert notebook.with_name("kernel").read_text() == "ipc"
