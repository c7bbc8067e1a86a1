"""When the validator of JSON Schemas is loaded: not for a definition, but before an answer is checked."""

from __future__ import annotations

import subprocess
import sys

from byok_widgets.schema.json_schemas.json_checker import is_loaded, json_checker
from tests.schema.conformance.answers import Answers

_DEFINED = """\
import sys
from byok_widgets import Flow
part = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]}
Flow("defined").extraction("data", {"type": "object", "properties": {"x": {"anyOf": [part, {"type": "null"}]}}})
print("jsonschema" in sys.modules)"""


def test_defining_a_usual_schema_does_not_load_it() -> None:
    done = subprocess.run([sys.executable, "-c", _DEFINED], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False"]


def test_an_answer_is_checked_although_it_was_not_loaded(answers: Answers) -> None:
    node = answers.node({"type": "object", "properties": {"x": {"type": "integer", "maximum": 3}}})
    json_checker.cache_clear()
    assert not is_loaded()
    assert answers.read(node, '{"x": 4}').status == {"x": "invalid"}
    assert is_loaded()
