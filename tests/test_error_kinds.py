"""The kinds of errors are listed, each with its meaning, and none is listed that cannot occur."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import byok_widgets
from byok_widgets.error_kinds import KINDS

PACKAGE = Path(byok_widgets.__file__).parent
AREAS = (
    *("attributes/*.py", "keys/**/*.py", "config/*.py", "engine/*.py", "files/*.py", "cli/*.py"),
    *("recording/*.py", "templates/*.py", "*.py"),
)


def trees() -> Iterator[ast.AST]:
    for area in AREAS:
        for path in PACKAGE.glob(area):
            if path.stem != "error_kinds":
                yield ast.parse(path.read_text(encoding="utf-8"))


def kinds_given(tree: ast.AST) -> Iterator[str]:
    """Yield the strings that are passed as `kind` to an error, or to a function that makes one."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "id", "")
            kinds = [given.value for given in call.keywords if given.arg == "kind"]
            if name.endswith("Error") or name == "_told":
                yield from (kind.value for kind in kinds if isinstance(kind, ast.Constant))


def test_each_kind_that_is_raised_is_listed() -> None:
    given = {kind for tree in trees() for kind in kinds_given(tree)}
    assert len(given) > 30, "the search finds the raised kinds"
    assert given - set(KINDS) == set()


def test_each_kind_that_is_listed_can_occur() -> None:
    texts = {node.value for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert [kind for kind in KINDS if kind not in texts] == []


def test_each_kind_has_its_meaning_in_one_line() -> None:
    assert all(meaning and "\n" not in meaning for meaning in KINDS.values())
    assert len(set(KINDS.values())) == len(KINDS)
