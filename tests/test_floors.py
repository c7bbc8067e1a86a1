"""The house: who may import whom, where UI libraries and SDKs are named, and where a key is unwrapped.

A new module at the top of the package gets its floor in `FLOORS`.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import byok_widgets

PACKAGE = "byok_widgets"
FLOORS = {
    0: "errors error_kinds messages frontend templates grounding files unknown keys schema config",
    1: "engine providers showing",
    2: "nodes",
    3: "graph session flow",
    4: "compare",
    5: "widgets",
    6: "cli __main__",
}
FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names.split()}

UI_LIBRARIES = {"ipywidgets", "anywidget", "traitlets", "IPython"}
ADAPTERS_OF = {
    "openai": {"providers.openai", "providers.chat_completions"},
    "anthropic": {"providers.anthropic"},
}
MAY_REVEAL = {
    "providers.sdk_provider": {"SdkProvider._client"},
    "widgets.key_desk": {"KeyDesk._refer"},  # there it is the name of a variable that was typed into the key field
}

FIRST_LOOK = """
from byok_widgets import Flow
from byok_widgets.widgets.settings import SettingsPanel
panel = SettingsPanel(Flow("first look"))
assert panel.children, "the panel is there"
"""


@dataclass(frozen=True)
class Import:
    """One module that an import names; `at_once` when it is loaded as soon as the importing module is."""

    name: str
    at_once: bool


@dataclass(frozen=True)
class Source:
    """A module's name inside the package (`""` for the package itself) and its syntax tree."""

    name: str
    tree: ast.Module

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    def imports(self) -> Iterator[Import]:
        """Give what is imported anywhere in the module, also by `import_module`."""
        at_once = {id(node) for node in _run_at_import(self.tree)}
        for node in ast.walk(self.tree):
            for name in self._named(node):
                yield Import(name, id(node) in at_once)

    def own_imports(self) -> set[str]:
        """Return the top modules of this package that are imported; `""` for the package itself."""
        names = {found.name for found in self.imports()}
        inside = {name.partition(".")[2] for name in names if name.partition(".")[0] == PACKAGE}
        return {name.partition(".")[0] for name in inside}

    def _named(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{self.name}: imports are absolute here"
            submodules = node.module == PACKAGE
            return [f"{node.module}.{alias.name}" if submodules else str(node.module) for alias in node.names]
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            return [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
        return []


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_at_import(child)


def _sources() -> list[Source]:
    root = Path(byok_widgets.__file__).parent
    return [
        Source(
            ".".join(path.relative_to(root).with_suffix("").parts).removesuffix("__init__").removesuffix("."),
            ast.parse(path.read_text(encoding="utf-8")),
        )
        for path in sorted(root.rglob("*.py"))
    ]


SOURCES = _sources()


# The rules: each gives a sentence for each break


def broken_floors(source: Source) -> list[str]:
    """The package itself is the door: it names every floor for type checkers, and loads only the lowest."""
    if not source.name:
        return [
            f"{PACKAGE} loads {found.name} when it is imported."
            for found in source.imports()
            if found.at_once and found.name.startswith(PACKAGE) and found.name != f"{PACKAGE}.frontend"
        ]
    floor = _floor(source.top)
    return [
        f"{source.name} (floor {floor}) imports {name} (floor {_floor(name)})."
        for name in sorted(source.own_imports())
        if _floor(name) > floor
    ]


def _floor(name: str) -> int:
    if name.startswith("__") and name != "__main__":
        return 0  # __version__
    assert name in FLOOR_OF, f"{PACKAGE}.{name} has no floor yet: add it to FLOORS in {Path(__file__).name}."
    return FLOOR_OF[name]


def ui_outside_widgets(source: Source) -> list[str]:
    if source.top == "widgets":
        return []
    named = {found.name.partition(".")[0] for found in source.imports()}
    return [f"{source.name} names {library}; only widgets/ does." for library in sorted(named & UI_LIBRARIES)]


def sdk_outside_its_adapter(source: Source) -> list[str]:
    breaks = []
    for found in source.imports():
        sdk = found.name.partition(".")[0]
        if source.name not in ADAPTERS_OF.get(sdk, {source.name}):
            breaks.append(f"{source.name} names {sdk}; only {', '.join(sorted(ADAPTERS_OF[sdk]))} may.")
        elif sdk in ADAPTERS_OF and found.at_once:
            breaks.append(f"{source.name} loads {sdk} when it is imported; do it when a client is made.")
    return breaks


def revealed_elsewhere(source: Source) -> list[str]:
    if source.top == "keys":
        return []
    allowed = MAY_REVEAL.get(source.name, set())
    where = {scope for scope, node in _scopes(source.tree) if getattr(node, "attr", None) == "reveal"}
    return [f"{source.name}.{scope}".strip(".") + " unwraps a key." for scope in sorted(where - allowed)]


def _scopes(node: ast.AST, scope: str = "") -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        yield scope, child
        inner = getattr(child, "name", "") if isinstance(child, (ast.ClassDef, ast.FunctionDef)) else ""
        if isinstance(child, ast.AsyncFunctionDef):
            inner = child.name
        yield from _scopes(child, f"{scope}.{inner}".strip(".") if inner else scope)


Rule = Callable[[Source], list[str]]
RULES: list[Rule] = [broken_floors, ui_outside_widgets, sdk_outside_its_adapter, revealed_elsewhere]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_stands(rule: Rule) -> None:
    assert [sentence for source in SOURCES for sentence in rule(source)] == []


def test_the_tables_hold_nothing_that_is_gone() -> None:
    names = {source.name for source in SOURCES}
    coming = {"compare"}
    assert set(FLOOR_OF) - coming <= names
    assert set(MAY_REVEAL) | set().union(*ADAPTERS_OF.values()) <= names
    for module, allowed in MAY_REVEAL.items():
        (source,) = [source for source in SOURCES if source.name == module]
        assert allowed <= {scope for scope, node in _scopes(source.tree) if getattr(node, "attr", "") == "reveal"}


# The rules see what they are for: module, code, and how the sentence starts; an empty one is no break

EXAMPLES: dict[Rule, list[tuple[str, str, str]]] = {
    broken_floors: [
        ("errors", "from byok_widgets.engine import ENGINE", "errors (floor 0) imports engine (floor 1)."),
        ("keys.store", "import byok_widgets.nodes.base", "keys.store (floor 0) imports nodes (floor 2)."),
        ("nodes.base", "from byok_widgets import flow", "nodes.base (floor 2) imports flow (floor 3)."),
        ("schema", "def f():\n from byok_widgets.cli import x", "schema (floor 0) imports cli (floor 6)."),
        ("flow", "import_module('byok_widgets.widgets')", "flow (floor 3) imports widgets (floor 5)."),
        ("", "from byok_widgets.flow import Flow", "byok_widgets loads byok_widgets.flow when"),
        ("", "if TYPE_CHECKING:\n from byok_widgets.flow import Flow", ""),
        ("cli", "from byok_widgets import __version__", ""),
        ("widgets.chat", "from byok_widgets.flow import Flow\nimport byok_widgets.errors", ""),
    ],
    ui_outside_widgets: [
        ("flow", "def f():\n import IPython.display", "flow names IPython"),
        ("cli", "if TYPE_CHECKING:\n from ipywidgets import VBox", "cli names ipywidgets"),
        ("widgets.settings", "import ipywidgets", ""),
    ],
    sdk_outside_its_adapter: [
        ("nodes.base", "def f():\n import openai", "nodes.base names openai"),
        ("providers.anthropic", "def f():\n import openai", "providers.anthropic names openai"),
        ("flow", "if TYPE_CHECKING:\n import anthropic", "flow names anthropic"),
        ("flow", "importlib.import_module('openai.types')", "flow names openai"),
        ("providers.openai", "from openai import OpenAI", "providers.openai loads openai"),
        ("providers.openai", "class A:\n import openai", "providers.openai loads openai"),
        ("providers.openai", "try:\n import openai\nfinally: pass", "providers.openai loads openai"),
        ("providers.openai", "if TYPE_CHECKING:\n import openai\ndef f():\n import openai", ""),
        ("providers", "from byok_widgets.providers.openai import OpenAIProvider", ""),
    ],
    revealed_elsewhere: [
        ("nodes.base", "class A:\n async def b(self): k.reveal()", "nodes.base.A.b unwraps"),
        ("providers.openai", "map(Secret.reveal, keys)", "providers.openai unwraps"),
        ("widgets.key_desk", "def other(k): k.reveal()", "widgets.key_desk.other unwraps"),
        ("widgets.key_desk", "class KeyDesk:\n def _refer(self, name): name.reveal()", ""),
        ("keys.store", "secret.reveal()", ""),
    ],
}


@pytest.mark.parametrize(
    ("rule", "name", "code", "sentence"),
    [(rule, *example) for rule, examples in EXAMPLES.items() for example in examples],
)
def test_a_rule_sees_what_it_is_for_and_leaves_the_rest_alone(
    rule: Rule, name: str, code: str, sentence: str
) -> None:
    said = rule(Source(name, ast.parse(code)))
    assert len(said) == bool(sentence)
    assert "".join(said).startswith(sentence)


def test_a_module_without_a_floor_is_asked_for() -> None:
    for name, code in (("novelty", "import os"), ("errors", "import byok_widgets.novelty")):
        with pytest.raises(AssertionError, match=r"byok_widgets.novelty has no floor yet: add it to FLOORS"):
            broken_floors(Source(name, ast.parse(code)))


# What is loaded when


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        (f"import {PACKAGE}", {"openai", "anthropic", "httpx2", "pydantic", *UI_LIBRARIES, f"{PACKAGE}.flow"}),
        (f"from {PACKAGE} import Flow; Flow('first look')", {"openai", "anthropic", *UI_LIBRARIES}),
        (FIRST_LOOK, {"openai", "anthropic"}),
    ],
    ids=["package", "flow", "panel"],
)
def test_nothing_large_is_loaded_before_it_is_needed(code: str, unwanted: set[str]) -> None:
    listed = "\nimport sys; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code + listed], capture_output=True, text=True, check=True, timeout=60
    )
    assert unwanted & set(ran.stdout.split()) == set()
