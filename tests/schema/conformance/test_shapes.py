"""Objects of classes, as a model writes them, through two protocols: what a class takes is taken, and no more."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from byok_widgets.schema import ExtractionSchema
from tests.schema.conformance.answers import Answers, through_protocols
from tests.schema.conformance.shapes import SHAPES, Shape, Typed, taken
from tests.schema.conformance.test_json_schemas import FORMS, as_said

BY_PYDANTIC = [shape for shape in SHAPES if shape.kind is not Typed]
"""Before Python 3.12, pydantic alone does not take a `TypedDict` of the standard library."""


def test_there_are_many() -> None:
    assert len(SHAPES) >= 40


@pytest.mark.parametrize("shape", BY_PYDANTIC, ids=str)
def test_the_class_alone_agrees_with_the_cases(shape: Shape) -> None:
    for value in shape.valid:
        taken(shape.kind, value)
    for value in shape.invalid:
        with pytest.raises(ValueError, match=r"\w"):
            taken(shape.kind, value)


@pytest.mark.parametrize(("shape", "answers"), through_protocols(SHAPES), indirect=["answers"])
def test_what_a_class_takes_becomes_its_object(shape: Shape, answers: Answers) -> None:
    node = answers.node(shape.kind)
    for value in shape.valid:
        for form in FORMS:
            found = answers.read(node, as_said(value, node.schema, form))
            assert not found.problems, (form, value)
            assert found.complete
            assert found.record == (value if shape.kind is Typed else taken(shape.kind, value))
            assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == found


@pytest.mark.parametrize(("shape", "answers"), through_protocols(SHAPES), indirect=["answers"])
def test_what_a_class_rejects_is_never_found(shape: Shape, answers: Answers) -> None:
    node = answers.node(shape.kind)
    for value in shape.invalid:
        for form in FORMS:
            found = answers.read(node, as_said(value, node.schema, form))
            assert found.problems or "incomplete" in found.status.values(), (form, value)
            assert not found.complete
            assert found.record is None


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_each_value_reads_alike_whether_or_not_others_are_missing(shape: Shape) -> None:
    schema = ExtractionSchema.of(shape.kind)
    for value in shape.valid:
        together = schema.check(json.loads(json.dumps(value)))
        for name in (name for name, said in value.items() if said is not None):
            alone = schema.check({name: value[name]})
            stated = [field for field, status in alone.status.items() if status == "found"]
            assert alone.problems == {} or shape.kind.__name__ == "WholeBefore"
            assert all(alone.values[field] == together.values[field] for field in stated)
