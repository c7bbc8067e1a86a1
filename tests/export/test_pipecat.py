"""Flows for Pipecat: what is written, and, with Pipecat itself, that it takes the same path."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from byok_widgets import ConfigError, Flow
from byok_widgets.export.pipecat.expressions import as_python
from byok_widgets.export.pipecat.plan import AGAIN, DECIDES, Plan
from byok_widgets.export.pipecat.yaml_text import as_yaml
from byok_widgets.graph import Expression
from byok_widgets.session import Turn
from byok_widgets.session.steps import Judgement
from tests.export.functions import look_up
from tests.export.made_flows import SAMPLES, Talk, made_flow, moves
from tests.export.odd_flows import odd_flow
from tests.scripted_server import ScriptedServer

INTEROP = Path(__file__).with_name("interop")


def files(flow: Flow) -> tuple[dict[str, Any], str]:
    """Return the config and the source of the handlers."""
    made = flow.export("pipecat").files
    (config,) = (text for name, text in made.items() if name.endswith(".yaml"))
    (handlers,) = (text for name, text in made.items() if name.endswith(".py"))
    return yaml.safe_load(config), handlers


def targets(tool: dict[str, Any]) -> list[str]:
    to = tool.get("transition_to", [])
    return [to] if isinstance(to, str) else list(to["cases"].values()) if to else []


@pytest.mark.parametrize("make", [made_flow, odd_flow])
@pytest.mark.parametrize("seed", range(8))
def test_every_tool_has_a_handler_and_every_target_is_a_node(seed: int, make: Callable[[int], Flow]) -> None:
    config, source = files(make(seed))
    defined = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.AsyncFunctionDef)}
    assert config["initial_node"] in config["nodes"]
    for node in config["nodes"].values():
        tools = [*node.get("functions", ()), *config.get("global_functions", ())]
        names = [tool["name"] for tool in tools]
        assert len(names) == len(set(names))
        for tool in tools:
            assert tool.get("transition_only") or tool["name"] in defined
            assert set(targets(tool)) <= config["nodes"].keys()


def test_what_becomes_of_each_kind(dentist: Flow) -> None:
    dentist.conversation("human", "A person calls back.", enter="they want a human")
    dentist.global_prompt = "Be {{ tone }}."
    config, source = files(dentist)
    nodes = config["nodes"]
    assert nodes["ask"]["role_message"] == "Be {{tone}}."
    assert nodes["ask"]["respond_immediately"] is False
    assert f"ask{AGAIN}" in nodes
    assert [action["type"] for action in nodes["bye"]["pre_actions"]] == ["tts_say", "end_conversation"]
    assert "data" not in nodes
    assert [tool["name"] for tool in config["global_functions"]] == ["enter_human"]
    tree = ast.parse(source)
    (goes_on,) = (n for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef) and n.name == "ask_goes_on")
    assert [(arg.arg, ast.unparse(arg.annotation)) for arg in goes_on.args.args[1:] if arg.annotation] == [
        ("name", "str"),
        ("weekday", "str"),
        ("urgent", "bool"),
    ]
    assert "Mon, Tue" in (ast.get_docstring(goes_on) or "")
    told = {(loss.feature, loss.where) for loss in dentist.export("pipecat").losses}
    assert {
        ("filter", "ask"),
        ("static", "bye"),
        ("return", "human"),
        ("type", "data"),
        ("evidence", "data"),
    } <= told


@pytest.mark.parametrize(
    "text", ['"""\nimport os', "'); x(); ('", "\\N{BULLET}\u2028x()", "a\rb: {{ c }} \\{{d}}"]
)
def test_nothing_that_a_text_says_becomes_code(text: str) -> None:
    flow = Flow("attacked", fresh=True)
    flow.conversation("a", text)
    schema = {"type": "object", "properties": {text: {"type": "string", "description": text, "enum": [text, "b"]}}}
    flow.extraction("e " + text, schema)
    flow.conversation("end " + text, "Bye.", end=True)
    flow.connect("a", "e " + text, when=text)
    flow.connect("e " + text, "end " + text)
    flow.conversation("g", "x", enter=text)
    config, source = files(flow)
    defined = ("begin", "_", "enter_", "a_", "g_", "return_")
    names = [n.name for n in ast.walk(ast.parse(source)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert all(name.startswith(defined) for name in names)
    assert not [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and ast.unparse(n.func) == "x"]
    assert f"end {text}" in config["nodes"]


@pytest.mark.parametrize(
    "condition",
    [
        'city == "Rome" and (urgent or people < 2) and not weekday == "Mon"',
        "not (city is None or urgent)",
        'weekday not in ["Mon", "Wed"] or people is None',
        "1 <= people < 3",
        'not (city == "Rome" and people > 1)',
        "len(city) > 3 and people + 1 > 2",
        'lower(city) == "rome" or not urgent',
        '"R" not in city',
        "urgent is True",
    ],
)
def test_conditions_hold_as_here_where_values_are_missing_too(condition: str) -> None:
    def stated(state: dict[str, Any], *names: str) -> bool:
        return all(state.get(name) not in (None, "") for name in names)

    source = as_python(Expression(condition).tree)
    space = {"_stated": stated, "_len": len, "_lower": str.lower}
    for sample in SAMPLES:
        state = {name: "" if value is None else value for name, value in sample.items()}
        assert eval(source, {**space, "state": state}) == Expression(condition).holds(sample), (source, sample)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "yes",
        "1",
        "- x",
        "a: b #c",
        "two\nlines",
        " lead\ntwo",
        "end\n",
        "a\n\nb",
        "t\tx",
        "\x85\u2028",
        "😀",
        "",
        "x ",
    ],
)
def test_yaml_comes_back_the_same(text: str) -> None:
    data = {text: [text, {"a": text, "b": [], "c": {}}], "n": [1, 2.5, True, None]}
    assert yaml.safe_load(as_yaml(data)) == data


def test_names_that_would_meet_are_refused() -> None:
    flow = Flow("meeting", fresh=True)
    flow.conversation("a", "x", static=True)
    flow.conversation(f"a{AGAIN}", "y")
    with pytest.raises(ConfigError):
        flow.export("pipecat")


def test_where_a_flow_would_stay_at_a_silent_node_is_told() -> None:
    flow = Flow("dead ends", fresh=True)
    flow.conversation("ask", "Where to?")
    flow.extraction("half", city=str)
    flow.extraction("nowhere", weekday=str)
    flow.extraction("whole", urgent=bool)
    flow.conversation("bye", "Bye.", end=True)
    flow.extraction("last", people=int, end=True)
    flow.connect("ask", "half")
    flow.connect("half", "nowhere", if_='city == "Oslo"')
    flow.connect("half", "whole", if_='city == "Rome"')
    flow.connect("whole", "bye", if_="urgent")
    flow.connect("whole", "last")
    told = [loss.where for loss in flow.export("pipecat").losses if loss.feature == "dead_end"]
    assert told == ["half", "nowhere"]
    assert {"half", "nowhere"} <= {finding.where for finding in flow.check(targets=["pipecat"])}


def test_that_a_part_of_a_value_has_to_be_there_is_told() -> None:
    flow = Flow("parts", fresh=True)
    flow.conversation("ask", "Offer {{ order.size }} to {{ name }}.")
    assert [loss.where for loss in flow.export("pipecat").losses if loss.feature == "part"] == ["ask"]


def test_a_function_of_the_notebook_is_told() -> None:
    flow = Flow("notebook", fresh=True)
    flow.conversation("a", "x")
    flow.action("b", lambda: 1, writes=["n"])
    flow.action("c", look_up, writes=["room"], end=True)
    flow.connect("a", "b")
    flow.connect("b", "c")
    lost = {loss.where for loss in flow.export("pipecat").losses if loss.feature == "function"}
    assert lost == {"b"}
    assert "import tests.export.functions" in files(flow)[1]


# With Pipecat itself


@pytest.fixture(scope="module")
def interop() -> str:
    """A Python that has pipecat-ai and retell-sdk: this one, or the one that the environment names."""
    named = os.environ.get("BYOK_WIDGETS_INTEROP_PYTHON", "")
    if not named and (find_spec("pipecat") is None or find_spec("retell") is None):
        pytest.skip('needs pip install -e ".[interop]"')
    return named or sys.executable


def run_there(python: str, script: str, lines: list[Any]) -> list[str]:
    ran = subprocess.run(
        [python, str(INTEROP / script)],
        input="\n".join(map(json.dumps, lines)),
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        env={**os.environ, "PYTHONPATH": str(INTEROP.parents[2])},
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout.splitlines()


def tools_of(turn: Turn, plan: Plan, returns_from: str) -> list[Any]:
    """Return the tools that a model calls to do in Pipecat what a turn did here."""
    given = {}
    for step in turn.steps:
        values = getattr(getattr(step, "result", None), "values", None) or {}
        given |= {name: value for name, value in values.items() if value is not None and name not in given}
    found = [tool for tools in plan.tools.values() for tool in tools]
    called = [tool for tool in found if returns_from and tool.call == ("_go_back", returns_from)]
    for step in turn.steps:
        if not isinstance(step, Judgement) or step.target is None:
            continue
        node = plan.graph.node(step.node)
        (verdict,) = (each for each in step.verdicts if each.target == step.target and each.verdict == "holds")
        if verdict.is_way_in:
            called += [tool for tool in plan.for_all if tool.call[1] == step.target]
        elif node.speaks or (plan.decides(node.name) and verdict.kind != "logic"):
            here = plan.tools[node.name if node.speaks else f"{node.name}{DECIDES}"]
            call = ("_move", step.target) if verdict.kind == "prompt" else ("_leave", node.name)
            same = [tool for tool in here if tool.call == call]
            called.append(next((tool for tool in same if tool.description == verdict.condition), same[0]))
    return [
        [tool.name, {parameter: given[spec.name] for parameter, spec in tool.fields.items() if spec.name in given}]
        for tool in called
    ]


@pytest.mark.slow
def test_a_hundred_flows_take_the_same_path_in_pipecat(
    interop: str, tmp_path: Path, server: ScriptedServer
) -> None:
    cases, expected = [], []
    for seed in range(100):
        flow = made_flow(seed)
        talk = Talk(flow, server, seed)
        turns = talk.turns(5)
        plan = Plan(flow)
        (module,) = (path.stem for path in flow.export("pipecat").save(tmp_path) if path.suffix == ".py")
        back = ["", *("human" if "human" in turn.path and not turn.closed else "" for turn in turns)]
        tools = [tools_of(turn, plan, returns) for turn, returns in zip(turns, back, strict=False)]
        cases.append({"folder": str(tmp_path), "module": module, "turns": tools})
        expected.append((moves(turns, flow), turns[-1].closed))
    results = [json.loads(line) for line in run_there(interop, "run_pipecat.py", cases)]
    assert [result["problems"] for result in results] == [[]] * 100
    for case, result, (path, closed) in zip(cases, results, expected, strict=True):
        assert without_returns(result["entered"][1:], case) == path, case
        assert result["ended"] is closed
    assert sum(len(path) for path, _ in expected) > 200


def without_returns(entered: list[str], case: Any) -> list[str]:
    """Return the nodes that were entered, without copies' marks, those that decide, and ways back."""
    names = [name.removesuffix(AGAIN) for name in entered if not name.endswith(DECIDES)]
    kept = []
    for at, name in enumerate(names):
        if at and names[at - 1] == "human":
            continue  # the flow returns there by itself here
        kept.append(name)
    return kept


@pytest.mark.slow
def test_retells_types_accept_what_is_written(interop: str) -> None:
    made = [made_flow(seed, exact=exact).export("retell").files for seed in range(100) for exact in (True, False)]
    written = [json.loads(text) for files in made for text in files.values()]
    spoilt = json.loads(json.dumps(written[0]))
    spoilt["nodes"][0]["unheard_of"] = 1
    told = run_there(interop, "retell_types.py", [*written, spoilt])
    assert told[:-1] == [""] * len(written)
    assert "unheard_of" in told[-1]
