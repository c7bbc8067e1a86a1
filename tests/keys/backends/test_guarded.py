"""Whatever a storage backend does, a person gets an error of ours in time, and no part of a key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.errors import KeyStoreError
from byok_widgets.keys import KeyStore
from byok_widgets.keys.backends import os_keyring
from byok_widgets.keys.backends.base import StoredKey
from byok_widgets.keys.backends.session import in_session
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.keys.status import KeyStatus
from byok_widgets.secrets import Secret
from byok_widgets.widgets.panel.key_controller import KeyController
from tests.fake_keys import fake_key
from tests.keys.made_up_backend import Vault, registered
from tests.widgets.wire import eventually

HOST = "api.openai.com"
KEY = fake_key()


class Odd(Vault):
    """A vault whose methods can be replaced one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.instead: dict[str, Callable[..., Any]] = {}

    def available(self, **given: Any) -> Any:
        return self.instead.get("available", super().available)(**given)

    def read(self, *args: Any, **given: Any) -> Any:
        return self.instead.get("read", super().read)(*args, **given)

    def write(self, *args: Any, **given: Any) -> Any:
        return self.instead.get("write", super().write)(*args, **given)

    def erase(self, *args: Any, **given: Any) -> Any:
        return self.instead.get("erase", super().erase)(*args, **given)


@pytest.fixture
def vault() -> Iterator[Odd]:
    with registered(Odd(), at=0) as added:
        yield added


@pytest.fixture
def store() -> KeyStore:
    return KeyStore("dentist", {})


@pytest.fixture(autouse=True)
def short_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os_keyring, "TIME_LIMIT_S", 0.6)


def raise_key(*_: object, **__: object) -> None:
    raise RuntimeError(f"vault refused {KEY}")


def hang(*_: object, **__: object) -> None:
    time.sleep(8)


def failure(work: Callable[[], object]) -> KeyStoreError:
    began = time.monotonic()
    with pytest.raises(KeyStoreError) as caught:
        work()
    assert time.monotonic() - began < 6
    assert KEY not in f"{caught.value}{caught.value!r}{vars(caught.value)}"
    assert caught.value.__cause__ is caught.value.__context__ is None
    return caught.value


ANSWERS = [
    lambda *_, **__: StoredKey(KEY, in_session()),  # type: ignore[arg-type]
    lambda *_, **__: KEY,
    lambda *_, **__: StoredKey(Secret(KEY), None),  # type: ignore[arg-type]
    raise_key,
]


@pytest.mark.parametrize("read", ANSWERS)
def test_what_is_no_key_is_an_error_of_ours(vault: Odd, store: KeyStore, read: Callable[..., Any]) -> None:
    vault.instead["read"] = read
    assert failure(lambda: store.get("openai", HOST)).kind == "backend_failed"
    status = store.status("openai", HOST)
    assert (status.available, status.fault) == (False, "backend_failed")
    assert KEY not in status.sentence


def test_check_and_a_run_say_so_too(vault: Odd) -> None:
    flow = Flow("vaulted")
    flow.provider, flow.model = "openai", "gpt-6-luna"
    flow.conversation("ask", "Hi")
    vault.instead["read"] = raise_key
    assert KEY not in str(flow.check())
    assert failure(lambda: flow.node("ask").run("Hi")).kind == "backend_failed"


@pytest.mark.parametrize("method", ["read", "write"])
def test_one_that_hangs_is_given_up(vault: Odd, store: KeyStore, method: str) -> None:
    vault.instead[method] = hang
    work = {"read": lambda: store.get("openai", HOST), "write": lambda: store.save("openai", HOST, KEY)}[method]
    error = failure(work)
    assert error.kind == "backend_timeout"
    assert vault.label in error.problem


def other_reference(*_: object, **__: object) -> KeyStatus:
    return KeyStatus("vault", "The vault", "Kept.", available=True, reference=f"elsewhere {KEY}")


@pytest.mark.parametrize("outcome", [lambda *_, **__: None, other_reference, raise_key])
def test_a_key_whose_storing_failed_is_nowhere_and_the_older_one_stays(
    vault: Odd, store: KeyStore, outcome: Callable[..., Any]
) -> None:
    def write(scope: Any, secret: Secret, *, until: Deadline) -> Any:
        Vault.write(vault, scope, secret, until=until)
        return outcome()

    older = fake_key()
    store.save("openai", HOST, older, backend="session")
    vault.instead["write"] = write
    assert failure(lambda: store.save("openai", HOST, KEY)).kind == "backend_failed"
    assert vault.kept == {}
    assert store.get("openai", HOST) == Secret(older)


def test_a_key_that_was_stored_too_late_is_removed(vault: Odd, store: KeyStore) -> None:
    go_on, written = threading.Event(), threading.Event()

    def write(scope: Any, secret: Secret, *, until: Deadline) -> Any:
        go_on.wait(60)
        status = Vault.write(vault, scope, secret, until=until)
        written.set()
        return status

    vault.instead["write"] = write
    assert failure(lambda: store.save("openai", HOST, KEY)).kind == "backend_timeout"
    go_on.set()
    assert written.wait(30)
    eventually(lambda: vault.kept == {})


@pytest.mark.parametrize("wrong", [raise_key, hang, lambda **_: None])
def test_one_that_cannot_say_whether_it_works_is_passed_over(
    vault: Odd, store: KeyStore, wrong: Callable[..., Any]
) -> None:
    vault.instead["available"] = wrong
    began = time.monotonic()
    assert store.save("openai", HOST, KEY).backend == "keyring"
    assert time.monotonic() - began < 6
    assert store.get("openai", HOST) == Secret(KEY)


@pytest.mark.parametrize("wrong", [raise_key, hang])
def test_removing_goes_on_past_one_that_fails(vault: Odd, store: KeyStore, wrong: Callable[..., Any]) -> None:
    with registered(second := Odd(), at=1):
        second.name = "second"
        Vault.write(second, store._scope("openai", HOST), Secret(KEY), until=Deadline(1))
        vault.instead["erase"] = wrong
        failure(lambda: store.remove("openai", HOST))
        assert second.kept == {}


def test_the_texts_of_a_backend_hold_no_key(vault: Odd, store: KeyStore) -> None:
    secret = Secret(KEY)
    status = KeyStatus("vault", "The vault", f"Kept {secret.reveal()}.", available=True, reference="vault")
    vault.instead["write"] = lambda *_, **__: status
    assert KEY not in store.save("openai", HOST, secret).sentence


def test_the_panel_opens_although_one_fails(vault: Odd) -> None:
    vault.instead["available"] = raise_key
    choices = KeyController.of(Flow("panel with a vault")).choices()
    assert "vault" not in {choice["id"] for choice in choices}
    assert KEY not in str(choices)
