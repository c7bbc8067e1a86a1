"""The suggestion to teach a node that runs on a local model."""

from __future__ import annotations

import re

import pytest

from byok_widgets import Flow
from byok_widgets.findings import Finding


@pytest.fixture
def flow() -> Flow:
    flow = Flow("to teach")
    flow.model = "local:smollm2-135m"
    flow.extraction("data", name=str, day=["Mon", "Tue"])
    return flow


def suggested(flow: Flow) -> list[Finding]:
    return [finding for finding in flow.check().suggestions if finding.kind == "few_examples"]


def test_it_goes_with_the_second_example(flow: Flow) -> None:
    for text, has in (("On Mon", "no examples"), ("On Tue", "1 example")):
        assert has in suggested(flow)[0].problem
        flow.node("data").teach(text, {})
    assert not suggested(flow)


def test_it_is_nothing_to_fix(flow: Flow) -> None:
    found = flow.check()
    assert suggested(flow)
    assert not [finding for finding in found if finding.kind == "few_examples"]
    assert "suggestion: " in repr(found)
    assert "suggestion" in found._repr_html_()


def test_it_stands_on_a_line_of_its_own_where_nothing_is_to_fix(flow: Flow) -> None:
    flow.conversation("ask", "Ask.")
    flow.connect("data", "ask")
    flow.connect("ask", "data")
    nothing, suggestion = re.findall(r"<div[^>]*>(.*?)</div>", flow.check()._repr_html_())
    assert nothing.startswith("No problems found")
    assert "suggestion: " in suggestion


def test_other_models_and_nodes_need_none(flow: Flow) -> None:
    flow.conversation("ask", "Ask.")
    flow.node("data").model = "openai:gpt-6-luna"
    assert not suggested(flow)


def test_a_flow_without_a_model_has_other_cares(flow: Flow) -> None:
    flow.provider, flow.model = "openai", None
    assert not suggested(flow)
