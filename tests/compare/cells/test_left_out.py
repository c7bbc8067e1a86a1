"""A setting that an endpoint refuses is left out of what is compared, and the comparison says so."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from byok_widgets.compare import tables
from tests.compare.flows import BAD, GOOD, booking_flow
from tests.scripted_server import Say, ScriptedServer

CASES = [{"name": "c", "caller": ["Tuesday"], "values": {"weekday": "Tue"}}]
REFUSAL = {"error": {"message": "temperature is not supported", "param": "temperature"}}


def picky(request: dict[str, Any]) -> Say:
    """The model "bad" takes no temperature."""
    if request["model"] == "bad" and "temperature" in request:
        return Say(status=400, body=REFUSAL)
    return Say(json.dumps({"weekday": "Tue"}) if "response_format" in request else "Which day?")


@pytest.fixture
def flow(server: ScriptedServer) -> Any:
    server.script(picky)
    flow: Any = booking_flow(server)
    flow.node("read").settings["temperature"] = 0.2
    return flow


def test_a_node_that_ran_without_a_setting_is_named_with_its_model(flow: Any) -> None:
    comparison = flow.node("read").compare([GOOD, BAD], CASES)
    (note,) = [note for note in tables.notes(comparison) if "temperature" in note]
    assert note.startswith(BAD)
    assert "temperature of read" in note
    assert note in str(comparison)


def test_a_flow_that_ran_without_a_setting_is_named_with_its_node(flow: Any) -> None:
    comparison = flow.compare({"now": {}, "other": {"read": BAD}}, cases=CASES)
    (note,) = [note for note in tables.notes(comparison) if "temperature" in note]
    assert note.startswith("other")
    assert "temperature of read" in note


def test_where_nothing_was_left_out_nothing_is_said(flow: Any) -> None:
    flow.node("read").settings["temperature"] = None
    comparison = flow.node("read").compare([GOOD, BAD], CASES)
    assert not [note for note in tables.notes(comparison) if "temperature" in note]


def test_the_request_says_what_was_left_out(flow: Any) -> None:
    flow.node("read").model = BAD
    request = flow.node("read").run("Tuesday", show=False).request
    assert (request.left_out, dict(request.settings)) == (("temperature",), {})
    assert "temperature" in repr(request)
    assert pickle.loads(pickle.dumps(request)) == request
