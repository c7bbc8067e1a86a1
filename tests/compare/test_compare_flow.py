"""Assignments compared on a whole flow, against a scripted provider, through the real SDK."""

from __future__ import annotations

import json
import math

import pytest

from byok_widgets import ConfigError, Flow
from tests.compare.flows import BAD, GOOD, booking_flow
from tests.scripted_server import Say, ScriptedServer


def answer(request: dict) -> Say:
    """Read the weekday: the bad model sees none where the caller is hard to understand."""
    said = " ".join(message["content"] for message in request["messages"] if message["role"] == "user")
    if "response_format" not in request and "json" not in json.dumps(request).lower():
        return Say("Which day?")
    if "hard" in said and request["model"] == "bad":
        return Say(json.dumps({"weekday": None}))
    return Say(json.dumps({"weekday": "Tue" if "Tuesday" in said else None}))


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    server.script(answer)
    return booking_flow(server)


def cases(easy: int, hard: int = 0) -> list[dict]:
    words = ["easy"] * easy + ["hard"] * hard
    return [
        {
            "name": f"c{number}",
            "caller": [f"Hello, {number}", f"Tuesday, {word}"],
            "values": {"weekday": "Tue"},
            "end_node": "bye",
        }
        for number, word in enumerate(words)
    ]


def test_variants_in_a_list_are_told_what_is_meant(flow: Flow) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.compare([GOOD, BAD], cases(1))  # type: ignore[arg-type]
    assert caught.value.kind == "variant"
    assert "mapping" in caught.value.problem
    assert "node.compare(" in caught.value.fix


@pytest.mark.parametrize("field", ["text", "end_node"])
def test_several_texts_where_one_is_meant_are_told_where_they_go(flow: Flow, field: str) -> None:
    case = {"caller": ["Hello"], "values": {"weekday": None}} | {field: ["Hello", "Tuesday"]}
    with pytest.raises(ConfigError) as caught:
        flow.compare({"now": {}, "cheap": {"read": BAD}}, [case if field != "text" else {"text": case["text"]}])
    assert ("caller=" in caught.value.problem) == (field == "text")


def test_variants_play_the_caller_and_the_flow_stays_as_it_is(flow: Flow, server: ScriptedServer) -> None:
    result = flow.compare({"now": {}, "cheap": {"read": BAD}}, cases(1, 1))
    assert result.complete
    assert flow.node("read").model is None
    scores = {variant.name: result.results.scores_of(variant) for variant in result.variants}
    assert scores == {"now": {"c0": [1.0], "c1": [1.0]}, "cheap": {"c0": [1.0], "c1": [0.0]}}
    asked = {request["model"] for request in server.requests}
    assert asked == {"good", "bad"}
    assert result.baseline.name == "now"


def test_the_turn_in_which_two_variants_part_is_marked(flow: Flow) -> None:
    result = flow.compare({"now": {}, "cheap": {"read": BAD}}, cases(1, 1))
    (parted,) = result.divergences()
    assert (parted.case, parted.variant, parted.turn) == ("c1", "cheap", 2)
    assert (parted.path, parted.baseline_path) == (("read", "ask"), ("read", "bye"))


def test_a_flow_compared_again_pays_nothing(flow: Flow, server: ScriptedServer) -> None:
    variants = {"now": {}, "cheap": {"read": BAD}}
    flow.compare(variants, cases(2))
    before = len(server.requests)
    assert flow.compare(variants, cases(2)).complete
    assert len(server.requests) == before


def test_actions_with_effects_are_not_called(flow: Flow) -> None:
    booked = []

    def book(weekday: str) -> str:
        booked.append(weekday)
        return "12:00"

    slot = flow.action("slot", book, writes=["time"], effects=True)
    flow.disconnect("read", "bye")
    flow.connect("read", slot, if_="weekday is not None")
    flow.connect(slot, "bye")
    variants = {"now": {}, "cheap": {"read": BAD}}
    silent = flow.compare(variants, cases(1))
    stated = flow.compare(variants, cases(1), stubs={"slot": {"time": "10:00"}})
    assert booked == []
    times = [
        result.results.cell(result.variants[0], result.cases[0], 1).output["values"] for result in (silent, stated)
    ]
    assert [values.get("time") for values in times] == [None, "10:00"]
    assert "slot" in repr(silent)
    assert "slot" not in repr(stated)


@pytest.mark.parametrize(
    ("variants", "options", "kind"),
    [
        ({"now": {}}, {}, "variant"),
        ({"now": {}, "same": {"read": GOOD}}, {}, "variant"),
        ({"now": {}, "other": {"nobody": BAD}}, {}, "node"),
        ({"now": {}, "other": {"read": BAD}}, {"baseline": "old"}, "baseline"),
        ({"now": {}, "other": {"read": BAD}}, {"stubs": {"read": {}}}, "stub"),
        ({"now": {}, "other": {"read": BAD}}, {"budget": 1}, "not_priced"),
    ],
)
def test_what_cannot_be_compared_is_refused(flow: Flow, variants: dict, options: dict, kind: str) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.compare(variants, cases(1), **options)
    assert caught.value.kind == kind


def test_each_call_of_a_flow_counts_towards_the_most_calls(flow: Flow, server: ScriptedServer) -> None:
    variants = {"now": {}, "cheap": {"read": BAD}}
    result = flow.compare(variants, cases(4), max_calls=7)
    assert len(server.requests) <= 7
    assert result.stopped_for == "budget"
    finished = len(result.results)
    assert all(cell.status == "done" for _, _, cell, _ in result.results.items())
    assert result.resume(max_calls=100).complete
    assert finished < len(result.results)


def test_node_scores_come_from_the_cases_that_both_bring_there(flow: Flow) -> None:
    pytest.importorskip("scipy")
    last = flow.extraction("last", {"type": "object", "properties": {"weekday": {"enum": ["Mon", "Tue"]}}})
    flow.disconnect("read", "bye")
    flow.connect("read", last, if_="weekday is not None")
    flow.connect(last, "bye")
    result = flow.compare({"now": {}, "cheap": {"read": BAD}}, cases(16, 4))
    (found,) = [one for one in result.node_scores() if one.node == "last"]
    assert (found.difference.n, found.common.n_cases) == (16, 20)
    assert (found.common.n_ours, found.common.n_baseline) == (16, 20)
    assert found.difference.estimate == 0
    assert "16 of 20" in found.words
    assert found.difference.low < 0 < found.difference.high

    more = flow.compare({"now": {}, "cheap": {"read": BAD}}, cases(30, 4))
    (found,) = [one for one in more.node_scores() if one.node == "last"]
    assert math.isnan(found.difference.low), "cases were added: there is no interval"
    assert found.difference.method == "e-process"
    assert found.difference.verdict == "no difference shown"
    assert "nan" not in repr(more.node_scores())


def test_repeats_are_refused_only_where_every_node_states_temperature_zero(
    flow: Flow, server: ScriptedServer
) -> None:
    """Nodes keep what they state; the others get a temperature at which repeats can differ."""
    flow.node("ask").settings["temperature"] = 0
    result = flow.compare({"now": {}, "cheap": {"read": BAD}}, cases(1), repeat=2)
    assert result.complete
    warm = {("response_format" in request, request["temperature"]) for request in server.requests}
    assert warm == {(False, 0), (True, 0.7)}
    assert "at temperature 0.7 where a node states none" in repr(result)
    flow.node("read").settings["temperature"] = 0
    with pytest.raises(ConfigError) as caught:
        flow.compare({"now": {}, "cheap": {"read": BAD}}, cases(1), repeat=2)
    assert caught.value.kind == "repeat"
