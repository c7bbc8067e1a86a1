"""Files of somebody else beside one another: nothing of them runs, and nothing of them steers a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from byok_widgets import Flow
from byok_widgets.cli import main
from tests.file_tests.conftest import GOOD, WriteCases
from tests.scripted_server import ScriptedServer

STEERING = "\x1b[2J\x1b]52;c;cHduZWQ=\x07\x9b31m\u202e"
"""Clears the screen, fills the clipboard, sets a colour, turns the reading direction."""
PLUGIN = "byok_widgets.pytest_plugin"


@pytest.fixture
def hostile(folder: Path, write_cases: WriteCases) -> Path:
    """Return a file of cases whose texts steer a terminal, beside a flow that names a function of a file there."""
    path = folder / "booking.flow.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["nodes"].append({"kind": "action", "name": "act", "function": "evil:f", "writes": ["x"]})
    path.write_text(json.dumps(data), encoding="utf-8")
    (folder / "evil.py").write_text("open('ran', 'w')\n\n\ndef f():\n    return 1\n", encoding="utf-8")
    return write_cases(
        {
            **GOOD,
            "name": f"first{STEERING}\r\nsecond",
            "excludes": f"x{STEERING}",
            "values": {"weekday": f"x{STEERING}"},
            "tags": [f"t{STEERING}"],
        },
        {**GOOD, "name": "\0\x0b\ufffe", "contains": [f"never{STEERING}"]},
    )


def steers(text: str) -> list[str]:
    return [sign for sign in "\0\x07\x0b\x1b\x9b\u202e" if sign in text]


def test_the_command_line_shows_it_and_is_not_steered(hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit = hostile.with_name("report.xml")
    flow = hostile.with_name("booking.flow.json")
    assert main(["test", str(flow), str(hostile), "--junit", str(junit)]) == 1
    said = capsys.readouterr()
    assert "first" in said.out
    assert steers(said.out + said.err) == []
    cases = list(ElementTree.parse(junit).iter("testcase"))
    assert [case.get("name", "")[:5] for case in cases][:1] == ["first"]
    assert steers(junit.read_text(encoding="utf-8")) == []
    assert not hostile.with_name("ran").exists()


def test_a_file_that_cannot_be_read_is_told_without_steering(
    folder: Path, write_cases: WriteCases, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = write_cases({"name": "x", STEERING: 1})
    assert main(["test", str(folder / "booking.flow.json"), str(cases)]) == 2
    said = capsys.readouterr()
    assert steers(said.out + said.err) == []


@pytest.mark.parametrize(
    "caller",
    [
        {"model": "local:\\\\host\\share\\x.gguf"},
        {"model": "compatible:scripted", "referee": "local:/tmp/x.gguf"},
        {"model": "compatible:scripted", "attempts": 1000, "max_turns": 1000},
    ],
)
def test_a_simulated_caller_runs_no_model_file_and_speaks_within_measure(
    folder: Path,
    write_cases: WriteCases,
    server: ScriptedServer,
    caller: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cases = write_cases({"name": "c", "caller": {"persona": "x", "goal": "y", **caller}})
    touched: list[str] = []
    real = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda self: touched.append(str(self)) or real(self))
    assert main(["test", str(folder / "booking.flow.json"), str(cases)]) == 2
    assert "booking.cases, line 1: its simulated caller" in capsys.readouterr().out
    assert ([path for path in touched if "gguf" in path], server.requests) == ([], [])
    (vouched,) = Flow("vouched", fresh=True).cases(cases, trust=True)
    assert not vouched.is_foreign


def test_pytest_is_not_steered_and_imports_nothing(hostile: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", PLUGIN, "-p", "no:cacheprovider", "--rootdir=.", "."],
        cwd=hostile.parent,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # those of others take seconds
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert "2 failed" in ran.stdout
    assert steers(ran.stdout + ran.stderr) == []
    assert not hostile.with_name("ran").exists()
