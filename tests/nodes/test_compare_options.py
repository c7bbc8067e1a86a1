"""The options of a comparison: each is there once, and both entry points take the same."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from byok_widgets import ConfigError
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.nodes.model_node import ModelNode


def test_compare_takes_each_option_with_its_default() -> None:
    parameters = inspect.signature(ModelNode.compare).parameters.values()
    taken = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
    assert taken.pop("wait") is None
    assert taken == {field.name: field.default for field in fields(CompareOptions)}


def test_an_option_that_does_not_exist_is_refused_with_the_nearest() -> None:
    assert CompareOptions.of({"repeat": 3}, "acompare") == CompareOptions(repeat=3)
    with pytest.raises(ConfigError) as caught:
        CompareOptions.of({"repeats": 3}, "acompare")
    assert caught.value.kind == "unknown_name"
    assert "repeat" in caught.value.fix
