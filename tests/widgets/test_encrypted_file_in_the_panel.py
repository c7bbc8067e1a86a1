"""The encrypted file in the panel: the passphrase takes the key's way, once in a kernel, for all flows."""

from __future__ import annotations

import json
import logging
from typing import Any

import ipywidgets
import pytest

from byok_widgets import Flow
from byok_widgets.keys import KeyStore, derived_key
from byok_widgets.keys.backends import encrypted_file, key_file
from byok_widgets.secrets import Secret
from byok_widgets.widgets.panel.key_controller import KeyController
from byok_widgets.widgets.panel.key_field import KeyField
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import PlaintextKeyring, installed
from tests.widgets.parts import parts, saved_settings
from tests.widgets.wire import eventually, found_in, seal

PHRASE = "correct horse battery staple"
HOST = "127.0.0.1:9"


@pytest.fixture(autouse=True)
def _quick_and_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived_key, "COST", 2**4)
    monkeypatch.setattr(encrypted_file, "_opened", {})
    monkeypatch.setattr("byok_widgets.providers.openai.OpenAIProvider.default_url", f"http://{HOST}/v1")


@pytest.fixture
def field(flow, show):
    return field_of(flow, show)


def save_in_file(flow, provider, key):
    """Save a key in the file, of which the flow's own store learns nothing, as in another kernel."""
    KeyStore(flow.name, flow.config.key_references).save(provider, HOST, key, backend="file")
    encrypted_file._opened.clear()


@pytest.fixture
def saved(flow):
    """A flow whose key is stored in the file, in a kernel that does not know the passphrase."""
    encrypted_file.create(PHRASE)
    key = fake_key()
    flow.provider = "openai"
    save_in_file(flow, "openai", key)
    return key


def field_of(flow: Flow, show: Any) -> Any:
    flow.provider = "openai"
    made = parts(show(flow)).key
    eventually(lambda: made.status["state"] in ("none", "unverified") and made.storage_options[0]["id"] != "auto")
    return made


def asked(field: Any) -> str:
    """Return what the encrypted file asks for."""
    return next(option["asks"] for option in field.storage_options if option["id"] == "file")


def unlock(wire: Any, browser: Any, field: Any, phrase: str, *, new: bool = False) -> Any:
    """Type a passphrase and press the button; returns the answer."""
    request = f"{len(wire.custom(field))} {phrase[:1]}"
    message = {"kind": "unlock", "id": request, "storage": "file", "new": new}
    browser.custom(field, {**message, "sealed": seal(field.public_key, phrase, message)})
    return eventually(lambda: next((sent for sent in wire.custom(field) if sent.get("id") == request), None))


def test_a_passphrase_is_chosen_and_then_a_key_is_saved(flow, field, browser, wire):
    assert [option["id"] for option in field.storage_options] == ["keyring", "session", "file", "env"]
    assert asked(field) == "new_passphrase"
    browser.set(field, storage="file")
    assert unlock(wire, browser, field, PHRASE, new=True)["outcome"] == "unlocked"
    assert asked(field) == "key"
    request = browser.save_key(field, key := fake_key())
    eventually(lambda: [sent for sent in wire.custom(field) if sent.get("id") == request])
    assert flow.key_store.status("openai", HOST).backend == "file"
    assert flow.key_store.get("openai", HOST) == Secret(key)
    eventually(lambda: field.has_key and field.storage == "file")


def test_after_a_restart_the_panel_asks_for_the_passphrase(flow, saved, field, browser, wire):
    assert (field.storage, asked(field), field.has_key, field.can_check) == ("file", "passphrase", True, False)
    assert field.status["reason"] == "locked"
    refusal = unlock(wire, browser, field, "another passphrase")
    assert (refusal["outcome"], refusal["reason"]) == ("refused", "wrong_passphrase")
    assert asked(field) == "passphrase"
    assert unlock(wire, browser, field, PHRASE)["outcome"] == "unlocked"
    assert asked(field) == "key"
    eventually(lambda: (field.status["reason"], field.storage) == ("unchecked", "file"))
    assert flow.key_store.get("openai", HOST) == Secret(saved)


def test_behind_a_locked_file_there_is_nothing_to_check_even_where_a_key_is_optional(flow, show):
    encrypted_file.create(PHRASE)
    flow.set_base_url("compatible", f"http://{HOST}/v1")
    flow.provider = "compatible"
    save_in_file(flow, "compatible", fake_key("compatible"))
    field = parts(show(flow)).key
    eventually(lambda: asked(field) == "passphrase" and field.has_key)
    assert not field.can_check


def test_one_passphrase_opens_the_file_for_all_flows(saved, field, browser, wire, show):
    other = Flow("another")
    other_field = field_of(other, show)
    assert (other_field.storage, asked(other_field)) == ("keyring", "passphrase")
    unlock(wire, browser, field, PHRASE)
    eventually(lambda: asked(other_field) == "key" and asked(field) == "key")


def test_a_locked_key_can_be_removed(flow, saved, field, browser):
    browser.custom(field, {"kind": "remove", "target": field.target})
    eventually(lambda: not field.has_key)
    assert flow.key_store.status("openai", HOST).backend == "none"


def test_a_file_that_was_begun_elsewhere_meanwhile_is_unlocked_and_not_begun_again(field, browser, wire):
    assert asked(field) == "new_passphrase"
    encrypted_file.create(PHRASE)
    encrypted_file._opened.clear()
    assert unlock(wire, browser, field, "another passphrase", new=True)["reason"] == "file_exists"
    assert asked(field) == "passphrase"
    assert unlock(wire, browser, field, PHRASE)["outcome"] == "unlocked"


def test_where_there_is_no_keyring_the_session_is_first_and_the_file_is_offered(flow, show):
    with installed(PlaintextKeyring()):
        field = field_of(flow, show)
        assert [option["id"] for option in field.storage_options] == ["session", "file", "env"]
        assert field.storage == "session"


def test_a_damaged_file_is_told_where_it_would_be_chosen(flow, show):
    path = key_file.default_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{")
    field = field_of(flow, show)
    assert "keys.corrupt-" in next(option["note"] for option in field.storage_options if option["id"] == "file")
    assert asked(field) == "new_passphrase"


def test_no_part_of_a_passphrase_is_sent_kept_or_shown(flow, field, browser, wire, show, caplog):
    caplog.set_level(logging.DEBUG)
    typed = "Zwiebel-" + fake_key("compatible")
    for phrase, new in ((typed, True), (typed[:-1], False), (typed, False), (typed[:5], True)):
        unlock(wire, browser, field, phrase, new=new)
    panel = show(flow)
    everything = {
        "wire": wire.text(),
        "manager": json.dumps(ipywidgets.Widget.get_manager_state(), default=str),
        "repr": f"{panel!r} {field!r} {flow!r} {panel._repr_mimebundle_()}",
        "vars": f"{vars(field)} {vars(KeyController.of(flow))} {vars(encrypted_file)}",
        "log": caplog.text,
        "file": key_file.default_path().read_text(),
        "settings": saved_settings(),
    }
    assert {place: found_in(text, typed) for place, text in everything.items() if found_in(text, typed)} == {}


@pytest.mark.parametrize("sealed", [None, [], "", "b25l", "?", ["YQ=="], 1])
def test_a_passphrase_that_was_not_sealed_is_not_taken(field, browser, wire, sealed):
    browser.custom(
        field, {"kind": "unlock", "id": "1", "storage": "file", "new": True, "value": PHRASE, "sealed": sealed}
    )
    answer = eventually(lambda: next((sent for sent in wire.custom(field) if sent.get("id") == "1"), None))
    assert answer["outcome"] == "refused"
    assert not encrypted_file.state().exists


def test_what_breaks_in_the_background_is_told_in_fixed_words(field, browser, wire, monkeypatch):
    def broken(given: Secret) -> None:
        raise RuntimeError(f"broken: {given.reveal()}")

    monkeypatch.setattr(encrypted_file, "create", broken)
    answer = unlock(wire, browser, field, PHRASE, new=True)
    assert answer["reason"] == "failed"
    assert PHRASE not in wire.text()


def test_nothing_that_breaks_in_the_handler_shows_the_passphrase(wire, browser):
    class Owner:
        def unlock(self, given: Secret, **_: Any) -> None:
            raise RuntimeError(given.reveal())

    field = KeyField(Owner())
    message = {"kind": "unlock", "id": "7", "storage": "file", "new": False}
    browser.custom(field, {**message, "sealed": seal(field.public_key, PHRASE, message)})
    (answer,) = wire.custom(field)
    assert answer["outcome"] == "refused"
    assert PHRASE not in wire.text()
