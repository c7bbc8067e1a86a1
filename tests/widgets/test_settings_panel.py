"""The settings panel: what it shows is what the flow has, whoever changed it."""

from __future__ import annotations

import gc
import html
import threading
import time
import weakref

import ipywidgets
import pytest

from byok_widgets import Flow
from byok_widgets.widgets.model_field import ModelField
from byok_widgets.widgets.settings import SettingsPanel
from tests.fake_keys import fake_key
from tests.keys.backends import HangingKeyring, installed
from tests.widgets.wire import eventually, found_in


def combos(panel):
    return {field.description: field for field in walk(panel) if isinstance(field, ModelField)}


def buttons(panel):
    return {
        button.description.removeprefix("✓ "): button
        for button in walk(panel)
        if isinstance(button, ipywidgets.Button)
    }


def words(panel):
    fields = combos(panel).values()
    nodes = [note for row in panel._nodes.nodes for note in row["notes"]]
    return " ".join([html.unescape(markup(panel)), *(f"{field.problem} {field.note}" for field in fields), *nodes])


def markup(panel):
    return " ".join(part.value for part in walk(panel) if isinstance(part, ipywidgets.HTML))


def offered(panel):
    return [row[0] for row in combos(panel)["Default model"].rows.rows]


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def is_shown(widget):
    return widget.layout.display != "none"


@pytest.fixture
def compatible(flow, show, endpoint, browser):
    """A panel on an endpoint that knows one key."""
    panel = show(flow)
    browser.set(panel._provider, index=[value for _, value in panel._provider.options].index("compatible"))
    browser.set(panel._address._field, value=endpoint.base_url)
    eventually(lambda: panel._key.view.status["state"] == "none")
    return panel


def status_after_saving(panel, browser, key, state):
    browser.save_key(panel._key.view, key, place="session")
    eventually(lambda: panel._key.view.status["state"] == state)
    return panel._key.view.status["text"]


def test_a_click_writes_what_a_line_of_code_writes(flow, show, browser):
    flow.conversation("ask", "Be brief.")
    panel = show(flow)
    browser.set(panel._provider, index=0)
    assert flow.provider == "openai"
    browser.click(buttons(panel)["balanced"])
    assert flow.model == "gpt-6.1-sol"
    browser.choose(combos(panel)["Default model"], "my-own-model")
    assert flow.model == "my-own-model"
    browser.on_node(panel._nodes, "ask", "choose", value="anthropic:claude-haiku-5-5")
    assert flow.node("ask").model == "anthropic:claude-haiku-5-5"
    browser.on_node(panel._nodes, "ask", "choose", value="")
    assert flow.node("ask").model is None


def test_a_line_of_code_is_seen_at_once_in_every_panel(flow, show):
    panels = [show(flow), show(Flow(flow.name))]
    flow.provider = "anthropic"
    flow.model = "claude-haiku-5-5"
    for panel in panels:
        assert panel._provider.value == "anthropic"
        assert combos(panel)["Default model"].value == "claude-haiku-5-5"
        assert panel._key.view.target == "anthropic@api.anthropic.com"
        assert 'flow.model = "claude-haiku-5-5"' in panel._code.code


def test_two_panels_agree_on_the_key_too(flow, show, browser, compatible, endpoint):
    other = show(flow)
    status_after_saving(compatible, browser, endpoint.key, "verified")
    eventually(lambda: other._key.view.status == compatible._key.view.status)
    assert other._key.view.has_key


def test_a_change_from_another_thread_arrives(flow, show):
    panel = show(flow)
    threads = [threading.Thread(target=setattr, args=(flow, "model", f"m{n}")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert combos(panel)["Default model"].value == flow.model


def test_a_wrong_model_is_told_and_changes_nothing(flow, show, browser):
    panel = show(flow)
    before = flow.model
    browser.choose(combos(panel)["Default model"], "openai:")
    assert flow.model == before
    assert "Not set:" in words(panel)
    browser.choose(combos(panel)["Default model"], "qwen2.5-coder-0.5b")
    assert "Not set:" not in words(panel)


@pytest.mark.parametrize("place", ["Default model", "Base URL"])
def test_a_key_typed_into_another_field_goes_no_further_than_that(flow, show, browser, wire, place):
    flow.conversation("ask", "Be brief.")
    flow.provider, flow.model = "compatible", "my-model"
    panel = show(flow)
    field = (combos(panel) | {"Base URL": panel._address._field})[place]
    before, key = field.value, fake_key("openai")
    browser.set(field, value=key) if place == "Base URL" else browser.choose(field, key)
    assert field.value == before
    assert "This looks like an API key; it belongs in the key field. It was not saved." in words(panel)
    assert (flow.model, flow.node("ask").model, flow.config.base_url("compatible")) == ("my-model", None, None)
    kept = (
        f"{flow.config._file.path.read_text()} {panel._code.code} {flow!r} {panel!r} {panel._repr_mimebundle_()}"
    )
    assert found_in(wire.text() + words(panel) + kept, key) == []
    browser.choose(combos(panel)["Default model"], "another-model")
    browser.set(panel._address._field, value="http://127.0.0.1:9/v1")
    assert "Not set:" not in words(panel)


def test_what_was_not_set_is_told_until_something_else_is_chosen(flow, show, browser):
    panel = show(flow)
    browser.choose(combos(panel)["Default model"], "openai:")
    flow.conversation("ask", "Be brief.")
    assert words(panel).count("Not set:") == 1
    browser.set(panel._provider, index=0)
    assert "Not set:" not in words(panel)


def test_a_key_that_is_good_is_verified_and_the_models_are_listed(compatible, browser, endpoint, wire):
    text = status_after_saving(compatible, browser, endpoint.key, "verified")
    assert text.startswith("Verified at ")
    assert "session's memory only" in text
    eventually(lambda: offered(compatible) == ["model-a", "model-b"])
    assert "2 models in the endpoint's own list of " in words(compatible)
    assert found_in(wire.text(), endpoint.key) == []


def test_a_key_that_is_rejected_stays_saved_and_that_is_said(flow, compatible, browser, endpoint, wire):
    wrong = fake_key("compatible")
    text = status_after_saving(compatible, browser, wrong, "rejected")
    assert "rejected the API key (401 Unauthorized)" in text
    assert "valid and has not expired" in text
    assert "stays saved" in text
    assert flow.key_store.get("compatible", endpoint.host).reveal() == wrong
    assert found_in(wire.text(), wrong) == []


@pytest.mark.parametrize(
    ("mode", "why"),
    [("broken", "out of order"), ("page", "web page came back"), ("open", "with or without a key")],
)
def test_a_check_that_tells_nothing_fails_open_and_says_why(flow, compatible, browser, endpoint, mode, why):
    endpoint.mode = mode
    text = status_after_saving(compatible, browser, endpoint.key, "unverified")
    assert text.startswith("Saved, but not verified.")
    assert why in text
    assert flow.key_store.get("compatible", endpoint.host) is not None


def test_an_endpoint_that_is_not_there_leaves_the_key_unverified(compatible, browser, endpoint):
    endpoint.close()
    assert "Nothing answers at" in status_after_saving(compatible, browser, endpoint.key, "unverified")
    eventually(lambda: "could not be had" in words(compatible))


def test_an_endpoint_that_needs_no_key_can_be_checked_without_one(compatible, browser, endpoint):
    field = compatible._key.view
    assert field.can_check
    assert not field.has_key
    assert not field.needs_key
    browser.custom(field, {"kind": "check", "target": field.target})
    eventually(lambda: "asks for a key (401 Unauthorized)" in field.status["text"])
    eventually(lambda: "can be had with a key only" in words(compatible))
    endpoint.mode = "open"
    browser.custom(field, {"kind": "check", "target": field.target})
    eventually(lambda: field.status["state"] == "verified")
    assert field.status["text"].startswith("It answers without a key.")
    eventually(lambda: offered(compatible) == ["model-a", "model-b"])


def test_a_list_that_fails_after_a_good_check_is_not_asked_for_again_and_again(
    compatible, browser, endpoint, monkeypatch
):
    async def good(*_):
        pass

    monkeypatch.setattr("byok_widgets.providers.compatible.CompatibleProvider.check_key", good)
    eventually(lambda: endpoint.asked)
    for _ in range(3):
        browser.custom(compatible._key.view, {"kind": "check", "target": compatible._key.view.target})
        eventually(lambda: compatible._key.view.status["state"] == "verified")
    time.sleep(0.2)
    assert 2 <= len(endpoint.asked) <= 6


def test_an_address_without_its_v1_is_told_and_the_corrected_one_is_asked_anew(compatible, browser, endpoint):
    endpoint.mode = "open"
    field, address = compatible._key.view, compatible._address._field
    browser.set(address, value=f"http://{endpoint.host}")
    eventually(lambda: "There is no API" in words(compatible))
    assert "most end in /v1" in words(compatible)
    assert "the model" not in words(compatible)
    browser.custom(field, {"kind": "check", "target": field.target})
    eventually(lambda: "most end in /v1" in field.status["text"])
    browser.set(address, value=endpoint.base_url)
    assert "404" not in field.status["text"]
    eventually(lambda: offered(compatible) == ["model-a", "model-b"] and "404" not in words(compatible))
    browser.set(address, value=f"http://{endpoint.host}")
    assert "404" not in field.status["text"]


def test_what_a_check_found_is_about_one_address_and_the_key_for_all_of_its_host(
    flow, compatible, browser, endpoint
):
    status_after_saving(compatible, browser, endpoint.key, "verified")
    browser.set(compatible._address._field, value=f"{endpoint.base_url}/elsewhere")
    eventually(lambda: compatible._key.view.status["text"].startswith("Saved, not checked yet."))
    browser.set(compatible._address._field, value=endpoint.base_url)
    assert compatible._key.view.status["state"] == "verified"
    browser.set(compatible._address._field, value=f"{endpoint.base_url}/elsewhere")
    status_after_saving(compatible, browser, fake_key("compatible"), "unverified")
    browser.set(compatible._address._field, value=endpoint.base_url)
    assert compatible._key.view.status["text"].startswith("Saved, not checked yet.")


def test_a_key_is_for_one_address(flow, compatible, browser, endpoint):
    status_after_saving(compatible, browser, endpoint.key, "verified")
    browser.set(compatible._address._field, value="http://127.0.0.1:9/v1")
    eventually(lambda: compatible._key.view.status["state"] == "none")
    assert not compatible._key.view.has_key
    assert endpoint.key not in "".join(endpoint.asked[2:]) or len(endpoint.asked) >= 2


def test_a_wrong_address_is_told_and_what_was_typed_stays(flow, compatible, browser, endpoint):
    browser.set(compatible._address._field, value="http://example.org/v1")
    assert flow.config.base_url("compatible") == endpoint.base_url
    assert compatible._address._field.value == "http://example.org/v1"
    assert "unencrypted over the network" in words(compatible)
    flow.conversation("ask", "Be brief.")
    assert compatible._address._field.value == "http://example.org/v1"


def test_fields_are_there_when_they_are_needed(flow, show):
    panel = show(flow)
    seen = {}
    for provider in ("local", "openai", "compatible"):
        flow.provider = provider
        seen[provider] = (is_shown(panel._key.view), is_shown(panel._address.view))
    assert seen == {"local": (False, False), "openai": (True, False), "compatible": (True, True)}
    flow.provider = "openai"
    flow.set_base_url("openai", "https://gateway.example.org/v1")
    assert is_shown(panel._address.view)


def test_a_reference_given_in_a_cell_is_shown(flow, show, monkeypatch):
    monkeypatch.setenv("MY_KEY", fake_key("openai"))
    monkeypatch.setattr("byok_widgets.providers.openai.OpenAIProvider.default_url", "http://127.0.0.1:9/v1")
    flow.provider = "openai"
    panel = show(flow)
    eventually(lambda: panel._key.view.status["state"] == "none")
    flow.use_key("env:MY_KEY")
    eventually(lambda: "MY_KEY" in panel._key.view.status["text"])
    assert panel._key.view.place == "env"
    assert 'flow.use_key("env:MY_KEY")' in panel._code.code


def test_the_code_makes_the_same_settings_again(flow, show, browser, compatible, endpoint, tmp_path, monkeypatch):
    flow.conversation("ask", "Be brief.")
    flow.model = 'odd "model"'
    flow.node("ask").model = "anthropic:claude-haiku-5-5"
    flow.node("ask").settings.update(effort="low", stop=["."], speed=None)
    flow.node("ask").max_tokens = 200
    status_after_saving(compatible, browser, endpoint.key, "verified")
    code = compatible._code.code
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
    eventually(lambda: "per million tokens" in words(panel))
    assert "2027-01-14" in words(panel)
    assert "gpt-6-luna has its role now" in words(panel)
    flow.model = "gpt-6-lunar"
    eventually(
        lambda: "not priced" in words(panel) and "gpt-6-lunar is not in the offline list of 2" in words(panel)
    )
    assert "Similar: gpt-6-luna" in words(panel)
    flow.model = "gpt-5.2"
    eventually(lambda: "per million tokens" in words(panel))
    assert "is not in the list" not in words(panel)


def test_a_mistyped_model_is_looked_for_in_the_providers_own_list(flow, compatible, endpoint):
    endpoint.mode = "open"
    flow.config.announce("key")
    flow.set_base_url("compatible", f"{endpoint.base_url}/")
    flow.model = "modl-a"
    flow.set_base_url("compatible", endpoint.base_url.replace("127.0.0.1", "localhost"))
    eventually(lambda: "modl-a is not in the endpoint's own list of" in words(compatible))
    assert "Similar: model-a" in words(compatible)
    flow.model = "model-a"
    assert "is not in" not in words(compatible)


@pytest.mark.parametrize(
    ("provider", "typed", "hint"),
    [
        ("anthropic", "openia:gpt-6", 'There is no provider "openia": did you mean "openai:gpt-6"?'),
        ("local", "gpt-6-luna", 'write "openai:gpt-6-luna"'),
        ("local", "opnai:gpt-6-luna", 'did you mean "openai:gpt-6-luna"?'),
    ],
)
def test_a_ref_that_was_meant_otherwise_is_taken_with_a_hint(flow, show, browser, provider, typed, hint):
    flow.conversation("ask", "Be brief.")
    flow.provider = provider
    panel = show(flow)
    browser.on_node(panel._nodes, "ask", "choose", value=typed)
    assert flow.node("ask").model == f"{provider}:{typed}"
    assert words(panel).count(hint) == 1
    browser.choose(combos(panel)["Default model"], typed)
    eventually(lambda: words(panel).count(hint) == 2)
    browser.on_node(panel._nodes, "ask", "choose", value="")
    assert words(panel).count(hint) == 1


def test_both_local_models_are_offered_with_their_size(flow, show):
    panel = show(flow)
    assert {"Qwen2.5-Coder 0.5B (491 MB)", "SmolLM2 135M (98 MB)"} <= set(buttons(panel))
    assert "Not here yet. At the first run, SmolLM2 135M (98 MB" in words(panel)
    assert "is fetched once and kept in" in words(panel)


def test_names_are_text_and_never_markup(show):
    flow = Flow("<img src=x onerror=alert(1)>\x1b[31m")
    flow.conversation("<b>ask</b>", "Be brief.")
    flow.model = "<script>"
    panel = show(flow)
    shown = panel._repr_mimebundle_()["text/html"] + markup(panel)
    assert not any(tag in shown for tag in ("<img", "<script", "<b>"))
    assert "\x1b" not in f"{shown}{panel!r}{panel._head.title}"


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


def test_a_keyring_that_hangs_holds_up_nothing(flow, show):
    with installed(HangingKeyring()) as hanging:
        flow.provider = "openai"
        started = time.monotonic()
        panel = show(flow)
        repr(panel), panel._repr_mimebundle_()
        assert time.monotonic() - started < 1.0
        assert panel._key.view.status["text"] == "Looking for a saved key …"
        assert panel._key.view.places[0]["id"] == "auto"
        hanging.wake()


def test_a_closed_panel_is_forgotten(flow):
    panel = SettingsPanel(flow)
    known = weakref.ref(panel)
    before = len(flow.config._observers)
    panel.close()
    assert len(flow.config._observers) == before - 1
    del panel
    eventually(lambda: gc.collect() is not None and known() is None)
    flow.provider = "openai"


def test_running_a_cell_again_ends_the_panel_it_made_before(flow):
    class Shell:
        run = 0

        def get_parent(self):
            return {"metadata": {"cellId": "cell-1"}, "header": {"msg_id": f"run-{self.run}"}}

    shell = Shell()
    first, beside = SettingsPanel.in_cell(flow, shell), SettingsPanel.in_cell(flow, shell)
    assert first.comm is not None
    shell.run = 1
    again = SettingsPanel.in_cell(flow, shell)
    assert (first.comm, beside.comm) == (None, None)
    assert again.comm is not None
    again.close()


def test_a_note_of_the_settings_file_is_shown(flow, show, tmp_path):
    flow.config._file.notice = "Settings are kept for this session only: the disk is full."
    assert show(flow)._head.notice == "Settings are kept for this session only: the disk is full."
