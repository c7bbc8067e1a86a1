"""A folder with a flow file, and files of cases beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.compare.flows import booking_flow
from tests.scripted_server import ScriptedServer
from tests.testing.conftest import booking_answer

GOOD = {"name": "good", "caller": ["Hello", "Tuesday"], "values": {"weekday": "Tue"}, "end_node": "bye"}
BAD = {"name": "bad", "caller": ["Hello", "Sunday"], "values": {"weekday": "Mon"}, "tags": ["hard"]}

WriteCases = Callable[..., Path]


@pytest.fixture
def folder(server: ScriptedServer, tmp_path: Path) -> Path:
    """A folder with `booking.flow.json`, whose calls go to the scripted server."""
    server.script(booking_answer)
    flow = booking_flow(server)
    folder = tmp_path / "tests of the flow"
    folder.mkdir()
    flow.save(folder / "booking.flow.json")
    return folder


@pytest.fixture
def write_cases(folder: Path) -> WriteCases:
    """Write cases into a file of this folder."""

    def write(*cases: dict[str, Any], name: str = "booking.cases") -> Path:
        path = folder / name
        path.write_text("".join(f"{json.dumps(case)}\n" for case in cases), encoding="utf-8")
        return path

    return write
