"""A further kind of condition, and of node, is one class and one registration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from byok_widgets import Flow
from byok_widgets.graph.conditions import CONDITIONS, Condition, register_condition
from byok_widgets.nodes import NODE_KINDS, Node, register_node_kind
from byok_widgets.reply import LearnedValue, NodeResult
from byok_widgets.session.steps import Judgement


@dataclass(frozen=True)
class NoLess(Condition):
    """Holds when a variable is large enough."""

    kind = "no_less"
    field = "no_less"
    wording = "once {0}"

    name: str
    least: float

    @property
    def text(self) -> str:
        return f"{self.name} reaches {self.least:g}"

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.name,)

    def evaluate(self, variables, *, answer=False) -> bool:
        value = variables.get(self.name)
        return value is not None and value >= self.least

    def to_data(self):
        return [self.name, self.least]

    @classmethod
    def from_data(cls, data):
        return cls(*data)


@dataclass(frozen=True)
class Counted(NodeResult):
    """How often a node was reached."""

    field_name = "counts"
    verb = "counts"

    node: str
    values: dict

    @property
    def learned(self) -> tuple[LearnedValue, ...]:
        return tuple(LearnedValue(name, value) for name, value in self.values.items())

    @property
    def line(self) -> str:
        return str(self.values)

    @property
    def explanation(self) -> str:
        return f"counted {self.values}"


class CounterNode(Node[Counted]):
    """Counts its visits."""

    kind = "counter"
    result = Counted

    @property
    def writes(self) -> tuple[str, ...]:
        return ("visits",)

    def prepare(self, given):
        async def work(on_text, on_progress):
            return Counted(self.name, {"visits": (given.variables.get("visits") or 0) + 1})

        return work

    def to_data(self, saved):
        return {}

    @classmethod
    def from_data(cls, context, name, data):
        return cls(context, name)


@pytest.fixture(autouse=True)
def further_kinds() -> Iterator[None]:
    register_condition(NoLess)
    register_node_kind(CounterNode)
    yield
    CONDITIONS.remove(NoLess)
    NODE_KINDS.pop("counter")


def counting(flow: Flow) -> Flow:
    flow.conversation("hello", "Again?", static=True, start=True)
    flow.add(CounterNode(flow.context, "count"))
    flow.conversation("bye", "Enough, {{visits}} times.", static=True, end=True)
    flow.connect("hello", "count")
    flow.connect("count", "bye", condition=NoLess("visits", 2))
    flow.connect("count", "hello")
    return flow


def test_they_can_be_run_explained_drawn_checked_and_saved(flow: Flow, tmp_path) -> None:
    counting(flow)
    assert [finding for finding in flow.check().errors if finding.kind != "no_model"] == []
    s = flow.start(variables={"visits": 1})
    turn = s.say("Yes")
    assert (turn.path, turn.closed) == (("count", "bye"), True)
    assert str(turn) == "Enough, 2 times."
    looks = [step for step in turn.steps if isinstance(step, Judgement)]
    assert [[v.kind for v in look.verdicts] for look in looks] == [["else"], ["no_less", "else"]]
    story = s.explain()
    assert "once visits reaches 2" in story
    assert "counted {'visits': 2}" in story
    assert "once visits reaches 2" in flow._repr_mimebundle_()["text/plain"]
    flow.save(tmp_path / "f.json")
    again = Flow.load(tmp_path / "f.json", name=f"{flow.name} again")
    assert [e.condition for e in again.graph.edges] == [e.condition for e in flow.graph.edges]
    assert again.nodes["count"].kind == "counter"
    s.save(tmp_path / "s.json")
    assert flow.load_session(tmp_path / "s.json").turns[-1].steps[:3] == turn.steps[:3]
