"""The pytest plugin: what it collects and reports, and that it loads nothing where there is nothing for it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.file_tests.conftest import BAD, GOOD, WriteCases
from tests.file_tests.keyed_flow import command_for_a_flow_with_a_key
from tests.scripted_server import ScriptedServer

PLUGIN = "byok_widgets.pytest_plugin"


class Ran(NamedTuple):
    """A run of pytest."""

    code: int
    stdout: str


RunPytest = Callable[..., Ran]


@pytest.fixture
def run_pytest(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunPytest:
    """Run pytest in the folder, with this plugin alone; it is loaded as its entry point says."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.chdir(folder)
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    def run(*arguments: str, is_on: bool = True) -> Ran:
        plugins = [import_module(PLUGIN)] if is_on else []
        capsys.readouterr()
        code = pytest.main(
            ["-v", "-p", "no:cacheprovider", "--import-mode=importlib", *arguments], plugins=plugins
        )
        return Ran(int(code), capsys.readouterr().out)

    return run


def test_answers_are_recorded_and_replayed(
    folder: Path, write_cases: WriteCases, run_pytest: RunPytest, server: ScriptedServer
) -> None:
    write_cases(GOOD)
    assert run_pytest("--byok-record", "booking.cassette").code == 0
    asked = len(server.requests)
    (folder / "pytest.ini").write_text("[pytest]\nbyok_replay = booking.cassette\n", encoding="utf-8")
    assert run_pytest().code == 0
    assert len(server.requests) == asked > 0
    write_cases({**GOOD, "caller": ["Hello", "On Tuesday"]})
    done = run_pytest()
    assert done.code == 1
    assert "replay_miss" in done.stdout
    assert "--byok-record booking.cassette" in done.stdout
    assert len(server.requests) == asked


def test_each_case_is_a_test_and_what_went_wrong_is_told(
    folder: Path, write_cases: WriteCases, run_pytest: RunPytest
) -> None:
    write_cases(GOOD, BAD, {"name": "free", "text": "Hello"})
    write_cases(GOOD, name="booking.evening.cases.jsonl")
    (folder / "test_other.py").write_text("def test_it(): pass\n", encoding="utf-8")
    done = run_pytest()
    assert done.code == 1
    lines = done.stdout.splitlines()
    for name, outcome in (
        ("booking.cases::good", "PASSED"),
        ("booking.cases::bad", "FAILED"),
        ("booking.cases::free", "SKIPPED"),
        ("booking.evening.cases.jsonl::good", "PASSED"),
        ("test_other.py::test_it", "PASSED"),
    ):
        assert any(line.startswith(f"{name} {outcome}") for line in lines), done.stdout
    assert "turn 2, node" in done.stdout
    assert "Traceback" not in done.stdout
    assert "items.py" not in done.stdout


def test_only_the_cases_that_are_selected_are_run(
    folder: Path, write_cases: WriteCases, server: ScriptedServer, run_pytest: RunPytest
) -> None:
    write_cases({**GOOD, "tags": ["quick"]}, BAD)
    for keyword in ("good", "quick"):
        assert run_pytest("-k", keyword).code == 0
    assert not any("Sunday" in str(request) for request in server.requests)
    server.requests.clear()
    assert run_pytest("booking.cases::good", "--byok-runs", "2").code == 0
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "wrong", [("--byok-runs", "two"), ("--byok-budget", "1 EUR"), ("--byok-max-calls", "1.5")]
)
def test_an_option_that_is_no_number_is_named(
    folder: Path, write_cases: WriteCases, server: ScriptedServer, run_pytest: RunPytest, wrong: tuple[str, str]
) -> None:
    write_cases(GOOD)
    done = run_pytest(*wrong)
    assert done.code == 1
    assert f"{wrong[0][2:].replace('-', '_')} is a" in done.stdout
    assert repr(wrong[1]) in done.stdout
    assert server.requests == []


def test_a_conftest_gives_actions_their_functions_and_files_import_nothing(
    folder: Path, write_cases: WriteCases, server: ScriptedServer, run_pytest: RunPytest
) -> None:
    from tests.compare.flows import compatible_flow

    flow = compatible_flow(server)
    hello = flow.conversation("hello", "Hello.", static=True)
    slot = flow.action("slot", os.path.basename, writes=["time"])
    flow.connect(hello, slot)
    flow.connect(slot, flow.conversation("bye", "Bye.", static=True, end=True))
    flow.save(folder / "slots.flow.json")
    case = {"name": "c", "caller": ["Hi"], "values": {"time": "10:00"}}
    write_cases(case, name="slots.cases")
    assert "no function" in run_pytest().stdout
    write_cases({**case, "stubs": {"slot": {"time": "10:00"}}}, name="slots.cases")
    assert run_pytest().code == 0
    write_cases(case, name="slots.cases")
    (folder / "conftest.py").write_text(
        "def pytest_byok_flow(flow, path):\n    flow.node('slot').function = lambda: '10:00'\n", encoding="utf-8"
    )
    assert run_pytest().code == 0


@pytest.mark.parametrize("content", ["{", '{"text": "Hi", "nodes": 1}'])
def test_a_file_that_cannot_be_read_is_an_error_with_its_place(
    folder: Path, content: str, run_pytest: RunPytest
) -> None:
    (folder / "booking.cases").write_text(content, encoding="utf-8")
    done = run_pytest()
    assert done.code != 0
    assert "booking.cases, line 1" in done.stdout
    assert "Traceback" not in done.stdout


def test_files_of_others_are_left_alone_and_it_can_be_switched_off(
    folder: Path, write_cases: WriteCases, run_pytest: RunPytest
) -> None:
    path = write_cases(BAD)
    assert run_pytest(is_on=False).code == 5  # nothing was collected
    path.rename(folder / "booking.jsonl")
    assert run_pytest().code == 5
    (folder / "booking.flow.json").unlink()
    (folder / "booking.jsonl").rename(path)
    alone = run_pytest()
    assert alone.code == 5
    assert f"{path.name} was not collected: no flow file (*.flow.json) is beside it" in alone.stdout
    (folder / "test_other.py").write_text("def test_it(): pass\n", encoding="utf-8")
    assert run_pytest().code == 0, "it is no error, since it may be a file of another program"


def test_until_there_is_such_a_file_next_to_nothing_is_loaded() -> None:
    listed = "print(*(name for name in sys.modules if name.startswith('byok_widgets')))"
    command = [sys.executable, "-c", f"import sys; import {PLUGIN}; {listed}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    inside = {name.removeprefix("byok_widgets.") for name in done.stdout.split()}
    assert inside == {"byok_widgets", "frontend", "file_tests", "file_tests.pairs", "pytest_plugin"}


def test_it_is_an_entry_point_that_has_a_name_to_switch_it_off_by() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"byok-widgets": PLUGIN}


def test_cases_that_are_called_like_none_of_several_flows_are_an_error(
    folder: Path, write_cases: WriteCases, run_pytest: RunPytest
) -> None:
    (folder / "dentist.flow.json").write_bytes((folder / "booking.flow.json").read_bytes())
    write_cases(GOOD, name="bokking.cases")
    done = run_pytest()
    assert done.code == pytest.ExitCode.INTERRUPTED
    assert "the nearest is 'booking.flow.json'" in done.stdout


def test_a_mistake_in_a_case_is_told_by_each_test_of_its_file(
    folder: Path, write_cases: WriteCases, run_pytest: RunPytest, server: ScriptedServer
) -> None:
    write_cases(GOOD, {**GOOD, "name": "other", "end_node": "bey"})
    done = run_pytest()
    assert done.code == 1
    assert "booking.cases, line 2: end_node" in done.stdout
    assert server.requests == []


def test_without_a_key_it_says_how_pytest_is_told_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_pytest: RunPytest
) -> None:
    command_for_a_flow_with_a_key(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = run_pytest("a.cases")
    assert done.code == 1
    assert "No API key configured" in done.stdout
    assert "--byok-key PROVIDER=env:NAME" in done.stdout
