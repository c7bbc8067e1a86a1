"""The graph: names and edges as they were created, what replaces what, and changes while it is being read."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.graph import Edge
from tests.graph.conftest import NAMES


def ways(flow: Flow) -> list[tuple[str, str, str]]:
    return [(edge.source, edge.target, edge.condition.text) for edge in flow.graph.edges]


def test_edges_keep_the_order_in_which_they_were_connected_and_the_else_edge_is_last(flow: Flow) -> None:
    for name in "abcd":
        flow.conversation(name, "x")
    flow.connect("a", "d")
    flow.connect("a", "c", when="c")
    flow.connect("a", "b", if_="1 > 0")
    assert [edge.target for edge in flow.graph.outgoing("a")] == ["c", "b", "d"]
    flow.connect("a", "c", when="c, really")
    assert [edge.condition.text for edge in flow.graph.outgoing("a")] == ["c, really", "1 > 0", ""]
    flow.disconnect(flow.node("a"), "b")
    assert [edge.target for edge in flow.graph.outgoing("a")] == ["c", "d"]


def test_a_recreated_node_keeps_its_edges_and_place_and_drops_end_and_enter(flow: Flow) -> None:
    flow.conversation("a", "x")
    flow.conversation("b", "x", end=True, enter="they want b", start=True)
    flow.connect("a", "b", when="b")
    assert flow.graph.is_global("b")
    again = flow.conversation("b", "y")
    assert (list(flow.nodes), flow.node("b")) == (["a", "b"], again)
    assert ways(flow) == [("a", "b", "b")]
    assert (flow.graph.ends, flow.graph.is_global("b"), flow.start_node) == (set(), False, "b")


def test_a_node_is_removed_with_all_its_edges_and_its_successor_inherits_nothing(flow: Flow) -> None:
    for name in "abc":
        flow.conversation(name, "x", end=name == "b", start=name == "b", enter="b" if name == "b" else None)
    for source, target in ("ab", "bc", "ca", "bb"):
        flow.connect(source, target, when=source + target)
    flow.remove(flow.node("b"))
    assert list(flow.nodes) == ["a", "c"]
    assert ways(flow) == [("c", "a", "ca")]
    assert flow.start_node == "a"
    flow.conversation("b", "x")
    assert (flow.graph.ends, flow.graph.is_global("b"), flow.start_node) == (set(), False, "a")
    assert ways(flow) == [("c", "a", "ca")]
    flow.remove("a")
    assert flow.start_node == "c"
    for name in ("b", "c"):
        flow.remove(name)
    assert (flow.nodes, flow.start_node) == ({}, "")


def test_only_a_node_of_the_flow_can_be_removed_and_observers_are_notified(flow: Flow) -> None:
    announced: list[str] = []
    flow.conversation("ask", "x")
    flow.config.observe(announced.extend)
    other = Flow(f"{flow.name} too").conversation("ask", "x")
    for junk in ("aks", "", None, other):
        with pytest.raises(ConfigError) as caught:
            flow.remove(junk)  # type: ignore[arg-type]
        assert caught.value.kind == "node"
    with pytest.raises(ConfigError, match="'aks'") as caught:
        flow.remove("aks")
    assert "'ask'" in caught.value.fix
    assert announced == []
    flow.remove("ask")
    assert announced == ["nodes"]


def test_settings_of_a_removed_node_wait_for_one_of_its_name_and_are_in_no_file(
    flow: Flow, tmp_path: Path
) -> None:
    flow.conversation("ask", "x")
    flow.conversation("tell", "x", model="compatible:of-the-cell", max_tokens=50)
    flow.remove("tell")
    assert flow.conversation("tell", "x").model is None
    flow.node("tell").model = "compatible:of-the-panel"
    flow.node("tell").max_tokens = 70
    flow.remove("tell")
    flow.save(tmp_path / "f.flow.json")
    assert "tell" not in (tmp_path / "f.flow.json").read_text(encoding="utf-8")
    node = flow.conversation("tell", "x")
    assert (node.model, node.max_tokens) == ("compatible:of-the-panel", 70)


def test_the_start_node_is_the_first_that_is_not_global(flow: Flow) -> None:
    assert flow.start_node == ""
    flow.conversation("help", "x", enter="they need help")
    assert flow.start_node == "help"
    flow.conversation("ask", "x")
    assert flow.start_node == "ask"
    flow.start_node = flow.node("help")
    assert flow.start_node == "help"


@pytest.mark.parametrize("name", NAMES)
def test_any_string_can_be_a_name(flow: Flow, name: str) -> None:
    flow.conversation(name, "x")
    flow.extraction("other", word=str)
    flow.conversation("global", "x", enter="they ask")
    flow.connect(name, "other", when=name)
    flow.connect("other", name)
    assert flow.start_node == name
    assert [edge.target for edge in flow.graph.outgoing(name)] == ["other"]
    assert [edge.target for edge in flow.graph.ways_in()] == ["global"]
    flow.disconnect(name, "other")
    assert flow.graph.outgoing(name) == ()


@pytest.mark.parametrize("missing", ["", "*", "zz", None, 5])
def test_what_is_not_a_node_cannot_be_connected(flow: Flow, missing: object) -> None:
    flow.conversation("a", "x")
    for pair in ((missing, "a"), ("a", missing)):
        with pytest.raises(ConfigError) as caught:
            flow.connect(*pair, when="x")
        assert caught.value.kind == "node"
        assert repr(missing) in caught.value.problem
    with pytest.raises(ConfigError) as caught:
        flow.start_node = missing  # type: ignore[assignment]
    assert caught.value.kind == "node"
    assert ways(flow) == []


def test_errors_suggest_a_name_or_list_all(flow: Flow) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.node("ask")
    assert "'ask'" in caught.value.problem
    assert "'" not in caught.value.fix, "there is no name to suggest"
    flow.conversation("ask", "x")
    with pytest.raises(ConfigError) as caught:
        flow.connect("aks", "ask")
    assert "'aks'" in caught.value.problem
    assert "'ask'" in caught.value.fix
    with pytest.raises(ConfigError) as caught:
        flow.connect("xyz", "ask")
    assert "'ask'" in caught.value.fix, "all the names"
    with pytest.raises(ConfigError) as caught:
        flow.disconnect("ask", "ask")
    assert (caught.value.kind, caught.value.problem.count("'ask'")) == ("edge", 2)
    with pytest.raises(ConfigError, match="'ask'") as caught:
        flow.extraction("ask", word=str)
    assert caught.value.kind == "node"


def test_end_nodes_lead_nowhere(flow: Flow) -> None:
    for name in "abc":
        flow.conversation(name, "x", end=name == "b")
    flow.connect("a", "b")
    flow.connect("b", "c")
    assert flow.graph.reachable(["a"]) == {"a", "b"}


def test_cells_may_change_it_while_a_turn_reads_it(flow: Flow) -> None:
    for number in range(40):
        flow.conversation(f"n{number}", "x", enter="they ask" if number % 2 else None)
    faults: list[Exception] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                assert flow.graph.edges is not None
                assert len(flow.graph.ways_in()) == 20, "a recreated node stays global all the time"
                assert flow.graph.outgoing("n0") is not None
                assert flow.graph.start == "n0"
        except Exception as fault:
            faults.append(fault)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(60):
        for number in range(1, 40):
            flow.graph.add(Edge.create("n0", f"n{number}", "they agree", None))
            flow.graph.put(flow.node(f"n{number}"), enter="they ask" if number % 2 else None)
        for number in range(1, 40):
            flow.graph.remove("n0", f"n{number}")
    stop.set()
    reader.join()
    sys.setswitchinterval(interval)
    assert faults == []


@pytest.mark.parametrize("look", ["check", "start", "show", "save"])
def test_cells_may_add_and_remove_nodes_while_others_read_the_whole_flow(
    flow: Flow, look: str, tmp_path: Path
) -> None:
    def saved() -> None:
        file = tmp_path / "now.flow.json"
        flow.save(file)
        data = json.loads(file.read_text())
        names = {node["name"] for node in data["nodes"]}
        assert all({edge["source"], edge["target"]} <= names for edge in data["edges"])

    what = {"check": flow.check, "start": flow.start, "show": flow._repr_mimebundle_, "save": saved}[look]
    for number in range(20):
        flow.extraction(f"n{number}", word=str)
        flow.connect(f"n{number}", "n0")
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            for number in range(10):
                flow.conversation(f"new{number}", "x", enter="they ask" if number % 2 else None)
                flow.connect("n0", f"new{number}", if_="word is not None")
            for number in range(10):
                flow.remove(f"new{number}")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    cell = threading.Thread(target=change)
    cell.start()
    try:
        end = time.monotonic() + 0.4
        while time.monotonic() < end:
            what()
    finally:
        stop.set()
        cell.join()
        sys.setswitchinterval(interval)
