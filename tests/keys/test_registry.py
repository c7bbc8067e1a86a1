"""A storage backend is one class and one registry line: the store walks the list, whatever is in it."""

from __future__ import annotations

import pytest

from byok_widgets.errors import KeyStoreError
from byok_widgets.keys import KeyStore
from byok_widgets.keys.backends.registry import BACKENDS, backend_named
from byok_widgets.keys.serial_executor import Deadline
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import LockedKeyring, MemoryKeyring, installed
from tests.keys.made_up_backend import Vault, registered

HOST = "api.openai.com"


@pytest.fixture
def vault():
    with registered(Vault(), at=0) as added:
        yield added


def test_the_first_that_is_available_stores_the_key(vault):
    references: dict[str, str] = {}
    store, key = KeyStore("dentist", references), fake_key()
    assert store.save("openai", HOST, key).backend == "vault"
    assert [secret.reveal() for secret in vault.kept.values()] == [key]
    assert references == {f"openai|{HOST}": "vault"}
    again = KeyStore("dentist", references)
    assert again.get("openai", HOST).reveal() == key
    assert again.status("openai", HOST).sentence == "The key is stored in the vault."
    store.remove("openai", HOST)
    assert (vault.kept, references) == ({}, {})


def test_one_that_does_not_work_here_is_passed_over(vault):
    vault.sealed = True
    assert KeyStore("dentist").save("openai", HOST, fake_key()).backend == "keyring"
    with pytest.raises(KeyStoreError) as caught:
        KeyStore("dentist").save("openai", HOST, fake_key(), backend="vault")
    assert caught.value.kind == "vault_sealed"


def test_saving_elsewhere_removes_the_older_key_from_it(vault):
    store = KeyStore("dentist")
    store.save("openai", HOST, fake_key(), backend="vault")
    assert store.save("openai", HOST, fake_key(), backend="session").leftovers == ()
    assert vault.kept == {}


def test_where_a_backend_is_noted_no_other_is_asked(vault):
    with installed(MemoryKeyring()) as keyring:
        references: dict[str, str] = {}
        KeyStore("dentist", references).save("openai", HOST, fake_key(), backend="keyring")
        reads = vault.reads
        assert KeyStore("dentist", references).get("openai", HOST)
        assert vault.reads == reads
        KeyStore("dentist", references).save("openai", HOST, fake_key(), backend="vault")
        reads = keyring.reads
        assert KeyStore("dentist", references).get("openai", HOST)
        assert keyring.reads == reads


def test_one_that_answers_at_once_is_asked_before_one_that_may_not():
    with registered(Vault(), at=len(BACKENDS)), installed(MemoryKeyring()):
        store = KeyStore("dentist")
        store.save("openai", HOST, key := fake_key(), backend="vault")
        with installed(LockedKeyring()):
            assert KeyStore("dentist").get("openai", HOST).reveal() == key


@pytest.mark.parametrize("name", ["cloud", "env", ""])
def test_a_key_is_stored_in_no_backend_that_is_not_there_or_stores_none(name, vault):
    with pytest.raises(KeyStoreError) as caught:
        KeyStore("dentist").save("openai", HOST, fake_key(), backend=name)
    assert caught.value.kind == "unknown_backend"
    assert "vault" in caught.value.fix
    assert vault.kept == {}


def test_names_are_unique_and_found():
    assert len({backend.name for backend in BACKENDS}) == len(BACKENDS)
    assert all(backend_named(backend.name) is backend for backend in BACKENDS)
    assert backend_named("cloud") is None


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_each_says_what_a_person_who_chooses_should_know(backend):
    with installed(MemoryKeyring()):
        found = backend.available(until=Deadline(5))
    assert found.available
    assert found.label
    assert found.note.endswith(".")


class LockedVault(Vault):
    """Has a key, and gives it once a person has unlocked it."""

    label = "The vault"

    def read(self, scope, reference, *, until):
        raise KeyStoreError("The vault is locked.", kind="vault_locked", fix="Open it.", locked="vault")


def test_a_backend_that_is_locked_says_so_itself():
    with registered(LockedVault(), at=0):
        status = KeyStore("dentist", {f"openai|{HOST}": "vault"}).status("openai", HOST)
    assert (status.backend, status.label, status.fault) == ("vault", "The vault, locked", "vault_locked")
    assert (status.is_locked, status.available, status.is_stored, status.reference) == (True, False, True, "vault")
