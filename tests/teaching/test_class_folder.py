"""`byok-widgets class`: what is in the folder, and that its lines do what they say."""

from __future__ import annotations

import os
import runpy
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from byok_widgets import Flow
from byok_widgets.cli import main, tutorials
from byok_widgets.errors import ConfigError
from byok_widgets.teaching.class_folder import LiveModel, prepare
from tests.fake_keys import fake_key
from tests.scripted_server import ScriptedServer

PROXY = "https://llm.school.example/v1"


def test_the_folder_holds_all_tutorials_with_their_recordings_and_pinned_versions(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    assert main(["class", str(folder), "--no-model"]) == 0
    there = {path.name for path in folder.iterdir()}
    assert {path.name for path in tutorials.sources()} <= there
    assert {"README.md", "start.py", "class.env", "requirements.txt"} <= there
    assert "our_class.py" not in there
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert all("==" in line or (folder / line).is_file() for line in lines)
    assert any(line.startswith("jupyterlab==") for line in lines)
    assert not any(line.startswith("xllamacpp") for line in lines)
    assert main(["class", str(folder), "--no-model"]) == 2, "it is not empty"


@pytest.mark.parametrize("name", ["README.md", "Start.py", "wheels", "models"])
def test_a_file_of_the_teacher_is_not_replaced_by_one_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    lesson, theirs, folder = tmp_path / "lesson.ipynb", tmp_path / name, tmp_path / "class"
    nbformat.write(nbformat.v4.new_notebook(), lesson)
    theirs.write_text("theirs", encoding="utf-8")
    assert main(["class", str(folder), str(lesson), str(theirs), "--no-model"]) == 2
    assert name in capsys.readouterr().err
    assert not folder.exists()


def test_what_could_not_be_searched_for_keys_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lesson, slides = tmp_path / "lesson.ipynb", tmp_path / "slides.pdf"
    nbformat.write(nbformat.v4.new_notebook(), lesson)
    slides.write_bytes(b"%PDF-1.7")
    assert main(["class", str(tmp_path / "class"), str(lesson), str(slides), "--no-model"]) == 0
    assert "slides.pdf is a PDF" in capsys.readouterr().out


def test_a_folder_is_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    nbformat.write(nbformat.v4.new_notebook(), Path("lesson.ipynb"))
    assert main(["class", "class", "lesson.ipynb", ".", "--no-model"]) == 2


def test_a_class_model_goes_through_the_proxy_with_the_key_that_a_variable_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "class"
    arguments = ["--no-model", "--model", "gpt-6-luna", "--proxy", PROXY, "--key", "env:CLASS_KEY"]
    assert main(["class", str(folder), *arguments]) == 0
    monkeypatch.setenv("CLASS_KEY", f"sk-{secrets.token_urlsafe(16)}")  # as LiteLLM makes them
    flow = Flow("lesson", fresh=True)
    runpy.run_path(str(folder / "our_class.py"))["use"](flow)
    assert (flow.provider, flow.model) == ("compatible", "gpt-6-luna")
    assert flow.config.base_url("compatible") == PROXY
    assert "saved for this flow" in str(flow.settings())


def test_start_opens_jupyterlab_with_the_settings_of_the_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "class"
    monkeypatch.setattr(
        "byok_widgets.cli.teaching.fetch_with_bar", lambda name, into: (into / name).mkdir(parents=True)
    )
    assert main(["class", str(folder), "--small"]) == 0
    (folder / "jupyterlab.py").write_text("raise SystemExit('of the current folder')", encoding="utf-8")
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "jupyterlab.py").write_text(
        "import os, sys\n"
        "print(sys.argv[1:], *map(os.environ.get, ('BYOK_WIDGETS_FRESH', 'BYOK_WIDGETS_SHARED_MODELS_DIR')))\n"
        "print(os.environ['JUPYTER_CONFIG_PATH'])",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "installed"), prepend=os.pathsep)
    command = [sys.executable, str(folder / "start.py"), "--no-browser"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout
    *started, config = shown.split()
    assert (Path(config) / "labconfig" / "default_setting_overrides.json").exists(), "no prompt about news"
    assert started == [
        *("['--ServerApp.root_dir',", f"'{folder}',", "'--KernelManager.transport=ipc',", "'--no-browser']"),
        *("1", str(folder / "models")),
    ]
    assert [path.name for path in (folder / "models").iterdir()] == ["smollm2-135m"]


def test_own_notebooks_are_taken_and_one_without_a_recording_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = tmp_path / "lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), lesson)
    assert main(["class", str(tmp_path / "class"), str(lesson), "--no-model"]) == 0
    assert "lesson.ipynb" in capsys.readouterr().out
    assert not list((tmp_path / "class").glob("0*.ipynb"))


@pytest.mark.parametrize(("local", "is_recorded"), [("qwen2.5-coder-0.5b", True), ("smollm2-135m", False)])
def test_flows_use_the_model_in_the_folder_unless_the_recording_is_of_another(
    local: str, is_recorded: bool, tmp_path: Path
) -> None:
    lesson = next(path for path in tutorials.sources() if path.name == "01_first_flow.ipynb")
    fetched: list[str] = []
    made = prepare(tmp_path / "class", [lesson], local=local, fetch=lambda name, _: fetched.append(name))
    assert fetched == [local]
    assert (f"BYOK_WIDGETS_LOCAL_MODEL={local}" in (made.folder / "class.env").read_text().split()) == is_recorded
    assert made.elsewhere == (() if is_recorded else ("01_first_flow.cassette",))
    assert ("in this folder" in (made.folder / "README.md").read_text().partition("It goes to")[2]) == is_recorded


def test_a_lesson_that_students_could_not_replay_is_told(
    tmp_path: Path, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = Flow("lesson")
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    with flow.record(tmp_path / "named.cassette"):
        flow.conversation("ask", "Be brief.").run("Hi", show=False)
    shutil.copy(tmp_path / "named.cassette", tmp_path / "forgotten.cassette")
    for name, model in (
        ("named", "flow.model = 'compatible:scripted'"),
        ("forgotten", "# my own settings have it"),
    ):
        source = f"""\
from byok_widgets import Flow
flow = Flow("lesson")
{model}
flow.replay("{name}.cassette", missing="live")
flow.conversation("ask", "Be brief.").run("Hi")"""
        cells = [nbformat.v4.new_code_cell(source)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
    pages = [str(tmp_path / f"{name}.ipynb") for name in ("named", "forgotten")]
    assert main(["class", str(tmp_path / "class"), *pages, "--no-model"]) == 0
    told = capsys.readouterr().out
    assert "forgotten.ipynb" in told
    assert "LocalModelError in cell 1" in told
    assert "byok-widgets record forgotten.ipynb" in told
    assert "named.ipynb" not in told


def test_a_key_is_in_no_file_of_a_class(tmp_path: Path) -> None:
    lesson = tmp_path / "lesson.ipynb"
    cell = nbformat.v4.new_code_cell(f'"""\n{fake_key()}\n"""')
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), lesson)
    folder = tmp_path / "class"
    assert main(["class", str(folder), str(lesson), "--no-model"]) == 2
    assert not folder.exists()
    arguments = ["--model", "openai:gpt-6-luna", "--key", fake_key()]
    assert main(["class", str(folder), "--no-model", *arguments]) != 0
    assert not folder.exists()


@pytest.mark.parametrize(
    ("model", "proxy"), [("gpt-6-luna", ""), ("nobody:gpt", ""), ("gpt", "http://school.example")]
)
def test_a_model_that_cannot_be_used_is_refused(model: str, proxy: str) -> None:
    with pytest.raises(ConfigError):
        LiveModel.of(model, "", proxy)


def test_settings_start_clean_where_a_variable_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    Flow("my lesson").model = "openai:gpt-6-luna"
    monkeypatch.setenv("BYOK_WIDGETS_FRESH", "1")
    assert Flow("my lesson").provider == "local"
