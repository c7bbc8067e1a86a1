"""The key's way from the browser to the key store, and everywhere that it must not be."""

from __future__ import annotations

import json
import logging
import sys
import traceback

import ipywidgets
import pytest
from IPython.core.ultratb import VerboseTB
from ipywidgets.embed import embed_data

from byok_widgets import Flow
from byok_widgets.keys.formats import validation_rules
from byok_widgets.secrets import Secret
from byok_widgets.widgets.panel.key_controller import KeyController
from byok_widgets.widgets.panel.key_field import KeyField
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import PlaintextKeyring, installed
from tests.widgets.parts import parts, saved_settings
from tests.widgets.wire import eventually, found_in, seal


@pytest.fixture
def field(flow, show):
    """The key field of a panel for OpenAI, once it has found out that no key is saved."""
    flow.provider = "openai"
    made = parts(show(flow)).key
    eventually(lambda: made.status["state"] == "none" and made.storage_options[0]["id"] == "keyring")
    made.storage = "session"
    return made


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """A saved key is checked at once; here nothing answers."""
    monkeypatch.setattr("byok_widgets.providers.openai.OpenAIProvider.default_url", "http://127.0.0.1:9/v1")


def answer_to(wire, field, request):
    return eventually(lambda: next((sent for sent in wire.custom(field) if sent.get("id") == request), None))


def key_of(flow):
    secret = flow.key_store.get("openai", "127.0.0.1:9")
    return secret.reveal() if secret else None


def test_a_sealed_key_is_saved_for_this_flow(flow, field, browser, wire):
    key = fake_key("openai")
    request = browser.save_key(field, f"  {key}\n")
    assert answer_to(wire, field, request) == {"kind": "answer", "id": request, "outcome": "saved"}
    assert key_of(flow) == key
    assert field.has_key
    assert field.storage == "session"


def test_a_kernel_in_the_page_itself_takes_a_key_as_it_was_typed(flow, show, browser, wire, monkeypatch):
    monkeypatch.setattr("byok_widgets.widgets.panel.key_field.HAS_THREADS", False)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    flow.provider = "openai"
    field, key = parts(show(flow)).key, fake_key("openai")
    assert field.in_page
    about = {"target": field.target, "storage": "session", "override": False, "typed": key}
    browser.custom(field, {"kind": "save", "id": "here", **about})
    assert answer_to(wire, field, "here")["outcome"] == "saved"
    assert key_of(flow) == key
    assert found_in(json.dumps(ipywidgets.Widget.get_manager_state(), default=str), key) == []


def test_a_kernel_that_can_unseal_takes_nothing_that_is_not_sealed(flow, field, browser, wire):
    browser.set(field, in_page=True)
    about = {"target": field.target, "storage": "session", "override": False, "typed": fake_key("openai")}
    browser.custom(field, {"kind": "save", "id": "bare", **about})
    assert answer_to(wire, field, "bare")["reason"] == "not_sealed"
    assert key_of(flow) is None


def test_no_part_of_a_key_is_sent_kept_or_shown(flow, field, browser, wire, show, caplog):
    caplog.set_level(logging.DEBUG)
    key = fake_key("openai")
    request = browser.save_key(field, key)
    answer_to(wire, field, request)
    eventually(lambda: field.status["state"] == "unverified")
    panel = show(flow)
    browser.save_key(field, key[:-20] + "“" + key[-19:])
    browser.save_key(field, key, target="anthropic@elsewhere")
    browser.custom(field, {"kind": "check", "target": field.target})
    states = json.dumps([widget.get_state() for widget in (field, panel, *panel.children)], default=str)
    everything = {
        "wire": wire.text(),
        "state": states,
        "manager": json.dumps(ipywidgets.Widget.get_manager_state(), default=str),
        "embed": json.dumps(embed_data(views=[panel]), default=str),
        "repr": f"{panel!r} {field!r} {flow!r} {panel._repr_mimebundle_()}",
        "vars": f"{vars(field)} {vars(KeyController.of(flow))}",
        "log": caplog.text,
        "settings": saved_settings(),
    }
    assert {place: found_in(text, key) for place, text in everything.items() if found_in(text, key)} == {}


def test_not_even_the_length_of_a_key_is_told(flow, field, browser, wire):
    said = []
    for key in (fake_key("openai"), fake_key("openai")[:60]):
        sent = len(wire.sent)
        answer_to(wire, field, browser.save_key(field, key))
        eventually(lambda: field.status["state"] == "unverified")
        said.append([len(json.dumps(data)) for _, data, _ in wire.sent[sent:] if data.get("method") == "custom"])
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "typed", ["", "sk-proj-abc\ndef", "sk-proj-ab“c", "a" * 10_000, "OPENAI_API_KEY", "sk-", "sk-short"]
)
def test_what_cannot_be_a_key_is_refused_in_words(flow, field, browser, wire, typed):
    answer = answer_to(wire, field, browser.save_key(field, typed))
    assert answer["outcome"] == "refused"
    assert answer["reason"]
    assert answer["text"]
    assert key_of(flow) is None


def test_another_providers_key_is_refused_before_any_request_with_an_offer(flow, field, browser, wire):
    answer = answer_to(wire, field, browser.save_key(field, fake_key("anthropic")))
    assert answer["outcome"] == "refused"
    assert answer["switch_to"] == {"name": "anthropic", "label": "Anthropic"}
    assert "Anthropic" in answer["text"]
    assert field.status["state"] == "none"
    browser.custom(field, {"kind": "switch", "provider": "anthropic"})
    assert flow.provider == "anthropic"
    assert field.target == "anthropic@api.anthropic.com"


def test_another_providers_key_is_kept_when_the_person_insists(flow, field, browser, wire):
    key = fake_key("anthropic")
    answer = answer_to(wire, field, browser.save_key(field, key, override=True))
    assert answer["outcome"] == "saved"
    assert key_of(flow) == key


def test_a_key_goes_nowhere_else_than_the_person_saw(flow, field, browser, wire):
    seen = field.target
    flow.provider = "anthropic"
    answer = answer_to(wire, field, browser.save_key(field, fake_key("openai"), target=seen))
    assert (answer["outcome"], answer["reason"]) == ("refused", "target_changed")


def test_a_key_that_was_not_sealed_is_not_taken(flow, field, browser, wire):
    head = {
        "kind": "save",
        "id": "plain",
        "target": field.target,
        "storage": "session",
        "value": fake_key("openai"),
    }
    browser.custom(field, head)
    assert answer_to(wire, field, "plain")["reason"] == "not_sealed"
    assert key_of(flow) is None


def test_a_key_sealed_for_the_panel_of_one_flow_opens_in_no_other(flow, field, browser, wire, show):
    flow.provider = "openai"
    other = Flow(f"{flow.name} other")
    other.provider = "openai"
    theirs = parts(show(other)).key
    assert theirs.target == field.target
    head = {"kind": "save", "id": "other", "target": field.target, "storage": "session", "override": True}
    browser.custom(theirs, {**head, "sealed": seal(field.public_key, fake_key("openai"), head)})
    assert answer_to(wire, theirs, "other")["reason"] == "bad_key_format"
    assert other.key_store.held() == ()


def test_a_key_sealed_for_another_kernel_is_refused_in_words(flow, field, browser, wire):
    from byok_widgets.keys import SealingKey

    head = {"kind": "save", "id": "other", "target": field.target, "storage": "session"}
    browser.custom(field, {**head, "sealed": seal(SealingKey().public_b64, fake_key("openai"), head)})
    assert answer_to(wire, field, "other")["reason"] == "bad_key_format"


@pytest.mark.parametrize(
    "content", [None, [], "save", {}, {"kind": "save"}, {"kind": ["save"]}, {"kind": "check"}]
)
def test_messages_that_make_no_sense_do_no_harm(field, browser, content):
    field._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    field._handle_msg(
        {"content": {"data": {"method": "custom", "content": content}}, "buffers": [memoryview(b"x")] * 3}
    )


@pytest.mark.parametrize("fault", [ValueError, RuntimeError, KeyboardInterrupt])
def test_nothing_that_breaks_in_the_handler_shows_the_key(fault, wire, browser):
    key = fake_key("openai")

    class Breaking:
        def save(self, secret: Secret, **more):
            raise fault(secret.reveal())

    field = KeyField(Breaking())
    text = ""
    try:
        browser.save_key(field, key)
    except KeyboardInterrupt as raised:
        ours = raised.__traceback__
        while ours.tb_frame.f_code.co_name != "_receive":  # the frames of this test hold the key themselves
            ours = ours.tb_next
        text = VerboseTB(theme_name="nocolor").text(type(raised), raised, ours)
        text += "".join(traceback.format_exception(raised, chain=True))
    assert (fault is KeyboardInterrupt) == bool(text)
    assert wire.custom(field)[-1]["outcome"] == "refused"
    assert found_in(text + wire.text(), key) == []


def test_the_store_breaking_in_the_background_is_told_in_fixed_words(flow, field, browser, wire, monkeypatch):
    key = fake_key("openai")
    monkeypatch.setattr(type(flow.key_store), "save", lambda *_, **__: (_ for _ in ()).throw(OSError(key)))
    answer = answer_to(wire, field, browser.save_key(field, key))
    assert (answer["outcome"], answer["reason"]) == ("refused", "failed")
    assert found_in(wire.text(), key) == []


def test_the_keyring_is_named_and_used(flow, field, browser, wire, keyring):
    key = fake_key("openai")
    assert "MemoryKeyring" in field.storage_options[0]["label"] or "Memory" in field.storage_options[0]["label"]
    answer_to(wire, field, browser.save_key(field, key, storage="keyring"))
    assert key in keyring.kept.values()
    assert field.storage == "keyring"
    eventually(lambda: field.has_key)  # what was answered before it is shown says nothing of the removal
    browser.custom(field, {"kind": "remove", "target": field.target})
    eventually(lambda: not field.has_key and field.status["state"] == "none")
    eventually(lambda: keyring.kept == {})  # calls find no key any more even before the keyring has removed it


def test_the_variable_that_is_in_use_is_named_where_another_can_be_typed(flow, field, monkeypatch):
    assert field.variable_hint == "OPENAI_API_KEY"
    monkeypatch.setenv("MY_API_KEY", fake_key("openai"))
    flow.use_key("env:MY_API_KEY")
    eventually(lambda: field.variable_hint == "MY_API_KEY is in use")


def test_a_reference_keeps_the_name_of_a_variable_alone(flow, field, browser, wire, monkeypatch):
    key = fake_key("openai")
    monkeypatch.setenv("MY_OPENAI_KEY", key)
    answer = answer_to(wire, field, browser.save_key(field, "MY_OPENAI_KEY", storage="env"))
    assert answer["outcome"] == "saved"
    assert "MY_OPENAI_KEY" in field.status["text"]
    assert key_of(flow) == key
    assert saved_settings().count("MY_OPENAI_KEY") == 1
    assert found_in(saved_settings() + wire.text(), key) == []


def test_a_reference_takes_the_place_of_a_saved_key(flow, field, browser, wire, monkeypatch):
    monkeypatch.setenv("MY_OPENAI_KEY", fake_key("openai"))
    answer_to(wire, field, browser.save_key(field, fake_key("openai")))
    answer_to(wire, field, browser.save_key(field, "env:MY_OPENAI_KEY", storage="env"))
    assert flow.key_store.status("openai", "127.0.0.1:9").backend == "env"


@pytest.mark.parametrize(
    ("typed", "recognised"),
    [(fake_key("openai"), True), (fake_key("anthropic"), True), ("a1B" + "xY3z" * 8, True), ("A" * 40, False)],
    ids=["OpenAI", "Anthropic", "noise", "word"],
)
def test_a_key_typed_where_a_name_belongs_is_refused_cleared_and_not_written(
    flow, field, browser, wire, typed, recognised
):
    answer = answer_to(wire, field, browser.save_key(field, typed, storage="env"))
    assert answer["outcome"] == "refused"
    assert answer.get("clear", False) == recognised
    assert (answer["reason"] == "misplaced_key") == recognised
    assert found_in(wire.text() + saved_settings(), typed) == []


@pytest.mark.parametrize("value", [None, "/", "http://proxy.example.org", "word"])
def test_a_variable_without_a_key_is_refused_and_what_is_saved_stays(
    flow, field, browser, wire, monkeypatch, value
):
    answer_to(wire, field, browser.save_key(field, key := fake_key("openai")))
    if value:
        monkeypatch.setenv("MY_VARIABLE", value)
    answer = answer_to(wire, field, browser.save_key(field, "MY_VARIABLE", storage="env"))
    assert answer["outcome"] == "refused"
    assert not answer.get("clear")
    assert key_of(flow) == key


def test_the_field_says_that_a_key_is_kept(flow, field, browser, wire, monkeypatch):
    assert field.hint == "sk-…"
    empty = field.status["pasted"]
    answer_to(wire, field, browser.save_key(field, fake_key("openai")))
    kept = (field.hint, field.status["pasted"])
    assert kept[0] != "sk-…"
    assert kept[1] != empty
    monkeypatch.setenv("MY_OPENAI_KEY", fake_key("openai"))
    answer_to(wire, field, browser.save_key(field, "MY_OPENAI_KEY", storage="env"))
    assert field.hint == "sk-…"
    browser.custom(field, {"kind": "remove", "target": field.target})
    eventually(lambda: not field.has_key)
    assert not field.can_check


def test_of_a_key_that_is_only_referred_to_it_is_never_said_that_it_is_saved(
    flow, field, browser, wire, monkeypatch
):
    monkeypatch.setenv("MY_OPENAI_KEY", fake_key("openai"))
    sent = len(wire.sent)
    answer_to(wire, field, browser.save_key(field, "MY_OPENAI_KEY", storage="env"))
    eventually(lambda: field.status["state"] == "unverified")
    said = [data["state"]["status"] for _, data, _ in wire.sent[sent:] if "status" in data.get("state", {})]
    assert [status["state"] for status in said[-2:]] == ["working", "unverified"]
    assert [status["reason"] for status in said[-2:]] == ["checking", "refused"]
    assert not any("saved" in status["text"].lower() for status in said)


def test_without_a_keyring_the_place_that_is_left_says_why_in_one_sentence(flow, show):
    with installed(PlaintextKeyring()):
        made = parts(show(flow)).key
        flow.provider = "openai"
        eventually(lambda: made.storage_options and made.storage_options[0]["id"] == "session")
        note = made.storage_options[0]["note"]
    assert note.count("PlaintextKeyring") == 1


def test_the_page_gets_the_rules_of_the_provider_that_it_shows(flow, field):
    assert field.shapes == validation_rules("openai")
    flow.provider = "anthropic"
    assert field.shapes == validation_rules("anthropic")
