"""SECURITY.md is true: it names each file and wheel that a local model may come from, with the pinned hash."""

from __future__ import annotations

import re
from pathlib import Path

from byok_widgets.providers.local.catalog import LOCAL_MODELS
from byok_widgets.providers.local.download import FALLBACK_VARIABLE
from byok_widgets.providers.local.sources import WheelSource

PAGE = (Path(__file__).parents[1] / ".github" / "SECURITY.md").read_text(encoding="utf-8")


def test_it_names_exactly_the_hashes_that_are_pinned() -> None:
    pinned = {model.file_name: model.sha256 for model in LOCAL_MODELS.values()}
    for model in LOCAL_MODELS.values():
        for source in model.sources:
            if isinstance(source, WheelSource):
                pinned |= {wheel.requirement: wheel.sha256 for wheel in source.wheels}
    assert dict(re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", PAGE, re.MULTILINE)) == pinned
    assert sorted(re.findall(r"\b[0-9a-f]{64}\b", PAGE)) == sorted(pinned.values())


def test_it_says_how_the_fallback_is_switched_off() -> None:
    assert f"`{FALLBACK_VARIABLE}=0`" in PAGE
