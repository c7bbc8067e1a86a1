"""Settings in a separate folder, opened as often as a test likes, each time as another kernel would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from byok_widgets.config import FlowConfig

PROVIDERS = ("openai", "anthropic", "openrouter", "compatible", "local")
Open = Callable[..., FlowConfig]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the settings; not created yet."""
    return tmp_path / "flows"


@pytest.fixture
def open_config(folder: Path) -> Open:
    """Open a flow's settings, as a new kernel would."""

    def open_it(name: str = "dentist") -> FlowConfig:
        return FlowConfig(name, providers=PROVIDERS, start_models={"local": "tiny"}, folder=folder)

    return open_it
