"""The head of the panel: it says whether calls are recorded or replayed, and no longer when that ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.widgets.panel import text_summary
from byok_widgets.widgets.panel.settings import SettingsPanel


def test_a_replay_is_told_as_long_as_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    flow = Flow("replayed", fresh=True)
    panel = SettingsPanel(flow, mode="owner")
    head = panel.children[0]
    assert head.note == ""
    with flow.record("lesson.cassette"):
        assert head.note.startswith("RECORDING · lesson.cassette")
    assert head.note == ""
    flow.replay("lesson.cassette", missing="record")
    assert head.note.startswith("REPLAY · lesson.cassette")
    assert "REPLAY" in text_summary.as_text(flow)
    flow.live()
    assert head.note == ""
    assert "REPLAY" not in text_summary.as_text(flow)
