"""The architecture: who may import whom, where UI libraries and SDKs are named, and where a key is revealed.

A new module or package at the top of the package gets its line in `MAY_IMPORT`.
"""

from __future__ import annotations

import ast
import gc
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

import pytest

import byok_widgets
from byok_widgets.graph.conditions import CONDITIONS
from byok_widgets.keys.backends.registry import BACKENDS
from byok_widgets.nodes.registry import NODE_KINDS

PACKAGE = "byok_widgets"
SMALL = (
    "attributes child_python display errors files findings foreign_exceptions hashing lazy_names messages"
    " misplaced_keys plain_values reply secrets sent_request surrogates"
    " templates text_forms thought_tags usage"
)
"""Values and small tools that every package above them may use."""

MAY_IMPORT = {
    "child_python": "",
    "display": "",
    "secrets": "",
    "usage": "display",
    "errors": "display secrets usage",
    "error_kinds": "",
    "foreign_exceptions": "secrets",
    "files": "errors secrets",
    "findings": "display secrets",
    "frontend": "",
    "hashing": "",
    "lazy_names": "",
    "text_forms": "",
    "grounding": "display text_forms",
    "thought_tags": "",
    "surrogates": "",
    "messages": "display errors secrets surrogates",
    "attributes": "errors secrets",
    "sent_request": "display messages secrets",
    "reply": "attributes display grounding messages sent_request usage",
    "misplaced_keys": "errors secrets",
    "plain_values": "",
    "engine": "errors frontend usage",
    "templates": "attributes display engine errors foreign_exceptions lazy_names plain_values secrets surrogates ",
    "keys": f"{SMALL} engine",
    "schema": SMALL,
    "config": f"{SMALL} engine keys",
    "providers": f"{SMALL} config engine keys schema",
    "nodes": f"{SMALL} config engine frontend grounding keys providers schema",
    "graph": f"{SMALL} nodes schema",
    "session": f"{SMALL} config engine frontend graph nodes providers schema",
    "recording": f"{SMALL} config engine frontend nodes providers",
    "cases": f"{SMALL} config engine graph grounding nodes providers schema session",
    "compare": f"{SMALL} cases config engine frontend graph keys nodes providers schema session",
    "testing": f"{SMALL} cases compare nodes providers session",
    "diagnostics": f"{SMALL} config engine graph keys nodes providers schema",
    "export": f"{SMALL} config graph nodes providers schema",
    "serve": f"{SMALL} config engine graph keys nodes providers schema session",
    "flow": (
        f"{SMALL} cases compare config diagnostics engine export frontend graph keys nodes providers recording"
        " schema serve"
        " session testing"
    ),
    "widgets": (
        f"{SMALL} cases compare config diagnostics engine flow frontend graph keys nodes providers schema serve"
        " session testing"
    ),
    "extending": f"{SMALL} engine export graph keys nodes providers",
    "bundle": f"{SMALL} config export flow providers",
    "file_tests": f"{SMALL} cases flow providers testing",
    "pytest_plugin": "file_tests",
    "teaching": f"{SMALL} bundle config export flow keys providers recording",
    "site": f"{SMALL} bundle",
    "cli": (
        f"{SMALL} bundle cases engine file_tests flow keys providers recording schema serve site teaching testing"
    ),
    "__main__": "cli",
}
"""For each package and top module, those it may import; the lowest come first."""

UI_LIBRARIES = {"ipywidgets", "anywidget", "traitlets", "IPython"}
SDKS = {"openai", "anthropic"}
IMPORTERS = {
    "importlib.import_module",
    "importlib.__import__",
    "importlib.util.find_spec",
    "pkgutil.resolve_name",
    "runpy.run_module",
    "runpy.run_path",
    "sys.modules.get",
    "__import__",
}
"""What loads or finds a module by a name given as text."""
MAY_COMPUTE_IMPORTS = {"", "lazy_names", "nodes.action.function", "cli.action_functions"}
"""The lazy tables, whose modules are counted where they are named; the look-up of a person's own function, which
loads nothing; the modules of action functions that a person names on the command line."""
OWN_MODULE = re.compile(rf"({PACKAGE}(?:\.\w+)+)(?::[\w.]+)?")
NAMES_SDKS = "providers.protocols."
MAY_REVEAL = {
    "providers.protocols.sdk_provider": {"SdkProvider._client"},
    "widgets.panel.key_controller": {
        "KeyController._refer",  # the name of a variable, typed into the key field
        "KeyController._require_key_variable",
    },
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

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All of the tree, which each rule goes through."""
        return list(ast.walk(self.tree))

    @cached_property
    def imports(self) -> list[Import]:
        """What is imported anywhere in the module: at once, lazily, for type checkers, by `import_module`."""
        at_once = {id(node) for node in _run_at_import(self.tree)}
        named = [Import(name, id(node) in at_once) for node in self.nodes for name in self._named(node)]
        return named + [Import(name, False) for node in self.nodes for name in self._mentioned(node)]

    def inside(self) -> set[str]:
        """Return the dotted names inside this package that are imported; `""` for the package itself."""
        names = {found.name for found in self.imports}
        return {name.partition(".")[2] for name in names if name.partition(".")[0] == PACKAGE}

    def _named(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{self.name}: imports are absolute here"
            return [f"{node.module}.{alias.name}" for alias in node.names]
        if isinstance(node, ast.Call) and self._origin(node.func) in IMPORTERS:
            return [name for name in [_imported_by(node)] if name]
        return []

    def _mentioned(self, node: ast.AST) -> list[str]:
        """Return the modules of this package that are reached without an import statement that names them.

        Whatever looks a module up by its name needs the name: any text that is one counts, but for docstrings.
        """
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in self._data_folders:
            found = OWN_MODULE.fullmatch(node.value)
            return [found[1]] if found else []
        origin = self._origin(node) if isinstance(node, ast.Attribute) else ""
        return [origin] if origin.startswith(f"{PACKAGE}.") else []

    @cached_property
    def _data_folders(self) -> set[int]:
        """The names of packages whose data files are read, which imports no code."""
        calls = [node for node in self.nodes if isinstance(node, ast.Call)]
        return {
            id(arg) for call in calls if self._origin(call.func).endswith("resources.files") for arg in call.args
        }

    def _origin(self, node: ast.AST) -> str:
        """Return what a dotted name stands for, imports under other names resolved; empty for anything else."""
        first, dot, rest = _dotted(node).partition(".")
        return f"{self._bound.get(first, first)}{dot}{rest}" if first else ""

    @cached_property
    def _bound(self) -> dict[str, str]:
        """What the names that imports bind stand for; of this package's modules, those imported as a whole."""
        bound: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                shown = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
                whole = [bool(alias.asname) for alias in node.names]
                bound |= {
                    short: name if is_whole else short
                    for short, name, is_whole in zip(shown, names, whole, strict=True)
                }
            elif isinstance(node, ast.ImportFrom) and node.module in {"importlib", "pkgutil", "runpy", "sys"}:
                bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        return bound

    def computed_imports(self) -> list[str]:
        """Return where a module is looked up by a name that does not stand there, or what does so is handed on."""
        called = {id(node.func): node for node in self.nodes if isinstance(node, ast.Call)}
        found = []
        for node in self.nodes:
            if isinstance(node, (ast.Name, ast.Attribute)) and self._origin(node) in IMPORTERS:
                call = called.get(id(node))
                if call is None or _imported_by(call) is None:
                    found.append(self._origin(node))
            elif isinstance(node, ast.Subscript) and self._origin(node.value) == "sys.modules":
                found += [] if isinstance(node.slice, ast.Constant) else ["sys.modules"]
        return found


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    inner = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inner}.{node.attr}" if isinstance(node, ast.Attribute) and inner else ""


def _imported_by(call: ast.Call) -> str | None:
    """Return the absolute name that a call of an importer names; `None` where it is worked out at run time."""
    given = {keyword.arg: keyword.value for keyword in call.keywords} | dict(
        zip(("name", "package"), call.args, strict=False)
    )
    name = given.get("name", given.get("mod_name"))
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    if not name.value.startswith("."):
        return name.value.partition(":")[0]
    package = given.get("package")
    return f"{package.value}{name.value}" if isinstance(package, ast.Constant) else None


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_at_import(child)


@cache
def sources() -> list[Source]:
    """Return all modules of the package, read by the first test that needs them: their trees are large."""
    root = Path(byok_widgets.__file__).parent
    gc.disable()  # the trees are no garbage, and to look them through takes longer than to make them
    found = [
        Source(
            ".".join(path.relative_to(root).with_suffix("").parts).removesuffix("__init__").removesuffix("."),
            ast.parse(path.read_text(encoding="utf-8")),
        )
        for path in sorted(root.rglob("*.py"))
        if "node_modules" not in path.parts
    ]
    gc.freeze()
    gc.enable()
    return found


# The rules for one module: each gives a sentence for each violation


def forbidden_imports(source: Source) -> list[str]:
    """The package itself is the entrance: it names everything for type checkers, and loads `frontend` alone."""
    if not source.name:
        return [
            f"{PACKAGE} loads {found.name} when it is imported."
            for found in source.imports
            if found.at_once
            and found.name.startswith(PACKAGE)
            and not found.name.startswith(f"{PACKAGE}.frontend")
        ]
    assert source.top in MAY_IMPORT, f"Add {PACKAGE}.{source.top} to MAY_IMPORT in {Path(__file__).name}."
    tops = {name.partition(".")[0] for name in source.inside()} - {"", source.top, "__version__"}
    return [
        f"{source.name} imports {name}." for name in sorted(tops) if name not in MAY_IMPORT[source.top].split()
    ]


def computed_imports(source: Source) -> list[str]:
    if source.name in MAY_COMPUTE_IMPORTS:
        return []
    return [
        f"{source.name} uses {name} with a name that does not stand there." for name in source.computed_imports()
    ]


def ui_outside_widgets(source: Source) -> list[str]:
    if source.top == "widgets":
        return []
    named = {found.name.partition(".")[0] for found in source.imports}
    return [f"{source.name} names {library}; only widgets/ does." for library in sorted(named & UI_LIBRARIES)]


def sdk_outside_its_protocol(source: Source) -> list[str]:
    violations = []
    for found in source.imports:
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
    r"open_?ai|anthropic|open_?router|gemini|google|mistral|claude|(?<![a-z])(?:chat)?gpt|groq|grok"
    r"|(?<![a-z])x_?ai(?![a-z])|hugging[ _-]?face|(?<![a-z])o[134]\b"
    r"|aiza|(?<![a-z])(?:gsk|hf)_|sk-(?:ant|or|proj)",
    re.IGNORECASE,
)
NOT_A_VENDOR = re.compile(r"OpenAI-compatible")
"""The field's term for a kind of endpoint."""
MAY_NAME_VENDORS = re.compile(
    r"providers(\.(openai|anthropic|openrouter|gemini|mistral|foreign_keys))?|providers\.local\.catalog"
    r"|export\.retell\.listed_models"
)
"""A vendor's own module, the registry, key formats of others, the source of local models, the models that another
builder lists."""
KEY_SHAPES = {"secrets.key_shapes"}
"""The general shape of keys, which many vendors share."""
SDK_NAMES = {*SDKS, "AsyncOpenAI", "AsyncAnthropic"}
"""Names in code that belong to an SDK: a protocol may use them, and decide nothing by them."""


def vendor_named_elsewhere(source: Source) -> list[str]:
    if MAY_NAME_VENDORS.fullmatch(source.name):
        return []
    text = _without_sdk(source.tree) if source.name.startswith(NAMES_SDKS) else _words(source)
    return _vendors_in(text, source.name)


def _vendors_in(text: str, name: str) -> list[str]:
    found = set(VENDORS.findall(NOT_A_VENDOR.sub("", text)))
    found -= {each for each in found if name in KEY_SHAPES and each.startswith("sk-")}
    return [f"{name} names {each}; only its own module does." for each in sorted(found)]


def _words(source: Source) -> str:
    """Return the names and texts in code, without comments; writing all of it anew would take seconds."""
    fields = (value for node in source.nodes for _, value in ast.iter_fields(node))
    each = (part for value in fields for part in (value if isinstance(value, list) else [value]))
    return " ".join(str(part) for part in each if isinstance(part, (str, bytes)))


def _without_sdk(tree: ast.Module) -> str:
    """Return the names and texts in a protocol's code, without docstrings and what belongs to the SDK itself."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    words: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            words.append(str(node.value))
        names = (getattr(node, field, "") for field in ("id", "attr", "name", "arg"))
        words += [name for name in names if isinstance(name, str) and name not in SDK_NAMES]
    return " ".join(words)


_KINDS = {kind.__name__: kind for kind in (*NODE_KINDS.values(), *CONDITIONS, *map(type, BACKENDS))}
_NAMES = {name for kind in (*NODE_KINDS.values(), *CONDITIONS) if (name := kind.kind)}
_ATTRIBUTES_OF_KINDS = {"kind", "kinds"}


def kind_decided_elsewhere(source: Source) -> list[str]:
    """A kind declares what others need of it: none asks whether a node, condition or backend is of this kind."""
    found = set()
    for node in source.nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"isinstance", "issubclass"}:
            found |= _named_in(node.args[1]) & _KINDS.keys()
        elif isinstance(node, ast.MatchClass):
            found |= _named_in(node.cls) & _KINDS.keys()
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            asks = any(isinstance(side, ast.Attribute) and side.attr in _ATTRIBUTES_OF_KINDS for side in sides)
            texts = {each.value for side in sides for each in ast.walk(side) if isinstance(each, ast.Constant)}
            found |= {repr(text) for text in texts & _NAMES} if asks else set()
    own = {name for name, kind in _KINDS.items() if kind.__module__ == f"{PACKAGE}.{source.name}"}
    return [f"{source.name} asks for {each}." for each in sorted(found - own)]


def _named_in(node: ast.AST) -> set[str]:
    return {
        each.id if isinstance(each, ast.Name) else each.attr
        for each in ast.walk(node)
        if isinstance(each, (ast.Name, ast.Attribute))
    }


_SENTENCE = re.compile(r"[A-Z][a-z]+ [a-z]")
_COMPARISONS = {"startswith", "endswith", "removeprefix", "removesuffix"}


def decided_by_a_sentence(source: Source) -> list[str]:
    """What people read can be reworded: no code compares with it, or looks for its beginning."""
    found: list[ast.expr] = []
    for node in source.nodes:
        if isinstance(node, ast.Compare):
            found += [node.left, *node.comparators]
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _COMPARISONS
        ):
            found += node.args
    texts = (each.value for each in found if isinstance(each, ast.Constant) and isinstance(each.value, str))
    return [f"{source.name} decides by {text!r}." for text in texts if _SENTENCE.match(text)]


def module_of_the_current_folder(source: Source) -> list[str]:
    """`python -m` looks in the current folder first, where others may have put a module; `-P` forbids it."""
    found = []
    for node in source.nodes:
        given = getattr(node, "elts", None) or getattr(node, "args", None)
        texts = [getattr(each, "value", None) for each in given] if isinstance(given, list) else []
        found += [text for before, text in pairwise([None, *texts]) if text == "-m" and before != "-P"]
    return [f"{source.name} runs {text} without -P." for text in found]


Rule = Callable[[Source], list[str]]
RULES: list[Rule] = [
    forbidden_imports,
    computed_imports,
    ui_outside_widgets,
    sdk_outside_its_protocol,
    revealed_elsewhere,
    vendor_named_elsewhere,
    kind_decided_elsewhere,
    decided_by_a_sentence,
    module_of_the_current_folder,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_follows_the_rules(rule: Rule) -> None:
    assert [sentence for source in sources() for sentence in rule(source)] == []


def test_nor_does_the_program_of_a_class_run_a_module_of_the_current_folder() -> None:
    path = Path(byok_widgets.__file__).parent / "teaching" / "texts" / "start.txt"
    assert module_of_the_current_folder(Source("start", ast.parse(path.read_text(encoding="utf-8")))) == []


def page_files() -> list[Path]:
    """Return the files of the page's side that people write, and the data files beside Python modules."""
    root = Path(byok_widgets.__file__).parent
    generated = {"node_modules", "built", "test", "tests", "lib", "labextension", "static"}
    return [
        path
        for path in sorted(root.rglob("*"))
        if path.suffix in {".ts", ".tsx", ".js", ".css", ".html", ".json"}
        and generated.isdisjoint(path.relative_to(root).parts)
        and path.name != "package-lock.json"
    ]


def test_the_page_names_no_vendor_either() -> None:
    files = page_files()
    assert {path.suffix for path in files} >= {".ts", ".css", ".json"}
    found = [_vendors_in(path.read_text(encoding="utf-8"), path.name) for path in files]
    assert [sentence for sentences in found for sentence in sentences] == []


# The rule for all modules together


def module_graph(sources: list[Source]) -> Mapping[str, set[str]]:
    """Return which modules each module imports, lazy and type-checking imports counted.

    What a package's `__init__` re-exports counts as an import of that `__init__`. Parent packages, which Python
    loads by itself, and the package's own lazy table are no imports.
    """
    names = {source.name for source in sources} - {""}

    def module_of(name: str) -> str:
        while name and name not in names:
            name = name.rpartition(".")[0]
        return name

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
    assert import_cycles(module_graph(sources())) == []


@pytest.mark.parametrize(
    "second",
    [
        "import {0}.a",
        "def f():\n from {0}.a import x",
        "if TYPE_CHECKING:\n from {0} import a",
        "from importlib import import_module\nimport_module('.a', '{0}')",
        "import {0}\n{0}.a.x.y",
        "import {0} as short\nshort.a.x",
        "import sys\nsys.modules['{0}.a']",
        "import pkgutil\npkgutil.resolve_name('{0}.a:x')",
    ],
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
    names = {source.name for source in sources()}
    assert set(MAY_IMPORT) <= names
    assert set(MAY_REVEAL) <= names
    for module, allowed in MAY_REVEAL.items():
        (source,) = [source for source in sources() if source.name == module]
        assert allowed <= {scope for scope, node in _scopes(source.tree) if getattr(node, "attr", "") == "reveal"}


# The rules see what they are for: module, code, and how the sentence starts; an empty one is no violation

EXAMPLES: dict[Rule, list[tuple[str, str, str]]] = {
    kind_decided_elsewhere: [
        ("widgets.chat", "isinstance(node, ExtractionNode)", "widgets.chat asks for ExtractionNode."),
        ("widgets.chat", "isinstance(n, (str, nodes.ActionNode))", "widgets.chat asks for ActionNode."),
        ("graph.edge", "issubclass(kind, LogicCondition)", "graph.edge asks for LogicCondition."),
        ("widgets.chat", "node.kind == 'extraction'", "widgets.chat asks for 'extraction'."),
        ("widgets.chat", "node.kind in ('action', 'x')", "widgets.chat asks for 'action'."),
        ("keys.store", "isinstance(backend, EncryptedFile)", "keys.store asks for EncryptedFile."),
        ("nodes.extraction.node", "isinstance(replaced, ExtractionNode)", ""),
        ("widgets.chat", "node.kind == other.kind or isinstance(node, Node)", ""),
    ],
    decided_by_a_sentence: [
        ("testing.changes", "line.startswith('The flow')", "testing.changes decides by 'The flow'."),
        ("widgets.chat", "if problem == 'It was stopped.': pass", "widgets.chat decides by 'It was stopped.'."),
        ("widgets.chat", "'No key' in note.text", "widgets.chat decides by 'No key'."),
        ("widgets.chat", "name.startswith('Flow') or kind == 'interrupted'", ""),
    ],
    module_of_the_current_folder: [
        ("cli.demo", "[sys.executable, '-m', 'pip']", "cli.demo runs -m without -P."),
        ("cli.demo", "execv(sys.executable, ('-m', 'pip'))", "cli.demo runs -m without -P."),
        ("cli.demo", "run(sys.executable, '-P', '-X', '-m', 'pip')", "cli.demo runs -m without -P."),
        ("cli.demo", "[sys.executable, '-P', '-m', 'pip', *more]", ""),
    ],
    forbidden_imports: [
        ("errors", "from byok_widgets.engine import ENGINE", "errors imports engine."),
        ("keys.store", "import byok_widgets.nodes.base", "keys.store imports nodes."),
        ("nodes.base", "from byok_widgets import flow", "nodes.base imports flow."),
        ("schema", "def f():\n from byok_widgets.cli import x", "schema imports cli."),
        ("flow", "import_module('byok_widgets.widgets')", "flow imports widgets."),
        ("flow", "import_module(name='byok_widgets.widgets')", "flow imports widgets."),
        (
            "flow",
            "from importlib import import_module as load\nload('byok_widgets.widgets')",
            "flow imports widgets.",
        ),
        ("flow", "import importlib\nimportlib.import_module('.widgets', 'byok_widgets')", "flow imports widgets."),
        ("flow", "import byok_widgets\nbyok_widgets.widgets.x", "flow imports widgets."),
        ("flow", "import byok_widgets as b\nb.widgets.x", "flow imports widgets."),
        ("flow", "import pkgutil\npkgutil.resolve_name('byok_widgets.widgets:x')", "flow imports widgets."),
        ("flow", "import sys\nsys.modules['byok_widgets.widgets']", "flow imports widgets."),
        ("flow", "import sys\nsys.modules.get('byok_widgets.widgets')", "flow imports widgets."),
        ("", "from byok_widgets.flow import Flow", "byok_widgets loads byok_widgets.flow"),
        ("", "if TYPE_CHECKING:\n from byok_widgets.flow import Flow", ""),
        ("cli", "from byok_widgets import __version__", ""),
        ("widgets.chat", "from byok_widgets.flow import Flow\nimport byok_widgets.errors", ""),
    ],
    computed_imports: [
        ("flow", "from importlib import import_module\nimport_module(f'{p}.widgets')", "flow uses importlib"),
        ("flow", "import importlib as i\ni.import_module(name)", "flow uses importlib.import_module"),
        ("flow", "import importlib\nload = importlib.import_module", "flow uses importlib.import_module"),
        ("flow", "import importlib\nimportlib.import_module('.widgets', __package__)", "flow uses importlib"),
        ("flow", "__import__(p + '.widgets')", "flow uses __import__"),
        ("flow", "import sys\nsys.modules[p]", "flow uses sys.modules"),
        ("flow", "import sys\nsys.modules.get(p)", "flow uses sys.modules.get"),
        ("cli", "import importlib.util\nimportlib.util.find_spec('jupyterlab')", ""),
        ("", "from importlib import import_module\nimport_module(home)", ""),
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
        ("schema.request.wire", "'What Claude takes'", "schema.request.wire names Claude"),
        ("schema.request.wire", "if provider == 'google': pass", "schema.request.wire names google"),
        ("schema.request.wire", "if 'grok' in model: pass", "schema.request.wire names grok"),
        ("schema.request.wire", "x = 'chatgpt-4o'", "schema.request.wire names chatgpt"),
        ("schema.request.wire", "x = 'hugging-face'", "schema.request.wire names hugging-face"),
        ("schema.request.wire", "xai_key = 1", "schema.request.wire names xai"),
        ("schema.request.wire", "x = 'AIza'", "schema.request.wire names AIza"),
        ("schema.request.wire", "x = 'gsk_'", "schema.request.wire names gsk_"),
        ("schema.request.wire", "x = 'hf_'", "schema.request.wire names hf_"),
        ("schema.request.wire", "if m.startswith('o3'): pass", "schema.request.wire names o3"),
        ("schema.request.wire", "maxai = 'of_x'", ""),
        ("providers.protocols.chat", "if self.name == 'gemini': pass", "providers.protocols.chat names gemini"),
        ("providers.protocols.chat", "def _for_claude(): pass", "providers.protocols.chat names claude"),
        ("providers.protocols.chat", "if name == 'openai': pass", "providers.protocols.chat names openai"),
        (
            "providers.protocols.chat",
            "'Over `openai`.'\ndef f():\n import openai\n return openai.AsyncOpenAI()",
            "",
        ),
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
