"""The sentences about keys, in one place: whoever words them better changes this table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from byok_widgets import ByokError
from byok_widgets.keys import KeyStatus, KeyStore, check_provider, clean_key
from byok_widgets.keys.backends import encrypted_file
from byok_widgets.keys.backends.encrypted_file import in_file
from byok_widgets.keys.backends.environment import in_environment
from byok_widgets.keys.backends.keyring_selection import Backend
from byok_widgets.keys.backends.os_keyring import in_keyring
from byok_widgets.keys.backends.session import in_session
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.status import nowhere
from byok_widgets.misplaced_keys import reject_key
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import PlaintextKeyring, installed

ERRORS: dict[str, tuple[Callable[[], object], str, str]] = {
    "no key": (
        lambda: KeyStore("dentist").require("openai", "api.openai.com", provider_label="OpenAI"),
        "No API key configured for flow 'dentist' and provider OpenAI.",
        (
            "Open Settings (click the gear, or run flow.settings()) and verify that the key is saved. "
            "Paste your key for OpenAI and press Save, or choose the local model."
        ),
    ),
    "wrong provider": (
        lambda: check_provider(fake_key("anthropic"), "openai"),
        "This looks like a key from Anthropic, but this flow uses OpenAI.",
        "Switch the provider to Anthropic, or paste a key from OpenAI.",
    ),
    "misplaced": (
        lambda: reject_key(fake_key()),
        "This looks like an API key; it belongs in the key field. It was not saved.",
        "Paste it there (flow.settings() shows the field), and delete it everywhere else.",
    ),
    "bad format": (
        lambda: clean_key(f"{fake_key()} {fake_key()}"),
        "The key has a space inside; an API key has none.",
        "Copy the key again from the provider's page and paste it alone.",
    ),
    "no file": (
        lambda: encrypted_file.unlock("any passphrase"),
        "There is no encrypted file of keys yet.",
        "Choose a passphrase for it in Settings.",
    ),
}


@pytest.mark.parametrize(("act", "problem", "fix"), ERRORS.values(), ids=ERRORS.keys())
def test_the_errors_that_people_meet_most(act, problem: str, fix: str) -> None:
    with installed(PlaintextKeyring()), pytest.raises(ByokError) as caught:
        act()
    assert (caught.value.problem, caught.value.fix) == (problem, fix)


STATUSES: dict[str, tuple[KeyStatus, str]] = {
    "session": (
        in_session(),
        "The key is kept in this session's memory only; it is gone when the kernel stops.",
    ),
    "os keyring": (
        in_keyring(Backend("macOS Keychain", is_os_keyring=True)),
        "The key is stored securely in macOS Keychain.",
    ),
    "other keyring": (
        in_keyring(Backend("Other", is_os_keyring=False)),
        "The key is stored by the keyring backend Other.",
    ),
    "file": (
        in_file(),
        "The key is stored in the encrypted file, which your passphrase unlocks once per kernel.",
    ),
    "variable": (
        in_environment("MY_KEY", is_set=True),
        "The key is read from the environment variable MY_KEY; it is not stored.",
    ),
    "variable not set": (
        in_environment("MY_KEY", is_set=False),
        "The key is read from the environment variable MY_KEY, which is not set.",
    ),
    "nowhere": (nowhere(KeyScope.of("dentist", "openai", "h")), "No API key is saved for OpenAI in this flow."),
}


@pytest.mark.parametrize(("status", "text"), STATUSES.values(), ids=STATUSES.keys())
def test_each_status_has_its_sentence(status: KeyStatus, text: str) -> None:
    assert status.sentence == text
