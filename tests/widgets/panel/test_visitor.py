"""Visitors have comm messages only: whatever they send, nothing of the owner's is reached, sent or changed."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import get_args, get_type_hints

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ConfigError
from byok_widgets.findings import Finding, Fix
from byok_widgets.widgets import audience
from byok_widgets.widgets.chat.chat import Chat
from byok_widgets.widgets.panel.quick_fixes import apply, button
from byok_widgets.widgets.panel.settings import SettingsPanel
from tests.fake_keys import fake_key
from tests.widgets.page_schema import RECEIVED
from tests.widgets.parts import parts, saved_settings
from tests.widgets.wire import Wire, eventually, seal

REQUEST = {"msg_type": "execute_request"}
LAB = {"header": REQUEST, "content": {"allow_stdin": True}, "metadata": {"cellId": "a"}}
FRONTENDS = {
    "JupyterLab, Notebook 7, VS Code": (LAB, "owner"),
    "Colab": ({"header": REQUEST, "content": {}, "metadata": {"colab": {"cell_id": "a"}}}, "owner"),
    "a program": ({**LAB, "content": {"allow_stdin": False}}, "visitor"),
    "a page that names no cell": ({**LAB, "metadata": {}}, "visitor"),
    "a forged message": ({**LAB, "header": {"msg_type": "comm_msg"}}, "visitor"),
    "nothing": ({}, "visitor"),
}


def in_kernel(monkeypatch, parent):
    kernel = SimpleNamespace(get_parent=lambda _channel: parent)
    monkeypatch.setattr(audience, "_shell", lambda: SimpleNamespace(kernel=kernel))


@pytest.mark.parametrize(("parent", "mode"), FRONTENDS.values(), ids=FRONTENDS)
def test_only_a_frontend_that_is_known_shows_its_author_the_owners_panel(monkeypatch, parent, mode):
    in_kernel(monkeypatch, parent)
    assert audience.mode_of() == mode
    assert audience.mode_of("visitor") == "visitor"
    assert audience.mode_of("owner") == "owner"


@pytest.mark.parametrize(("name", "value"), [("SERVER_SOFTWARE", "voila/0.5.13"), ("BYOK_WIDGETS_SERVED", "1")])
def test_a_served_page_has_visitors_whatever_a_request_says(monkeypatch, name, value):
    in_kernel(monkeypatch, LAB)
    monkeypatch.setenv(name, value)
    assert (audience.mode_of(), audience.mode_of_gear()) == ("visitor", "visitor")
    with pytest.raises(ConfigError) as caught:
        audience.mode_of("owner")
    assert caught.value.kind == "served_page"


def test_the_gear_runs_code_and_no_comm_message_can(monkeypatch):
    in_kernel(monkeypatch, {"header": REQUEST, "content": {"allow_stdin": False}})
    assert audience.mode_of_gear() == "owner"
    in_kernel(monkeypatch, {"header": {"msg_type": "comm_msg"}})
    assert audience.mode_of_gear() == "visitor"


@pytest.mark.parametrize("name", ["SERVER_SOFTWARE", "BYOK_WIDGETS_SERVED"])
def test_on_a_served_page_nothing_that_was_saved_holds(monkeypatch, name):
    Flow("an owner's").model = "openai:gpt-6"
    before = saved_settings()
    monkeypatch.setenv(name, "voila/1" if name == "SERVER_SOFTWARE" else "1")
    flow = Flow("an owner's")
    assert flow.provider == "local"
    flow.model = "openai:another"
    assert saved_settings() == before
    assert [backend.name for backend in flow.key_store.backends if backend.stores_keys] == ["session"]


def test_nor_does_it_in_a_thread_that_an_app_of_marimo_has_started(monkeypatch):
    Flow("an owner's").model = "openai:gpt-6"
    cell = threading.current_thread()
    app = SimpleNamespace(
        running_in_notebook=lambda: threading.current_thread() is cell,
        app_meta=lambda: SimpleNamespace(mode="run"),
    )
    monkeypatch.setitem(sys.modules, "marimo", app)
    assert Flow("an owner's").provider == "local"
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(Flow, "an owner's").result().provider == "local"
        assert pool.submit(audience.mode_of).result() == "visitor"


@pytest.fixture
def visited(flow, endpoint, monkeypatch):
    """A flow with an owner's saved settings and key, shown to a visitor, and a key of the server's."""
    monkeypatch.setenv("SERVER_API_KEY", fake_key("openai"))
    flow.provider = "openai"
    flow.key_store.save("openai", "api.openai.com", fake_key("openai"))
    other = Flow(f"{flow.name} other")
    other.key_store.save("compatible", endpoint.host, fake_key("compatible"))
    flow.extraction("data", name=str)
    panel = SettingsPanel(flow, mode="visitor")
    yield SimpleNamespace(flow=flow, panel=panel, parts=parts(panel), other=other.name, endpoint=endpoint)
    panel.close()


def test_a_visitor_sees_no_place_for_what_only_an_owner_sets(visited):
    shown = visited.parts
    assert not shown.shows(shown.address)
    assert shown.code.code == ""
    assert [option["id"] for option in shown.key.storage_options] == ["session"]
    assert shown.key.other_flows == []
    assert shown.head.questions == []


@pytest.mark.parametrize("mode", ["owner", "visitor"])
def test_what_is_found_in_prompts_and_conditions_is_told_to_their_owner_alone(flow, browser, wire: Wire, mode):
    """The findings quote them, and the code that would mend one is the whole prompt."""
    flow.provider = "openai"
    ask = flow.conversation("ask", "Our rebate is low. {{unheard}}")
    data = flow.extraction("data", name=str)
    flow.connect(ask, data, if_="discount > 40")
    shown = parts(SettingsPanel(flow, mode=mode))
    browser.request(shown.troubleshooting, {"kind": "check", "id": "a"})
    eventually(lambda: shown.troubleshooting.facts["state"] == "checked")
    kinds = {finding["kind"] for finding in shown.troubleshooting.facts["findings"]}
    told = wire.text()
    if mode == "owner":
        assert {"no_key", "no_model", "unknown_variable"} <= kinds
        assert "discount > 40" in told
    else:
        assert kinds == {"no_key", "no_model"}
        assert not [word for word in ("discount", "rebate", "unheard") if word in told]


def test_a_visitor_is_not_told_which_variable_holds_the_authors_key_or_where_calls_go(
    flow, endpoint, wire: Wire, monkeypatch
):
    monkeypatch.setenv("AUTHORS_API_KEY", fake_key("openai"))
    flow.provider = "openai"
    flow.use_key("env:AUTHORS_API_KEY")
    panel = SettingsPanel(flow, mode="visitor")
    eventually(lambda: parts(panel).key.has_key)
    assert "AUTHORS_API_KEY" not in wire.text() + str(panel) + panel._repr_mimebundle_()["text/html"]
    flow.set_base_url("compatible", endpoint.base_url)
    flow.provider = "compatible"
    assert endpoint.base_url not in wire.text() + str(panel)


def test_what_was_saved_does_not_hold_for_a_visitor_and_what_a_cell_named_does(flow, monkeypatch):
    monkeypatch.setenv("NAMED_API_KEY", fake_key("openai"))
    Flow(flow.name).key_store.save("openrouter", "openrouter.ai", fake_key("openrouter"))
    flow.provider = "openai"
    flow.use_key("env:NAMED_API_KEY")
    flow.context.open_to_visitors()
    assert flow.key_store.get("openrouter", "openrouter.ai") is None
    assert flow.key_store.get("openai", "api.openai.com") is not None
    assert flow.config.path is None


def hostile(visited, path: Path):
    """Yield every message of the page with what a visitor would like, for each view."""
    url, key = visited.endpoint.base_url, visited.parts.key
    targets = [key.target, f"compatible@{visited.endpoint.host}", "openai@evil.example", "x", 7, None]
    for target in targets:
        for storage in ("env", "file", "keyring", "auto", "", 7):
            yield "key_field", {"kind": "save", "target": target, "storage": storage, "override": True}
        yield "key_field", {"kind": "use_key_of", "target": target, "flow": visited.other}
        yield "key_field", {"kind": "check", "target": target}
    yield "key_field", {"kind": "unlock", "storage": "file", "new": True}
    yield "key_field", {"kind": "remove", "target": "openai@evil.example"}
    yield "key_field", {"kind": "switch", "provider": "../x"}
    for model in (f"local:{path}", f"local:\\\\host\\share\\{path.name}", f"LOCAL:{path}", ["x"], None):
        yield "model_field", {"kind": "choose", "value": model}
        yield "node_list", {"kind": "choose", "node": "n1", "name": "", "value": model}
    yield "model_field", {"kind": "action"}
    for kind in ("for_all", "set", "reset", "__class__"):
        yield "node_list", {"kind": kind, "node": "n1", "name": "base_url", "value": url}
    yield "troubleshooting", {"kind": "check"}
    yield "troubleshooting", {"kind": "check_key"}
    yield "troubleshooting", {"kind": "apply_fix", "finding": "f1"}
    for question in ("elsewhere", "conflict", "also", "file"):
        yield "head", {"kind": "answer_question", "question": question, "choice": "Use theirs"}


def widget_of(visited, view):
    shown = visited.parts
    return {
        "key_field": shown.key,
        "model_field": shown.model,
        "node_list": shown.nodes,
        "troubleshooting": shown.troubleshooting,
        "head": shown.head,
    }[view]


def kinds_of(request) -> set[str]:
    return {kind for each in get_args(request) or (request,) for kind in get_args(get_type_hints(each)["kind"])}


def test_no_message_of_a_visitor_reaches_a_secret_a_file_or_another_address(
    visited, browser, tmp_path, wire: Wire
):
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF")
    before, environment = saved_settings(), dict(os.environ)
    sent: dict[str, set[object]] = {}
    for view, content in hostile(visited, path):
        sent.setdefault(view, set()).add(content["kind"])
        widget = widget_of(visited, view)
        if content["kind"] in ("save", "unlock"):
            sealed = seal(widget.public_key, "SERVER_API_KEY", {"id": "1", **content})
            browser.custom(widget, {"id": "1", **content, "sealed": sealed})
        else:
            browser.custom(widget, {"id": "1", **content})
    browser.set(visited.parts.address, value=visited.endpoint.base_url)
    for view, request in RECEIVED.items():
        if view not in ("chat", "board", "connection"):  # these have tests of their own
            assert kinds_of(request) <= sent[view], f"{view}: each kind is tried"
    eventually(lambda: not [thread for thread in threading.enumerate() if thread.name == "byok-keys"])
    flow = visited.flow
    assert flow.config.current.base_urls == {}
    assert dict(flow.config.key_references) == {}
    assert flow.key_store.held() == ()
    assert "gguf" not in str(dict(flow.config.current.document))
    assert (saved_settings(), dict(os.environ)) == (before, environment)
    assert visited.endpoint.asked == []


@pytest.mark.parametrize("field", ["calls_limit", "cost_limit"])
@pytest.mark.parametrize("value", ["", "9000"])
def test_a_visitor_raises_no_limit_of_a_turn(flow, browser, field, value):
    flow.context.open_to_visitors()
    flow.max_calls_per_turn, flow.max_cost_per_turn = 7, 0.05
    panel = SettingsPanel(flow, mode="visitor")
    shown = getattr(parts(panel), field)
    browser.set(shown, value=value)
    assert (flow.max_calls_per_turn, flow.max_cost_per_turn) == (7, 0.05)
    panel.close()


@pytest.mark.parametrize("request_", [{"kind": "set", "value": "9000"}, {"kind": "set"}, {"kind": "reset"}])
def test_a_visitor_raises_no_limit_of_an_answer(flow, browser, request_):
    flow.provider, flow.model, flow.judge_max_tokens = "openai", "gpt-4o", 9
    node = flow.conversation("hello", "Be brief.")
    node.max_tokens = 8
    panel = SettingsPanel(flow, mode="visitor")
    shown = parts(panel)
    assert "max_tokens" not in [setting["name"] for setting in shown.nodes.nodes[0]["settings"]]
    browser.custom(shown.nodes, {"id": "1", "node": "n1", "name": "max_tokens", **request_})
    browser.set(shown.judge_limit, value=request_.get("value", ""))
    assert (node.max_tokens, flow.judge_max_tokens) == (8, 9)
    panel.close()


@pytest.mark.parametrize("name", ["reasoning_effort", "verbosity", "effort", "thinking"])
def test_a_visitor_changes_no_setting_that_may_raise_what_a_call_costs(flow, browser, wire, name):
    flow.provider, flow.model = "openai", "gpt-5"
    node = flow.conversation("hello", "Be brief.")
    node.settings[name] = "low"
    panel = SettingsPanel(flow, mode="visitor")
    shown = parts(panel)
    assert name not in [setting["name"] for setting in shown.nodes.nodes[0]["settings"]]
    for request in ({"kind": "set", "value": "high"}, {"kind": "set", "value": ""}, {"kind": "reset"}):
        browser.custom(shown.nodes, {"id": "1", "node": "n1", "name": name, **request})
        assert (wire.custom(shown.nodes)[-1]["reason"], node.settings[name]) == ("visitor", "low")
    with pytest.raises(ConfigError) as caught:
        apply(Finding("setting", "warning", "hello", "x", "x", Fix("remove_setting", name)), flow)
    assert (caught.value.kind, node.settings[name]) == ("visitor", "low")
    assert not button(Fix("remove_setting", name), flow)
    panel.close()


def test_a_visitor_changes_what_does_not_cost_more(flow, browser):
    flow.provider, flow.model = "openai", "gpt-4o"
    node = flow.conversation("hello", "Be brief.", temperature=0.2)
    panel = SettingsPanel(flow, mode="visitor")
    shown = parts(panel)
    browser.custom(shown.nodes, {"id": "1", "node": "n1", "kind": "set", "name": "temperature", "value": "1"})
    assert node.settings["temperature"] == 1
    browser.custom(shown.nodes, {"id": "1", "node": "n1", "kind": "reset", "name": "temperature"})
    assert node.settings["temperature"] == 0.2
    panel.close()


def test_a_visitors_own_key_stays_in_the_memory_of_the_session(visited, browser):
    before, typed = saved_settings(), fake_key("openai")
    browser.save_key(visited.parts.key, typed, storage="session")
    eventually(visited.flow.key_store.held)
    assert [backend for *_, backend in visited.flow.key_store.held()] == ["session"]
    assert saved_settings() == before


def test_a_visitor_of_a_chat_keeps_nothing_and_names_no_file(flow, browser, server, wire: Wire, tmp_path):
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF")
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.conversation("hello", "Be brief.")
    session = flow.start()
    session.say("Hi")
    chat = Chat(session)
    turn = session.turns[0].number
    before = saved_settings()
    attacks = [
        {"kind": "sentence", "text": "kept", "keep": True},
        {"kind": "teach", "turn": turn, "node": "hello", "values": {}},
        {"kind": "forget", "turn": turn, "node": "hello", "example": "0"},
        {"kind": "regenerate", "turn": turn, "model": f"local:{path}"},
        {"kind": "regenerate", "turn": turn, "model": r"local:\\host\share\own.gguf"},
        {"kind": "regenerate", "turn": turn, "model": f" local:{path} "},
    ]
    for attack in attacks:
        browser.custom(chat, attack)
    failed = [message["failure"]["kind"] for message in wire.custom(chat) if message["kind"] == "failed"]
    assert failed == ["visitor"] * len(attacks)
    assert chat.session is session
    assert len(server.requests) == 1
    assert saved_settings() == before
    assert flow.config.test_sentences == ()
    chat.close()


def test_a_visitor_of_a_chat_sees_no_prompt_or_example_and_sets_no_variable(flow, browser, server, wire: Wire):
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.global_prompt = "ours alone"
    data = flow.extraction("data", name=str, verified=bool)
    data.teach("I am Berta", {"name": "Berta"})
    bye = flow.conversation("bye", "Bye.", static=True)
    flow.connect(data, bye)
    server.script('{"name": "Ana", "verified": null}')
    session = flow.start()
    session.say("I am Ana")
    chat = Chat(session)
    for attack in (
        {"kind": "requests", "turn": 1},
        {"kind": "lesson", "turn": 1, "node": "data"},
        {"kind": "correct", "name": "verified", "value": "true"},
    ):
        browser.custom(chat, attack)
    browser.custom(chat, {"kind": "hello"})
    told = wire.custom(chat)
    assert [message["failure"]["kind"] for message in told if message["kind"] == "failed"] == ["visitor"] * 3
    assert "Berta" not in str(told)
    assert "ours alone" not in str(told)
    assert session.variables["verified"] is None
    assert [message["visited"] for message in told if message["kind"] == "all"] == [True]
    chat.close()


def pick_in_the_panel(flow, browser, model):
    panel = SettingsPanel(flow, mode="visitor")
    browser.custom(parts(panel).model, {"kind": "choose", "id": "1", "value": model})
    panel.close()


def pick_for_a_node(flow, browser, model):
    panel = SettingsPanel(flow, mode="visitor")
    browser.custom(parts(panel).nodes, {"kind": "choose", "id": "1", "node": "n1", "value": model})
    panel.close()


@pytest.mark.parametrize("pick", [pick_in_the_panel, pick_for_a_node])
def test_the_author_of_a_page_pays_for_no_model_that_only_a_visitor_has_picked(
    flow, browser, server, monkeypatch, pick
):
    monkeypatch.setenv("NAMED_API_KEY", fake_key("compatible"))
    flow.set_base_url("compatible", server.base_url)
    flow.provider, flow.model = "compatible", "scripted"
    flow.use_key("env:NAMED_API_KEY")
    node = flow.conversation("hello", "Be brief.")
    pick(flow, browser, "dearest")
    with pytest.raises(ConfigError) as caught:
        node.run("Hi")
    assert caught.value.kind == "visitor"
    assert server.requests == []
    pick(flow, browser, "scripted")
    assert node.run("Hi").model == "compatible:scripted"
    pick(flow, browser, "dearest")
    address = server.base_url.removeprefix("http://").partition("/")[0]
    flow.key_store.save("compatible", address, fake_key("compatible"), backend="session")
    assert node.run("Hi").model == "compatible:dearest", "with a key of their own"


def test_a_chat_regenerates_with_no_model_that_the_author_of_its_page_would_pay_for(
    flow, browser, server, monkeypatch, wire: Wire
):
    monkeypatch.setenv("NAMED_API_KEY", fake_key("compatible"))
    flow.set_base_url("compatible", server.base_url)
    flow.provider, flow.model = "compatible", "scripted"
    flow.use_key("env:NAMED_API_KEY")
    flow.conversation("hello", "Be brief.")
    session = flow.start()
    session.say("Hi")
    chat = Chat(session)
    browser.custom(chat, {"kind": "regenerate", "turn": session.turns[0].number, "model": "dearest"})
    (failed,) = eventually(lambda: [message for message in wire.custom(chat) if message["kind"] == "failed"])
    assert failed["failure"]["kind"] == "visitor"
    assert len(server.requests) == 1
    chat.close()


@pytest.mark.parametrize("mode", ["owner", "visitor"])
def test_what_an_owner_saved_serves_nobody_elses_chat(flow, browser, mode):
    Flow(flow.name).key_store.save("openrouter", "openrouter.ai", fake_key("openrouter"))
    flow.conversation("hello", "Be brief.")
    chat = Chat(flow.start(), mode=mode)
    assert not flow.context.for_visitors, "a program that executes the notebook and saves it is no visitor"
    browser.custom(chat, {"kind": "hello"})
    kept = flow.key_store.get("openrouter", "openrouter.ai")
    assert (kept is None, flow.context.visit is None) == ((False, True) if mode == "owner" else (True, False))
    chat.close()


NAMES = {"OPENAI_API_KEY": True, "MY_APIKEY_2": True, "AWS_SECRET_ACCESS_KEY": False, "JPY_API_TOKEN": False}


@pytest.mark.parametrize(("name", "offered"), NAMES.items(), ids=NAMES)
def test_an_owner_names_only_variables_of_api_keys_for_addresses_that_code_named(
    flow, show, browser, endpoint, wire, monkeypatch, name, offered
):
    monkeypatch.setenv(name, fake_key("compatible"))
    flow.provider = "compatible"
    flow.set_base_url("compatible", endpoint.base_url)
    panel = parts(show(flow))
    request = browser.save_key(panel.key, name, storage="env")
    (answer,) = eventually(lambda: [told for told in wire.custom(panel.key) if told.get("id") == request])
    assert answer.get("reason") == (None if offered else "not_a_key_variable")
    flow.use_key(f"env:{name}")  # a cell may name any
    assert dict(flow.config.key_references)


def test_a_variable_is_not_sent_to_an_address_typed_on_the_page(flow, show, browser, endpoint, wire, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", fake_key("compatible"))
    flow.provider = "compatible"
    panel = parts(show(flow))
    browser.set(panel.address, value=endpoint.base_url)
    request = browser.save_key(panel.key, "SOME_API_KEY", storage="env")
    (answer,) = eventually(lambda: [told for told in wire.custom(panel.key) if told.get("id") == request])
    assert answer["reason"] == "address_not_named"
    with pytest.raises(ConfigError) as caught:
        flow.use_key("env:SOME_API_KEY")
    assert caught.value.kind == "address_not_named"
    assert not any(os.environ["SOME_API_KEY"] in header for header in endpoint.asked)
    flow.set_base_url("compatible", endpoint.base_url)
    flow.use_key("env:SOME_API_KEY")


def test_no_client_changes_the_key_to_seal_for_or_what_it_is_for(flow, show, browser, wire):
    field = parts(show(flow)).key
    before = (field.public_key, field.target)
    browser.set(field, public_key="AAAA", target="openai@evil.example")
    assert (field.public_key, field.target) == before
    assert "evil.example" not in wire.text(), "and no other client hears of it"
    browser.set(field, storage="session")
    browser.set(field, storage=["an error would quote this"])
    assert field.storage == "session"
