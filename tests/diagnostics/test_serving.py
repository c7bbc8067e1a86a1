"""What check() says of flows that are served."""

from __future__ import annotations

import pytest

from byok_widgets import Flow


def test_a_flow_with_actions_is_told_of_speculative_requests() -> None:
    flow = Flow("acts", fresh=True)
    flow.conversation("ask", "Ask.")
    assert [found.kind for found in flow.check().suggestions] == []
    flow.action("book", lambda: None)
    assert [found.kind for found in flow.check().suggestions] == ["speculation"]


def test_a_flow_that_is_served_is_told_of_callers_without_an_id() -> None:
    pytest.importorskip("uvicorn")
    flow = Flow("served and checked", fresh=True)
    flow.set_base_url("compatible", "http://127.0.0.1:9/v1")
    flow.model = "compatible:none"
    flow.conversation("ask", "Ask.")
    server = flow.serve()
    try:
        assert [found.kind for found in flow.check().suggestions] == ["shared_state"]
        assert any("session" in note for note in server.notes)
    finally:
        server.stop()
