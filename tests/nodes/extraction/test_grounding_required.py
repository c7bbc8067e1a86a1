"""`grounding="require"`: what does not occur in the dialogue counts as not stated, and says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from tests.scripted_server import ScriptedServer


def answer(**values: Any) -> str:
    return json.dumps(values)


@pytest.fixture
def invented(server: ScriptedServer) -> ScriptedServer:
    server.script(answer(name="Ana", city="Rome", urgent=True))
    return server


def test_an_ungrounded_value_counts_as_not_stated_and_keeps_status_and_reason(
    flow: Flow, invented: ScriptedServer
) -> None:
    found = flow.extraction("data", name=str, city=str, urgent=bool, grounding="require").run("I'm Ana")
    assert found.values == {"name": "Ana", "city": None, "urgent": True}
    assert (found.status["city"], found.status["name"]) == ("ungrounded", "found")
    assert found.rejected == {"city": "Rome"}
    assert not found.complete
    assert [entry.name for entry in found.learned if entry.value is not None] == ["name", "urgent"]
    for told in (found.explanation, found.line, found._repr_html_()):
        assert "Rome" in told


def test_the_default_marks_it_and_the_flow_decides_for_nodes_that_say_nothing(
    flow: Flow, invented: ScriptedServer
) -> None:
    node = flow.extraction("data", name=str, city=str, urgent=bool)
    assert (flow.grounding, node.grounding, node.run("I'm Ana")["city"]) == ("auto", "auto", "Rome")
    flow.grounding = "require"
    assert (node.grounding, node.run("I'm Ana")["city"]) == ("require", None)
    node.grounding = "off"
    assert node.run("I'm Ana").status["city"] == "found"
    node.grounding = None
    assert node.grounding == "require"
    for owner in (flow, node):
        with pytest.raises(ConfigError):
            owner.grounding = "maybe"


def test_single_fields_may_be_held_to_it_and_the_others_are_as_the_flow_says(
    flow: Flow, server: ScriptedServer, tmp_path: Path
) -> None:
    server.script(answer(name="Bea", city="Rome", street="Via Appia"))
    node = flow.extraction("data", name=str, city=str, street=str, grounding={"city": "require", "name": "off"})
    found = node.run("I'm Ana")
    assert found.values == {"name": "Bea", "city": None, "street": "Via Appia"}
    assert found.status == {"name": "found", "city": "ungrounded", "street": "ungrounded"}
    assert found.rejected == {"city": "Rome"}
    flow.grounding = "require"
    assert dict(node.run("I'm Ana").rejected) == {"city": "Rome", "street": "Via Appia"}
    flow.save(tmp_path / "a.flow.json")
    loaded = Flow.load(tmp_path / "a.flow.json", name="loaded", trust=True)
    assert loaded.node("data").grounding == node.grounding == {"city": "require", "name": "off"}
    in_file = (({"town": "require"}, "'town'"), ({"city": "maybe"}, '"city"'), ({"city": []}, '"city"'), (5, "5"))
    for wrong, said in in_file:
        data = json.loads((tmp_path / "a.flow.json").read_text(encoding="utf-8"))
        data["nodes"][0]["grounding"] = wrong
        (tmp_path / "b.flow.json").write_text(json.dumps(data), encoding="utf-8")
        with pytest.raises(ConfigError, match=said):
            Flow.load(tmp_path / "b.flow.json", name="damaged")
    for wrong in ({"town": "require"}, {"city": "maybe"}, {"city": ["require"]}):
        with pytest.raises(ConfigError) as caught:
            node.grounding = wrong
        assert caught.value.kind == "bad_setting"


def test_what_is_required_of_a_field_without_words_is_told_and_the_rest_stays(flow: Flow) -> None:
    node = flow.extraction("data", city=str, urgent=bool, grounding={"city": "require", "urgent": "require"})
    told = [finding for finding in flow.check() if finding.kind == "grounding"]
    assert len(told) == 1
    assert "'urgent'" in told[0].problem
    assert "'city'" not in told[0].problem
    exec(told[0].by.argument, {"flow": flow})
    assert node.grounding == {"city": "require"}
    assert [finding for finding in flow.check() if finding.kind == "grounding"] == []


def test_no_edge_opens_by_what_was_invented_and_an_earlier_value_stays(flow: Flow, server: ScriptedServer) -> None:
    flow.conversation("ask", "Ask.", static=True)
    flow.extraction("data", city=str, grounding="require")
    flow.conversation("bye", "Off to {{city}}.", static=True)
    flow.connect("ask", "data")
    flow.connect("data", "bye", if_="city is not None")
    flow.connect("data", "ask")
    server.script(answer(city="Rome"))
    s = flow.start()
    turn = s.say("Hello")
    assert (s.node, s.variables["city"], s.variables.status["city"]) == ("ask", None, "ungrounded")
    for told in (
        s.explain(),
        turn.summary,
        repr(s.variables),
        s.variables._repr_html_(),
        s.variables.about("city"),
    ):
        assert "Rome" in told
        assert "check it" not in told, "there is no value to check"
    assert turn.variables == {}
    assert s.variables.history("city")[-1].rejected == "Rome"
    server.script(answer(city="Oslo"))
    s.say("To Oslo")
    assert (s.node, s.variables["city"]) == ("bye", "Oslo")
    server.script(answer(city="Turin"))
    fork = s.fork(1)
    assert (fork.variables["city"], fork.variables.status["city"]) == (None, "ungrounded")
    fork.variables["city"] = "Bergen"
    assert fork.variables.status["city"] == "set"
    fork.say("Hello again")
    assert (fork.variables["city"], fork.variables.status["city"]) == ("Bergen", "set"), (
        "what is invented wipes out nothing"
    )
    entries = [(entry.value, entry.status, entry.source) for entry in fork.variables.history("city")]
    assert entries == [(None, "ungrounded", "data"), ("Bergen", "set", "code"), (None, "ungrounded", "data")]


def test_a_flagged_value_can_be_corrected_by_hand_and_the_history_keeps_both(
    flow: Flow, server: ScriptedServer, tmp_path: Path
) -> None:
    flow.extraction("data", city=str)
    flow.conversation("ask", "x")
    flow.connect("data", "ask")
    server.script(answer(city="Rome"))
    s = flow.start()
    s.say("Hello")
    assert s.variables.status["city"] == "ungrounded"
    s.variables["city"] = "Bergen"
    assert (s.variables["city"], s.variables.status["city"]) == ("Bergen", "set")
    assert [(entry.value, entry.status) for entry in s.variables.history("city")] == [
        ("Rome", "ungrounded"),
        ("Bergen", "set"),
    ]
    s.save(tmp_path / "s.json")
    again = flow.load_session(tmp_path / "s.json")
    assert again.variables.entries == s.variables.entries
    assert again.variables.status["city"] == "set"


def test_it_is_saved_with_the_flow(flow: Flow, invented: ScriptedServer, tmp_path: Path) -> None:
    flow.extraction("strict", name=str, grounding="require")
    flow.extraction("as the flow", name=str)
    flow.grounding = "off"
    flow.save(tmp_path / "a.flow.json")
    other = Flow.load(tmp_path / "a.flow.json", name=f"{flow.name} again")
    assert [other.grounding, *(node.grounding for node in other.nodes.values())] == ["off", "require", "off"]


def test_a_session_file_keeps_what_was_not_taken(flow: Flow, server: ScriptedServer, tmp_path: Path) -> None:
    flow.extraction("data", city=str, grounding="require")
    flow.conversation("ask", "x")
    flow.connect("data", "ask")
    server.script(answer(city="Rome"))
    s = flow.start()
    s.say("Hello")
    s.save(tmp_path / "s.json")
    again = flow.load_session(tmp_path / "s.json")
    assert again.variables.history("city") == s.variables.history("city")
    assert "Rome" in again.explain()
    assert (again.variables["city"], again.variables.status["city"]) == (None, "ungrounded")
