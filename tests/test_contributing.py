"""What contributors are told is true: the diagram, the commands, the versions, and the hook for pre-commit."""

from __future__ import annotations

import ast
import builtins
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any, ForwardRef

import pytest
import yaml

import byok_widgets
from byok_widgets import extending
from tests.fake_keys import fake_key
from tests.test_architecture import MAY_IMPORT, SMALL

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
    packages = {path.parent.name for path in (ROOT / "byok_widgets").glob("*/__init__.py")} - set(SMALL.split())
    assert packages <= boxes
    for package in packages:
        assert reachable(drawn, package) == reachable(allowed, package), package


def test_the_files_that_it_names_are_there() -> None:
    for name in re.findall(r"`((?:byok_widgets|tests|nodes|providers)/[\w/.]+)`", PAGE):
        place = ROOT if name.startswith(("byok_widgets", "tests")) else ROOT / "byok_widgets"
        if name != "byok_widgets/js" and name.removeprefix("byok_widgets/") not in recipes():
            assert (place / name).exists(), name


def test_ci_runs_the_commands_that_people_are_told() -> None:
    (command,) = re.findall(r"^(pip install .* && pytest)$", README, re.MULTILINE)
    assert command in run_commands("tests")
    assert command in PAGE
    (reference,) = re.findall(r"^pip install .* && python (-m pdoc .*)$", PAGE, re.MULTILINE)
    assert any(reference in run for run in run_commands("reference"))


def test_the_reference_has_each_class_that_a_recipe_builds_on() -> None:
    for code in recipes().values():
        bases = {
            base.value if isinstance(base, ast.Subscript) else base
            for node in ast.parse(code).body
            if isinstance(node, ast.ClassDef)
            for base in node.bases
        }
        names = {base.id for base in bases if isinstance(base, ast.Name)} - {"Protocol"}
        assert names <= set(extending.__all__)
    assert all(hasattr(extending, name) for name in extending.__all__)


def test_the_reference_can_read_the_types_of_each_named_tuple() -> None:
    """A named tuple's constructor is made in a module of its own, where pdoc finds built-in names only."""
    for module in (byok_widgets, extending):
        for name in module.__all__:
            kind = getattr(module, name)
            if isinstance(kind, type) and issubclass(kind, tuple):
                for annotation in kind.__annotations__.values():
                    text = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else "None"
                    eval(text, {"__builtins__": vars(builtins)})


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
    assert hook["id"] in (ROOT / "notebooks" / "keys.md").read_text(encoding="utf-8")
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


# The recipes, followed as they are told, in a copy of the package

REGISTRIES = {
    "providers/acme.py": ("providers/__init__.py", "_PROVIDERS = (\n", "AcmeProvider,"),
    "nodes/dice.py": ("nodes/registry.py", "in (ConversationNode, ", "DiceNode, "),
    "nodes/summary.py": ("nodes/registry.py", "in (ConversationNode, ", "SummaryNode, "),
    "graph/conditions/at_least.py": (
        "graph/conditions/registry.py",
        "CONDITIONS: list[type[Condition]] = [",
        "AtLeast, ",
    ),
    "export/outline.py": ("export/registry.py", "_EXPORTERS: tuple[Exporter, ...] = (\n", "OutlineExporter(),"),
    "keys/backends/vault.py": ("keys/backends/registry.py", "    SessionMemory(),\n", "Vault(),"),
}
"""For each recipe's module: its registry, what its line stands behind there, and the line."""

FIRST_USE = """
from byok_widgets import Flow
from byok_widgets.graph.conditions.at_least import AtLeast
from byok_widgets.keys import KeyStore
from byok_widgets.nodes.dice import DiceNode
from byok_widgets.nodes.summary import SummaryNode
from byok_widgets.providers import PROVIDERS, catalog
from byok_widgets.secrets import Secret, looks_like_key
from byok_widgets.secrets.key_formats import detect_provider
from tests.scripted_server import ScriptedServer

flow = Flow("recipes")
flow.conversation("hello", "Roll?", static=True, start=True)
flow.add(DiceNode(flow.context, "dice"))
flow.conversation("won", "{{eyes}} wins.", static=True, end=True)
flow.connect("hello", "dice")
flow.connect("dice", "won", condition=AtLeast("eyes", 4))
flow.connect("dice", "hello")
flow.save("f.json")
s = Flow.load("f.json").start()
assert str(s.say("Yes")) == "4 wins."
assert "rolled 4" in s.explain()
assert any("eyes=4" in row for row in s.trace.rows())
s.save("s.json")
assert flow.load_session("s.json").explain() == s.explain()

server = ScriptedServer()
server.script("A caller said yes.")
flow = Flow("summaries")
flow.set_base_url("compatible", server.base_url)
flow.model = "compatible:scripted"
summary = flow.add(SummaryNode(flow.context, "sum", settings={"temperature": 0.5}), start=True)
summary.prompt = "Sum up in {{words}} words."
flow.conversation("done", "I noted: {{summary}}", static=True, end=True)
flow.connect("sum", "done")
flow.save("f.json")
s = Flow.load("f.json").start(variables={"words": 5})
assert str(s.say("Yes")) == "I noted: A caller said yes."
(asked,) = server.requests
assert (asked["temperature"], asked["messages"][0]["content"]) == (0.5, "Sum up in 5 words.")
assert s.usage.input_tokens == 7
server.close()

made = flow.export("outline")
assert made.files == {"summaries.md": "- sum\\n  - done: else\\n- done\\n"}
assert [(loss.feature, loss.where) for loss in made.losses] == [("prompt", "sum"), ("prompt", "done")]

assert detect_provider("acme-" + "7" * 30) == "acme"
assert looks_like_key("a key, acme-" + "7" * 30) and not looks_like_key("acme-m")
assert catalog.presets("acme")["balanced"] == "acme-m"
assert PROVIDERS["acme"].error_body({"fault": {"type": "x"}}) == {"error": {"type": "x"}}

references = {}
key = "acme-" + "7" * 30
KeyStore("recipes", references).save("acme", "api.acme.example", Secret(key), backend="vault")
assert references == {"acme|api.acme.example": "vault"}
assert KeyStore("recipes", references).get("acme", "api.acme.example").reveal() == key
KeyStore("recipes", references).remove("acme", "api.acme.example")
assert KeyStore("recipes", references).get("acme", "api.acme.example") is None
flow.key_store.save("acme", "api.acme.example", Secret(key), backend="vault")
assert flow.key_store.get("acme", "api.acme.example").reveal() == key
"""


def recipes() -> dict[str, str]:
    """Return the modules that the page tells people to write, by their place in the package."""
    steps = re.findall(
        r"^1\. Write `byok_widgets/([\w/]+\.py)`.*?^ +```python\n(.*?)^ +```", PAGE, re.DOTALL | re.MULTILINE
    )
    return {name: textwrap.dedent(code) for name, code in steps}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and its tests in which the recipes were followed."""
    tree = tmp_path_factory.mktemp("clone") / "byok_widgets"
    ignored = shutil.ignore_patterns("node_modules", "__pycache__", "*.gguf")
    for part in ("byok_widgets", "tests"):
        shutil.copytree(ROOT / part, tree / part, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tree / name)
    shutil.copytree(ROOT / ".github", tree / ".github")
    package = tree / "byok_widgets"
    for name, code in recipes().items():
        if (package / name).exists():  # somebody has followed the recipe here, its line in the registry included
            continue
        (package / name).write_text(code, encoding="utf-8")
        registry, behind, line = REGISTRIES[name]
        text = (package / registry).read_text(encoding="utf-8")
        assert text.count(behind) == 1
        (kind,) = re.findall(r"\w+", line)
        imported = f"from byok_widgets.{name.removesuffix('.py').replace('/', '.')} import {kind}\n"
        place = text.index("from byok_widgets.")
        text = text.replace(behind, f"{behind}    {line}\n" if behind.endswith("\n") else f"{behind}{line}")
        (package / registry).write_text(text[:place] + imported + text[place:], encoding="utf-8")
    run_in(tree, "-m", "ruff", "check", "--fix", "-q", "--select", "I", "byok_widgets")
    return tree


def run_in(tree: Path, *command: str) -> None:
    """Run a command of Python's there."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "BYOK_WIDGETS_CONFIG_DIR": str(tree.parent / "config")}
    ran = subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, f"{ran.stdout[-3000:]}{ran.stderr[-3000:]}"


def test_each_way_to_add_something_has_a_recipe() -> None:
    assert recipes().keys() == REGISTRIES.keys()


def test_the_recipes_work(tree: Path) -> None:
    run_in(tree, "-c", FIRST_USE)


def test_the_recipes_pass_the_lints(tree: Path) -> None:
    run_in(tree, "-m", "ruff", "check", "byok_widgets")
    run_in(tree, "-m", "ruff", "format", "--check", *(f"byok_widgets/{name}" for name in recipes()))


@pytest.mark.slow
def test_the_recipes_pass_the_projects_tests(tree: Path) -> None:
    tests = ["test_architecture.py", "providers/test_conformance.py", "flow", "graph", "keys/test_registry.py"]
    run_in(tree, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *(f"tests/{name}" for name in tests))


@pytest.mark.slow
def test_the_recipes_pass_the_type_checker(tree: Path) -> None:
    run_in(tree, "-m", "mypy")
