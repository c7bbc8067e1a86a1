"""A made-up kind of node and a made-up condition, each one class and one registration, through the whole flow."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.engine.sync_runner import Work
from byok_widgets.errors import ConfigError
from byok_widgets.findings import Finding
from byok_widgets.graph.conditions import CONDITIONS, Condition, register_condition
from byok_widgets.nodes.base import Node, NodeInput
from byok_widgets.nodes.effects import EffectRecord
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.nodes.registry import NODE_KINDS, register_node_kind
from byok_widgets.reply import LearnedValue, NodeResult
from tests.session.conftest import Script, flow, script

__all__ = ["flow", "script"]


@dataclass(frozen=True)
class Counted(NodeResult):
    """How many messages there were."""

    field_name = "counted"
    verb = "counts"

    node: str
    count: int
    notices: tuple[str, ...] = ()

    @property
    def learned(self) -> tuple[LearnedValue, ...]:
        return (LearnedValue("count", self.count),)

    @property
    def line(self) -> str:
        return f"count={self.count}"

    @property
    def explanation(self) -> str:
        return f"counted {self.count} messages"


class CounterNode(Node[Counted]):
    """Counts the messages so far, starting from a number."""

    kind = "counter"
    result = Counted

    def __init__(self, context: FlowContext, name: str, start: int = 0) -> None:
        super().__init__(context, name)
        self._from = start

    @property
    def writes(self) -> tuple[str, ...]:
        return ("count",)

    def prepare(self, given: NodeInput) -> Work[Counted]:
        async def work(*_: object) -> Counted:
            return Counted(self.name, self._from + len(given.messages))

        return work

    def describe(self) -> list[str]:
        return [f"counter from {self._from}"]

    def check(self) -> Iterator[Finding]:
        if self._from < 0:
            yield Finding("negative", "warning", self.name, "It counts from below zero.", "Count from 0.")

    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        return {"from": self._from}

    @classmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> CounterNode:
        return cls(context, name, data.pop("from"))


@dataclass(frozen=True)
class AfterCondition(Condition):
    """Holds when more than so many messages were counted."""

    kind = "after"
    field = "after"
    wording = "after {0} messages"

    most: int

    @property
    def text(self) -> str:
        return str(self.most)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("count",)

    def evaluate(self, variables: Mapping[str, Any], *, answer: bool = False) -> bool:
        return bool(variables["count"] > self.most)

    def to_data(self) -> int:
        return self.most

    @classmethod
    def from_data(cls, data: Any) -> AfterCondition:
        return cls(data)


@pytest.fixture
def registered() -> Iterator[None]:
    register_node_kind(CounterNode)
    register_condition(AfterCondition)
    yield
    NODE_KINDS.pop(CounterNode.kind)
    CONDITIONS.remove(AfterCondition)


@pytest.fixture
def counting(registered: None, flow: Flow, script: Script) -> Flow:
    flow.conversation("talk", "Talk.", start=True)
    flow.add(CounterNode(flow.context, "counter", 10))
    flow.conversation("bye", "That were {{count}}.", static=True, end=True)
    flow.connect("talk", "counter")
    flow.connect("counter", "bye", condition=AfterCondition(12))
    flow.connect("counter", "talk")
    return flow


def test_they_are_checked(counting: Flow) -> None:
    assert [f.kind for f in counting.check()] == []
    counting.add(CounterNode(counting.context, "counter", -1))
    assert [f.kind for f in counting.check()] == ["negative"]


def test_they_are_drawn(counting: Flow) -> None:
    shown = counting._repr_mimebundle_()
    for form in (shown["text/plain"], shown["text/html"]):
        assert "counter from 10" in form
        assert "after 12 messages" in form


def test_they_run_and_are_explained(counting: Flow) -> None:
    s = counting.start()
    first = s.say("One")
    assert (first.path, s.variables["count"]) == (("counter", "talk"), 11)
    assert "after 12 messages: does not hold, since count is 11" in s.explain()
    second = s.say("Two")
    assert (str(second), s.closed) == ("That were 13.", True)
    assert "counter counted 13 messages." in s.explain()
    assert next(row[2] for row in s.trace.rows() if "13" in row[4]) == "counts"


def test_they_can_be_saved_and_loaded(counting: Flow, tmp_path: Path) -> None:
    file = tmp_path / "counting.flow.json"
    counting.save(file)
    again = Flow.load(file)
    assert repr(again) == repr(counting)
    s = again.start()
    s.say("One")
    s.save(tmp_path / "s.json")
    back = counting.load_session(tmp_path / "s.json")
    assert (back.explain(), dict(back.variables)) == (s.explain(), {"count": 11})
    again.save(file)
    edges = json.loads(file.read_text(encoding="utf-8"))["edges"]
    assert [edge.get("after") for edge in edges] == [None, 12, None]


@dataclass(frozen=True)
class Rung(NodeResult):
    """How often a bell has rung."""

    field_name = "rung"
    verb = "rings"

    node: str
    times: int
    run_id: str
    notices: tuple[str, ...] = ()

    @property
    def effect_id(self) -> str:
        return self.run_id


class BellNode(Node[Rung]):
    """A made-up kind with effects, that takes a function, and does it once for each request."""

    kind = "bell"
    result = Rung
    ring: Any = None

    def bind(self, function: Any) -> None:
        self.ring = function

    def prepare(self, given: NodeInput) -> Work[Rung]:
        assert given.effects is not None
        effects = given.effects

        async def work(*_: object) -> Rung:
            earlier = effects.earlier(self.name, "")
            if isinstance(earlier, Rung):
                return earlier
            record = EffectRecord(uuid.uuid4().hex, self.name, "")
            effects.begin(record)
            result = Rung(self.name, self.ring(), record.run_id)
            effects.log.put(replace(record, result=result, outcome="returned"))
            return result

        return work

    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    @classmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> BellNode:
        return cls(context, name)


def test_a_kind_with_effects_is_bound_saved_and_not_repeated(flow: Flow, tmp_path: Path) -> None:
    register_node_kind(BellNode)
    try:
        flow.conversation("talk", "Talk.", static=True, start=True)
        flow.add(BellNode(flow.context, "bell"))
        flow.connect("talk", "bell")
        flow.connect("bell", "talk")
        flow.save(tmp_path / "f.json")
        rings: list[int] = []
        again = Flow.load(tmp_path / "f.json", functions={"bell": lambda: rings.append(1) or len(rings)})
        s = again.start()
        s.say("Ring")
        s.save(tmp_path / "s.json")
        back = again.load_session(tmp_path / "s.json")
        assert [record.result for record in back.effects] == [record.result for record in s.effects]
        back.fork(0).say("Ring")
        assert len(rings) == 1
    finally:
        NODE_KINDS.pop(BellNode.kind)


def test_a_session_of_an_older_version_keeps_its_effects(flow: Flow, tmp_path: Path) -> None:
    calls: list[int] = []
    flow.conversation("talk", "Talk.", static=True, start=True)
    flow.action("book", lambda: calls.append(1) or 7, writes=["ticket"], effects=True)
    flow.connect("talk", "book")
    flow.connect("book", "talk")
    s = flow.start()
    s.say("Book")
    s.save(tmp_path / "s.json")
    data = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    for effect in data["effects"]:
        effect["result"] = effect["result"]["did"]
        del effect["outcome"], effect["superseded"]
    (tmp_path / "s.json").write_text(json.dumps(data), encoding="utf-8")
    again = flow.load_session(tmp_path / "s.json").fork(0)
    again.say("Book")
    assert (calls, again.variables["ticket"]) == ([1], 7)


def rewritten(flow: Flow, file: Path, change: Any) -> None:
    flow.save(file)
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize("edge", [{"iff": "count > 1"}, {"at_last": ["count", 4]}, {"note": "x", "other": 1}])
def test_a_condition_that_nobody_can_read_never_holds_and_is_kept(
    flow: Flow, script: Script, tmp_path: Path, edge: dict[str, Any]
) -> None:
    flow.conversation("talk", "Talk.", start=True)
    flow.conversation("bye", "Bye.", static=True, end=True)
    flow.connect("talk", "bye", when="they leave")
    edges = [{"source": "talk", "target": "bye", **edge}]
    rewritten(flow, tmp_path / "f.json", lambda data: data.update(edges=edges))
    again = Flow.load(tmp_path / "f.json")
    (found,) = [finding for finding in again.check() if finding.kind == "unknown_condition"]
    assert (found.level, found.where) == ("error", "talk")
    assert all(name in found.problem for name in edge)
    assert again.start().say("Hello").node == "talk"
    assert ", ".join(edge) in again._repr_mimebundle_()["text/plain"]
    again.save(tmp_path / "g.json")
    assert json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))["edges"] == edges


class FaultyNode(CounterNode):
    kind = "faulty"

    def check(self) -> Iterator[Finding]:
        raise ZeroDivisionError

    @classmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> CounterNode:
        raise TypeError("no")


class FaultyCondition(AfterCondition):
    kind = "faulty"
    field = "faulty"

    @classmethod
    def from_data(cls, data: Any) -> AfterCondition:
        raise IndexError("no")


def test_what_a_kind_raises_while_a_file_is_read_names_the_place(counting: Flow, tmp_path: Path) -> None:
    register_node_kind(FaultyNode)
    register_condition(FaultyCondition)
    try:
        for change, word in (
            (lambda data: data["edges"][1].update(faulty=data["edges"][1].pop("after")), "'faulty'"),
            (lambda data: data["nodes"][1].update(kind="faulty"), "'counter'"),
            (lambda data: data["nodes"][1].pop("from"), "'counter'"),
        ):
            rewritten(counting, tmp_path / "f.json", change)
            with pytest.raises(ConfigError) as caught:
                Flow.load(tmp_path / "f.json")
            assert caught.value.kind == "flow_file"
            assert word in caught.value.problem
        faulty = Flow("faulty")
        faulty.add(FaultyNode(faulty.context, "odd"))
        assert ("node_not_checked", "odd") in [(found.kind, found.where) for found in faulty.check()]
    finally:
        NODE_KINDS.pop("faulty")
        CONDITIONS.remove(FaultyCondition)


def test_a_second_class_of_a_kind_is_refused_and_one_whose_cell_runs_again_takes_its_place(
    registered: None,
) -> None:
    before = list(CONDITIONS)
    other_node = type("Other", (CounterNode,), {})
    other_condition = type("Other", (AfterCondition,), {"kind": "other"})
    for register, kind in ((register_node_kind, other_node), (register_condition, other_condition)):
        with pytest.raises(ConfigError) as caught:
            register(kind)  # type: ignore[operator]
        assert caught.value.kind == "registered_twice"
    assert (CONDITIONS, NODE_KINDS["counter"]) == (before, CounterNode)
    again = type("AfterCondition", (AfterCondition,), {"__module__": AfterCondition.__module__})
    try:
        register_condition(again)
        assert [kind for kind in CONDITIONS if kind.kind == "after"] == [again]
    finally:
        register_condition(AfterCondition)


@pytest.mark.parametrize("given", ["eyes > 3", "", 5, 0, AfterCondition, object()])
def test_what_is_no_condition_is_refused_when_two_nodes_are_connected(counting: Flow, given: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        counting.connect("counter", "bye", condition=given)
    assert caught.value.kind == "condition"


def test_a_condition_that_is_false_as_a_value_is_a_condition_all_the_same(counting: Flow) -> None:
    class Falsy(AfterCondition):
        def __bool__(self) -> bool:
            return False

    counting.connect("counter", "bye", condition=Falsy(12))
    assert isinstance(next(e for e in counting.graph.edges if e.target == "bye").condition, Falsy)
    with pytest.raises(ConfigError) as caught:
        counting.connect("counter", "bye", when="x", condition=Falsy(12))
    assert "condition=" in caught.value.fix


def test_a_node_that_runs_in_sessions_alone_says_so(counting: Flow) -> None:
    with pytest.raises(ConfigError) as caught:
        counting.node("counter").run("Hi")
    assert "flow.start()" in caught.value.fix
    with pytest.raises(ConfigError):
        asyncio.run(counting.node("counter").arun())


class BareNode(ModelNode[Counted]):
    """Calls a model and sets no prompt."""

    kind = "bare"
    result = Counted

    def prepare(self, given: NodeInput) -> Work[Counted]:
        raise NotImplementedError

    @classmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> BareNode:
        return cls(context, name)


def test_a_node_that_calls_a_model_needs_no_prompt(flow: Flow, script: Script, tmp_path: Path) -> None:
    register_node_kind(BareNode)
    try:
        node = flow.add(BareNode(flow.context, "bare"))
        assert node.prompt == ""
        assert {finding.kind for finding in flow.check()} <= {"dead_end"}
        flow.save(tmp_path / "f.json")
        assert Flow.load(tmp_path / "f.json").node("bare").kind == "bare"
    finally:
        NODE_KINDS.pop("bare")


def test_a_session_with_a_kind_that_is_not_known_names_what_it_left(counting: Flow, tmp_path: Path) -> None:
    s = counting.start()
    s.say("One")
    s.save(tmp_path / "s.json")
    NODE_KINDS.pop("counter")
    try:
        with pytest.raises(ConfigError) as caught:
            counting.load_session(tmp_path / "s.json")
    finally:
        register_node_kind(CounterNode)
    assert "'counted'" in caught.value.problem
    assert "'counter'" in caught.value.problem
