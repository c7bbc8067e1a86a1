"""Keys that change while panels look: every request is answered, and nothing waits behind anything else."""

from __future__ import annotations

import asyncio
import logging
import threading
from functools import partial

import pytest

from byok_widgets import Flow
from byok_widgets.engine import ENGINE
from byok_widgets.flow import flow_contexts
from byok_widgets.keys import KEY_WORK
from byok_widgets.secrets import Secret
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.key_check import KeyCheck
from byok_widgets.widgets.panel.key_controller import KeyController
from byok_widgets.widgets.panel.known_keys import KnownKeys
from tests.fake_keys import fake_key
from tests.keys.made_up_backend import LockedVault, Vault, registered
from tests.widgets.parts import parts
from tests.widgets.wire import eventually, seal


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr("byok_widgets.providers.openai.OpenAIProvider.default_url", "http://127.0.0.1:9/v1")


def target_of(flow, host="127.0.0.1:9"):
    target = EndpointTarget.of(flow, "openai")
    return EndpointTarget(target.provider, host, f"http://{host}/v1")


def test_an_added_backend_is_among_the_choices_and_stores_the_key(flow, show, browser, wire):
    with registered(Vault(), at=1) as vault:
        flow.provider = "openai"
        field = parts(show(flow)).key
        eventually(
            lambda: (
                [option["id"] for option in field.storage_options]
                == ["keyring", "vault", "session", "file", "env"]
            )
        )
        assert field.storage_options[1] == {
            "id": "vault",
            "label": "The vault",
            "note": "Everybody trusts it.",
            "asks": "key",
        }
        browser.save_key(field, key := fake_key("openai"), storage="vault")
        eventually(lambda: field.storage == "vault" and field.has_key)
        assert [secret.reveal() for secret in vault.kept.values()] == [key]
        assert "The key is stored in the vault." in field.status["text"]
        browser.custom(field, {"kind": "remove", "target": field.target})
        eventually(lambda: not vault.kept and not field.has_key)


def test_an_added_backend_is_opened_by_a_passphrase_of_its_own(flow, show, wire, browser):
    with registered(LockedVault(), at=1) as vault:
        flow.provider = "openai"
        field = parts(show(flow)).key
        asks = {"vault": "new_passphrase", "file": "new_passphrase", "env": "variable", "session": "key"}
        eventually(lambda: asks.items() <= {each["id"]: each["asks"] for each in field.storage_options}.items())

        def unlock(storage: str, phrase: str, *, new: bool) -> tuple[str, str | None]:
            message = {"kind": "unlock", "id": f"{len(wire.custom(field))}", "storage": storage, "new": new}
            browser.custom(field, {**message, "sealed": seal(field.public_key, phrase, message)})
            sent = eventually(lambda: [sent for sent in wire.custom(field) if sent.get("id") == message["id"]])
            return sent[0]["outcome"], sent[0].get("reason")

        assert unlock("vault", "open sesame", new=True) == ("unlocked", None)
        eventually(lambda: field.storage_options[1]["asks"] == "key")
        vault.is_open = False
        assert unlock("vault", "open barley", new=False) == ("refused", "wrong_passphrase")
        eventually(lambda: field.storage_options[1]["asks"] == "passphrase")
        assert unlock("vault", "open sesame", new=False) == ("unlocked", None)
        for storage in ("session", "env", "auto"):
            assert unlock(storage, "open sesame", new=False) == ("refused", "no_lock")


def test_a_key_of_another_flow_in_a_locked_storage_asks_for_its_passphrase_here(
    flow, show, wire, browser, monkeypatch
):
    with registered(LockedVault(), at=1) as vault:
        vault.create(Secret("open sesame"))
        flow.provider = "openai"
        host = EndpointTarget.of(flow).destination
        Flow("theirs").key_store.save("openai", host, fake_key("openai"), backend="vault")
        vault.is_open = False
        monkeypatch.setattr(flow_contexts, "_made", {})  # as in another kernel, where it was not unlocked yet
        field = parts(show(flow)).key
        eventually(lambda: [each["name"] for each in field.other_flows] == ["theirs"])
        message = {"kind": "use_key_of", "id": "asked", "target": field.target, "flow": "theirs"}
        browser.custom(field, message)
        answer = eventually(lambda: [sent for sent in wire.custom(field) if sent.get("id") == "asked"])[0]
        assert (answer["outcome"], answer["open_first"]) == ("refused", "vault")
        vault.is_open = True
        browser.custom(field, {**message, "id": "again"})
        eventually(lambda: any(sent.get("id") == "again" for sent in wire.custom(field)))
        assert flow.key_store.status("openai", host).backend == "vault"


def test_a_panel_that_is_shown_already_offers_a_key_that_another_flow_gets_and_loses(flow, show, browser):
    theirs = Flow("theirs")
    flow.provider = theirs.provider = "openai"
    mine, other = parts(show(flow)).key, parts(show(theirs)).key
    eventually(lambda: mine.status["state"] == other.status["state"] == "none")
    assert mine.other_flows == []
    browser.save_key(other, fake_key("openai"), storage="session")
    eventually(lambda: [each["name"] for each in mine.other_flows] == ["theirs"])
    assert other.other_flows == []
    browser.custom(other, {"kind": "remove", "target": other.target})
    eventually(lambda: mine.other_flows == [])


def test_why_a_better_backend_is_missing_is_said_with_the_first(flow, show):
    with registered(Vault(), at=0) as vault:
        vault.sealed = True
        flow.provider = "openai"
        field = parts(show(flow)).key
        eventually(lambda: field.storage_options[0]["id"] == "keyring")
        assert field.storage_options[0]["note"].endswith("The vault is sealed.")


def test_checks_may_be_forgotten_while_another_thread_notes_new_ones(flow):
    keys, stop, errors = KnownKeys(), threading.Event(), []
    targets = [target_of(flow, f"h{number}") for number in range(200)]

    def note() -> None:
        while not stop.is_set():
            for target in targets:
                keys.set_check(target, KeyCheck("verified"))

    def forget() -> None:
        try:
            for _ in range(30):
                for target in targets:
                    keys.set_status(target, None)
        except RuntimeError as error:
            errors.append(error)
        finally:
            stop.set()

    threads = [threading.Thread(target=note), threading.Thread(target=forget)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []


@pytest.mark.parametrize(
    ("kind", "breaks", "outcome"),
    [("save", "set_status", "saved"), ("copy", "set_status", "saved"), ("unlock", "set_available", "unlocked")],
)
def test_a_request_is_answered_even_if_showing_its_result_fails(flow, monkeypatch, caplog, kind, breaks, outcome):
    answers = []
    answered = threading.Event()
    controller, target = KeyController.of(flow), target_of(flow)
    requests = {
        "save": partial(controller.save, Secret(fake_key("openai")), target, storage="session", override=False),
        "copy": partial(controller.copy, "theirs", target),
        "unlock": partial(controller.unlock, Secret("several words in a row"), storage="file", new=True),
    }
    Flow("theirs").key_store.save("openai", target.destination, fake_key("openai"), backend="session")
    monkeypatch.setattr(KnownKeys if breaks == "set_status" else KeyController, breaks, lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        requests[kind](done=lambda answer: (answers.append(answer["outcome"]), answered.set()))
        assert answered.wait(30)
        eventually(lambda: "ZeroDivisionError" in caplog.text)
    assert answers == [outcome]


def test_key_work_waits_neither_for_the_loop_nor_for_the_pool_of_other_work(flow):
    opened, done = threading.Event(), threading.Event()

    async def crowd() -> None:
        await asyncio.gather(*(asyncio.to_thread(opened.wait, 60) for _ in range(64)))

    crowded = ENGINE.submit(crowd())
    KeyController.of(flow).save(
        Secret(fake_key("openai")), target_of(flow), storage="session", override=False, done=lambda _: done.set()
    )
    assert done.wait(30), "it is not in line behind the 64 calls"
    assert KEY_WORK.submit(flow.key_store.get, "openai", "127.0.0.1:9").result(30)
    assert not crowded.done()
    opened.set()
    crowded.result(30)


def test_a_check_that_ends_late_does_not_replace_the_result_of_the_next_one(flow, endpoint):
    flow.provider = "compatible"
    flow.set_base_url("compatible", endpoint.base_url)
    flow.key_store.save("compatible", endpoint.host, endpoint.key, backend="session")
    target, controller = EndpointTarget.of(flow), KeyController.of(flow)
    endpoint.held = endpoint.models
    controller.check(target)
    eventually(lambda: endpoint.asked)
    endpoint.models = [{"id": "model-c"}]
    controller.check(target)
    eventually(lambda: controller.is_verified(target))
    endpoint.mode = "broken"
    endpoint.release.set()
    eventually(lambda: not asyncio.all_tasks(ENGINE.loop))
    assert controller.is_verified(target)
