"""Keys in the encrypted file: nobody has them without the passphrase, no fault loses them in silence."""

from __future__ import annotations

import base64
import copy
import gc
import json
import os
import pickle
import stat
import subprocess
import sys
import time
import traceback
import unicodedata
import weakref
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import byok_widgets
from byok_widgets import Flow
from byok_widgets.errors import KeyFormatError, KeyStoreError, MissingKeyError
from byok_widgets.keys import KeyStore, derived_key
from byok_widgets.keys.backends import encrypted_file, key_file
from byok_widgets.keys.derived_key import KdfParams
from byok_widgets.keys.scope import KeyScope
from byok_widgets.secrets import Secret, redact
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import HangingKeyring, LockedKeyring, MemoryKeyring, PlaintextKeyring, installed

PACKAGE = str(Path(byok_widgets.__file__).parent) + os.sep
HOST = "api.openai.com"
SCOPE = KeyScope.of("dentist", "openai", HOST)
PHRASE = "correct horse battery staple"

names = st.text(max_size=20)
per_example = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived_key, "COST", 2**4)
    monkeypatch.setattr(encrypted_file, "_opened", {})


@pytest.fixture
def path(config_folder: Path) -> Path:
    """Give the file after a passphrase was chosen."""
    encrypted_file.create(PHRASE)
    return config_folder / "keys.json"


@pytest.fixture
def notes() -> dict[str, str]:
    """Give what a flow's settings note of its keys, as two kernels share it."""
    return {}


def restart() -> None:
    encrypted_file._opened.clear()


def fault_of(call: Any, *arguments: Any, **options: Any) -> KeyStoreError:
    with pytest.raises(KeyStoreError) as caught:
        call(*arguments, **options)
    return caught.value


# One kernel after the other


def test_a_key_is_there_again_after_a_restart_and_the_passphrase(path: Path, notes: dict[str, str]) -> None:
    key = fake_key()
    status = KeyStore("dentist", notes).save("openai", HOST, key, backend="file")
    assert (status.backend, status.available) == ("file", True)
    assert KeyStore("dentist", notes).get("openai", HOST) == Secret(key)
    restart()
    assert encrypted_file.state() == encrypted_file.FileState(exists=True, unlocked=False)
    store = KeyStore("dentist", notes)
    fault = fault_of(store.require, "openai", HOST, provider_label="OpenAI")
    assert fault.kind == "file_locked"
    assert "flow.settings()" in fault.fix
    encrypted_file.unlock(Secret(PHRASE))
    assert encrypted_file.state() == encrypted_file.FileState(exists=True, unlocked=True)
    assert store.get("openai", HOST) == Secret(key)


def test_another_process_needs_the_passphrase_too(path: Path) -> None:
    key = fake_key()
    KeyStore("dentist").save("openai", HOST, key, backend="file")
    code = (
        "import sys\nfrom byok_widgets.keys import KeyStore, derived_key\n"
        "from byok_widgets.keys.backends import encrypted_file, key_file\n"
        "derived_key.COST = 2**4\n"
        "store = KeyStore('dentist')\n"
        "print(store.status('openai', 'api.openai.com').fault)\n"
        "encrypted_file.unlock(sys.stdin.readline().rstrip())\n"
        "print(store.get('openai', 'api.openai.com').reveal() == sys.stdin.readline().rstrip())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=f"{PHRASE}\n{key}\n", capture_output=True, text=True, check=True
    )
    assert done.stdout == "file_locked\nTrue\n"


def test_the_true_cost_is_paid_once_in_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert derived_key.COST >= 2**17
    assert derived_key.KdfParams.new().n == derived_key.COST


def test_without_a_file_nothing_is_there_and_nothing_is_asked(config_folder: Path) -> None:
    assert encrypted_file.state() == encrypted_file.FileState(exists=False, unlocked=False)
    assert encrypted_file.read(SCOPE) is None
    encrypted_file.erase(SCOPE)
    for call in (encrypted_file.unlock, lambda phrase: encrypted_file.write(SCOPE, Secret(phrase))):
        fault = fault_of(call, PHRASE)
        assert fault.kind == "file_missing"
    assert not (config_folder / "keys.json").exists()


def test_a_file_that_was_begun_again_elsewhere_is_locked_here(path: Path) -> None:
    path.unlink()
    here = dict(encrypted_file._opened)
    encrypted_file.create("another passphrase")
    encrypted_file._opened.update(here)
    assert not encrypted_file.state().unlocked
    assert fault_of(encrypted_file.write, SCOPE, Secret(fake_key())).kind == "file_locked"


# The passphrase


@pytest.mark.parametrize("phrase", ["", "       ", "short", "      a      ", "1234567"])
def test_a_passphrase_that_is_no_help_is_refused(phrase: str, config_folder: Path) -> None:
    fault = fault_of(encrypted_file.create, phrase)
    assert fault.kind == "bad_passphrase"
    assert str(encrypted_file.MIN_PASSPHRASE_CHARS) in fault.problem
    assert not config_folder.exists()


def test_there_is_one_passphrase_and_it_is_not_chosen_twice(path: Path) -> None:
    before = path.read_bytes()
    fault = fault_of(encrypted_file.create, "another passphrase")
    assert fault.kind == "file_exists"
    assert path.read_bytes() == before
    assert encrypted_file.state().unlocked, "the first one still opens it here"


@pytest.mark.parametrize("wrong", ["Correct horse battery staple", f"{PHRASE} ", "", "x" * 10_000])
def test_a_wrong_passphrase_is_told_plainly_and_opens_nothing(path: Path, wrong: str) -> None:
    KeyStore("dentist").save("openai", HOST, fake_key(), backend="file")
    restart()
    fault = fault_of(encrypted_file.unlock, wrong)
    assert fault.kind == "wrong_passphrase"
    assert not wrong or wrong not in f"{fault} {fault!r}"
    assert not encrypted_file.state().unlocked
    assert fault_of(encrypted_file.read, SCOPE).kind == "file_locked"


def test_a_wrong_passphrase_does_not_lock_what_is_open(path: Path) -> None:
    fault_of(encrypted_file.unlock, "another passphrase")
    assert encrypted_file.state().unlocked


def test_keyboards_compose_accents_differently_and_mean_the_same(tmp_path: Path) -> None:
    encrypted_file.create(unicodedata.normalize("NFD", "Überraschung é 🎉"))
    restart()
    encrypted_file.unlock(unicodedata.normalize("NFC", "Überraschung é 🎉"))
    assert encrypted_file.state().unlocked


# What is in the file


def test_the_file_is_private_and_says_neither_keys_nor_flows_nor_the_passphrase(path: Path) -> None:
    previous = os.umask(0)
    try:
        key = fake_key()
        KeyStore("the secret project").save("openai", HOST, key, backend="file")
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {each.name for each in path.parent.iterdir()} <= {"keys.json", "keys.lock"}
    content = path.read_text(encoding="utf-8")
    data = json.loads(content)
    sealed = [each["text"] for each in (data["check"], *data["keys"].values())]
    everything = content + "".join(base64.b64decode(text).decode("latin-1") for text in sealed)
    for word in (key[8:16], "secret project", PHRASE, HOST):
        assert word not in everything


def test_the_file_does_not_tell_how_long_a_key_is(path: Path) -> None:
    for flow, key in (("a", fake_key()), ("b", fake_key("compatible"))):
        KeyStore(flow).save("compatible", HOST, key, backend="file", override=True)
    one, other = json.loads(path.read_text(encoding="utf-8"))["keys"].values()
    assert len(one["text"]) == len(other["text"])
    assert one["nonce"] != other["nonce"]


def test_a_key_that_was_moved_to_another_scope_is_not_given_out(path: Path) -> None:
    KeyStore("mine").save("openai", HOST, fake_key(), backend="file")
    KeyStore("yours").save("openai", HOST, fake_key(), backend="file")
    data = json.loads(path.read_text(encoding="utf-8"))
    one, other = data["keys"]
    data["keys"][one], data["keys"][other] = data["keys"][other], data["keys"][one]
    path.write_text(json.dumps(data), encoding="utf-8")
    for flow in ("mine", "yours"):
        assert fault_of(KeyStore(flow).get, "openai", HOST).kind == "key_damaged"


@per_example
@given(st.lists(st.tuples(names, names, names), min_size=1, max_size=6, unique=True))
def test_each_scope_gives_back_its_own_key(scopes: list[tuple[str, str, str]]) -> None:
    if not encrypted_file.state().exists:
        encrypted_file.create(PHRASE)
    keys = {KeyScope.of(*each): Secret(fake_key()) for each in scopes}
    for scope, key in keys.items():
        encrypted_file.write(scope, key)
    assert all(encrypted_file.read(scope) == key for scope, key in keys.items())
    for scope in keys:
        encrypted_file.erase(scope)
        assert encrypted_file.read(scope) is None


def test_fields_that_are_not_known_here_survive(path: Path) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(data | {"later": [1]}), encoding="utf-8")
    encrypted_file.write(SCOPE, Secret(fake_key()))
    assert json.loads(path.read_text(encoding="utf-8"))["later"] == [1]


# Faults


def changed(**parts: Any) -> bytes:
    data = {"version": 1, "made_by": derived_key.KdfParams(bytes(16), 16).to_data(), "check": {}, "keys": {}}
    return json.dumps(data | parts).encode()


SALT = base64.b64encode(bytes(16)).decode()
DAMAGED = {
    "empty": b"",
    "half": changed()[:40],
    "no JSON": b"\xff\x00",
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "no version": changed(version=None),
    "a version in words": changed(version="one"),
    "no recipe": changed(made_by=None),
    "no salt": changed(made_by={"n": 16, "r": 8, "p": 1}),
    "a spoiled salt": changed(made_by={"salt": "ü", "n": 16, "r": 8, "p": 1}),
    "a cost in words": changed(made_by={"salt": SALT, "n": "16", "r": 8, "p": 1}),
    "a cost of half a number": changed(made_by={"salt": SALT, "n": 16.0, "r": 8, "p": 1}),
    "no cost": changed(made_by={"salt": SALT, "n": 16, "r": 0, "p": 1}),
    "a cost of one": changed(made_by={"salt": SALT, "n": 1, "r": 8, "p": 1}),
    "a cost that is no power of two": changed(made_by={"salt": SALT, "n": 20, "r": 8, "p": 1}),
    "a cost that takes all memory": changed(made_by={"salt": SALT, "n": 2**40, "r": 8, "p": 1}),
    "a cost of four times ours": changed(made_by={"salt": SALT, "n": 2**19, "r": 8, "p": 1}),
    "a block size of four times ours": changed(made_by={"salt": SALT, "n": 2**17, "r": 32, "p": 1}),
    "a parallelism of four times ours": changed(made_by={"salt": SALT, "n": 2**17, "r": 8, "p": 4}),
    "each at its most, eight times ours together": changed(made_by={"salt": SALT, "n": 2**18, "r": 16, "p": 2}),
    "half the cost of ours": changed(made_by={"salt": SALT, "n": 8, "r": 8, "p": 1}),
    "an eighth of the block size of ours": changed(made_by={"salt": SALT, "n": 16, "r": 1, "p": 1}),
    "a salt that was emptied": changed(made_by={"salt": "", "n": 16, "r": 8, "p": 1}),
    "a salt without end": changed(made_by={"salt": "AAAA" * 1000, "n": 2**17, "r": 8, "p": 1}),
    "a check in lists in lists": changed().replace(b'"check": {', b'"check": {"a": ' + b"[" * 500 + b"]" * 500),
    "no check": changed(check=None),
    "keys in a list": changed(keys=[]),
    "a key in plain text": changed(keys={"a": "b"}),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_set_aside_and_nothing_of_it_is_lost(
    path: Path, content: bytes, notes: dict[str, str]
) -> None:
    KeyStore("dentist", notes).save("openai", HOST, fake_key(), backend="file")
    path.write_bytes(content)
    fault = fault_of(KeyStore("dentist", notes).get, "openai", HOST)
    assert fault.kind == "file_damaged"
    (kept,) = path.parent.glob("keys.corrupt-*.json")
    assert kept.name in fault.problem
    assert kept.read_bytes() == content
    assert not path.exists()
    again = fault_of(KeyStore("dentist", notes).get, "openai", HOST)
    assert again.kind == "file_damaged", "the next run says so, too"
    assert kept.name in again.problem
    encrypted_file.create("another passphrase")
    assert fault_of(KeyStore("dentist", notes).get, "openai", HOST).kind == "key_lost"
    assert KeyStore("dentist", notes).save("openai", HOST, fake_key(), backend="file").available


def test_a_damaged_file_is_the_reason_where_no_key_is_found(path: Path) -> None:
    """A flow without notes, as after its settings were lost: its key may have been in the file."""
    KeyStore("dentist").save("openai", HOST, fake_key(), backend="file")
    path.write_bytes(b"{")
    for _run in ("one", "next"):
        assert (
            fault_of(KeyStore("dentist").require, "openai", HOST, provider_label="OpenAI").kind == "file_damaged"
        )
    encrypted_file.create("another passphrase")
    with pytest.raises(MissingKeyError):
        KeyStore("dentist").require("openai", HOST, provider_label="OpenAI")


@pytest.mark.parametrize(("n", "r", "p"), [(2**18, 8, 1), (2**17, 16, 1), (2**17, 8, 2)])
def test_twice_the_work_of_a_new_file_is_still_allowed(n: int, r: int, p: int) -> None:
    data = KdfParams(bytes(16), n, r, p).to_data()
    assert KdfParams.parse(data).to_data() == data


def test_a_damaged_file_is_told_by_its_state_too(path: Path) -> None:
    path.write_bytes(b"{")
    state = encrypted_file.state()
    assert not state.exists
    assert state.fault == "file_damaged"
    assert encrypted_file.state() == encrypted_file.FileState(exists=False, unlocked=False)


@per_example
@given(st.data())
def test_no_change_of_a_byte_gives_another_key_or_an_error_of_others(data: st.DataObject) -> None:
    path = key_file.default_path()
    path.unlink(missing_ok=True)
    encrypted_file.create(PHRASE)
    key = Secret(fake_key())
    encrypted_file.write(SCOPE, key)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    restart()
    try:
        encrypted_file.unlock(PHRASE)
        found = encrypted_file.read(SCOPE)
    except KeyStoreError:
        return
    assert found in (key, None)


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    content = changed(version=2, keys="in another form")
    path.write_bytes(content)
    calls = (
        lambda: encrypted_file.unlock(PHRASE),
        lambda: encrypted_file.create(PHRASE),
        lambda: encrypted_file.read(SCOPE),
        lambda: encrypted_file.write(SCOPE, Secret(fake_key())),
        lambda: encrypted_file.erase(SCOPE),
    )
    for call in calls:
        fault = fault_of(call)
        assert fault.kind == "file_newer"
    assert encrypted_file.state().fault == "file_newer"
    assert path.read_bytes() == content


def test_a_full_disk_keeps_what_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = Secret(fake_key())
    encrypted_file.write(SCOPE, older)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        store = KeyStore("dentist")
        assert fault_of(store.save, "openai", HOST, fake_key(), backend="file").kind == "disk_full"
        assert fault_of(encrypted_file.erase, SCOPE).kind == "disk_full"
    assert encrypted_file.read(SCOPE) == older
    assert not list(path.parent.glob(".*"))


def test_a_file_that_another_program_holds_is_waited_for_a_little(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_file, "LOCK_TIMEOUT_S", 0.1)
    with FileLock(path.with_suffix(".lock")):
        assert fault_of(encrypted_file.write, SCOPE, Secret(fake_key())).kind == "file_busy"
    encrypted_file.write(SCOPE, Secret(fake_key()))


def test_a_link_is_not_followed_for_writing(path: Path, tmp_path: Path) -> None:
    elsewhere = path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    assert fault_of(encrypted_file.write, SCOPE, Secret(fake_key())).kind == "file_is_link"
    assert elsewhere.read_bytes() == before
    assert path.is_symlink()


def test_what_a_killed_kernel_left_behind_is_cleared(path: Path) -> None:
    (path.parent / ".keys.0123abcd.part").write_bytes(b"{")
    encrypted_file.write(SCOPE, Secret(fake_key()))
    assert not list(path.parent.glob(".*"))


def test_kernels_that_save_at_once_lose_nothing(path: Path) -> None:
    code = (
        "import sys\nfrom byok_widgets.secrets import Secret\n"
        "from byok_widgets.keys import derived_key\n"
        "from byok_widgets.keys.backends import encrypted_file, key_file\n"
        "from byok_widgets.keys.scope import KeyScope\n"
        "derived_key.COST = 2**4\n"
        "encrypted_file.unlock(sys.argv[1])\n"
        "for at in range(25):\n"
        "    encrypted_file.write(KeyScope.of(f'{sys.argv[2]} {at}', 'p', 'h'), Secret(sys.argv[2]))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, PHRASE, name]) for name in ("one", "two")]
    assert [process.wait(60) for process in running] == [0, 0]
    for name in ("one", "two"):
        assert all(encrypted_file.read(KeyScope.of(f"{name} {at}", "p", "h")) == Secret(name) for at in range(25))


def test_a_machine_without_the_memory_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hungry:
        def __init__(self, **_: object) -> None:
            pass

        def derive(self, _: bytes) -> bytes:
            raise MemoryError

    monkeypatch.setattr("cryptography.hazmat.primitives.kdf.scrypt.Scrypt", Hungry)
    assert fault_of(encrypted_file.unlock, PHRASE).kind == "passphrase_unusable"


# Nothing is shown


def test_no_look_at_what_is_kept_shows_the_passphrase_or_what_it_became(path: Path) -> None:
    key = fake_key()
    store = KeyStore("dentist")
    store.save("openai", HOST, key, backend="file")
    (opened,) = encrypted_file._opened.values()
    derived = opened._DerivedKey__held.reveal()
    shown = f"{opened!r} {opened} {vars(encrypted_file)} {vars(store)} {encrypted_file.state()}"
    for secret in (PHRASE, derived, key):
        assert secret[:12] not in shown
    assert derived[:20] not in redact(f"it is {derived}")
    for copying in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copying(opened)


def test_of_the_passphrase_nothing_is_kept(path: Path) -> None:
    gc.collect()
    phrase = Secret(PHRASE)
    known = weakref.ref(phrase)
    encrypted_file.unlock(phrase)
    del phrase
    assert known() is None
    assert redact(f"byok_widgets: {PHRASE}") == f"byok_widgets: {PHRASE}"


def failing_calls() -> dict[str, Any]:
    return {
        "short": lambda: encrypted_file.create("xyzzy q"),
        "again": lambda: encrypted_file.create("xyzzy plugh plover"),
        "wrong": lambda: encrypted_file.unlock("xyzzy plugh plover"),
        "locked": lambda: (restart(), KeyStore("dentist").save("openai", HOST, fake_key(), backend="file")),
    }


@pytest.mark.parametrize("name", failing_calls())
@pytest.mark.parametrize("broken", [False, True])
def test_a_traceback_with_locals_shows_neither_key_nor_passphrase(
    path: Path, name: str, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    KeyStore("dentist").save("openai", HOST, fake_key(), backend="file")
    if broken:

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr("cryptography.hazmat.primitives.kdf.scrypt.Scrypt", fail)
    fault = fault_of(failing_calls()[name])
    lines: list[str] = []
    seen: BaseException | None = fault
    while seen is not None:
        frames = traceback.walk_tb(seen.__traceback__)
        ours = [frame for frame in frames if frame[0].f_code.co_filename.startswith(PACKAGE)]
        lines += traceback.StackSummary.extract(ours, capture_locals=True).format()
        seen = seen.__context__
    text = f"{lines} {fault!r} {fault} {pickle.dumps(fault)!r}"
    assert "store.py" in text or "encrypted_file.py" in text
    assert "xyzzy" not in text
    assert "sk-" not in text


# As a backend of a store


@pytest.mark.parametrize("first", ["file", "keyring", "session"])
@pytest.mark.parametrize("second", ["file", "keyring", "session"])
def test_a_scope_has_one_key_wherever_it_was(path: Path, notes: dict[str, str], first: Any, second: Any) -> None:
    with installed(MemoryKeyring()) as keyring:
        key = fake_key()
        store = KeyStore("dentist", notes)
        store.save("openai", HOST, fake_key(), backend=first)
        assert store.save("openai", HOST, key, backend=second).backend == second
        assert store.status("openai", HOST).backend == second
        assert store.get("openai", HOST) == Secret(key)
        assert len(keyring.kept) == (second == "keyring")
        assert (encrypted_file.read(SCOPE) is not None) is (second == "file")
        found = KeyStore("dentist", notes).get("openai", HOST)
        assert found == (None if second == "session" else Secret(key))
        store.remove("openai", HOST)
        assert store.status("openai", HOST).backend == "none"
        assert KeyStore("dentist", notes).get("openai", HOST) is None
        assert not notes


def test_a_store_without_notes_finds_the_key_too(path: Path) -> None:
    key = fake_key()
    KeyStore("dentist").save("openai", HOST, key, backend="file")
    assert KeyStore("dentist").get("openai", HOST) == Secret(key)
    assert KeyStore("surgeon").get("openai", HOST) is None
    assert KeyStore("dentist").get("openai", "example.org") is None


def test_a_locked_file_says_so_and_a_key_can_be_removed_from_it_all_the_same(
    path: Path, notes: dict[str, str]
) -> None:
    KeyStore("dentist", notes).save("openai", HOST, fake_key(), backend="file")
    restart()
    store = KeyStore("dentist", notes)
    status = store.status("openai", HOST)
    assert (status.backend, status.available) == ("file", False)
    assert status.fault == "file_locked"
    assert store.cached("openai", HOST) is None
    assert not store.is_cached("openai", HOST)
    assert store.may_have("openai", HOST)
    store.remove("openai", HOST)
    assert store.status("openai", HOST).backend == "none"
    assert json.loads(path.read_text(encoding="utf-8"))["keys"] == {}


def test_saving_into_a_locked_file_is_refused_and_the_older_key_stays(path: Path) -> None:
    store = KeyStore("dentist")
    older = Secret(fake_key())
    store.save("openai", HOST, older, backend="session")
    restart()
    assert fault_of(store.save, "openai", HOST, fake_key(), backend="file").kind == "file_locked"
    assert store.get("openai", HOST) == older
    assert store.status("openai", HOST).backend == "session"


def test_beside_a_locked_file_the_reference_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: dict[str, str] = {}
    KeyStore("dentist", notes).save("openai", HOST, fake_key(), backend="file")
    restart()
    monkeypatch.setenv("BYOK_TEST_KEY", key := fake_key())
    store = KeyStore("dentist", notes)
    store.refer("openai", HOST, "BYOK_TEST_KEY")
    assert store.get("openai", HOST) == Secret(key)


@pytest.mark.parametrize("content", [b"{", changed(version=2)])
def test_a_file_that_cannot_be_used_takes_nothing_from_other_keys(path: Path, content: bytes) -> None:
    key = fake_key()
    KeyStore("dentist").save("openai", HOST, key, backend="keyring")
    path.write_bytes(content)
    assert KeyStore("dentist").get("openai", HOST) == Secret(key)


def test_a_key_that_is_noted_for_the_keyring_is_not_taken_from_the_file(path: Path, notes: dict[str, str]) -> None:
    encrypted_file.write(SCOPE, Secret(fake_key()))
    assert KeyStore("dentist", {f"openai|{HOST}": "keyring"}).get("openai", HOST) is None


def test_a_hanging_keyring_is_not_asked_for_what_is_in_the_file(path: Path, notes: dict[str, str]) -> None:
    encrypted_file.write(SCOPE, secret := Secret(fake_key()))
    with installed(HangingKeyring()) as keyring:
        assert KeyStore("dentist", {f"openai|{HOST}": "file"}).get("openai", HOST) == secret
        assert not keyring.asked.is_set()


@pytest.mark.parametrize("keyring", [PlaintextKeyring, LockedKeyring])
def test_it_serves_where_there_is_no_keyring(path: Path, keyring: type, notes: dict[str, str]) -> None:
    with installed(keyring()):
        key = fake_key()
        status = KeyStore("dentist", notes).save("openai", HOST, key, backend="file")
        assert status.backend == "file"
        assert KeyStore("dentist", notes).get("openai", HOST) == Secret(key)


def test_what_cannot_be_a_key_is_not_taken_from_the_file(path: Path) -> None:
    encrypted_file.write(SCOPE, Secret("two words"))
    with pytest.raises(KeyFormatError) as caught:
        KeyStore("dentist").get("openai", HOST)
    assert (caught.value.kind, caught.value.flaw) == ("bad_key_format", "space")


def test_a_run_with_a_locked_file_fails_at_once_and_says_what_to_do(path: Path) -> None:
    flow = Flow("locked")
    flow.provider, flow.model = "openai", "gpt-4o-mini"
    KeyStore(flow.name, flow.config.key_references).save("openai", HOST, fake_key(), backend="file")
    assert flow.config.key_references == {f"openai|{HOST}": "file"}
    restart()
    start = time.monotonic()
    fault = fault_of(flow.conversation("ask", "Hi.").run, "Hello")
    assert time.monotonic() - start < 5
    assert fault.kind == "file_locked"
    assert "flow.settings()" in fault.fix
