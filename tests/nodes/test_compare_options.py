"""The options of a comparison: each is there once, and all entry points take the same."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.nodes.model_node import ModelNode


def taken_by(method: object) -> dict[str, object]:
    """Return the options of a method, with their defaults."""
    parameters = inspect.signature(method).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


OPTIONS = {field.name: field.default for field in fields(CompareOptions)}


@pytest.mark.parametrize("method", [ModelNode.compare, Flow.compare], ids=["node", "flow"])
def test_compare_takes_each_option_with_its_default(method: object) -> None:
    assert taken_by(method) == OPTIONS | {"wait": None}


def test_what_the_search_for_an_assignment_takes_are_the_same_options() -> None:
    taken = taken_by(Flow.optimise)
    assert taken.pop("metrics") is None
    assert taken.pop("margin") is inspect.Parameter.empty, "it has to be declared"
    assert taken.pop("metric") == "all"
    assert taken.items() <= OPTIONS.items()


def test_an_option_that_does_not_exist_is_refused_with_the_nearest() -> None:
    assert CompareOptions.of({"repeat": 3}, "acompare") == CompareOptions(repeat=3)
    with pytest.raises(ConfigError) as caught:
        CompareOptions.of({"repeats": 3}, "acompare")
    assert caught.value.kind == "unknown_name"
    assert "repeat" in caught.value.fix
