"""One flow's keys: saved, found, referred to and removed, and never anybody else's."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from byok_widgets.errors import ByokError, KeyFormatError, KeyStoreError, MissingKeyError
from byok_widgets.keys import KeyStatus, KeyStore
from byok_widgets.keys.backends import os_keyring
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import (
    HangingKeyring,
    LockedKeyring,
    MemoryKeyring,
    NullLikeKeyring,
    PlaintextKeyring,
    RaisingKeyring,
    SlowKeyring,
    StubbornKeyring,
    installed,
)

HOST = "api.openai.com"
VARIABLE = "BYOK_TEST_KEY"


@pytest.fixture
def backend():
    with installed(MemoryKeyring()) as memory:
        yield memory


@pytest.fixture
def no_keyring():
    with installed(PlaintextKeyring()) as plaintext:
        yield plaintext


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in (VARIABLE, "OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def require(store: KeyStore) -> Secret:
    return store.require("openai", HOST, provider_label="OpenAI")


def test_a_saved_key_rests_in_the_keyring_and_is_found_by_a_new_store(backend):
    key = fake_key()
    status = KeyStore("dentist").save("openai", HOST, f' "{key}"\n')
    assert status.backend == "keyring"
    assert status.available
    assert list(backend.kept.values()) == [key]
    assert KeyStore("dentist").get("openai", HOST) == Secret(key)


def test_without_a_keyring_a_key_rests_in_this_session(no_keyring):
    key, store = fake_key(), KeyStore("dentist")
    status = store.save("openai", HOST, Secret(key))
    assert status.backend == "session"
    assert not no_keyring.kept
    assert store.get("openai", HOST) == Secret(key)
    assert KeyStore("dentist").get("openai", HOST) is None


def test_the_session_can_be_chosen_although_a_keyring_works(backend):
    store = KeyStore("dentist")
    assert store.save("openai", HOST, fake_key(), backend="session").backend == "session"
    assert not backend.kept


def test_a_clean_secret_is_kept_as_the_same_object(backend):
    secret, store = Secret(fake_key()), KeyStore("dentist")
    store.save("openai", HOST, secret)
    assert store.get("openai", HOST) is secret
    assert store.cached("openai", HOST) is secret


@pytest.mark.parametrize("first", ["keyring", "session"])
@pytest.mark.parametrize("second", ["keyring", "session"])
def test_saving_drops_the_older_key_wherever_it_was(backend, monkeypatch, first, second):
    monkeypatch.setenv(VARIABLE, fake_key())
    store, key = KeyStore("dentist"), fake_key()
    store.refer("openai", HOST, VARIABLE)
    store.save("openai", HOST, fake_key(), backend=first)
    assert store.save("openai", HOST, key, backend=second).backend == second
    assert store.get("openai", HOST).reveal() == key
    assert list(backend.kept.values()) == ([key] if second == "keyring" else [])
    store.remove("openai", HOST)
    assert store.status("openai", HOST).backend == "none"


@pytest.mark.parametrize("stored_in", [None, "keyring"])
def test_a_failing_keyring_keeps_the_key_in_nothing_and_what_was_there_stays(stored_in):
    with installed(MemoryKeyring()):
        os_keyring.probe()
        store, older = KeyStore("dentist"), Secret(fake_key())
        store.save("openai", HOST, older, backend="session")
        before = os_keyring.probe()
        with installed(RaisingKeyring(OSError, "no {}")) as failing:
            os_keyring._probed[:] = [before]
            with pytest.raises(KeyStoreError):
                store.save("openai", HOST, fake_key(), backend=stored_in)
            assert not failing.kept
            assert store.get("openai", HOST) == older
            assert store.status("openai", HOST).backend == "session"


def test_a_lying_keyring_is_found_out_and_the_session_takes_the_key():
    with installed(NullLikeKeyring()):
        store = KeyStore("dentist")
        with pytest.raises(KeyStoreError) as caught:
            store.save("openai", HOST, fake_key(), backend="keyring")
        assert caught.value.kind == "keyring_lost"
        assert store.get("openai", HOST) is None
        assert store.save("openai", HOST, fake_key()).backend == "session"


def test_what_is_refused_leaves_the_saved_key_alone(backend):
    store, key = KeyStore("dentist"), fake_key()
    store.save("openai", HOST, key)
    for bad in ("", "two words", fake_key("anthropic"), fake_key()[:20] + "\n" + fake_key()[:20], None, b"x", 3):
        with pytest.raises(KeyFormatError):
            store.save("openai", HOST, bad)
    assert list(backend.kept.values()) == [key]


@pytest.mark.usefixtures("backend")
def test_another_providers_key_is_kept_only_if_the_person_insists():
    store, key = KeyStore("dentist"), fake_key("anthropic")
    with pytest.raises(KeyFormatError) as caught:
        store.save("openai", HOST, key)
    assert caught.value.suggested_provider == "anthropic"
    assert store.get("openai", HOST) is None
    store.save("openai", HOST, key, override=True)
    assert require(store).reveal() == key
    assert require(KeyStore("dentist")).reveal() == key


@pytest.mark.parametrize("bad", ["a\nb", "a’b", "wrong provider"])
def test_a_traceback_with_locals_of_a_refused_save_shows_no_key(bad):
    key = fake_key("anthropic")
    pasted = key if bad == "wrong provider" else bad.replace("a", key)
    lines = ""
    try:
        KeyStore("dentist").save("openai", HOST, pasted)
    except KeyFormatError as fault:
        frames = traceback.walk_tb(fault.__traceback__.tb_next)
        lines = "".join(traceback.StackSummary.extract(frames, capture_locals=True).format())
    assert "Secret([API key])" in lines
    assert key[10:30] not in lines


NAMES = [
    (("a:b", "c", "h"), ("a", "b:c", "h")),
    (("a|b", "c", "h"), ("a", "b|c", "h")),
    (("a/b", "c", "h"), ("a", "b/c", "h")),
    (("a", "b", "c"), ("a", "bc", "")),
    (('a", "b', "c", "h"), ("a", 'b", "c', "h")),
    (("a\0b", "c", "h"), ("a", "b\0c", "h")),
    (("dentist", "openai", "api.openai.com"), ("dentist", "openai", "api.openai.com.evil.example")),
    (("dentist", "openai", "h"), ("Dentist", "openai", "h")),
    (("dentist", "openai", "h"), ("dentist ", "openai", "h")),
    (("dentist", "openai", "h"), ("dentist", "compatible", "h")),
    (("x" * 300, "openai", "h"), ("x" * 299 + "y", "openai", "h")),
]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("one", "other"), NAMES)
@pytest.mark.parametrize("stored_in", ["keyring", "session"])
def test_no_flow_provider_or_host_sees_anothers_key(one, other, stored_in):
    key = fake_key("compatible")
    store = KeyStore(one[0])
    store.save(*one[1:], key, backend=stored_in)
    assert store.get(*one[1:]).reveal() == key
    assert KeyStore(other[0]).get(*other[1:]) is None
    assert store.get("another", one[2]) is None
    assert store.get(one[1], "another") is None


@settings(max_examples=25)  # each example writes files
@given(
    st.lists(
        st.tuples(*[st.text(max_size=6)] * 3), min_size=2, max_size=6, unique_by=lambda n: KeyStore(n[0]).flow
    )
)
def test_each_slot_gives_back_its_own_key(slots):
    with installed(MemoryKeyring()):
        keys = [fake_key("compatible") for _ in slots]
        for (flow, provider, host), key in zip(slots, keys, strict=True):
            KeyStore(flow).save(provider, host, key)
        found = [KeyStore(flow).get(provider, host).reveal() for flow, provider, host in slots]
        assert found == keys


@pytest.mark.usefixtures("backend")
def test_flow_names_that_look_the_same_are_the_same_flow():
    key = fake_key()
    KeyStore("caf\u00e9").save("openai", HOST, key)
    assert KeyStore("cafe\u0301").get("openai", HOST).reveal() == key
    assert KeyStore("cafe\u0301").flow == "caf\u00e9"


@pytest.mark.usefixtures("backend")
def test_the_environment_is_never_looked_at_by_itself(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "API_KEY"):
        monkeypatch.setenv(name, fake_key())
    store = KeyStore("dentist")
    assert store.get("openai", HOST) is None
    assert store.status("openai", HOST).backend == "none"


@pytest.mark.usefixtures("backend")
def test_the_environment_is_never_written(monkeypatch):
    monkeypatch.setenv(VARIABLE, fake_key())
    before = dict(os.environ)
    store = KeyStore("dentist")
    store.save("openai", HOST, fake_key(), backend="session")
    store.refer("openai", HOST, VARIABLE)
    store.get("openai", HOST)
    store.remove("openai", HOST)
    assert dict(os.environ) == before


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("reference", [VARIABLE, f"env:{VARIABLE}", f"  env:{VARIABLE} "])
def test_a_reference_is_kept_by_name_and_read_when_needed(monkeypatch, reference):
    references: dict[str, str] = {}
    store, key = KeyStore("dentist", references), fake_key()
    monkeypatch.setenv(VARIABLE, f'"{key}"\n')
    status = store.refer("openai", HOST, reference)
    assert references == {f"openai|{HOST}": f"env:{VARIABLE}"}
    assert status.backend == "env"
    assert status.available
    assert VARIABLE in status.sentence
    assert require(store).reveal() == key
    assert require(store) is require(store)
    assert store.cached("openai", HOST) is require(store)
    assert KeyStore("dentist", references).get("openai", HOST).reveal() == key
    assert KeyStore("dentist").get("openai", HOST) is None
    monkeypatch.setenv(VARIABLE, other := fake_key())
    assert require(store).reveal() == other


@pytest.mark.usefixtures("backend")
def test_a_variable_that_is_gone_later_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setenv(VARIABLE, fake_key())
    store = KeyStore("dentist")
    store.refer("openai", HOST, VARIABLE)
    for value in (None, "", "  \n"):
        if value is None:
            monkeypatch.delenv(VARIABLE)
        else:
            monkeypatch.setenv(VARIABLE, value)
        assert not store.status("openai", HOST).available
        assert VARIABLE in store.status("openai", HOST).sentence
        with pytest.raises(MissingKeyError) as caught:
            require(store)
        assert caught.value.kind == "no_key"
        assert VARIABLE in caught.value.cause
        assert VARIABLE in caught.value.fix


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_variable_that_is_not_set_is_refused_at_once(monkeypatch, value):
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    references: dict[str, str] = {}
    with pytest.raises(KeyFormatError) as caught:
        KeyStore("dentist", references).refer("openai", HOST, f"env:{VARIABLE}")
    assert caught.value.kind == "key_variable_not_set"
    assert not references


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter", "compatible"])
@pytest.mark.parametrize(
    ("kind", "flaw"),
    [
        ("folder", "path"),
        ("file", "path"),
        ("list of folders", "path"),
        ("address", "address"),
        ("word", "too_short"),
    ],
)
def test_a_variable_that_holds_something_else_is_not_sent_as_a_key(monkeypatch, tmp_path, provider, kind, flaw):
    (tmp_path / "file").touch()
    value = {
        "folder": str(tmp_path),
        "file": str(tmp_path / "file"),
        "list of folders": os.pathsep.join(["/nowhere/bin", "/nowhere/sbin"]),
        "address": "http://proxy.example.org:3128",
        "word": "somebody" if provider != "compatible" else "sk-",
    }[kind]
    monkeypatch.setenv(VARIABLE, value)
    references: dict[str, str] = {}
    with pytest.raises(KeyFormatError) as caught:
        KeyStore("dentist", references).refer(provider, HOST, VARIABLE)
    assert caught.value.flaw == ("prefix_only" if value == "sk-" else flaw)
    assert VARIABLE in caught.value.problem
    assert value not in str(caught.value)
    assert not references


def test_a_key_that_begins_with_a_slash_is_no_path(monkeypatch):
    monkeypatch.setenv(VARIABLE, "/" + fake_key("compatible"))
    assert KeyStore("dentist").refer("compatible", HOST, VARIABLE).available


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: fake_key()[:30] + "\n" + fake_key()[:30], "bad_key_format"),
        (lambda: fake_key("anthropic"), "wrong_provider"),
        (lambda: '""', "no_key"),
    ],
)
def test_a_variable_that_holds_no_usable_key_is_told_without_showing_it(monkeypatch, make, kind):
    value = make()
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(KeyFormatError) as refused:
        KeyStore("dentist").refer("openai", HOST, VARIABLE)
    store = KeyStore("dentist", {f"openai|{HOST}": f"env:{VARIABLE}"})
    assert not store.status("openai", HOST).available
    with pytest.raises(KeyFormatError) as caught:
        require(store)
    assert caught.value.kind == refused.value.kind == kind
    assert VARIABLE in caught.value.problem
    assert caught.value.__context__ is None
    assert value not in str(caught.value)
    assert store.cached("openai", HOST) is None


REFUSED_NAMES = {
    "empty": lambda: "",
    "prefix alone": lambda: "env:",
    "a digit first": lambda: "1KEY",
    "a space": lambda: "MY KEY",
    "a hyphen": lambda: "MY-KEY",
    "a newline": lambda: "MY\nKEY",
    "an equals sign": lambda: "KEY=1",
    "not ASCII": lambda: "KÉY",
    "OpenAI's key": lambda: fake_key("openai"),
    "Anthropic's key": lambda: "env:" + fake_key("anthropic"),
    "a key of letters and digits": lambda: "a1B" + fake_key("compatible"),
    "a key with a prefix": lambda: "gsk_a1B" + fake_key("compatible"),
    "a key in hex": lambda: "abcdef0123456789" * 2,
    "no text": lambda: None,
}


@pytest.mark.parametrize("make", REFUSED_NAMES.values(), ids=REFUSED_NAMES.keys())
def test_what_is_no_name_of_a_variable_is_refused_and_not_kept(make):
    references: dict[str, str] = {}
    given_name = make()
    with pytest.raises(KeyFormatError) as caught:
        KeyStore("dentist", references).refer("openai", HOST, given_name)
    assert not references
    assert len(given_name or "") < 6 or given_name not in str(caught.value)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "name", ["K", "_", "OPENAI_API_KEY", "my_gateway_key_2", "A_VERY_LONG_NAME_FOR_THE_4TH_GATEWAY"]
)
def test_ordinary_names_of_variables_are_accepted(monkeypatch, name):
    monkeypatch.setenv(name, fake_key())
    assert KeyStore("dentist").refer("openai", HOST, name).backend == "env"


@pytest.mark.usefixtures("backend")
def test_the_flows_own_key_wins_over_its_reference(monkeypatch):
    monkeypatch.setenv(VARIABLE, fake_key())
    store, own = KeyStore("dentist"), fake_key()
    store.save("openai", HOST, own)
    assert store.refer("openai", HOST, VARIABLE).backend == "keyring"
    assert require(store).reveal() == own


def test_the_flows_own_key_still_wins_in_the_next_kernel(backend, monkeypatch):
    monkeypatch.setenv(VARIABLE, fake_key())
    references: dict[str, str] = {}
    KeyStore("dentist", references).save("openai", HOST, own := fake_key())
    store = KeyStore("dentist", references)
    assert store.refer("openai", HOST, VARIABLE).backend == "keyring"
    assert references == {f"openai|{HOST}": "keyring"}
    assert require(store).reveal() == own
    backend.kept.clear()  # by another program
    store = KeyStore("dentist", references)
    assert store.refer("openai", HOST, VARIABLE).backend == "env"
    assert require(store).reveal() == os.environ[VARIABLE]


def test_no_backend_is_asked_where_a_variable_is_all_that_is_noted(backend, monkeypatch):
    monkeypatch.setenv(VARIABLE, key := fake_key())
    references: dict[str, str] = {}
    KeyStore("dentist", references).refer("openai", HOST, VARIABLE)
    store = KeyStore("dentist", references)
    assert store.is_cached("openai", HOST)
    assert require(store).reveal() == key
    assert store.status("openai", HOST).backend == "env"
    assert not backend.reads


@pytest.mark.usefixtures("backend")
def test_a_spoiled_reference_is_told_and_not_shown():
    key = fake_key()
    store = KeyStore("dentist", {f"openai|{HOST}": key})
    with pytest.raises(KeyFormatError) as caught:
        require(store)
    assert key not in str(caught.value)
    assert key not in str(store.status("openai", HOST))


def test_a_missing_key_names_flow_and_provider(no_keyring):
    with pytest.raises(MissingKeyError) as caught:
        require(KeyStore("dentist"))
    fault = caught.value
    assert "'dentist'" in fault.problem
    assert "OpenAI" in fault.problem
    assert "flow.settings()" in fault.fix
    assert fault.kind == "no_key"
    assert not no_keyring.reads


@pytest.mark.parametrize("saved", [True, False])
def test_the_keyring_is_read_once_per_slot(backend, saved):
    if saved:
        KeyStore("dentist").save("openai", HOST, fake_key())
    store = KeyStore("dentist")
    assert store.cached("openai", HOST) is None
    backend.reads = 0
    for _ in range(5):
        assert (store.get("openai", HOST) is not None) == saved
        store.status("openai", HOST)
        assert (store.cached("openai", HOST) is not None) == saved
    assert backend.reads == 1


def test_threads_that_ask_at_once_share_one_read(backend):
    secret = Secret(fake_key())
    KeyStore("dentist").save("openai", HOST, secret)
    store, found = KeyStore("dentist"), []
    backend.reads = 0
    start = threading.Barrier(16)

    def ask():
        start.wait()
        found.append(store.get("openai", HOST))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [secret] * 16
    assert len({id(one) for one in found}) == 1
    assert backend.reads == 1


def test_threads_that_save_and_remove_leave_a_whole_state(backend):
    store, faults = KeyStore("dentist"), []

    def work(number: int):
        try:
            for _ in range(15):
                store.save("openai", HOST, fake_key(), backend="keyring" if number % 2 else "session")
                store.get("openai", HOST)
                store.remove("openai", HOST)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    store.save("openai", HOST, fake_key(), backend="keyring")
    assert len(backend.kept) == 1
    store.remove("openai", HOST)
    assert not backend.kept
    assert store.get("openai", HOST) is None


def test_removing_takes_the_key_from_all_backends(backend, monkeypatch):
    monkeypatch.setenv(VARIABLE, fake_key())
    references: dict[str, str] = {}
    store = KeyStore("dentist", references)
    store.save("openai", HOST, fake_key())
    store.refer("openai", HOST, VARIABLE)
    store.remove("openai", HOST)
    assert not backend.kept
    assert not references
    assert store.get("openai", HOST) is None
    store.remove("openai", HOST)


def test_removing_works_without_a_keyring(no_keyring):
    store = KeyStore("dentist")
    store.save("openai", HOST, fake_key())
    store.remove("openai", HOST)
    assert store.get("openai", HOST) is None
    assert not no_keyring.kept


def test_a_key_that_the_keyring_does_not_give_up_is_told():
    with installed(StubbornKeyring()):
        store = KeyStore("dentist")
        store.save("openai", HOST, fake_key(), backend="keyring")
        with pytest.raises(KeyStoreError) as caught:
            store.remove("openai", HOST)
        assert caught.value.kind == "keyring_not_removed"
        assert store.status("openai", HOST).backend == "keyring"
        assert store.save("openai", HOST, fake_key(), backend="session").leftovers == ("keyring",)


def test_a_locked_keyring_is_told_and_asked_again():
    with installed(LockedKeyring()):
        store = KeyStore("dentist")
        with pytest.raises(KeyStoreError) as caught:
            require(store)
        assert caught.value.kind == "keyring_locked"
        status = store.status("openai", HOST)
        assert not status.available
        assert status.fault == "keyring_locked"
        assert caught.value.fix in status.sentence
        assert store.cached("openai", HOST) is None
    with installed(MemoryKeyring()), pytest.raises(MissingKeyError):
        require(store)


def test_beside_a_locked_keyring_the_reference_counts(monkeypatch):
    monkeypatch.setenv(VARIABLE, key := fake_key())
    with installed(LockedKeyring()):
        store = KeyStore("dentist")
        store.refer("openai", HOST, VARIABLE)
        assert require(store).reveal() == key
        assert store.status("openai", HOST).backend == "env"


def test_a_hanging_keyring_blocks_neither_the_session_nor_cached_keys(monkeypatch):
    monkeypatch.setattr(os_keyring, "TIME_LIMIT_S", 0.3)
    with installed(HangingKeyring()) as hanging:
        store, start = KeyStore("dentist"), time.monotonic()
        assert store.save("openai", HOST, fake_key()).backend == "session"
        assert require(store)
        assert time.monotonic() - start < 10
        monkeypatch.setattr(os_keyring, "TIME_LIMIT_S", 60)
        asking = threading.Thread(target=lambda: store.status("anthropic", "api.anthropic.com"))
        asking.start()
        assert store.cached("openai", HOST) is not None
        assert store.cached("anthropic", "api.anthropic.com") is None
        assert asking.is_alive()
        hanging.wake()
        asking.join()


def test_one_request_waits_for_a_slow_keyring_no_longer_than_the_limit(monkeypatch):
    monkeypatch.setattr(os_keyring, "TIME_LIMIT_S", 2.0)
    requests = {
        "save": lambda store: store.save("openai", HOST, fake_key()),
        "probe": lambda _: os_keyring.probe(refresh=True),
        "remove": lambda store: store.remove("openai", HOST),
        "status": lambda store: store.status("openai", HOST),
    }
    with installed(SlowKeyring(0.6)) as backend:
        for name, request in requests.items():
            start = time.monotonic()
            with contextlib.suppress(KeyStoreError):
                request(KeyStore("dentist"))
            assert time.monotonic() - start < 3.5, name
            backend.wait_until_idle()


def test_whoever_watches_the_references_may_ask_the_store_from_another_thread(backend, monkeypatch):
    monkeypatch.setenv(VARIABLE, fake_key())

    class Watched(dict):
        def __setitem__(self, slot, reference):
            super().__setitem__(slot, reference)
            self.ask()

        def __delitem__(self, slot):
            super().__delitem__(slot)
            self.ask()

        def pop(self, slot, *default):
            if slot in self:
                del self[slot]

        def ask(self):
            thread = threading.Thread(
                target=lambda: seen.append(store.status("anthropic", "h").backend), daemon=True
            )
            thread.start()
            thread.join(5)

    seen = []
    store = KeyStore("dentist", Watched())
    store.refer("openai", HOST, VARIABLE)
    store.save("openai", HOST, fake_key())
    store.refer("openai", HOST, VARIABLE)
    store.remove("openai", HOST)
    assert seen == ["none"] * 3  # a reference does not replace the note of a stored key
    assert not backend.kept


def test_what_someone_else_wrote_into_the_keyring_is_checked_before_it_is_used(backend):
    KeyStore("dentist").save("openai", HOST, fake_key())
    ((name, key),) = backend.kept.items()
    backend.kept[name] = key[:50] + "\n" + key[50:]
    with pytest.raises(KeyFormatError) as caught:
        KeyStore("dentist").get("openai", HOST)
    assert (caught.value.kind, caught.value.flaw) == ("bad_key_format", "line_break")
    assert key[:20] not in str(caught.value)
    assert not KeyStore("dentist").status("openai", HOST).available


@pytest.fixture
def every_status(monkeypatch) -> list[tuple[KeyStatus, str]]:
    """Statuses of all kinds, each with the key that it must not show."""
    key, found = fake_key(), []
    monkeypatch.setenv(VARIABLE, in_variable := fake_key("anthropic"))
    for keyring_backend in (MemoryKeyring(), PlaintextKeyring(), LockedKeyring()):
        with installed(keyring_backend):
            store = KeyStore("dentist")
            found.append((store.status("openai", HOST), key))
            found.append((store.save("openai", HOST, key), key))
            found.append((store.status("openai", HOST), key))
            found.append((store.refer("anthropic", HOST, VARIABLE), in_variable))
    return found


def test_no_status_shows_any_part_of_a_key(every_status):
    for status, key in every_status:
        shown = json.dumps([status.backend, status.label, status.sentence, repr(status)])
        assert key[-4:] not in shown
        assert key[8:13] not in shown
        assert str(len(key)) not in shown
        assert status.label
        assert status.sentence.endswith(".")
        assert status.available == (status.backend in ("session", "keyring", "env"))


def test_securely_is_said_of_the_systems_own_keyring_alone(every_status):
    class Keyring(MemoryKeyring):
        pass

    Keyring.__module__ = "keyring.backends.macOS"
    with installed(Keyring()):
        sentence = KeyStore("dentist").save("openai", HOST, fake_key()).sentence
        assert "secure" in sentence.lower()
        assert "macOS Keychain" in sentence
    for status, _ in every_status:
        assert "secure" not in status.sentence.lower()


def test_no_look_at_a_store_shows_its_keys(backend):
    key = fake_key()
    store = KeyStore("dentist")
    store.save("openai", HOST, key)
    store.save("compatible", "h", other := fake_key("compatible"), backend="session")
    shown = f"{store} {store!r} {vars(store)} {json.dumps(vars(store), default=str, skipkeys=True)}"
    assert key[8:20] not in shown
    assert other[8:20] not in shown
    assert repr(store) == "KeyStore('dentist')"
    assert len(backend.kept) == 1


def test_an_error_of_the_store_can_be_pickled_and_holds_no_key():
    import pickle

    with installed(RaisingKeyring(OSError, "no {}")):
        key = fake_key()
        with pytest.raises(ByokError) as caught:
            KeyStore("dentist").save("openai", HOST, key, backend="keyring")
    assert key[8:24].encode() not in pickle.dumps(caught.value)


def test_importing_the_package_loads_neither_keyring_nor_cryptography():
    code = "import sys, byok_widgets.keys; print([m for m in ('keyring', 'cryptography') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_whether_there_may_be_a_key_is_known_without_asking_the_keyring(backend):
    references = {}
    store = KeyStore("dentist", references)
    assert not store.may_have("compatible", "llm.example")
    store.save("compatible", "llm.example", fake_key("compatible"), backend="keyring")
    assert references == {"compatible|llm.example": "keyring"}
    reads = backend.reads
    again = KeyStore("dentist", references)
    assert again.may_have("compatible", "llm.example")
    assert backend.reads == reads
    assert again.get("compatible", "llm.example") is not None
    store.remove("compatible", "llm.example")
    assert references == {}
    store.save("compatible", "llm.example", fake_key("compatible"), backend="session")
    assert store.may_have("compatible", "llm.example")
    assert references == {}


class TestAReferenceToABackendThatIsNotHere:
    """It is never the name of a variable: a key nobody gave the flow would be used."""

    @pytest.fixture
    def store(self, monkeypatch):
        monkeypatch.setenv("vault", fake_key())
        with installed(MemoryKeyring()):
            yield KeyStore("dentist", {f"openai|{HOST}": "vault"})

    def test_is_said(self, store):
        for ask in (lambda: store.get("openai", HOST), lambda: require(store)):
            with pytest.raises(KeyStoreError) as caught:
                ask()
            assert caught.value.kind == "backend_missing"
            assert "'vault'" in caught.value.problem
        status = store.status("openai", HOST)
        assert (status.available, status.configured, status.fault) == (False, True, "backend_missing")
        assert store.cached("openai", HOST) is None

    def test_and_a_new_key_takes_its_place(self, store):
        key = fake_key()
        assert store.save("openai", HOST, key).leftovers == ("vault",)
        assert store.get("openai", HOST) == Secret(key)
        assert store.save("openai", HOST, key).leftovers == ()

    def test_and_can_be_removed(self, store):
        with pytest.raises(KeyStoreError):
            store.remove("openai", HOST)
        assert store.get("openai", HOST) is None
