"""`byok-widgets test`: exit codes, reports, keys and baselines."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from byok_widgets import Flow
from byok_widgets.cli import main
from byok_widgets.cli.action_functions import functions_of
from byok_widgets.errors import ConfigError
from byok_widgets.file_tests.loading import Allowed, open_flow
from tests.compare.flows import compatible_flow
from tests.fake_keys import fake_key
from tests.file_tests.conftest import BAD, GOOD, WriteCases
from tests.file_tests.keyed_flow import command_for_a_flow_with_a_key
from tests.scripted_server import Say, ScriptedServer
from tests.testing.conftest import booking_answer


@pytest.mark.parametrize(
    ("cases", "code"), [([GOOD], 0), ([GOOD, BAD], 1), ([{**GOOD, "stubs": {"none": {}}}], 2), ([], 2)]
)
def test_the_exit_code(folder: Path, write_cases: WriteCases, cases: list[dict], code: int) -> None:
    assert main(["test", str(folder / "booking.flow.json"), str(write_cases(*cases))]) == code


def test_a_provider_that_fails_is_code_2(folder: Path, write_cases: WriteCases, server: ScriptedServer) -> None:
    server.script(Say(status=401, body={"error": {"message": "no"}}))
    assert main(["test", str(folder / "booking.flow.json"), str(write_cases(GOOD))]) == 2


def test_two_files_whose_flows_are_called_alike_have_each_their_own_settings(folder: Path) -> None:
    data = json.loads((folder / "booking.flow.json").read_text(encoding="utf-8"))
    for prompt in ("one", "two"):
        (folder / f"{prompt}.flow.json").write_text(json.dumps({**data, "global_prompt": prompt}), "utf-8")
    flows = [open_flow(folder / f"{prompt}.flow.json", Allowed()) for prompt in ("one", "two")]
    assert [flow.global_prompt for flow in flows] == ["one", "two"]


def test_reports_and_baselines(
    folder: Path, write_cases: WriteCases, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["test", str(folder / "booking.flow.json"), str(write_cases(GOOD, BAD))]
    kept = folder / "a.baseline.json"
    assert main([*command, "--runs", "2", "--junit", str(folder / "a.xml"), "--save-baseline", str(kept)]) == 1
    assert ET.parse(folder / "a.xml").getroot()[0].get("failures") == "1"
    assert "broken" in capsys.readouterr().out
    regressions = [*command, "--baseline", str(kept), "--only-regressions"]
    assert main(regressions) == 0
    server.script(Say('{"weekday": null}'))
    assert main(regressions) == 1
    assert "worse: good" in capsys.readouterr().out
    assert main([*command, "--tag", "hard"]) == 1
    assert "good" not in capsys.readouterr().out


def test_a_case_that_could_not_be_run_is_no_success_where_only_regressions_count(
    folder: Path, write_cases: WriteCases, server: ScriptedServer
) -> None:
    command = ["test", str(folder / "booking.flow.json"), str(write_cases(GOOD, BAD))]
    kept = str(folder / "a.baseline.json")
    assert main([*command, "--save-baseline", kept]) == 1
    command += ["--baseline", kept, "--only-regressions"]
    assert main(command) == 0
    server.script(lambda request: Say(status=401) if "Monday" in str(request) else booking_answer(request))
    write_cases(GOOD, BAD, {**GOOD, "name": "new", "caller": ["Monday"]})
    assert main(command) == 2, "what is broken was so before, and of the new case nothing is known"


def test_without_a_key_the_first_line_says_so(
    tmp_path: Path, server: ScriptedServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = command_for_a_flow_with_a_key(tmp_path)
    assert main(command) == 2
    said = capsys.readouterr().out
    assert said.startswith("No API key configured")
    assert "--key PROVIDER=env:NAME" in said
    assert "--replay" in said
    assert main([*command, "--key", "openai=env:NOT_SET"]) == 2
    told = capsys.readouterr().out
    assert told.startswith("No API key configured")
    assert "NOT_SET" in told
    for words in ("gear", "settings()", "kernel", "notebook"):
        assert words not in said + told
    monkeypatch.setenv("A_KEY", fake_key("openai"))
    url = ["--base-url", f"openai={server.base_url}"]
    assert main([*command, *url, "--key", "openai=env:A_KEY"]) == 0
    assert server.headers[-1]["authorization"].startswith("Bearer ")
    assert main([*command, "--key", "env:A_KEY"]) == 2


def test_a_judge_needs_a_key_only_where_it_is_asked(tmp_path: Path, server: ScriptedServer) -> None:
    flow = compatible_flow(server)
    flow.conversation("ask", "Ask.")
    flow.judge_model = "openai:gpt-4o-mini"
    flow.save(tmp_path / "a.flow.json")
    cases = tmp_path / "a.cases"
    command = ["test", str(tmp_path / "a.flow.json"), str(cases)]
    cases.write_text('{"caller": ["Hi"], "end_node": "ask"}\n', encoding="utf-8")
    assert main(command) == 0
    asked = len(server.requests)
    cases.write_text('{"caller": ["Hi"], "judge": "Is it polite?"}\n', encoding="utf-8")
    assert main(command) == 2
    flow.connect("ask", flow.conversation("bye", "Bye.", static=True), when="the caller says goodbye")
    flow.save(tmp_path / "a.flow.json")
    cases.write_text('{"caller": ["Hi"], "end_node": "ask"}\n', encoding="utf-8")
    assert main(command) == 2
    assert len(server.requests) == asked


def test_a_key_of_the_environment_goes_to_no_address_that_only_the_file_names(
    tmp_path: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = compatible_flow(server)
    flow.conversation("ask", "Ask.")
    flow.save(tmp_path / "a.flow.json")
    (tmp_path / "a.cases").write_text('{"caller": ["Hi"], "end_node": "ask"}\n', encoding="utf-8")
    monkeypatch.setenv("A_KEY", fake_key("compatible"))
    command = ["test", str(tmp_path / "a.flow.json"), str(tmp_path / "a.cases"), "--key", "compatible=env:A_KEY"]
    assert main(command) == 2
    assert server.requests == []
    assert main([*command, "--base-url", f"compatible={server.base_url}"]) == 0


def test_a_saved_key_of_the_flow_is_used_and_its_settings_are_not(
    tmp_path: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.compare.flows import priced_flow

    flow = priced_flow(server, monkeypatch, "openai:gpt-4o-mini")
    flow.conversation("ask", "Ask.")
    flow.save(tmp_path / "a.flow.json")
    flow.model = "openai:gpt-4o"
    (tmp_path / "a.cases").write_text('{"caller": ["Hi"], "end_node": "ask"}\n', encoding="utf-8")
    assert main(["test", str(tmp_path / "a.flow.json"), str(tmp_path / "a.cases")]) == 0
    assert [request["model"] for request in server.requests] == ["gpt-4o-mini"]
    assert flow.model == "gpt-4o"


def test_only_regressions_need_a_baseline(folder: Path, write_cases: WriteCases) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["test", str(folder / "booking.flow.json"), str(write_cases(GOOD)), "--only-regressions"])
    assert caught.value.code == 2


@pytest.mark.parametrize("option", ["--key", "--base-url"])
def test_a_provider_that_there_is_not_is_told_with_the_nearest(
    folder: Path, write_cases: WriteCases, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    command = ["test", str(folder / "booking.flow.json"), str(write_cases(GOOD))]
    assert main([*command, option, "opnai=env:A_KEY"]) == 2
    assert "'openai'" in capsys.readouterr().out
    key = fake_key("openai")
    assert main([*command, option, key]) == 2
    said = capsys.readouterr().out
    assert key not in said
    assert {"--key": "PROVIDER=env:NAME", "--base-url": "PROVIDER=URL"}[option] in said


def test_a_key_that_only_a_caller_needs_is_said_to_be_the_callers(
    folder: Path, write_cases: WriteCases, capsys: pytest.CaptureFixture[str]
) -> None:
    caller = {"persona": "a parent", "goal": "a slot", "model": "openai:gpt-4o-mini"}
    assert (
        main(["test", str(folder / "booking.flow.json"), str(write_cases({"name": "late", "caller": caller}))])
        == 2
    )
    said = capsys.readouterr().out
    assert said.startswith("No API key configured")
    assert "simulated caller of case 'late'" in said
    alone = {**caller, "model": "compatible:one", "referee": "openai:gpt-4o-mini"}
    assert (
        main(["test", str(folder / "booking.flow.json"), str(write_cases({"name": "late", "caller": alone}))]) == 2
    )
    assert "referee" in capsys.readouterr().out


def test_a_replay_that_misses_an_answer_says_how_it_is_recorded(
    folder: Path, write_cases: WriteCases, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    cassette = str(folder / "booking.cassette")
    command = ["test", str(folder / "booking.flow.json"), str(write_cases(GOOD))]
    assert main([*command, "--record", cassette]) == 0
    assert main([*command, "--replay", cassette]) == 0
    assert "--record" not in capsys.readouterr().out
    write_cases({**GOOD, "caller": ["Hello", "On Tuesday"]})
    asked = len(server.requests)
    assert main([*command, "--replay", cassette]) == 2
    assert f"--record {cassette}" in capsys.readouterr().out
    assert len(server.requests) == asked
    assert main([*command, "--record", cassette]) == 0
    assert main([*command, "--replay", cassette]) == 0


def test_actions_get_their_functions_from_the_module_that_is_named(
    tmp_path: Path, server: ScriptedServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = compatible_flow(server)
    action = flow.action("slot", free_slot, writes=["time"])
    flow.connect(flow.conversation("hello", "Hello!", static=True, start=True), action)
    flow.connect(action, flow.conversation("bye", "At {{time}}.", static=True, end=True))
    flow.save(tmp_path / "a.flow.json")
    (tmp_path / "a.cases").write_text('{"caller": ["Hi"], "values": {"time": "ten"}}\n', encoding="utf-8")
    command = ["test", str(tmp_path / "a.flow.json"), str(tmp_path / "a.cases")]
    assert main(command) == 2
    told = capsys.readouterr().out
    assert "--functions" in told
    assert "stubs" in told
    (tmp_path / "own_slots.py").write_text("def free_slot():\n    return 'ten'\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main([*command, "--functions", "own_slots"]) == 0
    assert main([*command, "--functions", "no_such_slots"]) == 2


@pytest.mark.parametrize("wanted", ["rmtree", "_private"])
def test_a_file_gets_no_function_that_the_named_module_does_not_offer(
    wanted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = Flow("a", fresh=True)
    flow.action("slot", free_slot, writes=["time"])
    path = tmp_path / "a.flow.json"
    flow.save(path)
    path.write_text(path.read_text(encoding="utf-8").replace("free_slot", wanted), encoding="utf-8")
    source = "from shutil import rmtree\n\n\ndef _private():\n    return 'ten'\n"
    monkeypatch.chdir(tmp_path)
    text = "\n\n__all__ = 'rmtree_helper, _private'\n"
    for module, listed in (
        ("offers_none", ""),
        ("offers_a_text", text),
        ("offers_both", "\n\n__all__ = ['rmtree', '_private']\n"),
    ):
        (tmp_path / f"{module}.py").write_text(f"{source}{listed}", encoding="utf-8")
    nodes = Flow.load(path, fresh=True).nodes
    for module in ("offers_none", "offers_a_text"):
        with pytest.raises(ConfigError) as caught:
            functions_of(nodes, [module])
        assert caught.value.kind == "function"
        assert wanted in str(caught.value)
    assert functions_of(nodes, ["offers_both"])["slot"].__name__ == wanted


def free_slot() -> str:
    raise AssertionError("the function of the module is called, not this one")


def test_what_a_replay_misses_is_told_to_its_end(
    folder: Path, write_cases: WriteCases, capsys: pytest.CaptureFixture[str]
) -> None:
    cassette = str(folder / "a.cassette")
    command = ["test", str(folder / "booking.flow.json"), str(write_cases(GOOD))]
    assert main([*command, "--record", cassette]) == 0
    write_cases({**GOOD, "caller": ["Hello", "On Tuesday"]})
    capsys.readouterr()
    assert main([*command, "--replay", cassette]) == 2
    told = capsys.readouterr().out
    assert "“On ” is new" in told, "the words that have changed"
    assert f"--record {cassette}" in told


def test_a_line_that_is_no_json_is_told_with_the_place_in_it(
    folder: Path, write_cases: WriteCases, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = write_cases(GOOD)
    with cases.open("a", encoding="utf-8") as file:
        file.write('{"caller": ["Hello"], "values": {"weekday": None}}\n')
    assert main(["test", str(folder / "booking.flow.json"), str(cases)]) == 2
    told = capsys.readouterr().out
    assert "booking.cases, line 2" in told
    assert "at character 45" in told
