"""Keyring backends for the tests: one that works, and one for each way in which a keyring fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import keyring
import keyring.core
from keyring import errors
from keyring.backend import KeyringBackend

from byok_widgets.keys.backends import os_keyring


class MemoryKeyring(KeyringBackend):
    """Keeps what it is given, and counts how it is asked."""

    priority = 5
    viable = False  # keyring's own search for a backend must not come upon it

    def __init__(self):
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.reads = 0

    def get_password(self, service, username):
        self.reads += 1
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise errors.PasswordDeleteError("No such password!")


class NullLikeKeyring(MemoryKeyring):
    """Says it saved, and kept nothing."""

    def set_password(self, service, username, password):
        pass


class ManglingKeyring(MemoryKeyring):
    """Keeps keys up to a length, and of longer ones a part."""

    def set_password(self, service, username, password):
        super().set_password(service, username, password[:100])


class LockedKeyring(MemoryKeyring):
    def get_password(self, *_):
        raise errors.KeyringLocked("Failed to unlock the collection!")

    set_password = delete_password = get_password


class RaisingKeyring(MemoryKeyring):
    """Fails with a given exception; `{}` in its text becomes the key."""

    def __init__(self, fault: type[BaseException], text: str = "it broke"):
        super().__init__()
        self.fault = fault
        self.text = text

    def set_password(self, service, username, password):
        raise self.fault(self.text.format(password))


class StubbornKeyring(MemoryKeyring):
    """Does not remove anything."""

    def delete_password(self, service, username):
        raise errors.PasswordDeleteError("Not allowed")


class SilentlyStubbornKeyring(MemoryKeyring):
    """Does not remove anything either, and says nothing."""

    def delete_password(self, service, username):
        pass


class LyingKeyring(MemoryKeyring):
    """Returns something else than it was given."""

    def __init__(self, returned: object):
        super().__init__()
        self.returned = returned

    def get_password(self, service, username):
        return self.returned if super().get_password(service, username) else None


class PlaintextKeyring(MemoryKeyring):
    """Its name is its fault."""


class UselessKeyring(MemoryKeyring):
    priority = 0


class HangingKeyring(MemoryKeyring):
    """Does not answer until `wake` is called; `asked` is set once it was asked."""

    def __init__(self):
        super().__init__()
        self._woken = threading.Event()
        self.asked = threading.Event()

    def wake(self):
        self._woken.set()

    def get_password(self, service, username):
        self._hang()
        return super().get_password(service, username)

    def set_password(self, service, username, password):
        self._hang()
        super().set_password(service, username, password)

    def _hang(self):
        self.asked.set()
        assert self._woken.wait(60)


class SlowKeyring(MemoryKeyring):
    """Answers, and takes its time for each thing that it is asked."""

    def __init__(self, pause_s: float):
        super().__init__()
        self._pause_s = pause_s

    def get_password(self, service, username):
        time.sleep(self._pause_s)
        return super().get_password(service, username)

    def set_password(self, service, username, password):
        time.sleep(self._pause_s)
        super().set_password(service, username, password)

    def delete_password(self, service, username):
        time.sleep(self._pause_s)
        super().delete_password(service, username)

    def wait_until_idle(self):
        for thread in threading.enumerate():
            if thread.name == "byok-keyring":
                thread.join()


@contextmanager
def installed(backend: KeyringBackend) -> Iterator[KeyringBackend]:
    """Make `backend` the keyring of the process; no real keyring is ever touched."""
    before = keyring.core._keyring_backend
    keyring.set_keyring(backend)
    os_keyring._probed.clear()
    try:
        yield backend
    finally:
        if isinstance(backend, HangingKeyring):
            backend.wake()
        keyring.core._keyring_backend = before
        os_keyring._probed.clear()
