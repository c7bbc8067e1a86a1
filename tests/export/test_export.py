"""What all targets have in common: reports, files, findings, and no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from byok_widgets import ByokError, ConfigError, Flow
from byok_widgets.cli import main
from byok_widgets.export import EXPORTERS
from tests.export.made_flows import made_flow
from tests.fake_keys import fake_key

TARGETS = sorted(EXPORTERS)


@pytest.mark.parametrize("target", TARGETS)
def test_files_are_written_when_they_are_saved(target: str, dentist: Flow, tmp_path: Path) -> None:
    made = dentist.export(target)
    assert not list(tmp_path.iterdir())
    places = made.save(tmp_path / "out")
    assert {place.name: place.read_text(encoding="utf-8") for place in places} == dict(made.files)
    assert all(name in repr(made) and name in made._repr_html_() for name in made.files)


@pytest.mark.parametrize("target", TARGETS)
def test_the_command_writes_the_same_and_tells_what_is_lost(
    target: str, dentist: Flow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dentist.flow.json"
    dentist.save(file)
    made = Flow.load(file, fresh=True).export(target)
    assert main(["export", str(file), target, "--out", str(tmp_path / "out")]) == 0
    written = {place.name: place.read_text(encoding="utf-8") for place in (tmp_path / "out").iterdir()}
    assert written == dict(made.files)
    told = capsys.readouterr().out
    assert all(name in told for name in made.files)
    assert all(str(loss) in told for loss in made.losses)
    assert main(["export", str(file), "nowhere"]) == 2


@pytest.mark.parametrize("target", TARGETS)
def test_an_export_changes_nothing_and_is_the_same_again(target: str) -> None:
    flow = made_flow(7)
    before = str(flow)
    assert flow.export(target).files == flow.export(target).files
    assert str(flow) == before


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", ["prompt", "condition", "name", "description", "enter", "global"])
def test_no_key_is_exported(target: str, place: str) -> None:
    key = fake_key()
    flow = Flow("leaky", fresh=True)
    try:
        flow.conversation("a", key if place == "prompt" else "x")
        flow.extraction(key if place == "name" else "b", city=str, prompt="")
        if place == "description":
            schema = {"type": "object", "properties": {"n": {"type": "string", "description": key}}}
            flow.extraction("b", schema)
        flow.connect("a", "b", when=f"they say {key}" if place == "condition" else "yes")
        flow.conversation("c", "y", enter=key if place == "enter" else "help")
        flow.global_prompt = key if place == "global" else ""
        flow.export(target)
    except ByokError as error:
        said = str(error)
    else:
        said = key
    assert key not in said


@pytest.mark.parametrize("target", TARGETS)
def test_a_saved_key_is_in_no_export(target: str, dentist: Flow) -> None:
    key = fake_key()
    dentist.provider, dentist.model = "openai", "gpt-6-luna"
    dentist.key_store.save("openai", "api.openai.com", key, backend="session")
    made = dentist.export(target)
    assert key not in f"{made.files} {made!r} {made._repr_html_()}"


def test_check_knows_the_targets(dentist: Flow) -> None:
    plain = {finding.kind for finding in dentist.check()}
    assert "not_exported" not in plain
    for target in TARGETS:
        found = [finding for finding in dentist.check(targets=[target]) if finding.kind == "not_exported"]
        assert len(found) == len(dentist.export(target).losses)
    with pytest.raises(ConfigError):
        dentist.check(targets=["nobody"])


def test_an_unknown_target_and_a_flow_without_nodes_are_refused(dentist: Flow) -> None:
    with pytest.raises(ConfigError) as caught:
        dentist.export("nobody")
    assert all(target in caught.value.fix for target in TARGETS)
    with pytest.raises(ConfigError):
        Flow("nothing", fresh=True).export("python")
