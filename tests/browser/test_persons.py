"""First steps of the teacher, the comparer and the operator in a real JupyterLab, with the lines of README."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.scripted_server import Say, ScriptedServer

SESSION = "window.jupyterapp.shell.currentWidget.sessionContext"
FLOW = """\
from byok_widgets import Flow
flow = Flow({name!r})
flow.set_base_url("compatible", {url!r})
flow.model = "compatible:scripted"
ask = flow.conversation("ask", "Find out the caller's name and preferred weekday. Be brief.")
read = flow.extraction("read", name=str, weekday=["Mon", "Tue", "Wed", "Thu", "Fri"])
bye = flow.conversation("bye", "Thanks {{{{name}}}}, see you on {{{{time}}}}.", static=True)
def find_slot(weekday):
    return f"{{weekday}}, 10:00"
slot = flow.action("slot", find_slot, writes=["time"])
flow.connect(ask, read)
flow.connect(read, slot, if_="name is not None and weekday is not None")
flow.connect(read, ask)
flow.connect(slot, bye)"""
LESSON = [
    """\
from byok_widgets import Flow
flow = Flow("lesson 1", fresh=True)
flow.settings()""",
    """\
flow.set_base_url("compatible", {url!r})
flow.model = "compatible:scripted"
ask = flow.conversation("ask", "Be brief.")
reply = ask.run("Good morning")""",
    """\
import os
os.environ["CLASS_OPENAI_KEY"] = "class-" + 40 * "k"
flow.use_key("env:CLASS_OPENAI_KEY", provider="openai")
flow.save("lesson.flow.json")
flow.check()""",
    "print(flow.provider, flow.model)",
]
PROGRAM = """\
from byok_widgets import Flow
flow = Flow.load("operator.flow.json", functions={"slot": lambda weekday: f"{weekday}, 10:00"}, trust=True)
session = flow.load_session("ana.session.json")
print(session.say("Ana, Tuesday please"))
print(session)
"""


@pytest.fixture
def server():
    """A model that reads a name and a weekday once somebody has said "Tuesday"."""
    scripted = ScriptedServer()

    def answer(request):
        if "response_format" not in request:
            return Say("And when?")
        is_said = any(
            "Tuesday" in message["content"] for message in request["messages"] if message["role"] == "user"
        )
        knows = is_said and request["model"] != "weak"
        return Say(json.dumps({"name": "Ana", "weekday": "Tue" if knows else None}))

    scripted.script(answer)
    yield scripted
    scripted.close()


def errors(saved):
    outputs = [output for cell in saved["cells"] for output in cell.get("outputs", [])]
    return [output for output in outputs if output["output_type"] == "error"]


def test_the_teachers_lesson_starts_clean_in_each_kernel(open_notebook, server):
    page = open_notebook([cell.format(url=server.base_url) for cell in LESSON])
    page.run_all()
    saved = page.save()
    assert not errors(saved)
    assert "And when?" in json.dumps(saved)
    expect(page.output(3)).to_contain_text("compatible scripted", use_inner_text=True)
    page.page.evaluate(f"async () => {{ await {SESSION}.restartKernel(); }}")
    page.wait_idle()
    page.run_cell(0)
    page.run_cell(3)
    expect(page.output(3), "yesterday's settings are gone").not_to_contain_text("compatible", use_inner_text=True)
    kept = [file for file in (page.lab.base / "byok-config").rglob("*") if file.is_file()]
    assert not [file for file in kept if "lesson" in file.name or b"CLASS_OPENAI_KEY" in file.read_bytes()]


def test_the_comparer_reads_tables_and_no_python(open_notebook, server):
    pytest.importorskip("scipy")
    cases = [{"text": "I'm Ana, Tuesday please", "values": {"name": "Ana", "weekday": "Tue"}}]
    page = open_notebook(
        [
            FLOW.format(name="comparer", url=server.base_url),
            f"r = read.compare(['compatible:scripted', 'compatible:weak'], {cases!r}, max_calls=40)\nr",
            "r.disagreements()",
            "r.verdicts()",
            "r.best()",
        ]
    )
    page.run_all()
    assert not errors(page.save())
    page.output(1).get_by_text("compatible:weak").first.wait_for()
    expect(page.output(2)).to_contain_text("Tuesday please", use_inner_text=True)
    for number, caption in ((2, "1 case with different scores"), (3, "Verdicts"), (4, "Recommendation")):
        shown = page.output(number).locator("table")
        assert shown.locator("caption").inner_text().startswith(caption)
        assert shown.locator("th[scope=row]").count()
        expect(shown.locator("tbody th").first, "no Python").not_to_contain_text("(", use_inner_text=True)


def test_the_operators_program_goes_on_where_the_notebook_stopped(open_notebook, server, tmp_path: Path):
    page = open_notebook(
        [
            FLOW.format(name="operator", url=server.base_url),
            "s = flow.start()\ns.say('Hi')",
            "flow.save('operator.flow.json')\ns.save('ana.session.json')",
        ]
    )
    page.run_all()
    assert not errors(page.save())
    environment = page.lab.environment() | {"BYOK_WIDGETS_CONFIG_DIR": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=page.lab.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said, *dialogue = done.stdout.splitlines()
    assert said == "Thanks Ana, see you on Tue, 10:00."
    assert any("Hi" in line for line in dialogue), "what was said in the notebook is kept"
