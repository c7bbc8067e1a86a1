"""Examples of an extraction node: taught, listed, forgotten, kept, and sent as turns before the dialogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ByokError, ConfigError, Flow, KeyFormatError
from byok_widgets.nodes.extraction.node import ExtractionNode
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.key_forms import FORMS
from tests.scripted_server import ScriptedServer

DAYS = ["Mon", "Tue"]
TALK = [("user", "I'm Ana"), ("assistant", "Which day?"), ("user", "Tuesday")]


@pytest.fixture
def node(flow: Flow) -> ExtractionNode:
    return flow.extraction("data", name=str, weekday=DAYS)


def dialogues(node: ExtractionNode) -> list[str]:
    return [example.dialogue[0].content for example in node.examples]


def test_what_it_is_taught_precedes_the_dialogue(node: ExtractionNode, server: ScriptedServer) -> None:
    server.script('{"name": null, "weekday": "Mon"}')
    node.teach(TALK, {"name": "Ana", "weekday": "Tue"})
    node.teach("Nothing", {})
    node.run("Monday")
    shots = [message["content"] for message in server.requests[0]["messages"][1:]]
    assert shots[0] == "user: I'm Ana\nassistant: Which day?\nuser: Tuesday"
    assert [json.loads(shot) for shot in shots[1::2]] == [
        {"name": "Ana", "weekday": "Tue"},
        {"name": None, "weekday": None},
    ]
    assert shots[-1] == "Monday"


def test_a_window_holds_for_examples_too(node: ExtractionNode, server: ScriptedServer) -> None:
    server.script('{"name": null, "weekday": "Mon"}')
    node.teach(TALK, {"weekday": "Tue"})
    node.window = 1
    node.run("Monday")
    assert server.requests[0]["messages"][1]["content"] == "Tuesday"


def test_a_result_can_be_corrected_and_taught(node: ExtractionNode, server: ScriptedServer) -> None:
    server.script('{"name": "Bob", "weekday": "Tue"}')
    found = node.run(TALK)
    node.teach(found, {**found.values, "name": "Ana"})
    (example,) = node.examples
    assert example.dialogue == found.transcript
    assert example.values == {"name": "Ana", "weekday": "Tue"}


@pytest.mark.parametrize(
    ("dialogue", "values", "words"),
    [
        ("On Sunday", {"weekday": "Sun"}, "expected one of Mon, Tue"),
        ("Hi", {"day": "Mon"}, "no field 'day'"),
        ("", {}, "nothing is said"),
        ([("user", " ")], {}, "nothing is said"),
        ("Hi", "Mon", "pair"),
        (3, {}, "not a dialogue"),
    ],
)
def test_an_example_that_does_not_fit_is_refused(
    node: ExtractionNode, dialogue: Any, values: Any, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        node.teach(dialogue, values)
    assert not node.examples


def test_a_key_is_no_part_of_an_example(node: ExtractionNode) -> None:
    key = fake_key("openai")
    for dialogue, values in ((f"My key is {key}", {}), ("Hi", {"name": key})):
        with pytest.raises(KeyFormatError) as caught:
            node.teach(dialogue, values)
        assert key not in str(caught.value)
    assert not node.examples


@pytest.mark.parametrize("form", ["reversed", "base64", "hex, spaced", "spaced", "URL"])
def test_a_held_key_in_disguise_is_no_part_of_an_example(node: ExtractionNode, form: str) -> None:
    key = Secret(fake_key("mistral"))
    written = FORMS[form](key.reveal())
    for dialogue, values in ((f"It is {written}", {}), ("Hi", {"name": written})):
        with pytest.raises(KeyFormatError):
            node.teach(dialogue, values)
    assert not node.examples


@pytest.mark.parametrize("is_held", [False, True])
def test_examples_that_a_node_is_created_with_or_gets_at_once_are_searched_for_keys_too(
    flow: Flow, node: ExtractionNode, is_held: bool
) -> None:
    held = Secret("the-word-of-a-gateway-77")
    key = held.reveal() if is_held else fake_key("openai")
    for example in ((f"It is {key}", {}), ("Hi", {"name": key})):
        with pytest.raises(KeyFormatError) as caught:
            flow.extraction("other", name=str, examples=[("Hi", {}), example])
        assert key not in str(caught.value)
        with pytest.raises(KeyFormatError):
            node.examples = [example]
    assert not node.examples


def test_the_same_dialogue_gets_new_values_and_is_no_second_example(flow: Flow) -> None:
    node = flow.extraction("data", weekday=DAYS, examples=[("Monday", {"weekday": "Tue"})])
    for _ in range(2):
        node.teach("Monday", {"weekday": "Mon"})
    assert [example.values for example in node.examples] == [{"weekday": "Mon"}]


def test_examples_are_listed_and_forgotten_by_number(node: ExtractionNode) -> None:
    for day in DAYS:
        node.teach(f"On {day}", {"weekday": day})
    assert repr(node.examples) == "0. On Mon → weekday='Mon'\n1. On Tue → weekday='Tue'"
    node.forget(0)
    assert dialogues(node) == ["On Tue"]
    for number in (1, -2, "0", True):
        with pytest.raises(ConfigError, match="no example"):
            node.forget(number)  # type: ignore[arg-type]
    node.forget(-1)
    assert repr(node.examples) == "No examples."
    node.examples = [("On Mon", {"weekday": "Mon"})]
    node.forget(0)
    assert not node.examples


def test_a_listing_is_inert(node: ExtractionNode) -> None:
    node.teach("<b>Ana</b>", {"name": "<b>Ana</b>"})
    assert "<b>" not in node.examples._repr_html_()


def test_what_it_was_taught_stays_when_its_cell_runs_again(flow: Flow, node: ExtractionNode) -> None:
    node.teach("On Tue", {"weekday": "Tue"})
    again = flow.extraction("data", name=str, weekday=DAYS, examples=[("On Mon", {"weekday": "Mon"})])
    assert dialogues(again) == ["On Mon", "On Tue"]
    assert dialogues(flow.extraction("data", name=str, weekday=DAYS)) == ["On Tue"]
    again.examples = ()
    assert not again.examples


def test_an_example_that_no_longer_fits_is_left_out_and_reported(flow: Flow, node: ExtractionNode) -> None:
    node.teach("On Tue", {"weekday": "Tue"})
    node.teach("I'm Ana", {"name": "Ana"})
    again = flow.extraction("data", name=str, weekday=["Wed"])
    assert dialogues(again) == ["I'm Ana"]
    (finding,) = [found for found in flow.check() if found.kind == "unfit_example"]
    assert "expected one of Wed" in finding.problem


def test_examples_are_in_the_flows_file(flow: Flow, node: ExtractionNode, tmp_path: Path) -> None:
    node.teach(TALK, {"name": "Ana"})
    flow.save(tmp_path / "a.flow.json")
    loaded = Flow.load(tmp_path / "a.flow.json").node("data")
    assert loaded.examples == node.examples


def test_a_session_and_its_fork_use_what_is_taught_meanwhile(
    flow: Flow, node: ExtractionNode, server: ScriptedServer
) -> None:
    flow.conversation("ask", "Ask.")
    flow.connect("data", "ask")
    flow.start_node = "data"
    server.script(*['{"name": null, "weekday": "Mon"}', "Fine."] * 2)
    session = flow.start()
    session.say("Monday")
    node.teach(session, {"weekday": "Mon"})
    session.fork(0).say("Monday")
    assert len(server.requests[2]["messages"]) == len(server.requests[0]["messages"]) + 2


def test_teaching_is_announced(flow: Flow, node: ExtractionNode) -> None:
    heard: list[Any] = []
    flow.config.observe(heard.append)
    node.teach("On Tue", {"weekday": "Tue"})
    node.forget(0)
    assert len(heard) == 2


def test_a_near_guess_is_answered(node: ExtractionNode) -> None:
    with pytest.raises(ByokError, match="teach"):
        node.add_example  # noqa: B018


@pytest.mark.parametrize(
    "given",
    [
        {"examples": 5},
        {"settings": "temperature=0"},
        {"window": True},
        {"grounding": "strict"},
        {"locale": "english"},
    ],
)
def test_an_argument_of_another_shape_is_told_in_a_sentence(flow: Flow, given: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as told:
        flow.extraction("data", fields={"name": str}, **given)
    assert str(next(iter(given))) in told.value.problem
