"""What no page of ours sends costs the kernel no time and does no harm."""

from __future__ import annotations

import time
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ConfigError
from tests.widgets.parts import parts

HUGE = "x" * 3_000_000


@pytest.mark.parametrize("value", [HUGE, ["x"], 7, {"a": HUGE}], ids=["huge", "list", "number", "mapping"])
@pytest.mark.parametrize(
    ("widget", "message", "field"),
    [
        ("model", {"kind": "choose"}, "value"),
        ("key", {"kind": "switch"}, "provider"),
        ("key", {"kind": "remove"}, "target"),
        ("nodes", {"kind": "choose", "node": "n1"}, "value"),
        ("nodes", {"kind": "set", "node": "n1", "name": "temperature"}, "value"),
    ],
)
def test_a_field_of_a_message_is_refused_at_once(
    browser: Any, wire: Any, show: Any, widget: str, message: dict[str, Any], field: str, value: Any
) -> None:
    flow = Flow("guarded")
    flow.conversation("ask", "Hi")
    before = (flow.provider, flow.model, flow.node("ask").model)
    shown = getattr(parts(show(flow)), widget)
    began = time.thread_time()
    browser.custom(shown, {"id": "a", **message, field: value})
    assert time.thread_time() - began < 1
    answer = wire.custom(shown)[-1]
    assert (answer["id"], answer["outcome"]) == ("a", "refused")
    assert answer["reason"] in {"text_too_long", "not_text"}
    assert "xxxx" not in str(answer)
    assert (flow.provider, flow.model, flow.node("ask").model) == before


def test_neither_do_the_setters_read_it() -> None:
    flow = Flow("guarded")
    began = time.thread_time()
    setters = (
        lambda: setattr(flow, "provider", HUGE),
        lambda: setattr(flow, "model", HUGE),
        lambda: flow.set_base_url("compatible", HUGE),
    )
    for write in setters:
        with pytest.raises(ConfigError) as caught:
            write()
        assert caught.value.kind == "text_too_long"
        assert "xxxx" not in str(caught.value)
    assert time.thread_time() - began < 1
