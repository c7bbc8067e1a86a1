"""`Flow` as the owner of settings, keys and nodes: what flows of one name share, and what is really sent."""

from __future__ import annotations

import inspect
import itertools

import pytest

from byok_widgets import ConfigError, Flow, KeyFormatError, MissingKeyError
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

VARIABLE = "BYOK_TEST_KEY"
_numbers = itertools.count()


@pytest.fixture
def name() -> str:
    """The name of a flow that no other test has."""
    return f"flow test {next(_numbers)}"


@pytest.fixture
def flow(name: str, server: ScriptedServer) -> Flow:
    """A new flow that talks to the server."""
    flow = Flow(name)
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:flow-model"
    return flow


# Shared by name


def test_a_new_flow_starts_on_a_local_model_without_a_key(name: str) -> None:
    flow = Flow(name)
    assert (flow.name, flow.provider, dict(flow.nodes)) == (name, "local", {})
    assert flow.model
    assert repr(flow) == f"Flow({name!r}, local:{flow.model}, no nodes yet)"


def test_flows_with_the_same_name_share_settings_and_keys_but_not_nodes(name: str) -> None:
    one, other = Flow(f"{name} é"), Flow(f"{name} e\u0301")
    one.model = "openai:gpt-4o"
    one.global_prompt = "Be kind."
    one.key_store.save("openai", "api.openai.com", fake_key())
    assert (other.provider, other.model, other.global_prompt) == ("openai", "gpt-4o", "Be kind.")
    assert other.key_store.status("openai", "api.openai.com").available
    one.conversation("ask", "x")
    assert list(other.nodes) == []


def test_flows_of_other_names_share_nothing(name: str) -> None:
    one, other = Flow(name), Flow(f"{name} other")
    one.model = "openai:gpt-4o"
    one.global_prompt = "Be kind."
    one.key_store.save("openai", "api.openai.com", fake_key())
    assert (other.provider, other.global_prompt) == ("local", "")
    assert not other.key_store.status("openai", "api.openai.com").available


def test_a_name_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Flow(" ")
    assert caught.value.kind == "flow_name_missing"


# Which model runs


def test_the_precedence_of_models_shows_on_the_wire(flow: Flow, server: ScriptedServer) -> None:
    ask = flow.conversation("ask", "x", model="own-model")
    ran = [ask.run("Hello", model="call-model"), ask.run("Hello")]
    flow.node("ask").model = "panel-model"
    ran.append(ask.run("Hello"))
    flow.node("ask").model = None
    ran.append(ask.run("Hello"))
    models = ["call-model", "own-model", "panel-model", "flow-model"]
    assert [request["model"] for request in server.requests] == models
    assert [reply.model for reply in ran] == [f"compatible:{model}" for model in models]
    assert [reply.model_source for reply in ran] == [
        "call argument",
        "node override",
        "node override",
        "flow default",
    ]


def test_an_override_of_another_provider_stays_there(flow: Flow, server: ScriptedServer) -> None:
    ask = flow.conversation("ask", "x", model="node-model")
    flow.provider = "openai"
    assert ask.model == "compatible:node-model"
    ask.run("Hello")
    assert server.requests[0]["model"] == "node-model"


def test_without_any_model_the_error_names_the_node(flow: Flow, server: ScriptedServer) -> None:
    flow.model = None
    with pytest.raises(ConfigError) as caught:
        flow.conversation("ask", "x").run("Hello")
    assert caught.value.kind == "no_model"
    assert "'ask'" in caught.value.problem
    assert not server.requests


def test_an_unknown_provider_is_refused(flow: Flow) -> None:
    for write in (
        lambda: setattr(flow, "provider", "no such one"),
        lambda: flow.set_base_url("no such one", "https://llm.example.org"),
    ):
        with pytest.raises(ConfigError) as caught:
            write()
        assert caught.value.kind == "unknown_provider"
        assert "'no such one'" in caught.value.problem
    assert flow.provider == "compatible"


# Keys and addresses


def test_a_referenced_key_is_sent_only_to_its_address(
    flow: Flow, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = fake_key("compatible")
    monkeypatch.setenv(VARIABLE, key)
    announced: list[str] = []
    flow.config.observe(announced.extend)
    flow.use_key(f"env:{VARIABLE}")
    assert "key" in announced
    ask = flow.conversation("ask", "x")
    ask.run("Hello")
    flow.set_base_url("compatible", server.base_url.replace("127.0.0.1", "localhost"))
    ask.run("Hello")
    first, second = (headers.get("authorization", "") for headers in server.headers)
    assert first == f"Bearer {key}"
    assert key not in second
    assert key not in repr(flow)


def test_the_environment_alone_provides_no_key(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", fake_key())
    flow = Flow(name)
    flow.model = "openai:gpt-4o"
    with pytest.raises(MissingKeyError):
        flow.conversation("ask", "x").run("Hello")


def test_a_key_itself_is_not_accepted_in_code(flow: Flow) -> None:
    key = fake_key()
    with pytest.raises(KeyFormatError) as caught:
        flow.use_key(key)
    assert key[-12:] not in f"{caught.value!r} {caught.value}"
    assert dict(flow.config.key_references) == {}


def test_an_unsafe_address_is_rejected_and_the_old_one_stays(flow: Flow, server: ScriptedServer) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.set_base_url("compatible", "http://llm.example.org/v1")
    assert caught.value.kind == "base_url_insecure"
    flow.conversation("ask", "x").run("Hello")
    assert len(server.requests) == 1
    flow.set_base_url("compatible", None)
    with pytest.raises(ConfigError) as caught:
        flow.conversation("ask", "x").run("Hello")
    assert caught.value.kind == "base_url"
    assert len(server.requests) == 1


# Nodes


def test_a_node_of_the_same_name_is_replaced_in_its_place(flow: Flow, server: ScriptedServer) -> None:
    flow.conversation("ask", "old")
    flow.extraction("data", day=str)
    flow.node("ask").model = "panel-model"
    announced: list[str] = []
    flow.config.observe(announced.extend)
    new = flow.conversation("ask", "new", model="own-model")
    assert (list(flow.nodes), flow.node("ask"), announced) == (["ask", "data"], new, ["nodes"])
    assert new.model == "compatible:panel-model", "what was chosen in the panel stays"
    flow.node("ask").run("Hello")
    assert server.requests[0]["model"] == "panel-model"
    assert server.requests[0]["messages"][0]["content"] == "new"


def test_a_missing_node_is_named_with_a_suggestion(flow: Flow) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.node("ask")
    assert "'ask'" in caught.value.problem
    flow.conversation("aks", "x")
    with pytest.raises(ConfigError) as caught:
        flow.node("ask")
    assert "'aks'" in caught.value.fix


def test_the_nodes_cannot_be_changed_from_outside(flow: Flow) -> None:
    flow.conversation("ask", "x")
    flow.nodes.clear()  # type: ignore[attr-defined]
    assert list(flow.nodes) == ["ask"]


def test_only_nodes_of_this_flow_are_connected(flow):
    flow.conversation("ask", "Ask.")
    other = Flow(f"{flow.name} beside").conversation("ask", "Ask.")
    with pytest.raises(ConfigError, match="belongs to another flow"):
        flow.connect("ask", other)
    for junk in (5, None):
        with pytest.raises(ConfigError, match="is not a node"):
            flow.connect("ask", junk)
        with pytest.raises(ConfigError, match="is not a node"):
            flow.start_node = junk


@pytest.mark.parametrize("text", [None, 5, ["Be kind."]])
def test_a_global_prompt_must_be_text(flow: Flow, text: object) -> None:
    flow.global_prompt = "Be kind."
    with pytest.raises(ConfigError, match="The global prompt must be text"):
        flow.global_prompt = text  # type: ignore[assignment]
    assert flow.global_prompt == "Be kind."


@pytest.mark.parametrize("thing", ["ask", 3, None])
def test_what_is_no_node_is_not_added(flow: Flow, thing: object) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.add(thing)  # type: ignore[type-var]
    assert caught.value.kind == "node"


def test_a_key_that_is_added_like_a_node_is_not_quoted(flow: Flow) -> None:
    key = fake_key()
    with pytest.raises(ConfigError) as caught:
        flow.add(key)  # type: ignore[type-var]
    assert key[10:25] not in f"{caught.value}{caught.value!r}"


# Looked at in a cell


def public(thing: object) -> list[object]:
    """Return what a person finds behind the dots of one of our objects, and in its tuples."""
    names = [name for name in dir(thing) if not name.startswith("_")]
    found = [getattr(thing, name, None) for name in names]
    inside = [part for each in found if isinstance(each, tuple) for part in each]
    return [
        each
        for each in [*found, *inside]
        if type(each).__module__.startswith("byok_widgets") and not inspect.isroutine(each)
    ]


def test_what_a_person_looks_up_shows_no_address_in_memory(flow: Flow, server: ScriptedServer) -> None:
    server.script(lambda request: Say('{"size": null}' if "response_format" in request else "Hello."))
    ask, order = flow.conversation("ask", "Be brief."), flow.extraction("order", size=str)
    flow.connect(ask, order)
    flow.connect(order, ask)
    session = flow.start()
    turn = session.say("Hi")
    first = [flow, ask, order, session, turn, flow.check(), session.trace, session.variables, *flow.graph.edges]
    second = [each for thing in first for each in public(thing)]
    third = [each for thing in second for each in public(thing)]
    assert [text for text in map(repr, [*first, *second, *third]) if " at 0x" in text] == []
