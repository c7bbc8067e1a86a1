"""The panel's list of nodes: what it shows is what a call would use, and a click writes what a line writes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.config import FlowConfig
from byok_widgets.providers import ModelInfo, catalog
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.model_listing import Listing
from byok_widgets.widgets.panel.model_lists import ModelLists
from byok_widgets.widgets.panel.node_list import NodeList
from tests.fake_keys import fake_key
from tests.widgets.parts import parts, saved_settings
from tests.widgets.wire import Browser, Wire, eventually, found_in


@pytest.fixture
def nodes(flow: Flow, show: Any) -> NodeList:
    """The list of nodes in a panel of the flow."""
    return parts(show(flow)).nodes


def row(nodes: NodeList, name: str) -> dict[str, Any]:
    """Return what is shown of a node."""
    (found,) = [row for row in nodes.nodes if row["name"] == name]
    return found


def setting(nodes: NodeList, node: str, name: str) -> dict[str, Any]:
    """Return what is shown of a node's setting."""
    (found,) = [setting for setting in row(nodes, node)["settings"] if setting["name"] == name]
    return found


def names(nodes: NodeList, node: str) -> list[str]:
    """Return the names of the settings that are shown for a node."""
    return [setting["name"] for setting in row(nodes, node)["settings"]]


def answer(wire: Wire, nodes: NodeList) -> tuple[str, str]:
    """Return the outcome of the last action."""
    last = wire.custom(nodes)[-1]
    return last["outcome"], last["text"]


def test_nodes_appear_when_cells_make_them(flow: Flow, nodes: NodeList) -> None:
    assert nodes.nodes == []
    flow.conversation("ask", "Be brief.")
    flow.conversation("bye", "Bye.", static=True, model="anthropic:claude-haiku-5-5")
    ask, bye = nodes.nodes
    assert (ask["kind"], ask["model"], ask["source"]) == ("conversation", "local:smollm2-135m", "flow default")
    assert (bye["model"], bye["source"]) == ("anthropic:claude-haiku-5-5", "node override")
    assert "fixed sentence the first time, without a model" in bye["notes"][0]
    assert (ask["override"], bye["override"], ask["notes"]) == ("", "anthropic:claude-haiku-5-5", [])


def test_an_override_is_chosen_and_taken_back(flow: Flow, nodes: NodeList, browser: Browser, wire: Wire) -> None:
    flow.conversation("ask", "Be brief.")
    browser.on_node(nodes, "ask", "choose", value=" anthropic:claude-haiku-5-5 ")
    assert flow.node("ask").model == "anthropic:claude-haiku-5-5"
    assert answer(wire, nodes)[0] == "taken"
    assert (row(nodes, "ask")["model"], row(nodes, "ask")["source"]) == (
        "anthropic:claude-haiku-5-5",
        "node override",
    )
    browser.on_node(nodes, "ask", "choose", value="")
    assert flow.node("ask").model is None
    assert answer(wire, nodes)[0] == "taken"
    assert row(nodes, "ask")["source"] == "flow default"


def test_a_row_keeps_its_id_and_a_gone_node_is_told(
    flow: Flow, nodes: NodeList, browser: Browser, wire: Wire
) -> None:
    flow.conversation("ask", "Be brief.")
    before = row(nodes, "ask")["id"]
    flow.extraction("data", name=str)
    flow.conversation("ask", "Be very brief.")
    assert row(nodes, "ask")["id"] == before
    assert len({row["id"] for row in nodes.nodes}) == 2
    for odd in ({"node": "n99", "kind": "choose"}, {"node": before, "kind": "explode"}, {"kind": None}, {}):
        browser.custom(nodes, odd)
        assert answer(wire, nodes)[0] == "refused"


def test_a_model_is_given_to_all_of_a_kind(flow: Flow, nodes: NodeList, browser: Browser, wire: Wire) -> None:
    flow.extraction("one", name=str)
    flow.conversation("ask", "Be brief.")
    browser.on_node(nodes, "one", "choose", value="openai:gpt-4o")
    assert row(nodes, "one")["for_all"] == ""  # there is no other
    flow.extraction("two", name=str)
    flow.extraction("three", name=str, model="openai:gpt-6-luna")
    assert row(nodes, "one")["for_all"] == "Use for all extraction nodes"
    assert (row(nodes, "two")["for_all"], row(nodes, "ask")["for_all"]) == ("", "")
    told: list[str] = []
    flow.config.observe(told.extend)
    browser.on_node(nodes, "one", "for_all")
    assert [node.model for node in flow.nodes.values()] == ["openai:gpt-4o", None, *["openai:gpt-4o"] * 2]
    assert answer(wire, nodes)[0] == "taken"
    assert (row(nodes, "one")["for_all"], told.count("override")) == ("", 1)  # done, in one change


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        ("openai:gpt-4o", ["temperature", "max_tokens"]),
        ("openai:o3", ["reasoning_effort", "max_tokens"]),
        ("openai:gpt-6-luna", ["reasoning_effort", "verbosity", "max_tokens"]),
        ("anthropic:claude-haiku-4-5", ["temperature", "max_tokens"]),
        ("anthropic:claude-haiku-5-5", ["effort", "max_tokens"]),
        ("local:smollm2-135m", ["temperature", "max_tokens", "seed"]),
        ("compatible:mine", ["temperature", "max_tokens"]),
        ("openai:mine", ["max_tokens"]),
        ("openrouter:a/b", ["max_tokens"]),
    ],
)
def test_only_the_settings_that_the_model_has_are_there(
    flow: Flow, nodes: NodeList, model: str, shown: list[str]
) -> None:
    flow.conversation("ask", "Be brief.", model=model)
    assert names(nodes, "ask") == shown
    more = row(nodes, "ask")["more"]
    assert bool(more) == (shown == ["max_tokens"])
    if more:
        assert 'flow.node("ask").settings["temperature"] = 0.2' in more


def test_they_follow_the_model(flow: Flow, nodes: NodeList) -> None:
    flow.conversation("ask", "Be brief.")
    flow.model = "openai:gpt-4o"
    assert "temperature" in names(nodes, "ask")
    flow.model = "openai:gpt-6-luna"
    assert "temperature" not in names(nodes, "ask")
    flow.provider = "compatible"
    flow.model = None
    assert (names(nodes, "ask"), row(nodes, "ask")["model"]) == ([], "no model chosen")
    assert row(nodes, "ask")["more"] == "Settings appear here once a model is chosen."


def test_what_openrouters_list_says_of_a_model_counts(flow: Flow, nodes: NodeList) -> None:
    lists, target = ModelLists.of(flow), EndpointTarget.of(flow, "openrouter")
    flow.conversation("ask", "Be brief.", model="openrouter:a/b")
    eventually(lambda: "a/b" not in lists.listing(target).by_id and lists.listing(target).name)
    takes = {"temperature": (), "reasoning_effort": ("low", "high"), "verbosity": None}
    lists._listings[target] = Listing((ModelInfo("a/b", supported_settings=takes),), name="the list")
    flow.config.notify("models")
    assert names(nodes, "ask") == ["temperature", "reasoning_effort", "max_tokens"]
    assert setting(nodes, "ask", "reasoning_effort")["options"] == ["low", "high"]
    assert row(nodes, "ask")["more"] == ""
    flow.node("ask").settings["verbosity"] = "low"
    assert row(nodes, "ask")["incompatible_settings"] == [
        {"name": "verbosity", "text": "a/b does not take verbosity."}
    ]


def test_a_setting_is_set_and_given_back_as_a_line_of_code_would(
    flow: Flow, nodes: NodeList, browser: Browser, wire: Wire
) -> None:
    ask = flow.conversation("ask", "Be brief.", temperature=0.1)
    assert setting(nodes, "ask", "temperature")["value"] == "0.1"
    assert setting(nodes, "ask", "temperature")["reset"] == ""
    assert "Set in the cell that creates the node." in setting(nodes, "ask", "temperature")["help"]
    browser.on_node(nodes, "ask", "set", name="temperature", value=" 0.2 ")
    browser.on_node(nodes, "ask", "set", name="max_tokens", value="200")
    assert (ask.settings, ask.max_tokens) == ({"temperature": 0.2}, 200)
    assert answer(wire, nodes)[0] == "taken"
    assert setting(nodes, "ask", "temperature")["reset"] == "Back to 0.1"
    assert setting(nodes, "ask", "max_tokens")["reset"] == "Clear"
    assert row(nodes, "ask")["settings_text"] == "temperature: 0.2, max tokens: 200"
    browser.on_node(nodes, "ask", "reset", name="max_tokens")
    assert answer(wire, nodes)[0] == "taken"
    browser.on_node(nodes, "ask", "reset", name="temperature")
    assert answer(wire, nodes)[0] == "taken"
    browser.on_node(nodes, "ask", "set", name="temperature", value="")
    assert answer(wire, nodes)[0] == "taken"
    assert (ask.settings, ask.max_tokens) == ({}, None)
    assert setting(nodes, "ask", "temperature")["reset"] == "Back to 0.1"


def test_the_locale_of_a_node_is_set_and_given_back(
    flow: Flow, nodes: NodeList, browser: Browser, wire: Wire, show: Any
) -> None:
    flow.conversation("ask", "Be brief.")
    assert "locale" not in names(nodes, "ask")
    data = flow.extraction("data", price=float, locale="de")
    assert (setting(nodes, "data", "locale")["value"], setting(nodes, "data", "locale")["reset"]) == ("de", "")
    assert {"de", "en-US", "pt"} <= set(setting(nodes, "data", "locale")["options"])
    browser.on_node(nodes, "data", "set", name="locale", value="fr-CA")
    assert answer(wire, nodes)[0] == "taken"
    assert data.locale == "fr-CA"
    assert setting(nodes, "data", "locale")["reset"] == "Back to de"
    assert row(nodes, "data")["settings_text"] == "locale: fr-CA"
    assert 'flow.node("data").locale = "fr-CA"' in parts(show(flow)).code.code
    browser.on_node(nodes, "data", "set", name="locale", value="german")
    assert answer(wire, nodes)[0] == "refused"
    browser.on_node(nodes, "data", "set", name="locale", value="")
    flow.locale = "en-US"
    assert data.locale == "en-US"
    assert "en-US" in setting(nodes, "data", "locale")["unset"]
    browser.on_node(nodes, "data", "reset", name="locale")
    assert data.locale == "de"


def test_a_line_of_code_is_seen_at_once_in_every_panel(flow: Flow, show: Any) -> None:
    ask = flow.conversation("ask", "Be brief.")
    lists = [parts(show(flow)).nodes for _ in range(2)]
    ask.settings["temperature"], ask.max_tokens = 0.2, 30
    for nodes in lists:
        assert [setting(nodes, "ask", name)["value"] for name in ("temperature", "max_tokens")] == ["0.2", "30"]
    del ask.settings["temperature"]
    assert [setting(nodes, "ask", "temperature")["value"] for nodes in lists] == ["", ""]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("temperature", "hot", "bad_setting"),
        ("temperature", "5", "bad_setting"),
        ("temperature", "1.5", "bad_setting"),
        ("temperature", "nan", "bad_setting"),
        ("max_tokens", "0", "bad_setting"),
        ("effort", "huge", "bad_setting"),
        ("top_p", "0.5", "unknown_setting"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_lost(
    flow: Flow, nodes: NodeList, browser: Browser, wire: Wire, name: str, value: str, reason: str
) -> None:
    ask = flow.conversation("ask", "Be brief.", model="anthropic:claude-opus-4-5")
    ask.settings["temperature"] = 0.3
    before = nodes.nodes
    browser.on_node(nodes, "ask", "set", name=name, value=value)
    assert wire.custom(nodes)[-1]["outcome"] == "refused"
    assert wire.custom(nodes)[-1]["reason"] == reason
    assert (ask.settings, nodes.nodes) == ({"temperature": 0.3}, before)


def test_a_wrong_model_is_told_and_changes_nothing(
    flow: Flow, nodes: NodeList, browser: Browser, wire: Wire
) -> None:
    flow.conversation("ask", "Be brief.", model="openai:gpt-4o")
    browser.on_node(nodes, "ask", "choose", value="openai:")
    assert answer(wire, nodes)[0] == "refused"
    assert flow.node("ask").model == "openai:gpt-4o"


@pytest.mark.parametrize("place", ["model", "temperature", "effort"])
def test_a_key_that_is_typed_there_goes_nowhere(
    flow: Flow, nodes: NodeList, browser: Browser, wire: Wire, place: str
) -> None:
    key, ask = fake_key("openai"), flow.conversation("ask", "Be brief.")
    ask.model = "anthropic:claude-opus-4-5"
    kind, more = ("choose", {}) if place == "model" else ("set", {"name": place})
    browser.on_node(nodes, "ask", kind, value=key, **more)
    assert wire.custom(nodes)[-1]["outcome"] == "misplaced"
    assert wire.custom(nodes)[-1]["reason"] == "misplaced_key"
    assert (ask.model, ask.settings) == ("anthropic:claude-opus-4-5", {})
    assert found_in(wire.text() + json.dumps(nodes.nodes) + saved_settings(), key) == []


def test_a_setting_that_the_new_model_does_not_have_is_told_and_can_be_taken_away(
    flow: Flow, nodes: NodeList, browser: Browser
) -> None:
    flow.conversation("ask", "Be brief.", model="openai:gpt-4o", temperature=0.2)
    assert row(nodes, "ask")["incompatible_settings"] == []
    browser.on_node(nodes, "ask", "choose", value="openai:gpt-6.1-sol")
    assert row(nodes, "ask")["incompatible_settings"] == [
        {"name": "temperature", "text": "gpt-6.1-sol does not take temperature."}
    ]
    assert flow.node("ask").settings == {"temperature": 0.2}  # nothing is dropped without a word
    browser.on_node(nodes, "ask", "set", name="temperature", value="")
    assert (flow.node("ask").settings, row(nodes, "ask")["incompatible_settings"]) == ({}, [])
    flow.conversation("ask", "Be brief.", temperature=0.2)
    assert flow.node("ask").settings == {}  # also after the cell has run again


def test_names_and_values_are_data(flow: Flow, nodes: NodeList, wire: Wire) -> None:
    name = "<img src=x>\x1b[31m\u202e\ud800"
    flow.conversation(name, "Be brief.", model="openai:<b>x</b>\u202e", stop=["</script>\u202e"])
    (facts,) = nodes.nodes
    assert facts["name"].startswith("<img src=x>␛[31m⟦U+202E⟧")
    text = json.dumps(nodes.nodes, ensure_ascii=False)
    assert not {"\x1b", "\u202e"} & set(text)
    assert "\ud800" not in text
    json.dumps(nodes.get_state()["nodes"]).encode("utf-8")


def test_nothing_is_sent_when_nothing_has_changed(flow: Flow, show: Any, wire: Wire) -> None:
    for number in range(3):
        flow.conversation(f"n{number}", "Be brief.")
    panel = show(flow)
    eventually(lambda: ModelLists.of(flow).info(EndpointTarget.of(flow), "smollm2-135m"))
    sent = len(wire.sent)
    flow.config.notify("key")
    assert [data for comm, data, _ in wire.sent[sent:] if comm == parts(panel).nodes.model_id] == []


def test_many_nodes_are_one_widget_and_quick(flow: Flow, show: Any, wire: Wire) -> None:
    for number in range(15):
        flow.conversation(f"node {number}", "Be brief.", model="openai:gpt-6-luna", temperature=0.2)
    catalog.enrich("openai", ModelInfo("gpt-6-luna"))  # the price list is loaded once for all
    show(flow)  # sends what all panels of a kernel share
    wire.sent.clear()
    show(flow)
    widgets = sum(1 for _, data, _ in wire.sent if "state" in data and "_model_module" in data["state"])
    for number in range(15, 30):
        flow.conversation(f"node {number}", "Be brief.", model="openai:gpt-6-luna", temperature=0.2)
    wire.sent.clear()
    started = time.thread_time()
    panel = show(flow)
    assert time.thread_time() - started < 2
    assert len(parts(panel).nodes.nodes) == 30
    assert sum(1 for _, data, _ in wire.sent if "_model_module" in data.get("state", {})) == widgets


def test_an_edited_file_is_shown_and_can_be_fixed(flow: Flow, nodes: NodeList, browser: Browser) -> None:
    config: FlowConfig = flow.config
    flow.conversation("ask", "Be brief.", model="openai:gpt-4o")
    config.update_settings("ask", {"temperature": "hot"})
    assert setting(nodes, "ask", "temperature")["value"] == "hot"
    assert "not 'hot'" in row(nodes, "ask")["incompatible_settings"][0]["text"]
    browser.on_node(nodes, "ask", "reset", name="temperature")
    assert flow.node("ask").settings == {}


def test_no_fault_leaves_with_what_was_typed(
    flow: Flow, nodes: NodeList, browser: Browser, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any, **_: Any) -> None:
        raise RuntimeError(f"it holds {given}")

    flow.conversation("ask", "Be brief.")
    monkeypatch.setattr(FlowConfig, "update_settings", fail)
    browser.on_node(nodes, "ask", "set", name="temperature", value="0.25")
    assert wire.custom(nodes)[-1]["reason"] == "failed"
    assert "0.25" not in wire.text()


def test_where_no_panel_can_be_shown_the_settings_are_told_too(flow: Flow, show: Any) -> None:
    flow.conversation("ask", "Be brief.", temperature=0.1).settings.update(temperature=0.2)
    flow.node("ask").max_tokens = 5
    shown = show(flow)._repr_mimebundle_()
    for form in ("text/plain", "text/html"):
        assert "local:smollm2-135m (flow default), temperature 0.2, max_tokens 5" in shown[form]
