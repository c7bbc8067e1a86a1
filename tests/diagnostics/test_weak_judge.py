"""A small local model that judges prompt conditions is reported once, with everything that it judges."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.findings import Finding, Fix
from byok_widgets.providers import catalog
from tests.fake_keys import fake_key

SMALL = "local:smollm2-135m"
BETTER = "compatible:judge"


@pytest.fixture
def flow(flow: Flow) -> Flow:
    flow.set_base_url("compatible", "http://127.0.0.1:9/v1")
    flow.model = SMALL
    flow.conversation("ask", "Ask.")
    flow.conversation("tell", "Tell.")
    flow.extraction("data", word=str)
    flow.connect("ask", "tell", if_="word is not None")
    flow.connect("ask", "data")
    flow.connect("data", "ask")
    return flow


def weak(flow: Flow) -> list[Finding]:
    return [finding for finding in flow.check() if finding.kind == "weak_judge"]


def named(found: Finding) -> list[str]:
    """Return the nodes that a finding names."""
    return re.findall(r"'(\w+)'", found.problem)


def test_one_warning_names_everything_it_judges_and_what_to_do(flow: Flow) -> None:
    assert weak(flow) == []
    flow.connect("tell", "ask", when="again")
    flow.connect("tell", "data", when="they said a word")
    flow.conversation("hours", "Nine to five.", enter="they ask for the hours")
    (found,) = weak(flow)
    assert (found.level, found.where) == ("warning", "")
    assert named(found) == ["tell", "hours"]
    assert "if_=" in found.fix
    assert found.by is None, "no key for a better one is saved"
    flow.key_store.save("openai", "api.openai.com", fake_key())
    better = f"openai:{catalog.presets('openai')['balanced']}"
    assert weak(flow)[0].by == Fix("paste", f"flow.judge_model = {better!r}")


def test_only_what_it_judges_is_named(flow: Flow) -> None:
    flow.connect("tell", "ask", when="again")
    flow.connect("data", "tell", when="they said a word")
    flow.node("tell").model = BETTER
    assert [named(found) for found in weak(flow)] == [["data"]]
    flow.node("tell").model = None
    flow.judge_model = BETTER
    assert weak(flow) == []
    flow.model, flow.judge_model = BETTER, SMALL
    assert [named(found) for found in weak(flow)] == [["tell", "data"]]


def test_the_edge_into_a_global_node_is_judged_where_a_turn_begins(flow: Flow) -> None:
    flow.conversation("hours", "Nine to five.", enter="they ask for the hours")
    for name in ("ask", "tell", "data"):
        flow.node(name).model = BETTER
    assert weak(flow) == [], "its own model never judges it"
    flow.node("tell").model = None
    assert [named(found) for found in weak(flow)] == [["hours"]]
    flow.conversation("tell", "Tell.", end=True)
    assert weak(flow) == [], "no turn begins after the end"


def test_the_edges_of_an_end_node_are_never_judged(flow: Flow) -> None:
    flow.conversation("tell", "Tell.", end=True)
    flow.connect("tell", "ask", when="again")
    assert weak(flow) == []


def test_nothing_is_said_about_a_users_own_model(flow: Flow, tmp_path: Path) -> None:
    flow.connect("tell", "ask", when="again")
    file = tmp_path / "own.gguf"
    file.write_bytes(b"GGUF")
    flow.model = f"local:{file}"
    assert weak(flow) == []
    flow.provider, flow.model = "compatible", None
    assert weak(flow) == [], "nor is anything said without a model"
