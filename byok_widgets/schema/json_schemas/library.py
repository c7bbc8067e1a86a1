"""`jsonschema`, imported without the seconds that it takes beside JupyterLab.

JupyterLab brings the package that checks the format "iri" for it, and that package builds a large grammar when it
is imported. Here the grammar is built when a first value of that format is checked, which is hardly ever.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType


def _is_valid_syntax(term: str, value: str) -> bool:
    try:
        from rfc3987_syntax import is_valid_syntax
    except ImportError:
        return True  # as jsonschema without that package does: the format is then not checked

    return bool(is_valid_syntax(term, value))


@contextmanager
def _grammar_deferred() -> Iterator[None]:
    """Let a stand-in be imported in place of the grammar, which it imports when it is called."""
    if "rfc3987_syntax" in sys.modules or find_spec("rfc3987_syntax") is None:
        yield
        return
    stand_in = ModuleType("rfc3987_syntax")
    stand_in.is_valid_syntax = _is_valid_syntax  # type: ignore[attr-defined]
    sys.modules["rfc3987_syntax"] = stand_in
    try:
        yield
    finally:
        del sys.modules["rfc3987_syntax"]


with _grammar_deferred():
    import jsonschema as jsonschema  # noqa: PLC0414 - the others import it from here
