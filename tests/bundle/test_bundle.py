"""Bundles: what is in the folder, what is refused, and, in a clean environment, that its instructions work."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml

from byok_widgets import ConfigError, Flow
from byok_widgets.bundle.bundle import bundle
from byok_widgets.bundle.requirements import pinned
from byok_widgets.cli import main
from tests.fake_keys import fake_key

BOOKINGS = """\
import json
from tools.rooms import room


def find_slot(weekday):
    return f"{weekday} in {room()}"


def _room():
    return room()
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a flow and the modules of its action."""
    folder = tmp_path / "work"
    (folder / "tools").mkdir(parents=True)
    (folder / "bookings.py").write_text(BOOKINGS, encoding="utf-8")
    (folder / "tools" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "tools" / "rooms.py").write_text("def room():\n    return 'room 7'\n", encoding="utf-8")
    flow = Flow("Dentist 24/7", fresh=True)
    flow.provider, flow.model = "openai", "gpt-6-luna"
    flow.conversation("ask", "Which day?", static=True)
    flow.extraction("data", weekday=str)
    flow.action("slot", lambda weekday: weekday, writes=["time"])
    flow.conversation("bye", "See you on {{time}}.", static=True, end=True)
    flow.connect("ask", "data")
    flow.connect("data", "slot")
    flow.connect("slot", "bye")
    flow.save(folder / "Dentist 24.flow.json")
    calls(folder, "bookings:find_slot")
    return folder


def calls(folder: Path, reference: str) -> None:
    """Let the action of the flow call another function."""
    path = folder / "Dentist 24.flow.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    for node in data["nodes"]:
        if "function" in node:
            node["function"] = reference
    path.write_text(json.dumps(data), encoding="utf-8")


def test_the_folder_has_all_that_is_needed(place: Path) -> None:
    made = bundle(place / "Dentist 24.flow.json", functions=["bookings"])
    assert made.folder == place / "dentist_24"
    names = {path.relative_to(made.folder).as_posix() for path in made.files}
    assert names >= {
        "dentist_24.flow.json",
        "bookings.py",
        "tools/__init__.py",
        "tools/rooms.py",
        "requirements.txt",
        "Dockerfile",
        "compose.yaml",
        "dentist_24.service",
        "README.md",
    }
    assert "bookings" not in sys.modules, "nothing is imported"
    for expected in ("serve dentist_24.flow.json", "--functions bookings", "openai=env:OPENAI_API_KEY"):
        assert expected in made.command
        assert expected in (made.folder / "README.md").read_text(encoding="utf-8")
    compose = yaml.safe_load((made.folder / "compose.yaml").read_text(encoding="utf-8"))
    assert compose["services"]["redis"]["command"][1:3] == ["--appendonly", "yes"]
    assert "noeviction" in compose["services"]["redis"]["command"]
    assert compose["services"]["serve"]["environment"] == ["OPENAI_API_KEY"]
    (entry,) = re.findall(
        r"^ENTRYPOINT (.*)$", (made.folder / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert json.loads(entry)[:5] == ["byok-widgets", "serve", "dentist_24.flow.json", "--host", "0.0.0.0"]
    assert not any(
        "@" in line for line in (made.folder / "dentist_24.service").read_text(encoding="utf-8").split()
    )


def test_every_requirement_is_pinned_and_the_wheel_is_this_package(place: Path) -> None:
    made = bundle(place / "Dentist 24.flow.json", functions=["bookings"])
    *pins, own = (made.folder / "requirements.txt").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[\w.-]+==\S+", pin) for pin in pins)
    assert {pin.partition("==")[0].casefold() for pin in pins} >= {
        "openai",
        "pydantic",
        "jinja2",
        "annotated-types",
    }
    with zipfile.ZipFile(made.folder / own) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert {"byok_widgets/__init__.py", "byok_widgets/flow/file/flow.schema.json"} <= set(names)
    assert not any("__pycache__" in name or name.startswith("byok_widgets/js/gear") for name in names)


def test_what_is_installed_is_pinned_and_not_copied(place: Path) -> None:
    (place / "bookings.py").write_text(f"import jsonschema\n{BOOKINGS}", encoding="utf-8")
    made = bundle(place / "Dentist 24.flow.json", functions=["bookings"])
    assert "jsonschema==" in (made.folder / "requirements.txt").read_text(encoding="utf-8")
    assert not (made.folder / "jsonschema").exists()


@pytest.mark.parametrize("reference", ["find_slot", "__main__:find_slot", "<lambda>", ""])
def test_a_function_of_a_notebook_is_refused_with_the_reason(
    reference: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls(place, reference)
    assert main(["bundle", str(place / "Dentist 24.flow.json")]) == 2
    said = capsys.readouterr().err
    assert "slot" in said
    assert "--functions" in said
    assert not (place / "dentist_24").exists()


def test_a_named_module_that_has_it_takes_its_place(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls(place, "find_slot")
    assert main(["bundle", str(place / "Dentist 24.flow.json"), "--functions", "bookings"]) == 0
    assert "--functions bookings" in capsys.readouterr().out
    assert (place / "dentist_24" / "bookings.py").is_file()


@pytest.mark.parametrize("reference", ["nowhere_at_all:f", "bookings:gone", "bookings:room", "bookings:_room"])
def test_a_function_that_is_not_there_is_refused(reference: str, place: Path) -> None:
    calls(place, reference)
    with pytest.raises(ConfigError) as caught:
        bundle(place / "Dentist 24.flow.json", functions=[reference.partition(":")[0]])
    assert caught.value.kind == "function"


def test_a_function_that_the_module_lists_may_come_from_another(place: Path) -> None:
    (place / "bookings.py").write_text(f"{BOOKINGS}\n\n__all__ = ['room']\n", encoding="utf-8")
    calls(place, "bookings:room")
    assert bundle(place / "Dentist 24.flow.json", functions=["bookings"]).files


@pytest.mark.parametrize("reference", ["bookings:find_slot", "tools.rooms:room", "os:system", "json:dumps"])
def test_a_module_that_only_the_file_names_is_not_run(
    reference: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls(place, reference)
    module = reference.partition(":")[0]
    assert main(["bundle", str(place / "Dentist 24.flow.json")]) == 2
    said = capsys.readouterr().err
    assert f"--functions {module}" in said
    if module == "bookings":
        assert str(place / "bookings.py") in said
    assert not (place / "dentist_24").exists()


@pytest.mark.parametrize(
    "source",
    [
        "def f(:",
        "x = '\0'",
        "x = " + "(" * 5_000,
        "x = " + "-" * 100_000 + "1",
        "# " + "x" * 5_000_001,
        "a whispered word",
    ],
    ids=["syntax", "nul", "nested", "signs", "huge", "text"],
)
def test_a_module_that_is_no_source_is_refused(source: str, place: Path) -> None:
    (place / "bookings.py").write_text(source, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        bundle(place / "Dentist 24.flow.json", functions=["bookings"])
    assert caught.value.kind == "function"
    assert "whispered" not in str(caught.value)


def test_an_import_from_above_all_packages_is_left_to_the_module(place: Path) -> None:
    (place / "bookings.py").write_text(f"def late():\n    from .... import x\n\n\n{BOOKINGS}", encoding="utf-8")
    assert bundle(place / "Dentist 24.flow.json", functions=["bookings"]).files


@pytest.mark.parametrize("file", ["bookings.py", "tools/rooms.py", "Dentist 24.flow.json"])
def test_a_key_in_any_file_is_refused(file: str, place: Path) -> None:
    key, path = fake_key(), place / file
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("Which day?", key) if file.endswith("json") else f"{text}KEY = {key!r}\n", "utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        bundle(place / "Dentist 24.flow.json", functions=["bookings"])
    assert caught.value.kind == "key_in_text"
    assert key not in str(caught.value)
    assert not (place / "dentist_24").exists()


def test_keys_of_the_environment_and_of_this_kernel_are_in_no_file(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = fake_key()
    monkeypatch.setenv("OPENAI_API_KEY", key)
    made = bundle(place / "Dentist 24.flow.json", functions=["bookings"])
    assert not any(key.encode() in path.read_bytes() for path in made.files)


def test_a_folder_with_something_in_it_is_left_alone(place: Path) -> None:
    (place / "dentist_24").mkdir()
    (place / "dentist_24" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError):
        bundle(place / "Dentist 24.flow.json", functions=["bookings"])
    assert [path.name for path in (place / "dentist_24").iterdir()] == ["mine.txt"]


def test_pins_follow_the_needs_of_needs() -> None:
    pins = {pin.partition("==")[0].casefold() for pin in pinned(["pytest"])}
    assert pins >= {"pluggy", "packaging", "iniconfig"}
    assert "pytest" not in pins


def test_what_an_extra_asks_for_and_is_not_installed_is_named_with_its_versions() -> None:
    loose = [pin for pin in pinned(["byok-widgets"], extras=["docs", "frontends"]) if "==" not in pin]
    asked = [line.partition(";")[0].strip() for line in requires("byok-widgets") or ()]
    assert set(loose) <= set(asked)
    assert [pin for pin in pinned(["byok-widgets"]) if "==" not in pin] == []


@pytest.mark.slow
def test_its_own_instructions_work_in_a_clean_environment(place: Path, tmp_path: Path) -> None:
    made = bundle(place / "Dentist 24.flow.json", tmp_path / "out", functions=["bookings"])
    readme = (made.folder / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```bash\n(python3 -m venv.*?)```", readme, re.DOTALL)
    *setup, serve = lines.splitlines()
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["BYOK_WIDGETS_CONFIG_DIR"] = str(tmp_path / "config")
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"

    def run(line: str | list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            line,
            shell=isinstance(line, str),
            cwd=made.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )

    for line in setup:
        ran = run(line)
        assert ran.returncode == 0, ran.stderr[-2000:]
    assert serve == f".venv/bin/{made.command}"
    code = (
        "import byok_widgets, bookings; from byok_widgets import Flow\n"
        "assert '.venv' in byok_widgets.__file__\n"
        "flow = Flow.load('dentist_24.flow.json', functions={'slot': bookings.find_slot})\n"
        "print(flow.node('slot').run(variables={'weekday': 'Mon'}).values['time'])\n"
    )
    ran = run([".venv/bin/python", "-c", code])
    assert ran.stdout.strip() == "Mon in room 7", ran.stderr[-2000:]
    if " serve " in run([".venv/bin/byok-widgets", "--help"]).stdout:
        ran = run(serve)
        assert ran.returncode != 0
        assert "OPENAI_API_KEY" in ran.stderr, "it says which key is missing"
