"""Comparisons that a test runs in a process of their own, to kill it."""

from __future__ import annotations

import sys
from typing import Any

from byok_widgets import Flow

MODELS = ["compatible:one", "compatible:two"]
CASES = 12


def compared(kind: str, address: str, store: str) -> Any:
    """Compare two models on a node, on what scripts lead to, or on the whole flow."""
    flow = Flow("killed")
    flow.set_base_url("compatible", address)
    flow.model = MODELS[0]
    flow.connect(flow.conversation("ask", "Ask for the weekday."), flow.extraction("read", weekday=["Mon", "Tue"]))
    flow.connect("read", "ask")
    said = [f"Tuesday, number {number}." for number in range(CASES)]
    texts = [{"name": text, "text": text, "values": {"weekday": "Tue"}} for text in said]
    scripts = [{"name": text, "caller": ["Hello", text], "values": {"weekday": "Tue"}} for text in said]
    if kind == "flow":
        return flow.compare({"now": {}, "other": {"ask": MODELS[1], "read": MODELS[1]}}, scripts, store=store)
    return flow.node("read").compare(MODELS, scripts if kind == "scripts" else texts, store=store)


if __name__ == "__main__":
    compared(*sys.argv[1:])
