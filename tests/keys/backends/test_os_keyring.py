"""The keyring as a storage backend: good ones keep keys, bad ones are found out, none of them blocks."""

from __future__ import annotations

import json
import string
import threading
import time

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring import errors
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as FailKeyring
from keyring.backends.null import Keyring as NullKeyring
from keyring.testing.backend import UNICODE_CHARS

import byok_widgets
from byok_widgets.errors import KeyStoreError
from byok_widgets.keys import KeyStore, probe
from byok_widgets.keys.backends import os_keyring
from byok_widgets.keys.backends.keyring_selection import describe
from byok_widgets.keys.scope import KeyScope
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import (
    HangingKeyring,
    LockedKeyring,
    LyingKeyring,
    ManglingKeyring,
    MemoryKeyring,
    NullLikeKeyring,
    PlaintextKeyring,
    RaisingKeyring,
    SilentlyStubbornKeyring,
    SlowKeyring,
    StubbornKeyring,
    UselessKeyring,
    installed,
)

SCOPE = KeyScope.of("dentist", "openai", "api.openai.com")

NAMES = [
    "dentist",
    "",
    " ",
    string.whitespace,
    string.punctuation,
    UNICODE_CHARS,
    "../../x",
    "a\0b",
    "a\nb",
    "CON",
    "x" * 300,
    "🦷" * 80,
    "\ud800",
    "\u202eright to left",
]


@pytest.fixture
def quick_limit(monkeypatch):
    monkeypatch.setattr(os_keyring, "TIME_LIMIT_S", 0.2)


@pytest.mark.parametrize("flow", NAMES)
def test_any_flow_name_can_save_read_and_remove(flow):
    with installed(MemoryKeyring()) as backend:
        scope, key = KeyScope.of(flow, "openai", "api.openai.com"), Secret(fake_key())
        assert os_keyring.read(scope)[0] is None
        os_keyring.write(scope, key)
        assert os_keyring.read(scope)[0] == key
        other = Secret(fake_key())
        os_keyring.write(scope, other)
        assert os_keyring.read(scope)[0] == other
        ((service, user),) = backend.kept
        assert (service + user).isascii()
        assert (service + user).isprintable()
        assert user
        os_keyring.erase(scope)
        assert not backend.kept


@pytest.mark.parametrize("signs", [string.punctuation, string.ascii_letters * 20], ids=["signs", "long"])
def test_difficult_keys_come_back_as_they_were(signs):
    with installed(MemoryKeyring()):
        os_keyring.write(SCOPE, Secret(signs))
        assert os_keyring.read(SCOPE)[0] == Secret(signs)


def test_the_names_in_the_keyring_are_readable_and_hold_no_key():
    key = fake_key()
    with installed(MemoryKeyring()) as backend:
        os_keyring.write(SCOPE, Secret(key))
        ((service, user),) = backend.kept
    assert service.startswith("byok_widgets/openai/")
    assert user == "dentist"
    assert key[8:20] not in service


scopes = st.builds(KeyScope.of, *[st.text(max_size=8)] * 3)


@given(scopes, scopes)
def test_different_scopes_have_different_services(one, other):
    assert (one.service == other.service) == (one == other)


@pytest.mark.parametrize("sign", [":", "/", "|", ",", '", "', "\0", "\n", "\\"])
def test_a_separator_in_a_name_does_not_lead_to_another_scope(sign):
    one, other = KeyScope.of(f"a{sign}b", "c", "h"), KeyScope.of("a", f"b{sign}c", "h")
    assert one.service != other.service
    assert KeyScope.of("a", "b", f"c{sign}d").service != KeyScope.of("a", f"b{sign}c", "d").service
    assert KeyScope.of(f"a{sign}p", "p", "h").service != KeyScope.of("a", "p", f"p{sign}h").service


def test_equal_looking_flow_names_are_one_flow():
    assert KeyScope.of("caf\u00e9", "openai", "h") == KeyScope.of("cafe\u0301", "openai", "h")
    assert KeyScope.of("cafe", "openai", "h") != KeyScope.of("caf\u00e9", "openai", "h")


def test_the_probe_finds_a_working_keyring_and_leaves_nothing_in_it():
    with installed(MemoryKeyring()) as backend:
        state = probe()
        assert state.available
        assert state.backend_label == "MemoryKeyring"
        assert state.reason == ""
        assert not state.is_os_keyring
        assert not backend.kept


def test_the_probe_asks_once_until_it_is_told_to_ask_again():
    with installed(MemoryKeyring()) as backend:
        probe()
        reads = backend.reads
        assert reads
        probe()
        assert backend.reads == reads
        probe(refresh=True)
        assert backend.reads == 2 * reads


def test_a_refreshed_probe_sees_an_unlocked_keyring():
    with installed(LockedKeyring()):
        assert not probe().available
        keyring.set_keyring(MemoryKeyring())
        assert not probe().available
        assert probe(refresh=True).available


UNFIT = {
    "fail": (FailKeyring, "no_keyring", ""),
    "null": (NullKeyring, "no_keyring", ""),
    "plaintext": (PlaintextKeyring, "no_keyring", "PlaintextKeyring"),
    "priority 0": (UselessKeyring, "no_keyring", "UselessKeyring"),
    "null-like": (NullLikeKeyring, "keyring_lost", "NullLikeKeyring"),
    "locked": (LockedKeyring, "keyring_locked", "LockedKeyring"),
}


@pytest.mark.parametrize(("make", "kind", "named"), UNFIT.values(), ids=UNFIT.keys())
def test_an_unfit_keyring_is_found_out_and_nothing_is_saved(make, kind, named):
    with installed(make()) as backend:
        state = probe()
        assert not state.available
        assert state.kind == kind
        assert named in state.reason
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.write(SCOPE, Secret(fake_key()))
        assert caught.value.kind == kind
        assert caught.value.fix
        assert not getattr(backend, "kept", {})


@pytest.mark.parametrize(
    "module", ["keyrings.alt.file", "keyrings.alt.Google", "keyrings.efile", "keyrings.efile.x"]
)
def test_file_backends_are_refused_by_their_home(module):
    class Encrypted(MemoryKeyring):
        pass

    Encrypted.__module__ = module
    with installed(Encrypted()):
        assert probe().kind == "no_keyring"


def test_a_backend_whose_priority_raises_is_refused():
    class Broken(MemoryKeyring):
        @property
        def priority(self):
            raise RuntimeError("no D-Bus here")

    with installed(Broken()):
        assert "no D-Bus here" in probe().reason


def chain_of(*links: KeyringBackend) -> ChainerBackend:
    class Chain(ChainerBackend):
        viable = False
        backends = links

    return Chain()


def test_of_a_chain_the_first_good_one_is_taken():
    good = MemoryKeyring()
    with installed(chain_of(PlaintextKeyring(), UselessKeyring(), good, MemoryKeyring())):
        assert probe().available
        os_keyring.write(SCOPE, Secret(fake_key()))
    assert len(good.kept) == 1


def test_a_chain_without_a_good_one_is_no_keyring():
    with installed(chain_of(PlaintextKeyring())):
        assert "PlaintextKeyring" in probe().reason
    with installed(chain_of()):
        assert probe().kind == "no_keyring"


@pytest.mark.parametrize(
    ("module", "label"),
    [
        ("keyring.backends.macOS", "macOS Keychain"),
        ("keyring.backends.Windows", "Windows Credential Manager"),
        ("keyring.backends.SecretService", "GNOME Keyring / Secret Service"),
        ("keyring.backends.libsecret", "GNOME Keyring / Secret Service"),
        ("keyring.backends.kwallet", "KWallet"),
    ],
)
def test_the_systems_own_keyrings_have_the_names_people_know(module, label):
    class Keyring(MemoryKeyring):
        pass

    Keyring.__module__ = module
    assert describe(Keyring()).label == label
    assert describe(Keyring()).is_os_keyring
    with installed(Keyring()):
        assert probe().is_os_keyring


def test_a_mangled_key_is_removed_and_the_older_one_is_put_back():
    with installed(ManglingKeyring()) as backend:
        older = Secret(fake_key("compatible"))
        os_keyring.write(SCOPE, older)
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.write(SCOPE, Secret(fake_key()))
        assert caught.value.kind == "keyring_lost"
        assert list(backend.kept.values()) == [older.reveal()]


def test_a_mangled_first_key_leaves_nothing():
    with installed(ManglingKeyring()) as backend:
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.write(SCOPE, Secret(fake_key()))
        assert caught.value.kind == "keyring_lost"
        assert not backend.kept


def test_removing_a_missing_key_is_no_error():
    with installed(MemoryKeyring()):
        os_keyring.erase(SCOPE)


@pytest.mark.parametrize("make", [StubbornKeyring, SilentlyStubbornKeyring])
def test_a_key_that_stays_although_it_was_removed_is_an_error(make):
    with installed(make()):
        assert probe().kind == "keyring_not_removed"
        os_keyring.write(SCOPE, Secret(fake_key()))
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.erase(SCOPE)
        assert caught.value.kind == "keyring_not_removed"


@pytest.mark.parametrize("returned", [5, b"bytes", "k" * 5000, ["a list"]])
def test_what_a_keyring_returns_is_not_taken_for_a_key_where_it_can_be_none(returned):
    with installed(LyingKeyring(returned)) as backend:
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.write(SCOPE, Secret(fake_key()))
        assert caught.value.kind == "keyring_failed"
        assert not backend.kept
        backend.kept[SCOPE.service, SCOPE.user] = "kept"
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.read(SCOPE)
        assert caught.value.kind == "keyring_failed"


FAULTS = {
    "NoKeyring": (errors.NoKeyringError, "no_keyring"),
    "Locked": (errors.KeyringLocked, "keyring_locked"),
    "Init": (errors.InitError, "keyring_not_opened"),
    "Set": (errors.PasswordSetError, "keyring_not_saved"),
    "Keyring": (errors.KeyringError, "keyring_failed"),
    "Module": (ModuleNotFoundError, "no_keyring"),
    "Runtime": (RuntimeError, "keyring_failed"),
    "NotImplemented": (NotImplementedError, "keyring_failed"),
    "OS": (ConnectionResetError, "keyring_failed"),
    "Assertion": (AssertionError, "keyring_failed"),
}


@pytest.mark.parametrize(("fault", "kind"), FAULTS.values(), ids=FAULTS.keys())
def test_any_fault_of_a_backend_becomes_ours_without_the_key(fault, kind):
    key = fake_key()
    with installed(RaisingKeyring(fault, "cannot store {} here")):
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.write(SCOPE, Secret(key))
        state = probe()
    told = caught.value
    assert told.kind == kind
    assert told.problem
    assert told.fix
    assert told.__cause__ is None
    assert told.__context__ is None
    shown = json.dumps([str(told), repr(told), told.__dict__], default=str)
    assert not [at for at in range(8, len(key) - 8) if key[at : at + 8] in shown]
    assert not state.available


def test_a_configured_backend_that_is_not_installed_is_named_as_such(monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no_such_package.Keyring")
    with installed(MemoryKeyring()):
        monkeypatch.setattr(keyring.core, "_keyring_backend", None)
        assert probe().kind == "no_keyring"
        assert "PYTHON_KEYRING_BACKEND" in probe().reason


@pytest.mark.usefixtures("quick_limit")
def test_a_hanging_keyring_is_given_up_and_does_not_block_again():
    with installed(HangingKeyring()) as backend:
        start = time.monotonic()
        state = probe()
        assert state.kind == "keyring_timeout"
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.read(SCOPE)
        assert caught.value.kind == "keyring_timeout"
        assert time.monotonic() - start < 30
        start = time.monotonic()
        for _ in range(200):
            with pytest.raises(KeyStoreError):
                os_keyring.read(SCOPE)
        assert time.monotonic() - start < 20, "each waits for nothing; in line, they would take twice as long"
        backend.wake()
        assert eventually(lambda: probe(refresh=True).available)


@pytest.mark.usefixtures("quick_limit")
def test_a_key_that_was_saved_too_late_is_taken_back():
    with installed(HangingKeyring()) as backend:
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.write(SCOPE, Secret(fake_key()))
        assert caught.value.kind == "keyring_timeout"
        backend.wake()
        assert eventually(lambda: probe(refresh=True).available)
        assert not backend.kept


@pytest.mark.usefixtures("quick_limit")
def test_a_trial_that_takes_too_long_leaves_nothing_in_the_keyring():
    class SlowToRemove(HangingKeyring):
        get_password, set_password = MemoryKeyring.get_password, MemoryKeyring.set_password

        def delete_password(self, service, username):
            self._hang()
            super().delete_password(service, username)

    with installed(SlowToRemove()) as backend:
        assert probe().kind == "keyring_timeout"
        assert backend.kept
        backend.wake()
        assert eventually(lambda: not backend.kept)


@pytest.mark.usefixtures("quick_limit")
def test_callers_that_queue_behind_a_hanging_call_are_let_go():
    with installed(HangingKeyring()) as backend:
        kinds = []
        threads = [threading.Thread(target=lambda: kinds.append(kind_of_a_read())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert kinds == ["keyring_timeout"] * 8
        backend.wake()
        assert eventually(lambda: kind_of_a_read() == "")


@pytest.mark.parametrize("fault", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_a_keyring_that_ends_the_process_fails_at_once_like_any_other(fault):
    with installed(RaisingKeyring(fault, "{}")):
        key = fake_key()
        start = time.monotonic()
        with pytest.raises(KeyStoreError) as caught:
            os_keyring.write(SCOPE, Secret(key))
        assert caught.value.kind == "keyring_failed"
        assert key not in str(caught.value)
        with pytest.raises(KeyStoreError):
            KeyStore("dentist").save("openai", "api.openai.com", key, backend="keyring")
        assert time.monotonic() - start < 4


def test_a_hanging_keyring_holds_up_a_request_for_five_seconds_in_all():
    with installed(HangingKeyring()) as backend:
        store = KeyStore("dentist")
        start = time.monotonic()
        with pytest.raises(KeyStoreError):
            store.get("openai", "api.openai.com")
        for _ in range(5):
            with pytest.raises(KeyStoreError):
                store.get("openai", "api.openai.com")
            assert not store.status("openai", "api.openai.com").available
        assert time.monotonic() - start < 25, "one limit, not eleven; and a busy machine"
        backend.wake()


def test_a_hanging_keyring_holds_up_a_call_no_longer_than_its_deadline(monkeypatch):
    monkeypatch.setattr(os_keyring, "TIME_LIMIT_S", 45.0)
    with installed(HangingKeyring()) as backend:
        flow = byok_widgets.Flow("hanging")
        flow.provider, flow.model = "openai", "gpt-4o"
        node = flow.conversation("ask", "Say hello.")
        start = time.monotonic()
        with pytest.raises(byok_widgets.ByokError):
            node.run("Hi", deadline_s=1)
        assert time.monotonic() - start < 30
        backend.wake()


def test_a_trial_that_waits_for_another_one_takes_no_longer_than_the_limit(monkeypatch):
    monkeypatch.setattr(os_keyring, "TIME_LIMIT_S", 3.0)
    with installed(SlowKeyring(0.9)) as backend:
        took = []

        def try_out() -> None:
            start = time.monotonic()
            probe(refresh=True)
            took.append(time.monotonic() - start)

        threads = [threading.Thread(target=try_out) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        backend.wait_until_idle()
    assert len(took) == 2
    assert max(took) < 5, "a trial alone takes 2.7 s, and two 5.4 s"


def test_the_limit_is_five_seconds():
    assert os_keyring.TIME_LIMIT_S == 5.0


def kind_of_a_read() -> str:
    try:
        os_keyring.read(SCOPE)
    except KeyStoreError as fault:
        return fault.kind
    return ""


def eventually(check) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.02)
    return False
