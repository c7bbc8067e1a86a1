"""`jsonschema` beside JupyterLab: imported at once, and able to check all that it could."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import sys
from byok_widgets.schema.json_schemas.library import jsonschema
assert "lark" not in sys.modules
kind = jsonschema.Draft202012Validator
checked = kind({"format": "iri"}, format_checker=kind.FORMAT_CHECKER)
print(checked.is_valid("https://ä.example/"), checked.is_valid("no iri"), "lark" in sys.modules)
"""

_OF_OTHERS = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
start = threading.Barrier(8)

def use(number):
    start.wait()
    if number % 2:
        from byok_widgets.schema.json_schemas.library import jsonschema
        return jsonschema.Draft202012Validator.FORMAT_CHECKER.conforms("no iri", "iri")
    import rfc3987_syntax
    from rfc3987_syntax import RFC3987_SYNTAX_TERMS, is_valid_syntax, make_syntax_validator
    from rfc3987_syntax.utils import load_grammar
    assert "iri" in RFC3987_SYNTAX_TERMS and not hasattr(rfc3987_syntax, "nothing")
    return rfc3987_syntax.is_valid_syntax("iri", "no iri") or is_valid_syntax("iri", "no iri")

with ThreadPoolExecutor(8) as pool:
    print(*pool.map(use, range(8)))
"""

_BROKEN = """
import sys
from pathlib import Path
Path("rfc3987_syntax.py").write_text({broken!r})
sys.path.insert(0, "")
from byok_widgets.schema.json_schemas.library import jsonschema
kind = jsonschema.Draft202012Validator
checked = kind({{"format": "iri"}}, format_checker=kind.FORMAT_CHECKER)
print(checked.is_valid("https://a.example/"), checked.is_valid("no iri"))
"""


def _run(program: str, folder: Path | None = None) -> tuple[list[str], str]:
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.split(), done.stderr


def test_the_grammar_of_iris_is_built_when_it_is_needed() -> None:
    pytest.importorskip("rfc3987_syntax")
    assert _run(_PROGRAM) == (["True", "False", "True"], "")


def test_code_that_uses_the_grammar_itself_has_all_of_it_in_every_thread() -> None:
    pytest.importorskip("rfc3987_syntax")
    assert _run(_OF_OTHERS) == (["False"] * 8, "")


@pytest.mark.parametrize("broken", ["raise ImportError('a part is missing')", "1 / 0", "", "other = 1"])
def test_a_grammar_that_cannot_be_used_leaves_the_format_unchecked(tmp_path: Path, broken: str) -> None:
    assert _run(_BROKEN.format(broken=broken), tmp_path) == (["True", "True"], "")
