"""Which key goes where: one for each host and base path; a variable's only where a cell has named the address."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.config import BaseUrl
from byok_widgets.engine import ENGINE
from byok_widgets.errors import ByokError, ConfigError, KeyFormatError, MissingKeyError, ProviderError
from byok_widgets.flow import flow_contexts
from byok_widgets.nodes.calls.call import Call
from byok_widgets.nodes.calls.model_call import KEY_LEFT_OUT
from byok_widgets.providers import PROVIDERS
from byok_widgets.reply import Reply
from byok_widgets.secrets.secret import MASK
from tests.fake_keys import fake_key
from tests.key_forms import FORMS
from tests.scripted_server import Say, ScriptedServer


def a_flow(url: str, provider: str = "openai", name: str = "") -> Flow:
    flow = Flow(name or f"places {secrets.token_hex(4)}")
    flow.set_base_url(provider, url)
    flow.provider, flow.model = provider, "some-model"
    flow.conversation("ask", "Be brief.")
    return flow


def host_of(server: ScriptedServer) -> str:
    return server.base_url.removeprefix("http://").removesuffix("/v1")


@pytest.mark.parametrize(
    ("provider", "url", "destination"),
    [
        ("openai", None, "api.openai.com"),
        ("openai", "https://api.openai.com/v1", "api.openai.com"),
        ("openai", "https://api.openai.com/", "api.openai.com/"),
        ("openai", "https://api.openai.com/v2", "api.openai.com/v2"),
        ("openai", "https://gateway.example/v1", "gateway.example"),
        ("openai", "https://gateway.example/ana/v1", "gateway.example/ana/v1"),
        ("openai", "https://gateway.example/V1", "gateway.example/V1"),
        ("openai", "https://gateway.example/%761", "gateway.example/%761"),
        ("openai", "https://gateway.example//v1", "gateway.example//v1"),
        ("anthropic", None, "api.anthropic.com"),
        ("anthropic", "https://api.anthropic.com/v1", "api.anthropic.com/v1"),
        ("openrouter", None, "openrouter.ai"),
        ("openrouter", "https://openrouter.ai/v1", "openrouter.ai/v1"),
        ("compatible", "http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("compatible", "http://127.0.0.1:8080/v1/", "127.0.0.1:8080"),
        ("compatible", "http://127.0.0.1:8080/ana", "127.0.0.1:8080/ana"),
    ],
)
def test_what_a_key_is_bound_to(provider: str, url: str | None, destination: str) -> None:
    known = PROVIDERS[provider]
    assert known.key_destination(known.address(url)) == destination


@pytest.mark.parametrize("path", ["/ben/v1", "/v1/ben", ""])
def test_a_key_is_not_sent_to_another_base_path_of_its_host(server: ScriptedServer, path: str) -> None:
    flow = a_flow(server.base_url)
    flow.key_store.save("openai", host_of(server), fake_key(), backend="session")
    flow.node("ask").run("Hi")
    flow.set_base_url("openai", f"http://{host_of(server)}{path}")
    server.script("Hello.")
    with pytest.raises(MissingKeyError) as caught:
        flow.node("ask").run("Hi")
    assert f"{host_of(server)}{path or '/'}" in str(caught.value)
    assert server.requests == []


def test_each_base_path_has_a_key_of_its_own(server: ScriptedServer) -> None:
    flow, sent = a_flow(server.base_url), {}
    for path in ("/v1", "/ana/v1", "/ben/v1"):
        url = BaseUrl.parse(f"http://{host_of(server)}{path}")
        key = sent[path] = fake_key()
        flow.set_base_url("openai", url.url)
        flow.key_store.save("openai", PROVIDERS["openai"].key_destination(url), key, backend="session")
    for path, key in sent.items():
        flow.set_base_url("openai", f"http://{host_of(server)}{path}")
        server.script("Hello.")
        flow.node("ask").run("Hi")
        assert server.headers[-1]["authorization"] == f"Bearer {key}"


def test_a_key_of_another_flow_for_another_base_path_is_not_copied(server: ScriptedServer) -> None:
    flow = a_flow(server.base_url)
    flow.key_store.save("openai", host_of(server), fake_key(), backend="session")
    other = a_flow(f"http://{host_of(server)}/ben/v1")
    with pytest.raises(MissingKeyError) as caught:
        other.use_key_of(flow.name)
    assert caught.value.kind == "key_of_other_host"


def reopened(flow: Flow) -> Flow:
    """Return the flow as another kernel opens it: with its settings, and without what cells named in this one."""
    flow_contexts._made.clear()
    again = Flow(flow.name)
    again.conversation("ask", "Be brief.")
    return again


def test_a_saved_reference_to_a_variable_is_used_only_where_a_cell_names_the_address(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_API_KEY", fake_key())
    flow = a_flow(server.base_url)
    flow.use_key("env:OWN_API_KEY")
    flow.node("ask").run("Hi")
    again = reopened(flow)
    server.script("Hello.")
    for _ in range(2):  # the second time the key is cached
        with pytest.raises(ConfigError) as caught:
            again.node("ask").run("Hi")
        assert caught.value.kind == "address_not_named"
        assert server.requests == []
    again.set_base_url("openai", server.base_url)
    assert again.node("ask").run("Hi").text == "Hello."


def test_at_the_providers_own_address_a_saved_reference_goes_on(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_API_KEY", fake_key())
    monkeypatch.setattr(type(PROVIDERS["openai"]), "default_url", server.base_url)
    flow = Flow(f"places {secrets.token_hex(4)}")
    flow.provider, flow.model = "openai", "some-model"
    flow.use_key("env:OWN_API_KEY")
    assert reopened(flow).node("ask").run("Hi").text == "Hello."


def test_an_endpoint_that_may_need_no_key_gets_none_from_a_saved_reference_either(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_API_KEY", fake_key("compatible"))
    flow = a_flow(server.base_url, "compatible")
    flow.use_key("env:OWN_API_KEY")
    again = reopened(flow)
    server.script("Hello.")
    with pytest.raises(ByokError) as caught:
        again.node("ask").run("Hi")
    assert caught.value.kind == "address_not_named"
    assert server.requests == []


@pytest.mark.parametrize("from_variable", [True, False])
def test_a_rejected_key_is_corrected_where_it_is_from(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, from_variable: bool
) -> None:
    key = f"gateway-{secrets.token_hex(16)}"
    monkeypatch.setenv("GATEWAY_KEY", key)
    server.script(Say(status=401, body={"error": {"message": "Wrong key."}}))
    flow = Flow(f"gateway {from_variable}", fresh=True)
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:one"
    if from_variable:
        flow.use_key("env:GATEWAY_KEY", provider="compatible")
    else:
        provider = PROVIDERS["compatible"]
        destination = provider.key_destination(provider.address(server.base_url))
        flow.key_store.save("compatible", destination, key, backend="session")
    with pytest.raises(ProviderError) as raised:
        flow.conversation("ask", "Be brief.").run("Hello")
    assert raised.value.kind == "auth"
    assert ("GATEWAY_KEY" in raised.value.fix) is from_variable
    assert ("Settings" in raised.value.fix) is not from_variable


def by_prompt(flow: Flow, key: str) -> Reply:
    return flow.conversation("told", f"Be brief. {key}").run("Hi")


def by_variable(flow: Flow, key: str) -> Reply:
    return flow.conversation("told", "Be brief. {{token}}").run("Hi", variables={"token": key})


def by_history(flow: Flow, key: str) -> Reply:
    return flow.node("ask").run("Hi", history=[("user", f"It is {key}."), ("assistant", "Thanks.")])


def by_extraction(flow: Flow, key: str) -> Reply:
    return flow.extraction("read", name=str).run(f"I'm Ana, {key}").reply


def by_field(flow: Flow, key: str) -> Reply:
    word = {"type": "string", "description": f"like {key}"}
    return flow.extraction("read", {"type": "object", "properties": {"name": word}}).run("I'm Ana").reply


@pytest.mark.parametrize("give", [by_prompt, by_variable, by_history, by_extraction, by_field])
def test_a_held_key_is_sent_to_no_model(server: ScriptedServer, give: Callable[[Flow, str], Reply]) -> None:
    flow, key = a_flow(server.base_url), fake_key()
    flow.key_store.save("openai", host_of(server), key, backend="session")
    server.script('{"name": "Ana"}')
    reply = give(flow, key)
    asked = json.dumps(server.requests)
    assert key not in asked
    assert MASK in asked
    assert KEY_LEFT_OUT in reply.notices


@pytest.mark.parametrize("form", ["upper case", "reversed", "base64", "hex", "spaced", "URL", "a piece"])
@pytest.mark.parametrize("give", [by_prompt, by_history, by_field])
def test_nor_is_one_in_disguise(server: ScriptedServer, give: Callable[[Flow, str], Reply], form: str) -> None:
    flow, key = a_flow(server.base_url), fake_key()
    flow.key_store.save("openai", host_of(server), key, backend="session")
    server.script('{"name": "Ana"}')
    reply = give(flow, FORMS[form](key))
    asked = json.dumps(server.requests)
    assert FORMS[form](key) not in asked
    assert MASK in asked
    assert KEY_LEFT_OUT in reply.notices


@pytest.mark.parametrize(
    "given",
    [
        lambda key: {"model": f"compatible:{key}"},
        lambda key: {"stop": ["end", key]},
        lambda key: {"stop": ("end", key)},
        lambda key: {"stop": {key: "end"}},
    ],
    ids=["model", "setting", "tuple", "name in a setting"],
)
def test_no_call_is_made_whose_model_or_setting_is_a_held_key(
    server: ScriptedServer, given: Callable[[str], dict[str, Any]]
) -> None:
    flow, key = a_flow(server.base_url, "compatible"), f"gateway_{secrets.token_hex(10)}"
    flow.key_store.save("openai", "api.openai.com", key, backend="session", override=True)
    with pytest.raises(KeyFormatError) as caught:
        flow.node("ask").run("Hi", **given(key))
    assert key not in str(caught.value)
    assert "node 'ask'" in str(caught.value)
    assert not server.requests


def test_nor_is_one_made_with_a_held_key_as_the_name_of_a_field(server: ScriptedServer) -> None:
    flow, key = a_flow(server.base_url, "compatible"), f"gateway_{secrets.token_hex(8)}"
    node = flow.extraction("data", fields={key: str})
    flow.key_store.save("openai", "api.openai.com", key, backend="session", override=True)
    with pytest.raises(KeyFormatError) as caught:
        node.run("Hi")
    assert key not in str(caught.value)
    assert not server.requests


def test_the_loop_does_not_wait_while_a_long_prompt_is_searched(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, on_loop = Call.without_held_keys, []

    def noted(call: Call) -> Call:
        on_loop.append(ENGINE.is_current_thread)
        return search(call)

    monkeypatch.setattr(Call, "without_held_keys", noted)
    flow, key = a_flow(server.base_url), fake_key()
    flow.key_store.save("openai", host_of(server), key, backend="session")
    replies = [flow.node("ask").run(said) for said in ("Hi", "word " * 50_000 + key)]
    assert on_loop == [True, False]
    assert [KEY_LEFT_OUT in reply.notices for reply in replies] == [False, True]
    assert key not in json.dumps(server.requests)


def test_a_key_that_comes_to_be_held_is_found_in_a_prompt_that_was_sent_before(server: ScriptedServer) -> None:
    flow, key = a_flow(server.base_url, "compatible"), fake_key("anthropic")
    other = Flow("keeps a key", fresh=True)
    other.key_store.save("openai", "api.openai.com", fake_key(), backend="session")  # so that prompts are searched
    node = flow.conversation("told", f"Be brief. {key[::-1]}")
    assert KEY_LEFT_OUT not in node.run("Hi").notices
    other.key_store.save("anthropic", "api.anthropic.com", key, backend="session")
    assert KEY_LEFT_OUT in node.run("Hi").notices
    assert key[::-1] not in json.dumps(server.requests[1:])


def test_a_plain_word_that_is_held_as_a_key_may_stand_in_prompts_and_name_a_node(server: ScriptedServer) -> None:
    flow, word = a_flow(server.base_url, "compatible"), "receptionist"
    Flow("a server that takes any key", fresh=True).key_store.save(
        "compatible", "llm.example.org", word, backend="session"
    )
    node = flow.conversation("told", f"You are the {word} of a doctor.")
    assert node.run(f"Are you the {word}?").notices == ()
    assert f"the {word} of" in json.dumps(server.requests[0])
    assert flow.conversation(word, "Be brief.").run("Hi").notices == ()
    assert flow.node(word).name == word


def test_a_dialogue_goes_on_in_which_a_key_stood_before_it_was_held(server: ScriptedServer) -> None:
    flow, key = a_flow(server.base_url, "compatible"), fake_key("anthropic")
    session = flow.start()
    session.say(f"Mine is {key}")
    flow.key_store.save("anthropic", "api.anthropic.com", key, backend="session")
    assert KEY_LEFT_OUT in session.say("Go on").reply.notices
    assert key in json.dumps(server.requests[0])
    assert key not in json.dumps(server.requests[1:])


def test_what_has_no_key_in_it_is_sent_as_it_is(server: ScriptedServer) -> None:
    flow, key = a_flow(server.base_url), fake_key()
    flow.key_store.save("openai", host_of(server), key, backend="session")
    said = f"A piece of a key, such as {key[:6]}, is none."
    assert flow.node("ask").run(said).notices == ()
    assert server.requests[0]["messages"][-1]["content"] == said
