"""Flows for tests of exports."""

from __future__ import annotations

import pytest

from byok_widgets import Flow


@pytest.fixture
def dentist() -> Flow:
    flow = Flow("dentist", fresh=True)
    flow.conversation("ask", "Find out the caller's\nname. Call them {{ name | default('you') }}.")
    flow.extraction("data", name=str, weekday=["Mon", "Tue"], urgent=bool)
    flow.conversation("bye", "Thanks {{name}}, see you on {{weekday}}.", static=True, end=True)
    flow.connect("ask", "data")
    flow.connect("data", "bye", if_="name is not None and weekday is not None")
    flow.connect("data", "ask")
    return flow
