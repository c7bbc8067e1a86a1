"""Edges: the user's condition is checked when it is given, and no problem in it goes unreported."""

from __future__ import annotations

import functools

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.graph import Edge, Expression
from tests.fake_keys import fake_key


def test_an_edge_has_one_kind_of_condition() -> None:
    made = [
        Edge.create("a", "b", "  they agree\n", None),
        Edge.create("a", "b", None, "people > 2"),
        Edge.create("a", "b", None, Expression("people > 2")),
        Edge.create("a", "b", None, lambda variables: variables["people"] > 2),
        Edge.create("a", "b", None, functools.partial(max, 1)),
        Edge.create("a", "b", None, None),
    ]
    assert [edge.condition.kind for edge in made] == ["prompt", "logic", "logic", "logic", "logic", "else"]
    words = ["they agree", "people > 2", "people > 2", "<lambda>(variables)", "function(variables)", ""]
    assert [edge.condition.text for edge in made] == words
    assert [edge.condition.reads for edge in made] == [(), ("people",), ("people",), (), (), ()]
    assert made[1].condition.reason({"people": 3}) == "people is 3"
    assert made[3].condition.reason({"people": 3}) == "a function of the variables"


def test_in_a_list_edges_are_ways_with_their_conditions() -> None:
    key = fake_key("openai")
    edges = [
        Edge.create("a", "b", f"they said\n{key} " + 50 * "and so on "),
        Edge.create("a", "b", None, "people > 2"),
        Edge.create("a", "b"),
        Edge.create("", "help", "they ask for help"),
    ]
    judged, *others = map(repr, edges)
    assert others == ["Edge(a → b, if people > 2)", "Edge(a → b)", "Edge(into help, when “they ask for help”)"]
    assert judged.startswith("Edge(a → b, when “they said ")
    assert key not in judged + repr(edges[0].condition)
    assert max(len(judged), len(repr(edges[0].condition))) < 250
    assert repr([edge.condition for edge in edges[1:3]]) == "[LogicCondition('people > 2'), ElseCondition()]"


async def _later(_: object) -> bool:
    return True


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ({"when": "x", "if_": "y > 1"}, ("'a'", "'b'", "when=", "if_=")),
        ({"when": "x", "if_": ""}, ("'a'", "'b'", "when=", "if_=")),
        ({"when": ""}, ("'a'", "'b'")),
        ({"when": " \n"}, ("'a'", "'b'")),
        ({"when": 5}, ("'a'", "'b'")),
        ({"if_": ""}, ("''",)),
        ({"if_": 5}, ("5", "if_=")),
        ({"if_": True}, ("True", "if_=")),
        ({"if_": {"holds": 1}}, ("{'holds': 1}", "if_=")),
        ({"if_": _later}, ("'a'", "'b'", "async")),
    ],
)
def test_a_condition_that_cannot_be_used_is_refused_and_the_old_edge_stays(
    flow: Flow, condition: dict[str, object], named: tuple[str, ...]
) -> None:
    flow.conversation("a", "A.")
    flow.conversation("b", "B.")
    flow.connect("a", "b", when="they agree")
    with pytest.raises(ConfigError) as caught:
        flow.connect("a", "b", **condition)  # type: ignore[arg-type]
    assert caught.value.kind == "condition"
    assert all(name in str(caught.value) for name in named)
    assert caught.value.fix
    assert [edge.condition.text for edge in flow.graph.edges] == ["they agree"]


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("{{age}} > 18", "age > 18"),
        ("not {{ urgent }} and {{age|default(3)}} > 2", "not urgent and age > 2"),
        ("\"{{name}}\" == 'Ana'", "name == 'Ana'"),
        ("'{{größe}}' in [\"M\"]", 'größe in ["M"]'),
    ],
)
def test_a_variable_written_as_in_a_prompt_is_rejected_with_the_right_condition(
    flow: Flow, written: str, bare: str
) -> None:
    flow.conversation("a", "A.")
    with pytest.raises(ConfigError) as caught:
        flow.connect("a", "a", if_=written)
    assert caught.value.kind == "condition"
    assert repr(written) in caught.value.problem
    assert caught.value.fix.endswith(bare)
    assert not flow.graph.edges
    flow.connect("a", "a", if_=bare)
    assert Expression("size in {1, 2} and name != '{x} {{'").holds({"size": 2, "name": "Ana"})


@pytest.mark.parametrize(("given", "said"), [("size > 1", "if_='size > 1'"), (lambda _: True, "if_=...")])
def test_a_condition_without_the_name_of_its_kind_is_refused_with_both_names(
    flow: Flow, given: object, said: str
) -> None:
    flow.conversation("a", "A.")
    flow.conversation("b", "B.")
    with pytest.raises(ConfigError) as caught:
        flow.connect("a", "b", given)
    assert said in caught.value.fix
    assert "when=" in caught.value.fix
    assert caught.value.kind == "condition"
    assert not flow.graph.edges


def test_the_edge_into_a_global_node_is_named_as_such(flow: Flow) -> None:
    with pytest.raises(ConfigError, match="'help'") as caught:
        flow.conversation("help", "Help.", enter=" ")
    assert caught.value.kind == "condition"
    assert dict(flow.nodes) == {}


def test_the_truth_value_of_a_functions_result_counts() -> None:
    given = [1, "x", [0], None, 0, ""]
    found = [Edge.create("a", "b", None, lambda _, value=value: value).condition.evaluate({}) for value in given]
    assert found == [True, True, True, False, False, False]


def _broken(variables: dict[str, object]) -> bool:
    return variables["nmae"] == "Ana"


def _greedy(variables: dict[str, object]) -> bool:
    variables["name"] = "Leo"
    return True


def test_a_function_that_fails_is_named_with_its_message() -> None:
    with pytest.raises(ConfigError) as caught:
        Edge.create("a", "b", None, _broken).condition.evaluate({"name": "Ana"})
    assert all(fact in caught.value.problem for fact in ("_broken(variables)", "KeyError: 'nmae'"))
    assert caught.value.kind == "condition"
    assert caught.value.__cause__ is None


def test_a_function_cannot_change_the_variables() -> None:
    known = {"name": "Ana"}
    with pytest.raises(ConfigError, match="TypeError"):
        Edge.create("a", "b", None, _greedy).condition.evaluate(known)
    assert known == {"name": "Ana"}


class Same:
    """A condition that is equal to all others, and has no hash."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, _: object) -> bool:
        return True

    def __call__(self, _: object) -> bool:
        return True


def test_each_edge_is_itself_whatever_its_condition() -> None:
    one, other = Edge.create("a", "b", None, Same()), Edge.create("a", "b", None, Same())
    assert one != other
    assert len({one: 1, other: 2}) == 2
