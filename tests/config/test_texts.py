"""The messages of the settings, in one place: to reword one, change this table."""

from __future__ import annotations

import pytest

from byok_widgets import ConfigError
from byok_widgets.config import BaseUrl, FlowConfig, NoticeKind, SettingsNotice
from tests.config.conftest import Open


@pytest.mark.parametrize(
    ("notice", "text"),
    [
        (
            SettingsNotice(NoticeKind.RESET, "a.corrupt.json"),
            "The saved settings were damaged and set aside as a.corrupt.json; this flow continues without them.",
        ),
        (
            SettingsNotice(NoticeKind.DAMAGED, "no permission there"),
            "The saved settings are damaged (no permission there). Changes are kept for this session only.",
        ),
        (
            SettingsNotice(NoticeKind.UNREADABLE, "no permission there"),
            "The saved settings could not be read (no permission there). Changes are kept for this session only.",
        ),
        (
            SettingsNotice(NoticeKind.NEWER),
            (
                "These settings were saved by a newer byok-widgets and are read-only here. "
                "Update with: pip install -U byok-widgets"
            ),
        ),
        (
            SettingsNotice(NoticeKind.BUSY),
            "Settings are kept for this session only: another program holds the settings file.",
        ),
        (
            SettingsNotice(NoticeKind.UNSAVED, "the disk is full"),
            "Settings are kept for this session only: the disk is full. The next change tries to save them again.",
        ),
    ],
    ids=lambda value: value.kind.name if isinstance(value, SettingsNotice) else "",
)
def test_each_notice_has_its_message(notice: SettingsNotice, text: str) -> None:
    assert str(notice) == text


def test_no_notice_is_without_a_message() -> None:
    assert all(str(SettingsNotice(kind, "X")).endswith((".", "byok-widgets")) for kind in NoticeKind)


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (
            lambda config: config.resolve("ask"),
            (
                "No model is chosen for node 'ask' of flow 'dentist'.\n"
                "The flow uses compatible, and has no default model for it.\n"
                'Pick a default model in Settings, or write flow.model = "model-id".'
            ),
        ),
        (
            lambda config: setattr(config, "provider", "openia"),
            (
                "There is no provider 'openia'.\n"
                "Did you mean 'openai'? Choose one of: openai, anthropic, openrouter, compatible, local."
            ),
        ),
        (
            lambda _: BaseUrl.parse("http://llm.example.org/v1"),
            (
                "http://llm.example.org would send the key and the dialogue unencrypted over the network.\n"
                "Use https. Plain http works for this machine only (127.0.0.1, localhost)."
            ),
        ),
    ],
    ids=["no_model", "unknown_provider", "base_url_insecure"],
)
def test_the_most_common_errors(open_config: Open, act, text: str) -> None:
    config: FlowConfig = open_config()
    config.provider = "compatible"
    with pytest.raises(ConfigError) as caught:
        act(config)
    assert str(caught.value) == text
