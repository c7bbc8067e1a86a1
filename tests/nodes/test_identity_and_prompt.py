"""What a node keeps: its name, a prompt that is text, and in it variables alone."""

from __future__ import annotations

import pytest

from byok_widgets import ConfigError, Flow, TemplateError


@pytest.fixture
def flow() -> Flow:
    flow = Flow("kept", fresh=True)
    flow.conversation("ask", "Ask.", static=True)
    flow.extraction("data", size=str)
    flow.connect("ask", "data")
    flow.connect("data", "ask")
    return flow


@pytest.mark.parametrize("name", ["ask", "data"])
def test_a_name_cannot_be_changed(flow: Flow, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.node(name).name = "b"
    assert caught.value.kind == "node"
    assert flow.node(name).name == name
    assert set(flow.nodes) == {"ask", "data"}


@pytest.mark.parametrize("name", ["ask", "data"])
@pytest.mark.parametrize("prompt", [None, 3, b"text"])
def test_a_prompt_is_text(flow: Flow, name: str, prompt: object) -> None:
    before = flow.node(name).prompt
    with pytest.raises(ConfigError) as caught:
        flow.node(name).prompt = prompt  # type: ignore[assignment]
    assert caught.value.kind == "prompt"
    assert flow.node(name).prompt == before
    assert not [finding for finding in flow.check() if finding.kind == "node_not_checked"]


@pytest.mark.parametrize("name", ["range", "lipsum", "dict", "cycler", "joiner", "namespace"])
def test_no_function_of_the_template_engine_is_a_variable(flow: Flow, name: str) -> None:
    ask = flow.conversation("ask", f"Size: {{{{{name}}}}}", static=True)
    assert "unknown_variable" in {finding.kind for finding in flow.check()}
    with pytest.raises(TemplateError):
        ask.run("Hi")
    assert str(ask.run("Hi", variables={name: 4})) == "Size: 4"
