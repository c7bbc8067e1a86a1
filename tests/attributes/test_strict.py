"""Names that a flow and its nodes do not know are rejected, not silently lost."""

from __future__ import annotations

import pytest

from byok_widgets import ConfigError, Flow
from tests.fake_keys import fake_key

ADVICE = "Paste it into flow.settings(), and delete it from this cell."


@pytest.fixture
def flow() -> Flow:
    flow = Flow("unknown")
    flow.conversation("ask", "Be brief.")
    flow.extraction("read", name=str)
    return flow


@pytest.mark.parametrize(
    ("name", "meant"),
    [("provdier", "provider"), ("modle", "model"), ("start", "start_node"), ("global_promt", "global_prompt")],
)
def test_a_misspelt_setting_of_a_flow_is_rejected_with_a_suggestion(flow, name: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        setattr(flow, name, "openai")
    assert caught.value.kind == "unknown_name"
    assert repr(name) in caught.value.problem
    assert repr(meant) in caught.value.fix
    assert flow.provider == "local"


@pytest.mark.parametrize("node", ["ask", "read"])
@pytest.mark.parametrize(("name", "meant"), [("modle", "model"), ("promt", "prompt"), ("max_token", "max_tokens")])
def test_a_misspelt_setting_of_a_node_is_too(flow: Flow, node: str, name: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        setattr(flow.node(node), name, 1)
    assert caught.value.kind == "unknown_name"
    assert repr(name) in caught.value.problem
    assert repr(meant) in caught.value.fix


def test_a_name_like_no_other_lists_all_names(flow: Flow) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.node("read").xyz = 1
    known = ["examples", "grounding", "locale", "max_tokens", "model", "name", "prompt", "settings", "window"]
    assert ", ".join(known) in caught.value.fix


def test_a_misspelt_setting_of_a_session_is_too(flow: Flow) -> None:
    session = flow.start(speak_first=False)
    with pytest.raises(ConfigError) as caught:
        session.modle = "openai:x"
    assert (caught.value.kind, "'model'" in caught.value.fix) == ("unknown_name", True)
    session.model = "openai:x"


def test_known_names_can_be_set(flow: Flow) -> None:
    flow.speaks_first, flow.start_node, flow.judge_model, flow.global_prompt = True, "ask", "openai:x", "Hello."
    ask, read = flow.node("ask"), flow.node("read")
    ask.prompt, ask.static, ask.settings, ask.model, ask.max_tokens = "Hi.", True, {"seed": 1}, "openai:x", 9
    read.window, read.grounding, read.examples = 3, "off", ()
    assert (flow.speaks_first, ask.static, ask.max_tokens, read.window) == (True, True, 9, 3)


@pytest.mark.parametrize("name", ["key", "api_key", "openai_api_key", "keys"])
def test_a_key_is_sent_from_the_cell_to_the_panel(flow: Flow, name: str) -> None:
    for wrong in (
        lambda: setattr(flow, name, "anything"),
        lambda: setattr(flow.node("ask"), name, "anything"),
        lambda: Flow("other", **{name: "anything"}),
        lambda: flow.conversation("other", "Be brief.", **{name: "anything"}),
        lambda: flow.node("ask").run("Hi", **{name: "anything"}),
    ):
        with pytest.raises(ConfigError) as caught:
            wrong()
        assert caught.value.kind == "key_in_code"
        assert "flow.settings()" in caught.value.fix


def test_a_key_is_recognised_under_any_name_and_never_quoted(flow: Flow) -> None:
    key = fake_key()
    with pytest.raises(ConfigError) as caught:
        flow.secret = key
    assert caught.value.kind == "key_in_code"
    assert key[-12:] not in f"{caught.value}{caught.value!r}{caught.value._repr_html_()}"


@pytest.mark.parametrize(
    ("given", "line"),
    [("provider", "flow.provider = ..."), ("modle", "flow.model = ..."), ("zzz", "model, provider")],
)
def test_a_flow_is_created_with_only_its_name(given: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Flow("other", **{given: "openai"})
    assert caught.value.kind == "unknown_name"
    assert line in caught.value.fix
    with pytest.raises(ConfigError) as caught:
        Flow()
    assert caught.value.kind == "flow_name_missing"
