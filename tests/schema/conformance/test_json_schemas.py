"""Objects that JSON Schemas allow and forbid, as a model writes them, through two protocols."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from byok_widgets.schema import ExtractionSchema
from byok_widgets.schema.request.wire import to_wire
from tests.schema.conformance.answers import Answers, through_protocols
from tests.schema.conformance.json_schemas import CASES, Case

FORMS = ("written", "wire")


def test_there_are_many() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_reference_validator_agrees_with_the_cases(case: Case) -> None:
    kind = jsonschema.validators.validator_for(case.schema, default=jsonschema.Draft202012Validator)
    checker = kind(case.schema, format_checker=kind.FORMAT_CHECKER)
    assert all(checker.is_valid(value) for value in case.valid)
    assert not any(checker.is_valid(value) for value in case.invalid)


@pytest.mark.parametrize(("case", "answers"), through_protocols(CASES), indirect=["answers"])
def test_allowed_objects_arrive_as_they_were_written(case: Case, answers: Answers) -> None:
    node = answers.node(case.schema)
    for value in case.valid:
        for form in FORMS:
            found = answers.read(node, as_said(value, node.schema, form))
            assert not found.problems, (form, value)
            assert {name: said for name, said in found.values.items() if said is not None} == value


@pytest.mark.parametrize(("case", "answers"), through_protocols(CASES), indirect=["answers"])
def test_forbidden_objects_are_never_found(case: Case, answers: Answers) -> None:
    node = answers.node(case.schema)
    for value in case.invalid:
        for form in FORMS:
            found = answers.read(node, as_said(value, node.schema, form))
            assert found.problems or "incomplete" in found.status.values(), (form, value)
            assert not found.complete


def as_said(value: dict[str, Any], schema: ExtractionSchema, form: str) -> str:
    """Return an object as people write it, or as the provider's schema asks for it."""
    if form == "written":
        return json.dumps(value)
    named = {name: spec for spec in schema.fields for name in (*spec.aliases, spec.name) if name in value}
    said = {spec.name: to_wire(value[name], spec.shape) for name, spec in named.items()}
    return json.dumps({spec.name: said.get(spec.name) for spec in schema.fields})
