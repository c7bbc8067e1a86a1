"""No channel by which keys are known to leak holds one, and the hunt finds one in each channel that is opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import comm
import pytest

from byok_widgets.widgets.panel import key_controller, model_lists
from tests.fake_keys import fake_key
from tests.leaks import (
    comparison_channels,
    export_channels,
    recording_channels,
    serving_channels,
    teaching_channels,
)
from tests.leaks.channels import CHANNELS
from tests.leaks.hunting import Canary, hunt
from tests.leaks.stage import Stage
from tests.providers.fault_server import FaultServer
from tests.widgets.wire import Wire

STARTS_KERNELS = {teaching_channels.what_students_handed_in.__name__}
NAMES = [pytest.param(name, marks=pytest.mark.slow if name in STARTS_KERNELS else ()) for name in CHANNELS]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    wire, server, trap = Wire(), FaultServer(), FaultServer()
    monkeypatch.setattr(comm, "create_comm", wire.create_comm)
    monkeypatch.setattr(key_controller, "_controllers", {})
    monkeypatch.setattr(model_lists, "_lists", {})
    for name in ("CONFIG", "CACHE"):  # below the folder that is hunted
        monkeypatch.setenv(f"BYOK_WIDGETS_{name}_DIR", str(tmp_path / name.lower()))
    made = Stage(Canary(fake_key("compatible")), server, trap, tmp_path, monkeypatch, wire)
    yield made
    made.close()
    server.close()
    trap.close()


@pytest.mark.parametrize("name", NAMES)
def test_no_key_leaks(name: str, stage: Stage) -> None:
    places = list(CHANNELS[name].places(stage))
    assert places
    assert hunt(places, stage.canary) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_hunt_finds_a_key_where_the_channel_is_open(name: str, stage: Stage) -> None:
    CHANNELS[name].opened(stage)
    assert any(hunt([place], stage.canary) for place in CHANNELS[name].places(stage))


def test_every_known_channel_is_hunted() -> None:
    assert comparison_channels.comparisons_that_fail.__name__ in CHANNELS
    assert export_channels.exports_to_other_builders.__name__ in CHANNELS
    assert recording_channels.cassettes.__name__ in CHANNELS
    assert teaching_channels.sites.__name__ in CHANNELS
    assert serving_channels.served_flows.__name__ in CHANNELS
    assert {channel.number for channel in CHANNELS.values()} == set(range(1, 28))
