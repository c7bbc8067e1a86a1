"""What the panel says, sentence by sentence: the one place to change when its wording is improved."""

from __future__ import annotations

import pytest

from byok_widgets.errors import ProviderError
from byok_widgets.findings import Fix
from byok_widgets.keys import KeyStatus
from byok_widgets.providers import PROVIDERS
from byok_widgets.widgets.panel import key_messages, troubleshooting_messages
from byok_widgets.widgets.panel.key_check import KeyCheck
from byok_widgets.widgets.panel.quick_fixes import button

SESSION = KeyStatus("session", "This session only", "<where>", available=True)
VARIABLE = KeyStatus("env", "env:X", "<where>", available=True, reference="env:X", is_reference=True)
UNSET = KeyStatus("env", "env:X", "<where>", available=False, reference="env:X", is_reference=True)
LOCKED = KeyStatus("file", "Encrypted file, locked", "<where>", available=False, is_locked=True)
UNLOCK = "The key is stored in: Encrypted file. It is locked: enter its passphrase and press Unlock."
SEALED = KeyStatus("a backend without a passphrase", "Vault, locked", "<where>", available=False, is_locked=True)
NONE = KeyStatus("none", "No key", "<where>", available=False)
AUTH = KeyCheck("rejected", fault=ProviderError("<problem>", kind="auth", fix="<fix>"))
TRY_ANOTHER = "Check that the key is valid and has not expired, or paste another one and press Save."
BROKEN = KeyCheck("unverified", fault=ProviderError("<problem>", kind="overloaded", fix="<fix>"))


@pytest.mark.parametrize(
    ("provider", "status", "verdict", "reason", "text"),
    [
        ("openai", None, None, "looking", "Looking for a saved key…"),
        ("openai", NONE, None, "no_key", "No API key is saved for OpenAI in this flow."),
        (
            "compatible",
            NONE,
            None,
            "key_optional",
            "No API key is saved. This endpoint may not need one: press Check to find out.",
        ),
        ("openai", LOCKED, None, "locked", UNLOCK),
        ("openai", SEALED, None, "locked", "<where>"),
        ("openai", UNSET, None, "variable_not_set", "<where> Set it and restart the kernel, or paste a key."),
        ("openai", SESSION, None, "unchecked", "Saved, not checked yet. <where>"),
        ("openai", VARIABLE, None, "unchecked", "Not checked yet. <where>"),
        (
            "openai",
            SESSION,
            KeyCheck("working"),
            "checking",
            "Saved; asking OpenAI whether the key is valid… <where>",
        ),
        ("openai", SESSION, KeyCheck("verified", "12:00"), "verified", "Verified at {at}. <where>"),
        (
            "openai",
            SESSION,
            AUTH,
            "auth",
            f"<problem>\n{TRY_ANOTHER}\nIt stays saved until you replace or remove it. <where>",
        ),
        ("openai", VARIABLE, AUTH, "auth", f"<problem>\n{TRY_ANOTHER}\n<where>"),
        ("openai", SESSION, BROKEN, "overloaded", "Saved, but not verified. <problem>\n<fix>\n<where>"),
        (
            "compatible",
            NONE,
            AUTH,
            "key_needed",
            "This endpoint requires a key (401 Unauthorized). Paste it and press Save.",
        ),
        (
            "compatible",
            NONE,
            KeyCheck("verified", "12:00"),
            "no_key_needed",
            "This endpoint works without a key. Checked at {at}.",
        ),
    ],
)
def test_the_status_line_of_a_key(provider, status, verdict, reason, text):
    words = key_messages.of_key(PROVIDERS[provider], status, verdict)
    assert (words["reason"], words["text"]) == (reason, text)


def test_the_status_line_where_a_call_was_refused_without_a_key():
    provider, checked = PROVIDERS["compatible"], KeyCheck("verified", "12:00")
    told = [key_messages.of_key(provider, NONE, verdict, is_asked_for=True) for verdict in (None, AUTH, checked)]
    assert [words["reason"] for words in told] == ["key_needed"] * 3
    assert told[0]["text"] == "This endpoint requires a key (401 Unauthorized). Paste it and press Save."
    assert told[2]["text"] == (
        "The check needs no key, but a call was refused without one (401 Unauthorized). Paste it and press Save."
    )
    saved = key_messages.of_key(provider, SESSION, None, is_asked_for=True)
    assert saved["reason"] == "unchecked", "there is a key now"


@pytest.mark.parametrize(
    ("fix", "text"),
    [
        (Fix("save_key", "openai"), "Go to the key field"),
        (Fix("save_key", "anthropic"), "Switch to Anthropic and paste its key"),
        (Fix("use_model", "openai:some-model"), "Use some-model"),
        (Fix("choose_model"), "Choose a default model"),
        (Fix("choose_model", "ask"), "Choose a model for ask"),
        (Fix("fill_address", "openai"), "Enter the address"),
        (Fix("use_own_address", "openai"), "Use the default address"),
        (Fix("remove_setting", "temperature"), "Remove temperature"),
        (Fix("paste", "flow"), ""),
    ],
)
def test_the_button_of_a_finding(flow, fix, text):
    flow.provider = "openai"
    assert button(fix, flow) == text


def test_how_many_findings_there_are():
    assert [troubleshooting_messages.count(number) for number in (0, 1, 2)] == [
        "no problems found",
        "1 problem",
        "2 problems",
    ]
