"""`jsonschema` beside JupyterLab: imported at once, and able to check all that it could."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import sys
from byok_widgets.schema.json_schemas.library import jsonschema
assert "lark" not in sys.modules and "rfc3987_syntax" not in sys.modules
kind = jsonschema.Draft202012Validator
checked = kind({"format": "iri"}, format_checker=kind.FORMAT_CHECKER)
print(checked.is_valid("https://ä.example/"), checked.is_valid("no iri"), "lark" in sys.modules)
"""

_BROKEN = """
import sys
from pathlib import Path
Path("rfc3987_syntax.py").write_text("raise ImportError('a part of it is missing')")
sys.path.insert(0, "")
from byok_widgets.schema.json_schemas.library import jsonschema
kind = jsonschema.Draft202012Validator
checked = kind({"format": "iri"}, format_checker=kind.FORMAT_CHECKER)
print(checked.is_valid("https://a.example/"), checked.is_valid("no iri"))
"""


def test_the_grammar_of_iris_is_built_when_it_is_needed() -> None:
    pytest.importorskip("rfc3987_syntax")
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["True", "False", "True"], "")


def test_a_grammar_that_cannot_be_imported_leaves_the_format_unchecked(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _BROKEN]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["True", "True"], "")
