"""Model lists on disk: what comes back is what was kept, for nobody else, and a bad file is no file."""

from __future__ import annotations

import datetime
import json
import os
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from byok_widgets.providers import ModelInfo, model_list_cache
from byok_widgets.providers.model_list_cache import KeptList
from tests.fake_keys import every_format, fake_key

PLACE = ("dentist", "openrouter", "https://openrouter.ai/api/v1")
KEPT = KeptList(
    (
        ModelInfo(
            id="vendor/model",
            label="Vendor: Model",
            input_usd_per_mtok=Decimal("0.00002"),
            output_usd_per_mtok=Decimal(0),
            context_tokens=128_000,
            structured_output=False,
            ends_on="2027-01-14",
            supported_settings={"effort": ("low", "high"), "seed": (), "top_k": None},
        ),
        ModelInfo(id="bäre \ud800"),
    ),
    datetime.datetime(2026, 11, 20, 13, 2, 11, tzinfo=datetime.UTC),
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BYOK_WIDGETS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "model lists"


def test_what_is_kept_comes_back_whole() -> None:
    assert model_list_cache.read(*PLACE) is None
    model_list_cache.write(*PLACE, KEPT)
    assert model_list_cache.read(*PLACE) == KEPT


@pytest.mark.parametrize("at", range(3))
def test_it_is_for_one_flow_one_provider_and_one_address(at: int) -> None:
    model_list_cache.write(*PLACE, KEPT)
    other = [*PLACE]
    other[at] += "2"
    assert model_list_cache.read(*other) is None


def test_only_the_person_can_read_it_and_the_next_list_replaces_it(cache: Path) -> None:
    before = os.umask(0)
    try:
        model_list_cache.write(*PLACE, KEPT)
    finally:
        os.umask(before)
    (file,) = cache.iterdir()
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(cache.stat().st_mode)) == (0o600, 0o700)
    later = KeptList((), KEPT.given_at + datetime.timedelta(days=1))
    model_list_cache.write(*PLACE, later)
    assert model_list_cache.read(*PLACE) == later
    assert [*cache.iterdir()] == [file]


@pytest.mark.parametrize("key", [key for _, key in every_format().values()], ids=list(every_format()))
def test_a_key_that_a_server_names_a_model_after_is_not_kept(cache: Path, key: str) -> None:
    model_list_cache.write(*PLACE, KeptList((ModelInfo(id="a", label=f"for {key}"),), KEPT.given_at))
    (file,) = cache.iterdir()
    assert key[8:20] not in file.read_text()
    assert model_list_cache.read(*PLACE) is not None


def damaged(**changes: object) -> bytes:
    """Return the content of a file with one field changed."""
    row = {"id": "a", "label": "", "input_usd_per_mtok": None, "output_usd_per_mtok": None}
    row |= {"supported_settings": {}, "context_tokens": None, "structured_output": None, "ends_on": None}
    fields = {name: changes.pop(name) for name in [*changes] if name in row}
    data = {"version": 2, "given_at": "2026-11-20T13:02:11+00:00", "models": [row | fields]}
    return json.dumps(data | changes).encode()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\xff\xfe", b"[]", b"null", b"{", b'{"version": 2}', b"[" * 100_000),
        *(damaged(version=1), damaged(given_at="yesterday"), damaged(given_at=None), damaged(models=None)),
        *(
            damaged(models=["a"]),
            damaged(id=None),
            damaged(label=4),
            damaged(supported_settings=None),
            damaged(supported_settings={"a": [1]}),
        ),
        *(
            damaged(input_usd_per_mtok="NaN"),
            damaged(output_usd_per_mtok="cheap"),
            damaged(input_usd_per_mtok=0.1),
        ),
    ],
)
def test_a_damaged_file_is_no_file_and_is_written_again(cache: Path, content: bytes) -> None:
    model_list_cache.write(*PLACE, KEPT)
    (file,) = cache.iterdir()
    file.write_bytes(damaged())
    assert model_list_cache.read(*PLACE) is not None, "the sound one, which the others are made from"
    file.write_bytes(content)
    assert model_list_cache.read(*PLACE) is None
    model_list_cache.write(*PLACE, KEPT)
    assert model_list_cache.read(*PLACE) == KEPT


def test_a_folder_that_cannot_be_written_is_not_missed(cache: Path) -> None:
    cache.parent.write_text(f"no folder {fake_key()[:3]}")
    model_list_cache.write(*PLACE, KEPT)
    assert model_list_cache.read(*PLACE) is None
