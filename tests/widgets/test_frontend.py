"""What a place without a browser gets: texts, static cards, and never a wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from byok_widgets.widgets import NotebookFrontend
from tests.interrupts import stopping
from tests.scripted_server import Say

FLOW = "from byok_widgets import Flow\nflow = Flow('x')"


def run(code: str, tmp_path) -> str:
    env = {
        "PATH": "",
        "HOME": str(tmp_path),
        "BYOK_WIDGETS_CONFIG_DIR": str(tmp_path / "config"),
        "BYOK_WIDGETS_LOCAL_MODEL": "smollm2-135m",
        "PYTHONPATH": ":".join(filter(None, sys.path)),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_outside_a_notebook_there_is_no_screen_and_settings_are_text(flow):
    frontend = NotebookFrontend()
    assert frontend.output_sink() is None
    text = repr(frontend.settings(flow))
    assert text.startswith(f"Settings of flow {flow.name!r}: local:smollm2-135m\n")
    assert "API key" in text


def test_a_plain_program_loads_no_widget_library(tmp_path):
    code = "import sys, byok_widgets as b; f = b.Flow('x'); f.settings(); f.conversation('a', 'Hi.').kind"
    loaded = "print([m for m in ('ipywidgets', 'anywidget', 'IPython') if m in sys.modules])"
    assert run(f"{code}; {loaded}", tmp_path) == "[]\n"


def test_a_panel_appears_before_any_sdk_or_price_list_is_loaded(tmp_path):
    code = (
        "import sys, byok_widgets as b\nfrom byok_widgets.widgets.panel.settings import SettingsPanel\n"
        "f = b.Flow('x'); f.conversation('a', 'Hi.')\nSettingsPanel(f)._repr_mimebundle_()\n"
        "print([m for m in ('openai', 'anthropic', 'genai_prices', 'httpx2') if m in sys.modules])"
    )
    assert run(code, tmp_path) == "[]\n"


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """Run cells in a real kernel with no frontend, and return them."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", ":".join(filter(None, sys.path)))

    def run_cells(*sources: str) -> list:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True).execute()
        return [cell.outputs for cell in notebook.cells]

    return run_cells


def test_with_no_frontend_everything_runs_and_static_forms_are_saved(executed):
    panel, spoken, again, fault = executed(
        f"{FLOW}\nbye = flow.conversation('bye', 'Bye.', static=True)\nflow.settings()",
        "reply = bye.run()\nreply",
        "reply",
        "flow.provider = 'openai'\nflow.conversation('ask', 'Hi.').run('Hello')",
    )
    assert "local:smollm2-135m" in panel[0]["data"]["text/plain"]
    assert panel[0]["data"]["text/html"].startswith("<table ")
    assert "0x" not in panel[0]["data"]["text/plain"]
    assert [output["data"]["text/plain"] for output in spoken[:-1]] == ["Bye."]
    assert spoken[-1]["data"]["text/plain"].startswith("static, no model")
    assert again[0]["data"]["text/plain"].startswith("Bye.\n\nstatic, no model")
    assert fault[0]["ename"] == "MissingKeyError"
    assert len(fault[0]["traceback"]) < 8


def test_an_error_in_an_async_cell_is_a_short_card_too(executed):
    (fault,) = executed(
        f"{FLOW}\nflow.provider, flow.model = 'openai', 'gpt-6-luna'\n"
        "await flow.conversation('ask', 'Hi.').arun('Hello')",
    )
    text = "\n".join(fault[0]["traceback"])
    assert fault[0]["ename"] == "MissingKeyError"
    assert "No API key configured" in text
    assert "File " not in text


VIEW = "application/vnd.jupyter.widget-view+json"
TALK = """\
from IPython.display import display
ask = flow.conversation('ask', 'Your name?', static=True)
bye = flow.conversation('bye', 'Bye.', static=True)
flow.connect(ask, bye)
chat = flow.chat()
display(chat)
chat.session.say('I am Ana')
print('after')"""


def test_with_no_frontend_panel_and_chat_are_static_and_nothing_is_updated(executed):
    _, panel, chat, alone = executed(FLOW, "flow.settings()", TALK, "chat")
    (form,) = panel
    assert set(form["data"]) == {"text/plain", "text/html"}
    assert [output["output_type"] for output in chat] == ["display_data", "stream", "display_data"], (
        "at the cell's end"
    )
    assert "I am Ana" in chat[-1]["data"]["text/html"]
    assert [output["data"].get(VIEW) for output in (*panel, chat[-1], *alone)] == [None, None, None]
    assert alone[0]["data"] == chat[-1]["data"]


def test_in_voila_the_widgets_stay(executed, monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    _, panel, chat = executed(FLOW, "flow.settings()", "ask = flow.conversation('ask', 'Hi.')\nflow.chat()")
    assert VIEW in panel[0]["data"]
    assert VIEW in chat[0]["data"]


@pytest.fixture
def streamed(executed, server):
    """Run cells with a model that speaks word by word; give what the last of them shows."""

    def run_cells(*says: Say, code: str = "ask.run('Hi');") -> list:
        server.script(*says)
        made = f"{FLOW}\nflow.set_base_url('compatible', {server.base_url!r})\nflow.model = 'compatible:scripted'"
        return executed(f"{made}\nask = flow.conversation('ask', 'Be brief.')", code)[1]

    return run_cells


def test_with_no_frontend_a_streamed_answer_is_one_output(streamed):
    text = "one word after the other " * 10
    (output,) = streamed(Say(text, pause_s=0.02, piece_chars=5))
    assert (output["output_type"], output["data"]["text/plain"]) == ("display_data", f"{text}\n[LIVE]")


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_a_run_that_was_stopped_is_no_error_card_and_the_cell_has_failed_all_the_same(executed, server, tmp_path):
    kernel = tmp_path / "kernel.pid"
    server.script(stopping(lambda: os.kill(int(kernel.read_text()), signal.SIGINT)))
    _, stopped = executed(
        f"{FLOW}\nflow.set_base_url('compatible', {server.base_url!r})\nflow.model = 'compatible:scripted'\n"
        "ask = flow.conversation('ask', 'Be brief.')",
        f"import os, pathlib\npathlib.Path({str(kernel)!r}).write_text(str(os.getpid()))\nask.run('Hi')",
    )
    said, card = stopped
    assert (said["output_type"], card["output_type"]) == ("display_data", "stream")
    assert said["data"]["text/plain"].startswith("word word")
    assert "last_partial_result" in card["text"]


def test_run_all_stops_at_a_run_that_was_stopped(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", ":".join(filter(None, sys.path)))
    cells = [FLOW, "flow.settings();", "from byok_widgets.errors import RunInterrupted\nraise RunInterrupted", "1"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert not notebook.cells[3].outputs


def test_a_plain_program_prints_the_settings_and_the_graph(tmp_path):
    code = (
        "import byok_widgets as b\nf = b.Flow('x')\n"
        "f.connect(f.conversation('a', 'Hi.', static=True), f.conversation('z', 'Bye.', static=True, end=True))\n"
        "print(f.settings()); print('---'); print(f)"
    )
    settings, graph = run(code, tmp_path).split("---\n")
    assert settings.startswith("Settings of flow 'x': local:")
    assert "API key" in settings
    assert graph.startswith("Flow 'x'")
    assert "→ z" in graph or "-> z" in graph


def test_a_panel_is_text_as_well(flow):
    from byok_widgets.widgets.panel.settings import SettingsPanel

    panel = SettingsPanel(flow, mode="owner")
    assert str(panel) == panel._repr_mimebundle_()["text/plain"]
    assert str(flow) == flow._repr_mimebundle_()["text/plain"]
