"""Flows as Python modules: they come back the same, and nothing in them becomes code."""

from __future__ import annotations

import ast
import itertools
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.flow.file.flow_data import data_of
from tests.export.functions import look_up, many
from tests.export.made_flows import TENS, made_flow
from tests.export.odd_flows import odd_flow

_numbers = itertools.count()


def rebuilt(flow: Flow, functions: dict[Any, Any] | None = None) -> Flow:
    """Return the flow that the exported module makes."""
    (source,) = flow.export("python").files.values()
    space: dict[str, Any] = {}
    exec(compile(source, "made.py", "exec"), space)
    more = {"functions": {**space["FUNCTIONS"], **functions}} if functions else {}
    made = space["build"](f"again {next(_numbers)}", fresh=True, **more)
    assert isinstance(made, Flow)
    return made


def data(flow: Flow) -> dict[str, Any]:
    return {name: value for name, value in data_of(flow).items() if name != "name"}


@pytest.mark.parametrize("start", TENS)
def test_a_hundred_flows_come_back_the_same(start: int) -> None:
    for seed in range(start, start + 10):
        flow = made_flow(seed)
        assert data(rebuilt(flow)) == data(flow)
        assert flow.export("python").losses == ()


@pytest.mark.parametrize("start", TENS)
def test_a_hundred_odd_flows_come_back_the_same(start: int) -> None:
    for seed in range(start, start + 10):
        flow = odd_flow(seed)
        assert data(rebuilt(flow)) == data(flow)
        assert flow.export("python").losses == ()


@pytest.mark.filterwarnings("ignore:No list here knows")
def test_all_settings_come_back() -> None:
    flow = Flow("full", fresh=True)
    flow.set_base_url("compatible", "http://127.0.0.1:1/v1")
    flow.provider, flow.model = "compatible", "openai:odd"
    flow.judge_model, flow.judge_max_tokens = "openai:gpt-6-luna", 900
    flow.max_calls_per_turn, flow.max_cost_per_turn = 7, 0.25
    flow.global_prompt, flow.grounding, flow.locale = "Be\nbrief.", "flag", "de-DE"
    flow.conversation("a", "x", temperature=0.2, max_tokens=40, model="openai:gpt-6-luna")
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]}
    examples = [("x", {"n": 4})]
    flow.extraction("b", schema, prompt="L.", window=2, grounding="off", locale="en-US", examples=examples)
    flow.action("c", look_up, writes=["room"], deadline_s=2, effects=True, end=True)
    flow.connect("a", "b", when="yes")
    flow.connect("b", "c", if_=many)
    flow.speaks_first = True
    made = rebuilt(flow)
    for each in (flow, made):
        each.disconnect("b", "c")  # a file holds no function
    assert data(made) == data(flow)
    assert made.node("c").function is look_up


def hostile() -> list[str]:
    return [
        '"""\nraise SystemExit\n"""',
        "'); raise SystemExit; ('",
        "x\nraise SystemExit(1)",
        "\u2028raise SystemExit",
        "{{name}}\\",
        "\\N{BULLET} \\x41",
        "#\rraise SystemExit",
        "\ud800 half",
    ]


class Sly(str):
    """A text that writes itself as code."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "__import__('sys').exit(3)"


@pytest.mark.parametrize("text", [*hostile(), Sly("sly")])
def test_nothing_that_a_text_says_becomes_code(text: str) -> None:
    flow = Flow("attacked", fresh=True)
    flow.global_prompt = text
    flow.conversation(text, text, static=True)
    flow.extraction("data " + text, fields={"city": str, text: str})
    flow.connect(text, "data " + text, when=text)
    (source,) = flow.export("python").files.values()
    called = {ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)}
    assert called == {"Flow", "flow.conversation", "flow.extraction", "flow.connect"}
    assert data(rebuilt(flow)) == data(flow)


@pytest.mark.parametrize("levels", [20, 300])
def test_a_value_is_exported_or_refused_where_python_takes_no_more_brackets(levels: int) -> None:
    deep: list[Any] = []
    for _ in range(levels):
        deep = [deep]
    flow = Flow("nested", fresh=True)
    word = {"type": "string", "description": "A word.", "default": deep}
    flow.extraction("read", {"type": "object", "properties": {"word": word}})
    if levels < 200:
        assert data(rebuilt(flow)) == data(flow)
    else:
        with pytest.raises(ConfigError) as caught:
            flow.export("python")
        assert caught.value.kind == "export"


def test_names_of_settings_in_a_file_do_not_become_code() -> None:
    flow = Flow("attacked", fresh=True)
    flow.conversation("b", "y", **{"temperature=1); raise SystemExit; (x": 1})
    (source,) = flow.export("python").files.values()
    assert not any(isinstance(each, ast.Raise) for each in ast.walk(ast.parse(source)))


def test_a_function_of_the_notebook_is_asked_for_and_told() -> None:
    flow = Flow("notebook", fresh=True)
    flow.conversation("a", "x")
    flow.action("b", lambda: 1, writes=["n"])
    flow.connect("a", "b", if_=lambda variables: True)
    assert {(loss.feature, loss.where) for loss in flow.export("python").losses} == {
        ("function", "b"),
        ("function", "a → b"),
    }
    made = rebuilt(flow, {"b": look_up, ("a", "b"): many})
    assert made.node("b").function is look_up


def test_a_condition_that_cannot_be_read_never_becomes_always(tmp_path: Any, dentist: Flow) -> None:
    path = tmp_path / "f.flow.json"
    dentist.save(path)
    path.write_text(path.read_text(encoding="utf-8").replace('"if":', '"odd":'), encoding="utf-8")
    flow = Flow.load(path, name="odd")
    lost = {(loss.feature, loss.where) for loss in flow.export("python").losses}
    assert lost == {("condition", "data → bye"), ("unknown", "data → bye")}
    assert not any(edge.target == "bye" for edge in rebuilt(flow).graph.edges)
