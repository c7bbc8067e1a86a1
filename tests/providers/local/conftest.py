"""A small model on a hub on loopback, and a cache of its own for each test."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from byok_widgets.providers.local.models import LOCAL_MODELS, LocalModel
from byok_widgets.providers.local.sources import UrlSource, WheelSource
from tests.providers.file_server import FileServer

CONTENT = b"GGUF" + random.Random(3).randbytes(3_500_000)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BYOK_WIDGETS_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("BYOK_WIDGETS_LOCAL_MODEL", "BYOK_WIDGETS_LOCAL_MODEL_FALLBACK"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache" / "models"


@pytest.fixture
def hub() -> Iterator[FileServer]:
    server = FileServer(CONTENT)
    yield server
    server.close()


def known_as(monkeypatch: pytest.MonkeyPatch, *sources: UrlSource | WheelSource) -> LocalModel:
    """Make a model known under the id `small`."""
    model = dataclasses.replace(
        LOCAL_MODELS["qwen2.5-coder-0.5b"],
        id="small",
        label="Small",
        file_name="small.gguf",
        size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        sources=sources,
        by_hand="Do it by hand.",
    )
    monkeypatch.setitem(LOCAL_MODELS, "small", model)
    return model


@pytest.fixture
def small(hub: FileServer, monkeypatch: pytest.MonkeyPatch) -> LocalModel:
    return known_as(monkeypatch, UrlSource("the hub", hub.url))
