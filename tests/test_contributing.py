"""What contributors are told is true: the diagram, the commands, the versions, and the hook for pre-commit."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from byok_widgets import Flow
from byok_widgets.graph.conditions import CONDITIONS, register_condition
from byok_widgets.nodes import NODE_KINDS, register_node_kind
from byok_widgets.providers import catalog, register_provider
from byok_widgets.secrets.key_formats import detect_provider
from tests.fake_keys import fake_key
from tests.providers.asking import ask, fault, talk
from tests.providers.fault_server import FaultServer, says
from tests.test_architecture import MAY_IMPORT

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VALUES = "values"
"""The diagram's one box for the modules at the bottom."""


def run_commands(job: str) -> list[str]:
    return [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def reachable(arrows: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def test_the_diagram_shows_the_imports_that_are_allowed() -> None:
    (diagram,) = re.findall(r"^```mermaid\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    drawn: dict[str, set[str]] = {}
    for source, target in re.findall(r"^ +(\w+)(?:\[.*\])? --> (\w+)$", diagram, re.MULTILINE):
        drawn.setdefault(source, set()).add(target)
    boxes = set(re.findall(r"(\w+)\[", diagram))
    allowed: dict[str, set[str]] = {}
    for name, targets in MAY_IMPORT.items():
        of = {target if target in boxes else VALUES for target in targets.split()}
        allowed.setdefault(name if name in boxes else VALUES, set()).update(of)
    allowed[VALUES].clear()
    allowed.pop("__main__", None)
    packages = {path.parent.name for path in (ROOT / "byok_widgets").glob("*/__init__.py")} - {"secrets"}
    assert packages <= boxes
    for package in packages:
        assert reachable(drawn, package) == reachable(allowed, package), package


def test_the_files_that_it_names_are_there() -> None:
    for name in re.findall(r"`((?:byok_widgets|tests|nodes|providers)/[\w/.]+)`", PAGE):
        place = ROOT if name.startswith(("byok_widgets", "tests")) else ROOT / "byok_widgets"
        if name != "byok_widgets/js":
            assert (place / name).exists(), name


def test_ci_runs_the_commands_that_people_are_told() -> None:
    (command,) = re.findall(r"^(pip install .* && pytest)$", README, re.MULTILINE)
    assert command in run_commands("tests")
    assert command in PAGE
    (reference,) = re.findall(r"^pip install .* && python (-m pdoc .*)$", PAGE, re.MULTILINE)
    assert any(reference in run for run in run_commands("reference"))


def test_versions_of_python_agree() -> None:
    tested = WORKFLOW["jobs"]["tests"]["strategy"]["matrix"]["python"]
    classifiers = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert PROJECT["requires-python"] == f">={tested[0]}"
    assert set(classifiers) <= set(tested)
    for page in (README, PAGE):
        assert f"Python {tested[0]} or newer" in page


@pytest.fixture
def hook() -> list[str]:
    """The command of the hook, as pre-commit starts it from the environment it has installed the package in."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["id"] in README
    assert (hook["language"], hook["types"]) == ("python", ["text"])
    command, *arguments = shlex.split(hook["entry"])
    assert command in PROJECT["scripts"]
    found = shutil.which(command, path=str(Path(sys.executable).parent))
    assert found is not None, "the package is installed where the tests run"
    return [found, *arguments]


@pytest.mark.parametrize("name", ["notes.txt", "-notes.txt", "ä b.ipynb"])
def test_the_hook_fails_on_a_file_with_a_key_and_on_no_other(name: str, hook: list[str], tmp_path: Path) -> None:
    (tmp_path / "clean.txt").write_text("no key", encoding="utf-8")
    files = ["clean.txt", name]
    for content, code in ((fake_key(), 1), ("no key", 0)):
        (tmp_path / name).write_text(content, encoding="utf-8")
        ran = subprocess.run([*hook, *files], cwd=tmp_path, capture_output=True, check=False, timeout=60)
        assert ran.returncode == code, ran.stderr
        assert content == "no key" or content.encode() not in ran.stdout + ran.stderr


def recipe(heading: str) -> dict[str, Any]:
    """Run the code of a recipe and return its names."""
    (section,) = re.findall(rf"^### {heading}$(.*?)(?=^### |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    (code,) = re.findall(r"^ *```python$(.*?)^ *```$", section, re.MULTILINE | re.DOTALL)
    module = types.ModuleType(f"recipe_{heading.rsplit(maxsplit=1)[-1]}")
    sys.modules[module.__name__] = module
    exec(compile(textwrap.dedent(code), heading, "exec"), module.__dict__)
    return vars(module)


@pytest.fixture
def faulty() -> Iterator[FaultServer]:
    server = FaultServer()
    yield server
    server.close()


def test_the_recipe_of_a_provider_works(faulty: FaultServer, known_providers: None) -> None:
    acme = register_provider(recipe("A provider")["AcmeProvider"]())
    assert ask(faulty, talk("Good day."), of=acme).text == "Good day."
    error = fault(faulty, says({"fault": {"type": "authentication_error", "message": "no"}}, 401), of=acme)
    assert (error.kind, error.link) == ("auth", acme.links.keys)
    assert detect_provider("acme-" + "7" * 30) == "acme"
    assert catalog.presets("acme") == {"balanced": "acme-1"}


def test_the_recipes_of_a_node_kind_and_a_condition_work(tmp_path: Path) -> None:
    dice, at_least = recipe("A node kind")["DiceNode"], recipe("A condition")["AtLeast"]
    register_node_kind(dice)
    register_condition(at_least)
    try:
        flow = Flow("recipes")
        flow.conversation("hello", "Roll?", static=True, start=True)
        flow.add(dice(flow.context, "dice"))
        flow.conversation("won", "{{eyes}} wins.", static=True, end=True)
        flow.connect("hello", "dice")
        flow.connect("dice", "won", condition=at_least("eyes", 4))
        flow.connect("dice", "hello")
        flow.save(tmp_path / "f.json")
        s = Flow.load(tmp_path / "f.json").start()
        assert str(s.say("Yes")) == "4 wins."
        assert "rolled 4" in s.explain()
    finally:
        NODE_KINDS.pop("dice")
        CONDITIONS.remove(at_least)
