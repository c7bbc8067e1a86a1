"""The settings panel: what it shows is what the flow has, whoever changed it."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from byok_widgets import Flow, ProviderError
from byok_widgets.files import SHARED_MODELS_VARIABLE
from byok_widgets.keys.backends import os_keyring
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.local import models
from byok_widgets.secrets import Secret
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.model_lists import ModelLists
from byok_widgets.widgets.panel.settings import SettingsPanel
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import HangingKeyring, installed
from tests.scripted_server import Say
from tests.widgets.parts import parts, saved_settings
from tests.widgets.wire import eventually, found_in


def offered(panel):
    return [row[0] for row in parts(panel).model.rows.rows]


def doubt(flow):
    """Return what speaks against the default model."""
    return ModelLists.of(flow).doubt(EndpointTarget.of(flow), flow.model)


def facts_in(text):
    """Return the words of a text without the marks around them: names and dates."""
    return {word.strip('.,;:?"') for word in text.split()}


def listing(flow):
    """Return the model list of the flow's provider, with its facts."""
    return ModelLists.of(flow).listing(EndpointTarget.of(flow))


@pytest.fixture
def compatible(flow, show, endpoint, browser):
    """A panel on an endpoint that knows one key."""
    panel = show(flow)
    browser.set(
        parts(panel).provider, index=[value for _, value in parts(panel).provider.options].index("compatible")
    )
    browser.set(parts(panel).address, value=endpoint.base_url)
    eventually(lambda: parts(panel).key.status["reason"] in ("key_optional", "key_needed"))
    return panel


def status_after_saving(panel, browser, key, state):
    field = parts(panel).key
    before = field.status  # "a key is needed" is "unverified", too
    browser.save_key(field, key, storage="session")
    eventually(lambda: field.has_key and field.status["state"] == state and field.status != before)
    return field.status


def with_a_key(flow, endpoint, key):
    """Set in code what a panel would set; returns a node."""
    flow.set_base_url("compatible", endpoint.base_url)
    flow.model = "compatible:model-a"
    flow.key_store.save("compatible", endpoint.host, Secret(key), backend="session")
    return flow.conversation("ask", "Be brief.")


def test_a_click_writes_what_a_line_of_code_writes(flow, show, browser):
    flow.conversation("ask", "Be brief.")
    panel = show(flow)
    browser.set(parts(panel).provider, index=0)
    assert flow.provider == "openai"
    browser.click(parts(panel).buttons["balanced"])
    assert flow.model == "gpt-6.1-sol"
    browser.choose(parts(panel).model, "my-own-model")
    assert flow.model == "my-own-model"
    browser.on_node(parts(panel).nodes, "ask", "choose", value="anthropic:claude-haiku-5-5")
    assert flow.node("ask").model == "anthropic:claude-haiku-5-5"
    browser.on_node(parts(panel).nodes, "ask", "choose", value="")
    assert flow.node("ask").model is None


def test_a_line_of_code_is_seen_at_once_in_every_panel(flow, show):
    panels = [show(flow), show(Flow(flow.name))]
    flow.provider = "anthropic"
    flow.model = "claude-haiku-5-5"
    for panel in panels:
        assert parts(panel).provider.value == "anthropic"
        assert parts(panel).model.value == "claude-haiku-5-5"
        assert parts(panel).key.target == "anthropic@api.anthropic.com"
        assert 'flow.model = "claude-haiku-5-5"' in parts(panel).code.code


def test_two_panels_agree_on_the_key_too(flow, show, browser, compatible, endpoint):
    other = show(flow)
    status_after_saving(compatible, browser, endpoint.key, "verified")
    eventually(lambda: parts(other).key.status == parts(compatible).key.status)
    assert parts(other).key.has_key


def test_a_change_from_another_thread_arrives(flow, show):
    panel = show(flow)
    threads = [threading.Thread(target=setattr, args=(flow, "model", f"m{n}")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert parts(panel).model.value == flow.model


def test_a_wrong_model_is_told_and_changes_nothing(flow, show, browser):
    panel = show(flow)
    before = flow.model
    browser.choose(parts(panel).model, "openai:")
    assert flow.model == before
    assert len(parts(panel).complaints) == 1
    browser.choose(parts(panel).model, "qwen2.5-coder-0.5b")
    assert parts(panel).complaints == []


@pytest.mark.parametrize("place", ["Default model", "Base URL"])
def test_a_key_typed_into_another_field_goes_no_further_than_that(flow, show, browser, wire, place):
    flow.conversation("ask", "Be brief.")
    flow.provider, flow.model = "compatible", "my-model"
    panel = show(flow)
    field = {"Default model": parts(panel).model, "Base URL": parts(panel).address}[place]
    before, key = field.value, fake_key("openai")
    browser.set(field, value=key) if place == "Base URL" else browser.choose(field, key)
    assert field.value == before
    assert len(parts(panel).complaints) == 1
    assert (flow.model, flow.node("ask").model, flow.config.base_url("compatible")) == ("my-model", None, None)
    kept = f"{saved_settings()} {parts(panel).code.code} {flow!r} {panel!r} {panel._repr_mimebundle_()}"
    assert found_in(wire.text() + parts(panel).text + kept, key) == []
    browser.choose(parts(panel).model, "another-model")
    browser.set(parts(panel).address, value="http://127.0.0.1:9/v1")
    assert parts(panel).complaints == []


def test_what_was_not_set_is_told_until_something_else_is_chosen(flow, show, browser):
    panel = show(flow)
    browser.choose(parts(panel).model, "openai:")
    flow.conversation("ask", "Be brief.")
    assert len(parts(panel).complaints) == 1
    browser.set(parts(panel).provider, index=0)
    assert parts(panel).complaints == []


def test_a_key_that_is_good_is_verified_and_the_models_are_listed(flow, compatible, browser, endpoint, wire):
    status_after_saving(compatible, browser, endpoint.key, "verified")
    assert parts(compatible).key.storage == "session"
    eventually(lambda: offered(compatible) == ["model-a", "model-b"])
    assert listing(flow).is_live
    assert listing(flow).source in parts(compatible).text
    assert found_in(wire.text(), endpoint.key) == []


def test_a_key_that_is_rejected_stays_saved_and_that_is_said(flow, compatible, browser, endpoint, wire):
    wrong = fake_key("compatible")
    assert status_after_saving(compatible, browser, wrong, "rejected")["reason"] == "auth"
    assert parts(compatible).key.has_key
    assert flow.key_store.get("compatible", endpoint.host).reveal() == wrong
    assert found_in(wire.text(), wrong) == []


@pytest.mark.parametrize(("mode", "reason"), [("broken", "overloaded"), ("page", "page"), ("open", "open_to_all")])
def test_a_check_that_tells_nothing_fails_open_and_says_why(flow, compatible, browser, endpoint, mode, reason):
    endpoint.mode = mode
    status = status_after_saving(compatible, browser, endpoint.key, "unverified")
    assert status["reason"] == reason
    assert flow.key_store.get("compatible", endpoint.host) is not None


def test_a_verified_key_that_a_call_finds_refused_is_said_to_be_until_it_is_taken_again(
    flow, compatible, browser, endpoint
):
    status_after_saving(compatible, browser, endpoint.key, "verified")
    flow.model = "compatible:model-a"
    node = flow.conversation("ask", "Be brief.")
    endpoint.calls, key = "checks", endpoint.key
    endpoint.key = fake_key("compatible")
    with pytest.raises(ProviderError):
        node.run("Hi")
    eventually(lambda: parts(compatible).key.status["state"] == "rejected")
    assert parts(compatible).key.status["reason"] == "auth"
    assert flow.key_store.get("compatible", endpoint.host).reveal() == key
    endpoint.key = key
    node.run("Hi")
    eventually(lambda: parts(compatible).key.status["state"] == "verified")


def test_a_refusal_of_a_key_that_was_replaced_says_nothing_of_the_new_one(flow, compatible, browser, endpoint):
    old = fake_key("compatible")
    status_after_saving(compatible, browser, old, "rejected")
    status_after_saving(compatible, browser, endpoint.key, "verified")
    fault, address = ProviderError("No.", kind="auth"), flow.context.config.base_url("compatible")
    flow.context.note_call_with_key(PROVIDERS["compatible"], address, Secret(old), fault)
    assert parts(compatible).key.status["state"] == "verified"


def test_a_panel_that_opens_after_a_call_was_refused_says_so(flow, show, endpoint):
    node = with_a_key(flow, endpoint, fake_key("compatible"))
    endpoint.calls, endpoint.mode = "checks", "open"
    with pytest.raises(ProviderError):
        node.run("Hi")
    field = parts(show(flow)).key
    eventually(lambda: field.status["state"] == "rejected" and field.has_key)


def test_a_call_that_succeeds_during_a_check_is_not_forgotten(flow, show, browser, endpoint):
    node = with_a_key(flow, endpoint, endpoint.key)
    field, right = parts(show(flow)).key, endpoint.key
    endpoint.calls, endpoint.key = "checks", fake_key("compatible")
    with pytest.raises(ProviderError):
        node.run("Hi")
    eventually(lambda: field.status["state"] == "rejected")
    endpoint.held, endpoint.mode = endpoint.models, "broken"
    browser.custom(field, {"kind": "check", "target": field.target})
    eventually(lambda: field.status["state"] == "working")
    endpoint.key = right
    node.run("Hi")
    endpoint.release.set()
    eventually(lambda: field.status["state"] == "verified")


def test_what_was_found_of_a_variable_is_not_said_of_its_next_value(flow, show, browser, endpoint, monkeypatch):
    monkeypatch.setenv("COMPATIBLE_API_KEY", endpoint.key)
    flow.set_base_url("compatible", endpoint.base_url)
    flow.model = "compatible:model-a"
    flow.use_key("env:COMPATIBLE_API_KEY", provider="compatible")
    node, field = flow.conversation("ask", "Be brief."), parts(show(flow)).key
    eventually(lambda: field.has_key)
    browser.custom(field, {"kind": "check", "target": field.target})
    eventually(lambda: field.status["state"] == "verified")
    endpoint.calls = "checks"
    monkeypatch.setenv("COMPATIBLE_API_KEY", fake_key("compatible"))
    flow.use_key("env:COMPATIBLE_API_KEY", provider="compatible")
    eventually(lambda: field.status["state"] not in ("verified", "rejected"))
    with pytest.raises(ProviderError):
        node.run("Hi")
    eventually(lambda: field.status["state"] == "rejected")
    monkeypatch.setenv("COMPATIBLE_API_KEY", endpoint.key)
    flow.use_key("env:COMPATIBLE_API_KEY", provider="compatible")
    eventually(lambda: field.status["state"] != "rejected")


def test_an_endpoint_that_is_not_there_leaves_the_key_unverified(flow, compatible, browser, endpoint):
    endpoint.close()
    assert status_after_saving(compatible, browser, endpoint.key, "unverified")["reason"] == "refused"
    eventually(lambda: listing(flow).fault == "refused" and listing(flow).trouble in parts(compatible).text)


def test_an_endpoint_that_needs_no_key_can_be_checked_without_one(flow, compatible, browser, endpoint):
    field = parts(compatible).key
    assert field.can_check
    assert not field.has_key
    eventually(lambda: listing(flow).fault == "auth" and field.status["reason"] == "key_needed")
    assert field.needs_key
    browser.custom(field, {"kind": "check", "target": field.target})
    eventually(lambda: field.status["reason"] == "key_needed" and "{at}" in field.status["text"])
    endpoint.mode = "open"
    browser.custom(field, {"kind": "check", "target": field.target})
    eventually(lambda: field.status["state"] == "verified")
    assert field.status["reason"] == "no_key_needed"
    assert not field.needs_key
    eventually(lambda: offered(compatible) == ["model-a", "model-b"])


def test_an_endpoint_that_refuses_a_call_without_a_key_is_said_to_need_one(flow, compatible, browser, endpoint):
    field, ask = parts(compatible).key, flow.conversation("ask", "Be brief.")
    flow.model = "compatible:model-a"
    endpoint.mode = "open"
    browser.custom(field, {"kind": "check", "target": field.target})
    eventually(lambda: field.status["reason"] == "no_key_needed")
    endpoint.calls = "checks"
    with pytest.raises(ProviderError) as caught:
        ask.run("Hi")
    assert caught.value.kind == "auth"
    eventually(lambda: field.status["reason"] == "key_needed")
    assert "call" in field.status["text"], "what the check found is not concealed"
    assert field.needs_key
    endpoint.calls = "open"
    ask.run("Hi")
    eventually(lambda: field.status["reason"] == "no_key_needed")
    assert not field.needs_key


def test_a_list_that_fails_after_a_good_check_is_not_asked_for_again_and_again(
    compatible, browser, endpoint, monkeypatch
):
    async def good(*_):
        pass

    monkeypatch.setattr("byok_widgets.providers.compatible.CompatibleProvider.check_key", good)
    eventually(lambda: endpoint.asked)
    for _ in range(3):
        browser.custom(parts(compatible).key, {"kind": "check", "target": parts(compatible).key.target})
        eventually(lambda: parts(compatible).key.status["state"] == "verified")
    time.sleep(0.2)
    assert 2 <= len(endpoint.asked) <= 6


def test_an_address_without_its_v1_is_told_and_the_corrected_one_is_asked_afresh(
    flow, compatible, browser, endpoint
):
    endpoint.mode = "open"
    field, address = parts(compatible).key, parts(compatible).address
    browser.set(address, value=f"http://{endpoint.host}")
    eventually(lambda: listing(flow).fault == "address")
    assert "/v1" in listing(flow).trouble
    browser.custom(field, {"kind": "check", "target": field.target})
    eventually(lambda: field.status["reason"] == "address" and "/v1" in field.status["text"])
    browser.set(address, value=endpoint.base_url)
    assert field.status["reason"] != "address"
    eventually(lambda: offered(compatible) == ["model-a", "model-b"] and not listing(flow).fault)
    browser.set(address, value=f"http://{endpoint.host}")
    assert field.status["reason"] != "address"


def test_what_a_check_found_is_about_one_address_and_the_key_for_all_of_its_place(
    flow, compatible, browser, endpoint
):
    status_after_saving(compatible, browser, endpoint.key, "verified")
    browser.set(parts(compatible).address, value=f"http://{endpoint.host}")
    eventually(lambda: parts(compatible).key.status["reason"] == "unchecked")
    browser.set(parts(compatible).address, value=endpoint.base_url)
    assert parts(compatible).key.status["state"] == "verified"
    browser.set(parts(compatible).address, value=f"http://{endpoint.host}")
    status_after_saving(compatible, browser, fake_key("compatible"), "unverified")
    browser.set(parts(compatible).address, value=endpoint.base_url)
    assert parts(compatible).key.status["reason"] == "unchecked"


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:9/v1", "http://{host}/v1/elsewhere"])
def test_a_key_is_for_one_place(flow, compatible, browser, endpoint, elsewhere):
    status_after_saving(compatible, browser, endpoint.key, "verified")
    browser.set(parts(compatible).address, value=elsewhere.format(host=endpoint.host))
    eventually(lambda: parts(compatible).key.status["state"] == "none")
    assert not parts(compatible).key.has_key
    assert endpoint.key not in "".join(endpoint.asked[2:]) or len(endpoint.asked) >= 2


def test_a_wrong_address_is_told_and_what_was_typed_stays(flow, compatible, browser, endpoint):
    browser.set(parts(compatible).address, value="http://example.org/v1")
    assert flow.config.base_url("compatible") == endpoint.base_url
    assert parts(compatible).address.value == "http://example.org/v1"
    assert len(parts(compatible).complaints) == 1
    flow.conversation("ask", "Be brief.")
    assert parts(compatible).address.value == "http://example.org/v1"


def test_fields_are_there_when_they_are_needed(flow, show):
    panel = show(flow)
    seen = {}
    for provider in ("local", "openai", "compatible"):
        flow.provider = provider
        seen[provider] = (parts(panel).shows(parts(panel).key), parts(panel).shows(parts(panel).address))
    assert seen == {"local": (False, False), "openai": (True, False), "compatible": (True, True)}
    flow.provider = "openai"
    flow.set_base_url("openai", "https://gateway.example.org/v1")
    assert parts(panel).shows(parts(panel).address)


def test_a_reference_given_in_a_cell_is_shown(flow, show, monkeypatch):
    monkeypatch.setenv("MY_KEY", fake_key("openai"))
    monkeypatch.setattr("byok_widgets.providers.openai.OpenAIProvider.default_url", "http://127.0.0.1:9/v1")
    flow.provider = "openai"
    panel = show(flow)
    eventually(lambda: parts(panel).key.status["state"] == "none")
    flow.use_key("env:MY_KEY")
    eventually(lambda: "MY_KEY" in parts(panel).key.status["text"])
    assert parts(panel).key.storage == "env"
    assert 'flow.use_key("env:MY_KEY")' in parts(panel).code.code


def test_the_code_makes_the_same_settings_again(flow, show, browser, compatible, endpoint, tmp_path, monkeypatch):
    flow.conversation("ask", "Be brief.")
    flow.model = 'odd "model"'
    flow.node("ask").model = "anthropic:claude-haiku-5-5"
    flow.node("ask").settings.update(effort="low", stop=["."], speed=None)
    flow.node("ask").max_tokens = 200
    status_after_saving(compatible, browser, endpoint.key, "verified")
    code = parts(compatible).code.code
    assert found_in(code, endpoint.key) == []
    monkeypatch.setenv("BYOK_WIDGETS_CONFIG_DIR", str(tmp_path / "elsewhere"))
    names: dict = {}
    head, _, overrides = code.partition("# when the nodes are made")
    exec(head.replace(f'"{flow.name}"', '"another flow"'), names)
    again = names["flow"]
    again.conversation("ask", "Be brief.")
    exec(overrides, names)
    assert (again.provider, again.model, again.config.base_url("compatible")) == (
        "compatible",
        'odd "model"',
        endpoint.base_url,
    )
    assert again.node("ask").model == "anthropic:claude-haiku-5-5"
    assert (again.node("ask").settings, again.node("ask").max_tokens) == ({"effort": "low", "stop": ["."]}, 200)


def test_prices_and_ends_are_told(flow, show):
    flow.provider, flow.model = "openai", "gpt-4o-mini"
    panel = show(flow)
    eventually(lambda: "$" in parts(panel).text)
    assert {"2027-01-14", "gpt-6-luna"} <= facts_in(parts(panel).text)
    flow.model = "gpt-6-lunar"
    eventually(lambda: "$" not in parts(panel).text and "gpt-6-luna" in facts_in(parts(panel).text))
    assert listing(flow).name in doubt(flow)
    flow.model = "gpt-5.2"
    eventually(lambda: "$" in parts(panel).text)
    assert doubt(flow) == ""


def test_a_mistyped_model_is_looked_for_in_the_providers_own_list(flow, compatible, endpoint):
    endpoint.mode = "open"
    flow.config.notify("key")
    flow.set_base_url("compatible", f"{endpoint.base_url}/")
    flow.model = "modl-a"
    flow.set_base_url("compatible", endpoint.base_url.replace("127.0.0.1", "localhost"))
    eventually(lambda: listing(flow).is_live and {"modl-a", "model-a"} <= facts_in(doubt(flow)))
    eventually(lambda: doubt(flow) in parts(compatible).text)
    flow.model = "model-a"
    assert doubt(flow) == ""


@pytest.mark.parametrize(
    ("provider", "typed", "hint"),
    [
        ("anthropic", "openia:gpt-6", '"openai:gpt-6"'),
        ("local", "gpt-6-luna", '"openai:gpt-6-luna"'),
        ("local", "opnai:gpt-6-luna", '"openai:gpt-6-luna"'),
    ],
)
def test_a_ref_that_was_meant_otherwise_is_taken_with_a_hint(flow, show, browser, provider, typed, hint):
    flow.conversation("ask", "Be brief.")
    flow.provider = provider
    panel = show(flow)
    browser.on_node(parts(panel).nodes, "ask", "choose", value=typed)
    assert flow.node("ask").model == f"{provider}:{typed}"
    assert parts(panel).text.count(hint) == 1
    browser.choose(parts(panel).model, typed)
    eventually(lambda: parts(panel).text.count(hint) == 2)
    browser.on_node(parts(panel).nodes, "ask", "choose", value="")
    assert parts(panel).text.count(hint) == 1


def test_a_model_that_the_teacher_has_fetched_is_not_said_to_be_missing(flow, show, tmp_path, monkeypatch):
    small = models.LOCAL_MODELS["smollm2-135m"]
    with (tmp_path / small.file_name).open("wb") as file:
        file.truncate(small.size_bytes)
    monkeypatch.setenv(SHARED_MODELS_VARIABLE, str(tmp_path))
    shown = parts(show(flow)).text
    assert small.label in shown
    assert models.announce_download(small) not in shown


def test_both_local_models_are_offered_with_their_size(flow, show):
    panel = show(flow)
    assert {"Qwen2.5-Coder 0.5B (491 MB)", "SmolLM2 135M (98 MB)"} <= set(parts(panel).buttons)
    assert models.announce_download(models.LOCAL_MODELS["smollm2-135m"]) in parts(panel).text


def test_names_are_text_and_never_markup(show):
    flow = Flow("<img src=x onerror=alert(1)>\x1b[31m")
    flow.conversation("<b>ask</b>", "Be brief.")
    flow.model = "<script>"
    panel = show(flow)
    shown = panel._repr_mimebundle_()["text/html"] + parts(panel).markup
    assert not any(tag in shown for tag in ("<img", "<script", "<b>"))
    assert "\x1b" not in f"{shown}{panel!r}{parts(panel).head.title}"


def test_the_static_forms_hold_the_facts_without_addresses(flow, show):
    flow.conversation("ask", "Be brief.")
    one, two = show(flow), show(flow)
    assert repr(one) == repr(two) == f"Settings of flow {flow.name!r}: local:smollm2-135m"
    bundles = [{k: v for k, v in p._repr_mimebundle_().items() if k.startswith("text/")} for p in (one, two)]
    assert bundles[0] == bundles[1]
    for form in bundles[0].values():
        for fact in ("Local model", "smollm2-135m", "not needed", "ask"):
            assert fact in form
    assert "application/vnd.jupyter.widget-view+json" in one._repr_mimebundle_()


def test_a_keyring_that_hangs_holds_up_nothing(flow, show, monkeypatch):
    monkeypatch.setattr(os_keyring, "TIME_LIMIT_S", 45.0)
    with installed(HangingKeyring()) as hanging:
        flow.provider = "openai"
        started = time.monotonic()
        panel = show(flow)
        repr(panel), panel._repr_mimebundle_()
        assert time.monotonic() - started < 30
        assert parts(panel).key.status["reason"] == "looking"
        assert parts(panel).key.storage_options[0]["id"] == "auto"
        hanging.wake()


def test_a_closed_panel_is_forgotten(flow, wire):
    panel = SettingsPanel(flow, mode="owner")
    known = weakref.ref(panel)
    panel.close()
    sent = len(wire.sent)
    flow.provider = "openai"
    assert len(wire.sent) == sent, "nobody follows the flow any more"
    del panel
    eventually(lambda: gc.collect() is not None and known() is None)


def test_running_a_cell_again_ends_the_panel_it_made_before(flow):
    class Shell:
        run = 0

        def get_parent(self):
            return {"metadata": {"cellId": "cell-1"}, "header": {"msg_id": f"run-{self.run}"}}

    shell = Shell()
    first, beside = (
        SettingsPanel.in_cell(flow, shell, mode="owner"),
        SettingsPanel.in_cell(flow, shell, mode="owner"),
    )
    assert first.comm is not None
    shell.run = 1
    again = SettingsPanel.in_cell(flow, shell, mode="owner")
    assert (first.comm, beside.comm) == (None, None)
    assert again.comm is not None
    again.close()


def test_a_note_of_the_settings_file_is_shown(show, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("BYOK_WIDGETS_CONFIG_DIR", str(tmp_path / "file"))
    flow = Flow("settings that cannot be kept")
    assert parts(show(flow)).head.notice


def test_a_wait_for_a_rate_limit_is_told_in_the_panel_until_it_is_over(flow, server, show, wire):
    refusal = {"error": {"message": "try again in 1.5s", "code": "rate_limit_exceeded"}}
    server.script(Say(status=429, body=refusal), "Hello.")
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:m"
    head = parts(show(flow)).head
    node = flow.conversation("ask", "Be brief.")
    assert node.run("Hi", show=False).attempts == 2
    told = eventually(lambda: (sent := wire.custom(head)) and sent[-1]["kind"] == "wait_over" and sent)
    assert told[0]["kind"] == "wait"
    assert 0.5 < told[0]["seconds"] <= 1.5
    assert told[0]["text"]
