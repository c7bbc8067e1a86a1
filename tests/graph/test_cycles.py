"""Loops of silent nodes: found once each, and endless ones distinguished from those that a turn may leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from byok_widgets import Flow, FlowError
from byok_widgets.diagnostics.lint import structural
from byok_widgets.graph.cycles import silent_loops
from byok_widgets.graph.edge import Edge
from byok_widgets.graph.flow_graph import FlowGraph
from tests.scripted_server import Say, ScriptedServer


def test_silent_loops_are_found_once_each(flow: Flow) -> None:
    flow.conversation("talk", "x")
    for name in "abcde":
        flow.extraction(name, word=str)
    for source, target in ("ab", "bc", "ca", "dd", "de"):
        flow.connect(source, target)
    flow.connect("e", "talk")
    flow.connect("talk", "e", when="e")
    assert [set(path) for path, _ in silent_loops(flow.graph)] == [{"a", "b", "c"}, {"d"}]


Shape = Callable[[int], Iterable[tuple[int, int]]]
SHAPES: dict[str, Shape] = {
    "line": lambda size: ((at, at + 1) for at in range(size - 1)),
    "ring": lambda size: ((at, (at + 1) % size) for at in range(size)),
    "pairs": lambda size: ((at, at ^ 1) for at in range(size)),
    "hub": lambda size: (way for at in range(1, size) for way in ((0, at), (at, 0))),
    "all back": lambda size: (way for at in range(1, size) for way in ((at - 1, at), (at, 0))),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_work_grows_with_the_graph_and_not_with_its_square(
    flow: Flow, shape: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byok_widgets.graph.cycles._MOST_SEARCHED", 5)
    targets, asked = FlowGraph.targets, list[str]()

    def counted(graph: FlowGraph, name: str) -> list[str]:
        asked.append(name)
        return targets(graph, name)

    monkeypatch.setattr(FlowGraph, "targets", counted)
    counts = []
    for size in (40, 160):
        graph = FlowGraph()
        for number in range(size):
            graph.put(flow.extraction(f"n{number}", word=str))
        for source, target in shape(size):
            graph.add(Edge.create(f"n{source}", f"n{target}"))
        asked.clear()
        list(structural(graph, global_prompt="{{word}}"))
        counts.append(len(asked))
    assert counts[1] <= 5 * counts[0] > 0


ASK, SILENT = "talk", "abc"
LOOPS = [
    (["a→a"], {"a": True}),
    (["a→b", "b→a"], {"ab": True}),
    (["a→b", "b→a if x", "b→c", "c→b"], {"ab": True, "bc": True}),
    (["a→a", "a→talk if x"], {"a": True}),
    (["a→a if x", "a→talk"], {"a": False}),
    (["a→a if x"], {"a": False}),
    (["a→b", "b→a", "b→talk if x"], {"ab": False}),
    (["a→b", "b→c if x", "b→a"], {"ab": False}),
    (["a→b if x", "b→a if x"], {"ab": False}),
    (["a→talk", "talk→a"], {}),
]
"""Edges, and for each loop of silent nodes whether a turn never leaves it; without `if`, it is an else edge."""


@pytest.mark.parametrize(("edges", "expected"), LOOPS)
def test_a_loop_without_a_way_out_never_ends(flow: Flow, edges: list[str], expected: dict[str, bool]) -> None:
    flow.conversation(ASK, "x")
    for name in SILENT:
        flow.extraction(name, word=str)
    for edge in edges:
        way, _, condition = edge.partition(" if ")
        flow.connect(*way.split("→"), if_=f"word == {condition!r}" if condition else None)
    found = {"".join(sorted(path)): sure for path, sure in silent_loops(flow.graph)}
    assert found == expected
    levels = {each.level for each in flow.check() if each.kind == "silent_loop"}
    assert levels == {"error" if sure else "warning" for sure in expected.values()}


def test_a_loop_behind_an_end_node_does_not_count(flow: Flow) -> None:
    flow.extraction("a", word=str, end=True)
    flow.connect("a", "a")
    assert list(silent_loops(flow.graph)) == []


def test_a_loop_reported_as_endless_is_stopped_with_an_error_when_it_runs(flow: Flow) -> None:
    server = ScriptedServer()
    server.script(lambda _: Say('{"word": null}'))
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.extraction("a", word=str)
    flow.conversation("talk", "x")
    flow.connect("a", "a")
    flow.connect("a", "talk", if_="word is not None")
    (found,) = flow.check().errors
    assert (found.kind, found.where) == ("silent_loop", "a")
    assert "a → a" in found.problem
    with pytest.raises(FlowError, match="a → a") as caught:
        flow.start().say("Hm")
    assert caught.value.kind == found.kind
    server.close()
