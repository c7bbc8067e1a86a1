"""What a node keeps: its name, a prompt that is text, and in it variables alone."""

from __future__ import annotations

import pytest

from byok_widgets import ConfigError, Flow, TemplateError
from tests.html_table import cells_of


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


@pytest.mark.parametrize("value", ["no", "", 0, None])
def test_what_is_yes_or_no_is_no_text(flow: Flow, value: object) -> None:
    """The text "no" would count as true."""
    tries = [
        lambda: setattr(flow.node("ask"), "static", value),
        lambda: flow.conversation("new", "Hello.", static=value),
        lambda: flow.conversation("new", "Hello.", start=value),
        lambda: flow.extraction("new", end=value, size=str),
        lambda: flow.action("new", lambda: 1, writes=["one"], effects=value),
        lambda: flow.start(speak_first="no" if value is None else value),
        lambda: setattr(flow, "speaks_first", "no" if value is None else value),
    ]
    for attempt in tries:
        with pytest.raises(ConfigError) as caught:
            attempt()
        assert caught.value.kind == "bad_setting"
    assert (flow.node("ask").static, flow.speaks_first, set(flow.nodes)) == (True, None, {"ask", "data"})


@pytest.mark.parametrize("name", ["range", "lipsum", "dict", "cycler", "joiner", "namespace"])
def test_no_function_of_the_template_engine_is_a_variable(flow: Flow, name: str) -> None:
    ask = flow.conversation("ask", f"Size: {{{{{name}}}}}", static=True)
    assert "unknown_variable" in {finding.kind for finding in flow.check()}
    with pytest.raises(TemplateError):
        ask.run("Hi")
    assert str(ask.run("Hi", variables={name: 4})) == "Size: 4"


def test_a_node_is_a_table_in_a_notebook() -> None:
    flow = Flow("shown")
    ask = flow.conversation("ask", "Ask for <b>{{name}}</b>, it costs $5.")
    shown = ask._repr_html_()
    assert "<b>" not in shown
    assert dict(cells_of(shown)) == {
        "kind": "conversation",
        "prompt": "Ask for <b>{{name}}</b>, it costs $5.",
        "model": "the flow's default",
    }
    ask.model = "openai:gpt-6-luna"
    assert dict(cells_of(ask._repr_html_()))["model"] == "openai:gpt-6-luna"
    slot = flow.action("slot", len, writes=["time"])
    assert dict(cells_of(slot._repr_html_())) == {"kind": "action", "writes": "time"}
