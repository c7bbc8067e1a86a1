"""What a logic condition tells of the variables it reads: true of all values, and as much as can be told."""

from __future__ import annotations

from itertools import product

import pytest

from byok_widgets import ConfigError
from byok_widgets.graph.conditions import ElseCondition, FunctionCondition, PromptCondition, logic_condition

VALUES = {"a": [None, 0, 1, 5, True, False, "x"], "b": [None, 0, 1, True, "x"]}

CONDITIONS = [
    ("a is not None", {"a"}, set()),
    ("a is None", set(), {"a"}),
    ("a != None", {"a"}, set()),
    ("not (a is None)", {"a"}, set()),
    ("a", {"a"}, set()),
    ("not a", {"a"}, set()),
    ("a == 1", {"a"}, set()),
    ("0 < a < 3", {"a"}, set()),
    ("a in [1, b]", {"a"}, set()),
    ("a + b > 1", {"a", "b"}, set()),
    ("a is not None and b is not None", {"a", "b"}, set()),
    ("a is None or b is None", set(), {"a", "b"}),
    ("a is None and b is None", set(), set()),
    ("a is not None or b is not None", set(), set()),
    ("(a == 1 and b == 1) or a == 5", {"a"}, set()),
    ("not (a is None or b is None)", {"a", "b"}, set()),
    ("not (a is not None and b is not None)", set(), {"a", "b"}),
    ("(a == 1) == (b == 1)", {"a", "b"}, set()),
]


@pytest.mark.parametrize(("text", "holds", "does_not"), CONDITIONS)
def test_what_is_stated_where_it_holds_and_where_it_does_not(
    text: str, holds: set[str], does_not: set[str]
) -> None:
    condition = logic_condition(text)
    assert (condition.stated(holds=True), condition.stated(holds=False)) == (holds, does_not)
    for values in product(*VALUES.values()):
        variables = dict(zip(VALUES, values, strict=True))
        stated = {name for name, value in variables.items() if value is not None}
        try:
            found = condition.evaluate(variables)
        except ConfigError:
            continue
        assert condition.stated(holds=found) <= stated, variables


def test_a_sentence_tells_nothing_and_a_function_cannot_be_looked_into() -> None:
    for condition in (PromptCondition("they said a"), ElseCondition()):
        assert condition.stated(holds=True) == condition.stated(holds=False) == frozenset()
    assert FunctionCondition(lambda variables: bool(variables["a"])).stated(holds=True) is None
