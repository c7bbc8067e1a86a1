"""Holders of one key are recognised without any part of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys

from byok_widgets.secrets import Secret, identity
from tests.fake_keys import fake_key


def test_holders_of_one_key_have_one_identity() -> None:
    key = fake_key()
    assert identity(Secret(key)) == identity(Secret(key)) == identity(Secret(f" {key}\n"))
    assert identity(Secret(key)) != identity(Secret(fake_key()))
    assert identity(None) == b""


def test_an_identity_says_nothing_about_the_key() -> None:
    key = fake_key()
    found = identity(Secret(key))
    assert found not in {hashlib.new(name, key.encode()).digest() for name in ("sha256", "sha1", "md5")}
    assert len(found) == len(identity(Secret("short"))) == 32


def test_each_process_has_other_identities() -> None:
    code = "from byok_widgets.secrets import Secret, identity; print(identity(Secret('abc')).hex())"
    printed = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
        for _ in range(2)
    }
    assert len(printed) == 2
