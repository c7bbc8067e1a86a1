"""Where each value was said, how well the dialogue supports it, and status by path."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from pydantic import create_model

from byok_widgets import Flow
from byok_widgets.grounding.dialogue import Dialogue, LookUp
from byok_widgets.grounding.evidence import MARK_WORDS
from tests.scripted_server import ScriptedServer

Home = create_model("Home", city=(str, ...), zip=(str | None, None))


def answer(**values: Any) -> str:
    return json.dumps(values)


def test_evidence_is_message_and_span_and_the_persons_words_come_first(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="Ana", time="19:30", people=2, urgent=True, day="Mon"))
    node = flow.extraction("data", name=str, time=str, people=int, urgent=bool, day=["Mon", "Tue"])
    turns = [("assistant", "Are you Ana?"), ("user", "Yes, Ana. At half past 7 in the evening for two")]
    found = node.run(turns)
    place = found.evidence["name"]
    assert (place.message, place.text, turns[1][1][place.start : place.end]) == (1, "Ana", "Ana")
    assert found.evidence["time"].text == "half past 7 in the evening"
    marks = {"name": "said", "time": "said", "people": "said", "urgent": "unchecked", "day": "not_literal"}
    assert found.grounding == marks
    assert set(found.status.values()) == {"found"}
    shown = found._repr_html_()
    assert "not literally said" in shown
    marked = "<mark>Ana</mark>. At <mark>half past 7 in the evening</mark> for <mark>two</mark>"
    assert marked in shown
    assert "Are you" not in shown, "messages without a value are left out"
    assert "half past 7" in found.tree
    node.grounding = "off"
    off = node.run(turns)
    assert (off.grounding, off.evidence) == ({}, {})


def test_status_is_known_for_each_part(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(home={"city": "Rome", "zip": "00100", "mood": "good"}))
    found = flow.extraction("data", home=Home).run("I live in Rome")
    assert dict(found.status) == {"home": "ungrounded"}
    assert (found.status["home.city"], found.status["home.zip"]) == ("found", "ungrounded")
    assert found.evidence["home.city"].text == "Rome"
    assert found.extra == {"home.mood": "good"}
    assert pickle.loads(pickle.dumps(found.status))["home.zip"] == "ungrounded"
    assert "city" in found.tree


def test_an_object_of_nulls_opens_no_edge(flow: Flow, server: ScriptedServer) -> None:
    flow.extraction("read", name=str, home=Home, likes=list[str], start=True)
    flow.conversation("ship", "We ship it.", static=True)
    flow.conversation("ask", "Where to?", static=True)
    flow.connect("read", "ship", if_="home is not None or likes is not None")
    flow.connect("read", "ask")
    server.script(answer(name="Ana", home={"city": None, "zip": None}, likes=[]))
    session = flow.start()
    session.say("I am Ana")
    assert session.node == "ask"
    assert session.variables["home"] is None


def test_a_yes_or_no_says_that_nothing_supports_it(flow: Flow, server: ScriptedServer) -> None:
    server.script('{"urgent": true, "name": "Ana"}')
    found = flow.extraction("data", urgent=bool, name=str).run("I'm Ana")
    marked, said = found.tree.splitlines()
    assert found.grounding == {"urgent": "unchecked", "name": "said"}
    assert MARK_WORDS["unchecked"] in marked
    assert MARK_WORDS["unchecked"] in found._repr_html_()
    assert MARK_WORDS["unchecked"] not in said


def test_a_value_that_comes_again_and_again_is_looked_up_once(
    flow: Flow, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    look_up = Dialogue.look_up

    def noted(dialogue: Dialogue, value: Any, kind: Any, allowed: Any = ()) -> LookUp:
        asked.append(value)
        return look_up(dialogue, value, kind, allowed)

    monkeypatch.setattr(Dialogue, "look_up", noted)
    server.script(answer(names=["Ana"] * 50 + ["Ben"] * 50, counts=[1, 1, 2]))
    found = flow.extraction("data", names=list[str], counts=list[int]).run("Ana came once, or 2 times")
    assert asked == ["Ana", "Ben", 1, 2]
    assert [found.grounding[f"names[{at}]"] for at in (0, 49, 50, 99)] == [
        "said",
        "said",
        "ungrounded",
        "ungrounded",
    ]


@pytest.mark.parametrize(("written", "status"), [("true", "ungrounded"), ("false", "found")])
def test_a_yes_where_people_plainly_say_no_is_marked(
    flow: Flow, server: ScriptedServer, written: str, status: str
) -> None:
    server.script(f'{{"needs_parking": {written}}}')
    said = [("assistant", "Do you need parking?"), ("user", "No, thanks.")]
    found = flow.extraction("read", needs_parking=bool).run(said)
    assert found.status == {"needs_parking": status}
