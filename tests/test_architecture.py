"""The architecture: who may import whom, where UI libraries and SDKs are named, and where a key is revealed.

A new module or package at the top of the package gets its line in `MAY_IMPORT`.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import byok_widgets

PACKAGE = "byok_widgets"
SMALL = (
    "delegation errors findings files markup messages misplaced_keys natural_guesses plain_values secrets"
    " sent_request strict_attributes templates value_words"
)
"""Values and small tools that every package above them may use."""

MAY_IMPORT = {
    "secrets": "",
    "markup": "",
    "errors": "markup secrets",
    "error_kinds": "",
    "files": "",
    "findings": "",
    "frontend": "",
    "grounding": "",
    "natural_guesses": "errors",
    "messages": "errors markup natural_guesses",
    "misplaced_keys": "errors secrets",
    "sent_request": "messages secrets",
    "strict_attributes": "errors secrets",
    "delegation": "",
    "plain_values": "",
    "value_words": "",
    "engine": "errors frontend",
    "template_sandbox": "",
    "template_environment": "template_sandbox value_words",
    "templates": "engine errors plain_values strict_attributes template_environment",
    "keys": f"{SMALL} engine",
    "schema": SMALL,
    "config": f"{SMALL} engine keys",
    "providers": f"{SMALL} config engine keys schema",
    "nodes": f"{SMALL} config engine grounding keys providers schema",
    "graph": f"{SMALL} nodes schema",
    "session": f"{SMALL} config engine graph nodes providers schema",
    "diagnostics": f"{SMALL} config engine graph keys nodes providers schema",
    "flow": f"{SMALL} config diagnostics engine frontend graph keys nodes providers schema session",
    "widgets": f"{SMALL} config diagnostics engine flow frontend graph keys nodes providers schema session",
    "cli": f"{SMALL} flow providers schema",
    "__main__": "cli",
}
"""For each package and top module, those it may import; the lowest come first."""

UI_LIBRARIES = {"ipywidgets", "anywidget", "traitlets", "IPython"}
SDKS = {"openai", "anthropic"}
NAMES_SDKS = "providers.protocols."
MAY_REVEAL = {
    "providers.protocols.sdk_provider": {"SdkProvider._client"},
    "widgets.panel.key_controller": {"KeyController._refer"},  # the name of a variable, typed into the key field
}
KEEPS_KEYS = ("keys", "secrets")

FIRST_LOOK = """
from byok_widgets import Flow
from byok_widgets.widgets.panel.settings import SettingsPanel
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
        """Give what is imported anywhere in the module: at once, lazily, for type checkers, by `import_module`."""
        at_once = {id(node) for node in _run_at_import(self.tree)}
        for node in ast.walk(self.tree):
            for name in self._named(node):
                yield Import(name, id(node) in at_once)

    def inside(self) -> set[str]:
        """Return the dotted names inside this package that are imported; `""` for the package itself."""
        names = {found.name for found in self.imports()}
        return {name.partition(".")[2] for name in names if name.partition(".")[0] == PACKAGE}

    def _named(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{self.name}: imports are absolute here"
            return [f"{node.module}.{alias.name}" for alias in node.names]
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
        if "node_modules" not in path.parts
    ]


SOURCES = _sources()


# The rules for one module: each gives a sentence for each violation


def forbidden_imports(source: Source) -> list[str]:
    """The package itself is the entrance: it names everything for type checkers, and loads `frontend` alone."""
    if not source.name:
        return [
            f"{PACKAGE} loads {found.name} when it is imported."
            for found in source.imports()
            if found.at_once
            and found.name.startswith(PACKAGE)
            and not found.name.startswith(f"{PACKAGE}.frontend")
        ]
    assert source.top in MAY_IMPORT, f"Add {PACKAGE}.{source.top} to MAY_IMPORT in {Path(__file__).name}."
    tops = {name.partition(".")[0] for name in source.inside()} - {"", source.top, "__version__"}
    return [
        f"{source.name} imports {name}." for name in sorted(tops) if name not in MAY_IMPORT[source.top].split()
    ]


def ui_outside_widgets(source: Source) -> list[str]:
    if source.top == "widgets":
        return []
    named = {found.name.partition(".")[0] for found in source.imports()}
    return [f"{source.name} names {library}; only widgets/ does." for library in sorted(named & UI_LIBRARIES)]


def sdk_outside_its_protocol(source: Source) -> list[str]:
    violations = []
    for found in source.imports():
        sdk = found.name.partition(".")[0]
        if sdk not in SDKS:
            continue
        if not source.name.startswith(NAMES_SDKS):
            violations.append(f"{source.name} names {sdk}; only {NAMES_SDKS}* may.")
        elif found.at_once:
            violations.append(f"{source.name} loads {sdk} when it is imported; do it when a client is made.")
    return violations


def revealed_elsewhere(source: Source) -> list[str]:
    if source.top in KEEPS_KEYS:
        return []
    allowed = MAY_REVEAL.get(source.name, set())
    where = {scope for scope, node in _scopes(source.tree) if getattr(node, "attr", None) == "reveal"}
    return [f"{source.name}.{scope}".strip(".") + " reveals a key." for scope in sorted(where - allowed)]


def _scopes(node: ast.AST, scope: str = "") -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        yield scope, child
        inner = getattr(child, "name", "") if isinstance(child, (ast.ClassDef, ast.FunctionDef)) else ""
        if isinstance(child, ast.AsyncFunctionDef):
            inner = child.name
        yield from _scopes(child, f"{scope}.{inner}".strip(".") if inner else scope)


VENDORS = re.compile(
    r"openai|anthropic|openrouter|gemini|mistral|claude|\bgpt|groq|\bxai\b|hugging ?face", re.IGNORECASE
)
NOT_A_VENDOR = re.compile(r"OpenAI-compatible")
"""The field's term for a kind of endpoint."""
MAY_NAME_VENDORS = re.compile(
    r"providers(\.(openai|anthropic|openrouter|gemini|mistral|foreign_keys)|\.protocols\..*)?"
    r"|providers\.local\.catalog"
)
"""A vendor's own module, the registry, key formats of others, imports of SDKs, the source of local models."""


def vendor_named_elsewhere(source: Source) -> list[str]:
    if MAY_NAME_VENDORS.fullmatch(source.name):
        return []
    found = VENDORS.findall(NOT_A_VENDOR.sub("", ast.unparse(source.tree)))
    return [f"{source.name} names {name}; only its own module does." for name in sorted(set(found))]


Rule = Callable[[Source], list[str]]
RULES: list[Rule] = [
    forbidden_imports,
    ui_outside_widgets,
    sdk_outside_its_protocol,
    revealed_elsewhere,
    vendor_named_elsewhere,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_follows_the_rules(rule: Rule) -> None:
    assert [sentence for source in SOURCES for sentence in rule(source)] == []


# The rule for all modules together


def module_graph(sources: list[Source]) -> Mapping[str, set[str]]:
    """Return which modules each module imports, lazy and type-checking imports counted.

    What a package's `__init__` re-exports counts as an import of that `__init__`. Parent packages, which Python
    loads by itself, and the package's own lazy table are no imports.
    """
    names = {source.name for source in sources} - {""}

    def module_of(name: str) -> str:
        return name if name in names else name.rpartition(".")[0]

    return {
        source.name: {module_of(name) for name in source.inside()} & names - {source.name}
        for source in sources
        if source.name
    }


def import_cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other in a circle."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        ahead = [start]
        while ahead:
            new = graph.get(ahead.pop(), set()) - seen
            seen |= new
            ahead += new
        return seen

    reach = {name: reachable(name) for name in graph}
    groups = {
        frozenset(other for other in reach[name] if name in reach[other]) for name in graph if name in reach[name]
    }
    return sorted(sorted(group) for group in groups)


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert import_cycles(module_graph(SOURCES)) == []


@pytest.mark.parametrize(
    "second", ["import {0}.a", "def f():\n from {0}.a import x", "if TYPE_CHECKING:\n from {0} import a"]
)
def test_a_circle_is_found_however_it_is_closed(second: str) -> None:
    first = Source("a", ast.parse(f"from {PACKAGE} import b"))
    middle = Source("b", ast.parse(f"from {PACKAGE}.c import y"))
    last = Source("c", ast.parse(second.format(PACKAGE)))
    assert import_cycles(module_graph([first, middle, last])) == [["a", "b", "c"]]
    assert import_cycles(module_graph([first, middle, Source("c", ast.parse("import os"))])) == []


def test_packages_import_downwards_only() -> None:
    order = list(MAY_IMPORT)
    for name, allowed in MAY_IMPORT.items():
        assert [other for other in allowed.split() if order.index(other) >= order.index(name)] == [], name


def test_the_tables_name_nothing_that_is_gone() -> None:
    names = {source.name for source in SOURCES}
    assert set(MAY_IMPORT) <= names
    assert set(MAY_REVEAL) <= names
    for module, allowed in MAY_REVEAL.items():
        (source,) = [source for source in SOURCES if source.name == module]
        assert allowed <= {scope for scope, node in _scopes(source.tree) if getattr(node, "attr", "") == "reveal"}


# The rules see what they are for: module, code, and how the sentence starts; an empty one is no violation

EXAMPLES: dict[Rule, list[tuple[str, str, str]]] = {
    forbidden_imports: [
        ("errors", "from byok_widgets.engine import ENGINE", "errors imports engine."),
        ("keys.store", "import byok_widgets.nodes.base", "keys.store imports nodes."),
        ("nodes.base", "from byok_widgets import flow", "nodes.base imports flow."),
        ("schema", "def f():\n from byok_widgets.cli import x", "schema imports cli."),
        ("flow", "import_module('byok_widgets.widgets')", "flow imports widgets."),
        ("", "from byok_widgets.flow import Flow", "byok_widgets loads byok_widgets.flow"),
        ("", "if TYPE_CHECKING:\n from byok_widgets.flow import Flow", ""),
        ("cli", "from byok_widgets import __version__", ""),
        ("widgets.chat", "from byok_widgets.flow import Flow\nimport byok_widgets.errors", ""),
    ],
    ui_outside_widgets: [
        ("flow", "def f():\n import IPython.display", "flow names IPython"),
        ("cli", "if TYPE_CHECKING:\n from ipywidgets import VBox", "cli names ipywidgets"),
        ("widgets.settings", "import ipywidgets", ""),
    ],
    sdk_outside_its_protocol: [
        ("nodes.base", "def f():\n import openai", "nodes.base names openai"),
        ("providers.acme", "def f():\n import openai", "providers.acme names openai"),
        ("flow", "if TYPE_CHECKING:\n import anthropic", "flow names anthropic"),
        ("flow", "importlib.import_module('openai.types')", "flow names openai"),
        ("providers.protocols.chat", "from openai import OpenAI", "providers.protocols.chat loads openai"),
        ("providers.protocols.chat", "class A:\n import openai", "providers.protocols.chat loads openai"),
        ("providers.protocols.chat", "if TYPE_CHECKING:\n import openai\ndef f():\n import openai", ""),
        ("providers", "from byok_widgets.providers.openai import OpenAIProvider", ""),
    ],
    vendor_named_elsewhere: [
        ("keys.store", "if provider == 'openai': pass", "keys.store names openai"),
        ("schema.wire", "'What Claude takes'", "schema.wire names Claude"),
        ("providers.openai", "name = 'openai'", ""),
        ("widgets.panel.settings", "'An OpenAI-compatible endpoint'", ""),
    ],
    revealed_elsewhere: [
        ("nodes.base", "class A:\n async def b(self): k.reveal()", "nodes.base.A.b reveals"),
        ("providers.openai", "map(Secret.reveal, keys)", "providers.openai reveals"),
        ("widgets.panel.key_controller", "def other(k): k.reveal()", "widgets.panel.key_controller.other reveals"),
        ("widgets.panel.key_controller", "class KeyController:\n def _refer(self, name): name.reveal()", ""),
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
    found = rule(Source(name, ast.parse(code)))
    assert len(found) == bool(sentence)
    assert "".join(found).startswith(sentence)


def test_a_new_package_has_to_be_given_its_line() -> None:
    with pytest.raises(AssertionError, match=r"byok_widgets\.novelty"):
        forbidden_imports(Source("novelty", ast.parse("import os")))


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
