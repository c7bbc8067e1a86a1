"""Retell's conversation flows: what is written is valid and comes back, and what is read lists what it skips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.export.passing import pass_on
from byok_widgets.export.retell.graph_checks import problems_of
from byok_widgets.graph import EVERYWHERE
from tests.export.differences import differences
from tests.export.functions import look_up
from tests.export.made_flows import SAMPLES, SENTENCES, TENS, Talk, made_flow, moves
from tests.export.odd_flows import odd_flow
from tests.scripted_server import ScriptedServer

EXACT_LOSSES = {"evidence", "judge", "static", "return", "order"}
"""Features of losses that flows have of which nothing else is lost."""


def exported(flow: Flow) -> dict[str, Any]:
    (text,) = flow.export("retell").files.values()
    made: dict[str, Any] = json.loads(text)
    return made


def back(data: Any, tmp_path: Path, name: str = "back") -> Flow:
    path = tmp_path / "x.retell.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return Flow.load(path, name=name, trust=True)


def shape(flow: Flow) -> Any:
    """Return the nodes of a flow, and its edges with what holds for some values."""
    nodes = {
        name: (node.kind, node.prompt, node.is_static, node.writes, name in flow.graph.ends)
        for name, node in flow.nodes.items()
    }
    edges = {}
    for edge in flow.graph.edges:
        condition = edge.condition
        held = condition.text if condition.is_judged else [condition.evaluate(sample) for sample in SAMPLES]
        if condition.is_judged or condition.is_fallback or any(held):
            edges[edge.source, edge.target] = (condition.kind, held)
    order = {
        source: [target for begins, target in edges if begins == source and edges[begins, target][0] == "logic"]
        for source in (EVERYWHERE, *nodes)
    }
    return nodes, edges, order, flow.graph.start


@pytest.mark.parametrize("start", TENS)
def test_a_hundred_flows_come_back_with_the_same_paths(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 10):
        flow = made_flow(seed, exact=True)
        assert {loss.feature for loss in flow.export("retell").losses} <= EXACT_LOSSES
        again = back(exported(flow), tmp_path, f"back {seed}")
        assert again.skipped == ()
        assert shape(again) == shape(flow)


@pytest.mark.parametrize("seed", range(3))
def test_conversations_take_the_same_path_through_a_flow_that_came_back(
    seed: int, tmp_path: Path, server: ScriptedServer
) -> None:
    flow = made_flow(seed, exact=True)
    again = back(exported(flow), tmp_path)
    paths = [moves(Talk(each, server, seed).turns(5), each) for each in (flow, again)]
    assert paths[0] == paths[1]
    assert paths[0]


@pytest.mark.parametrize("start", TENS)
def test_what_other_flows_lose_is_listed(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 10):
        flow = made_flow(seed)
        data = exported(flow)
        assert problems_of(data) == []
        told = {(loss.feature, loss.where) for loss in flow.export("retell").losses}
        for name, node in flow.nodes.items():
            if node.kind == "action":
                assert ("function", name) in told
            if node.is_static and name not in flow.graph.ends:
                assert ("static", name) in told
            if "|" in node.prompt:
                assert ("filter", name) in told
        back(data, tmp_path, f"lossy {seed}")


FEATURES: dict[str, set[str]] = {
    "field": {"type", "required", "null", "constraint"},
    "text": {"filter", "braces"},
    "kind": {"function"},
    "max_tokens": {"settings"},
    "condition": {"condition"},
}
"""Features of losses that tell differences of another name."""


@pytest.mark.parametrize("start", TENS)
def test_every_difference_of_an_odd_flow_that_came_back_is_listed(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 10):
        flow = odd_flow(seed)
        again = back(exported(flow), tmp_path, f"odd back {seed}")
        losses = (*flow.export("retell").losses, *again.skipped)
        for where, what in differences(flow, again):
            word, _, more = what.partition(":")
            word, _, field = word.partition(" ")
            told = [loss for loss in losses if loss.where == where and loss.feature in FEATURES.get(word, {word})]
            assert any(field in loss.problem for loss in told), (seed, where, what, more)


@pytest.mark.parametrize(
    "condition",
    [
        'city == "Rome" and (urgent or people < 2) and not weekday == "Mon"',
        "not (city is None or urgent)",
        '2 <= people and city not in ["Rome", "Oslo"]',
        "urgent is True or urgent == False and city is not None",
        'not (city == "Rome" and people > 1)',
        "city",
        "1 < people < 5",
        '"R" not in city',
        "True and urgent",
    ],
)
def test_equations_hold_where_the_condition_does(condition: str, tmp_path: Path) -> None:
    flow = Flow("one", fresh=True)
    flow.extraction("data", city=str, weekday=["Mon", "Wed"], urgent=bool, people=float)
    flow.conversation("a", "x")
    flow.connect("data", "a", if_=condition)
    (given, made) = (f.graph.edges[0].condition for f in (flow, back(exported(flow), tmp_path)))
    assert [made.evaluate(sample) for sample in SAMPLES] == [given.evaluate(sample) for sample in SAMPLES]


def test_a_comparison_holds_only_where_its_variable_exists() -> None:
    conditions = [
        edge["transition_condition"]
        for seed in range(10)
        for node in exported(made_flow(seed, exact=True))["nodes"]
        for edge in node.get("edges", ())
        if edge["transition_condition"]["type"] == "equation"
    ]
    assert len(conditions) > 10
    for condition in conditions:
        asked = {each["left"] for each in condition["equations"] if "right" in each}
        stated = {each["left"] for each in condition["equations"] if each["operator"] == "exists"}
        assert asked <= stated


@pytest.mark.parametrize("condition", ["len(city) > 3", "people + 1 > 2", "city == weekday", 'lower(city) == "x"'])
def test_what_is_no_equation_is_judged_in_words_and_told(condition: str) -> None:
    flow = Flow("one", fresh=True)
    flow.extraction("data", city=str, weekday=str, people=float)
    flow.conversation("a", "x")
    flow.connect("data", "a", if_=condition)
    ((edge,),) = (node["edges"] for node in exported(flow)["nodes"] if node["id"] == "data")
    assert edge["transition_condition"]["type"] == "prompt"
    assert ("condition", "data → a") in {(loss.feature, loss.where) for loss in flow.export("retell").losses}


def test_listed_models_stay_and_others_are_told(tmp_path: Path) -> None:
    flow = Flow("models", fresh=True)
    flow.provider, flow.model = "openai", "gpt-6-luna"
    flow.conversation("a", "x", model="anthropic:claude-haiku-5-5")
    flow.conversation("b", "y", model="local:smollm2-135m")
    flow.connect("a", "b", when=SENTENCES[0])
    data = exported(flow)
    assert data["model_config"]["primary"]["model"] == "gpt-6-luna"
    assert [node.get("model_config") is not None for node in data["nodes"]] == [True, False]
    assert [loss.where for loss in flow.export("retell").losses if loss.feature == "model"] == ["b"]
    again = back(data, tmp_path)
    assert (again.provider, again.model, again.node("a").model) == (
        "openai",
        "gpt-6-luna",
        "anthropic:claude-haiku-5-5",
    )


def test_an_action_becomes_a_branch_and_a_branch_is_free_of_loss(tmp_path: Path, dentist: Flow) -> None:
    dentist.action("slot", look_up, writes=["room"])
    dentist.connect("data", "slot", if_="urgent")
    dentist.connect("slot", "bye")
    again = back(exported(dentist), tmp_path)
    assert again.node("slot").function is pass_on
    assert not [loss for loss in again.export("retell").losses if loss.feature == "function"]


FOREIGN: dict[str, Any] = {
    "conversation_flow_id": "cf_1",
    "version": 3,
    "start_speaker": "agent",
    "start_node_id": "hello",
    "knowledge_base_ids": ["kb_1"],
    "tools": [{"type": "custom", "tool_id": "t"}],
    "nodes": [
        {
            "id": "hello",
            "type": "conversation",
            "instruction": {"type": "static_text", "text": "Hello?"},
            "interruption_sensitivity": 0.5,
            "edges": [
                {
                    "id": "e1",
                    "destination_node_id": "read",
                    "transition_condition": {"type": "prompt", "prompt": "they want to book"},
                },
                {
                    "id": "e2",
                    "destination_node_id": "sub",
                    "transition_condition": {"type": "prompt", "prompt": "they want a person"},
                },
            ],
        },
        {
            "id": "read",
            "type": "extract_dynamic_variables",
            "variables": [
                {
                    "name": "day",
                    "type": "enum",
                    "choices": ["Mon", "Tue"],
                    "description": "the day",
                    "required": True,
                }
            ],
            "edges": [],
            "else_edge": {
                "id": "e3",
                "destination_node_id": "split",
                "transition_condition": {"type": "prompt", "prompt": "Else"},
            },
        },
        {
            "id": "split",
            "type": "logic_split",
            "edges": [
                {
                    "id": "e4",
                    "destination_node_id": "end",
                    "transition_condition": {
                        "type": "equation",
                        "operator": "||",
                        "equations": [
                            {"left": "{{day}}", "operator": "==", "right": "Mon"},
                            {"left": "day", "operator": "not_exist"},
                        ],
                    },
                }
            ],
            "else_edge": {
                "id": "e5",
                "destination_node_id": "hello",
                "transition_condition": {"type": "prompt", "prompt": "Else"},
            },
        },
        {"id": "sub", "type": "subagent", "instruction": {"type": "prompt", "text": "Help."}},
        {"id": "end", "type": "end"},
    ],
}


LOOSE: dict[str, Any] = {"id": "loose", "type": "conversation", "instruction": {"type": "prompt", "text": "Hm."}}
EDGE = {"id": "e9", "transition_condition": {"type": "prompt", "prompt": "they agree"}}


@pytest.mark.parametrize("wrap", [dict, lambda flow: {"agent_name": "Clinic", "conversationFlow": flow}])
@pytest.mark.parametrize("bare", [False, True])
def test_the_shapes_are_read_and_what_is_skipped_is_listed(wrap: Any, bare: bool, tmp_path: Path) -> None:
    flow_data = {name: value for name, value in FOREIGN.items() if not bare or name != "version"}
    flow = back(wrap(flow_data), tmp_path, name="foreign")
    assert list(flow.nodes) == ["hello", "read", "split", "end"]
    assert flow.speaks_first is True
    split = next(edge for edge in flow.graph.edges if (edge.source, edge.target) == ("split", "end"))
    assert [split.condition.evaluate({"day": day}) for day in ("Mon", "Tue", None)] == [True, False, True]
    told = {(loss.feature, loss.where) for loss in flow.skipped}
    assert told == {
        ("setting", ""),
        ("setting", "hello"),
        ("node", "sub"),
        ("edge", "hello → sub"),
        ("variable", "read"),
    }
    assert [finding.kind for finding in flow.check()].count("not_exported") == len(flow.skipped)
    assert "sub" in repr(flow.skipped)
    assert "sub" in flow.skipped._repr_html_()


def test_that_edges_are_joined_across_another_one_is_told(tmp_path: Path) -> None:
    def edge(number: int, target: str, right: str) -> dict[str, Any]:
        equation = {"left": "{{day}}", "operator": "==", "right": right}
        condition = {"type": "equation", "operator": "&&", "equations": [equation]}
        return {"id": f"j{number}", "destination_node_id": target, "transition_condition": condition}

    split = next(node for node in FOREIGN["nodes"] if node["id"] == "split")
    for order, lost in (("end", "hello", "end"), ["order"]), (("end", "end", "hello"), []):
        edges = [edge(at, target, f"day {at}") for at, target in enumerate(order)]
        nodes = [
            {**node, "edges": edges, "else_edge": None} if node is split else node for node in FOREIGN["nodes"]
        ]
        flow = back({**FOREIGN, "nodes": nodes}, tmp_path, name=f"joined {order}")
        assert [loss.feature for loss in flow.skipped if loss.where == "split → end"] == lost


def test_the_settings_of_the_agent_around_a_flow_are_listed(tmp_path: Path) -> None:
    agent = {"agent_name": "Clinic", "agent_id": "a_1", "voice_id": "v_1", "language": "en-GB", "webhook_url": ""}
    before = back(FOREIGN, tmp_path, name="alone").skipped
    told = {loss.problem for loss in back({**agent, "conversationFlow": FOREIGN}, tmp_path, name="around").skipped}
    assert told - {loss.problem for loss in before} == {"voice_id of the agent.", "language of the agent."}


def test_the_name_of_an_agent_becomes_that_of_the_flow(tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    path.write_text(json.dumps({"agent_name": "Clinic", "conversationFlow": FOREIGN}), encoding="utf-8")
    assert Flow.load(path).name == "Clinic"
    path.write_text(json.dumps(FOREIGN), encoding="utf-8")
    assert Flow.load(path).name == "agent"


@pytest.mark.parametrize(
    "broken",
    [
        {**FOREIGN, "nodes": [{"id": "a", "type": "conversation", "instruction": 3}]},
        {**FOREIGN, "nodes": []},
        {**FOREIGN, "nodes": [{"id": [], "type": {}}]},
        {**FOREIGN, "nodes": [{"id": "a", "type": "extract_dynamic_variables", "variables": [{}]}]},
    ],
)
def test_a_damaged_file_is_refused_or_read_without_its_faults(broken: Any, tmp_path: Path) -> None:
    try:
        opened = list(back(broken, tmp_path, name="broken").nodes)
    except ConfigError as error:
        opened = [error.kind]
    assert opened in ([], ["flow_file"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"nodes": [*FOREIGN["nodes"], {**FOREIGN["nodes"][0]}]}, ("node", "hello")),
        ({"nodes": [*FOREIGN["nodes"], {"id": 5, "type": "end"}]}, ("node", "")),
        ({"nodes": [*FOREIGN["nodes"], {"id": "last", "type": "end", "edges": 5}]}, ("setting", "last")),
        ({"nodes": [*FOREIGN["nodes"], {"id": "last", "type": "end", "edges": [None]}]}, ("setting", "last")),
        ({"global_prompt": {"text": "Be brief."}}, ("setting", "")),
        ({"start_node_id": ["hello"]}, ("start", "")),
        ({"nodes": [*FOREIGN["nodes"], LOOSE | {"edges": [EDGE]}]}, ("edge", "loose →")),
        (
            {"nodes": [*FOREIGN["nodes"], LOOSE | {"edges": [EDGE | {"destination_node_id": ["x"]}]}]},
            ("edge", "loose → ['x']"),
        ),
        ({"model_choice": "gpt-4o"}, ("model", "")),
        ({"model_choice": {"type": "cascading", "model": 4}}, ("model", "")),
    ],
)
def test_what_of_a_damaged_file_is_not_read_is_listed(change: Any, told: Any, tmp_path: Path) -> None:
    before = [(loss.feature, loss.where) for loss in back(FOREIGN, tmp_path, name="whole").skipped]
    flow = back({**FOREIGN, **change}, tmp_path, name="damaged")
    assert sorted((loss.feature, loss.where) for loss in flow.skipped) == sorted([*before, told])


@pytest.mark.parametrize(
    "more", [{}, {"name": ""}, {"name": "day"}, {"name": "new", "type": "date"}, {"name": "new", "type": "enum"}]
)
def test_a_variable_that_is_not_read_as_it_is_is_listed(more: Any, tmp_path: Path) -> None:
    day = {"name": "day", "type": "string", "description": "The day."}
    node = {"id": "read", "type": "extract_dynamic_variables", "variables": [day, {"type": "string", **more}]}
    flow = back({"start_speaker": "user", "nodes": [node]}, tmp_path)
    assert "day" in flow.node("read").writes
    assert [(loss.feature, loss.where) for loss in flow.skipped] == [("variable", "read")]


def test_graph_faults_are_found() -> None:
    data = exported(made_flow(3, exact=True))
    assert problems_of(data) == []
    data["start_node_id"] = "nowhere"
    data["nodes"][0]["always_edge"] = {
        "id": "edge-1",
        "destination_node_id": "gone",
        "transition_condition": {"type": "equation", "operator": "&&", "equations": []},
    }
    data["nodes"].append({"id": data["nodes"][0]["id"], "type": "branch"})
    assert len(problems_of(data)) >= 5
