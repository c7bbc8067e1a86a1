"""Loops of silent nodes: found once each, and endless ones distinguished from those that a turn may leave."""

from __future__ import annotations

import threading

import pytest

from byok_widgets import Flow, FlowError
from byok_widgets.graph.cycles import never_ends, silent_loops
from tests.scripted_server import Say, ScriptedServer


def test_silent_loops_are_found_once_each(flow: Flow) -> None:
    flow.conversation("talk", "x")
    for name in "abcde":
        flow.extraction(name, word=str)
    for source, target in ("ab", "bc", "ca", "dd", "de"):
        flow.connect(source, target)
    flow.connect("e", "talk")
    flow.connect("talk", "e", when="e")
    assert [set(path) for path in silent_loops(flow.graph)] == [{"a", "b", "c"}, {"d"}]


def test_a_large_graph_is_searched_quickly(flow: Flow) -> None:
    for number in range(300):
        flow.extraction(f"n{number}", word=str)
    for number in range(299):
        flow.connect(f"n{number}", f"n{number + 1}", if_="word == 'x'")
    done = threading.Thread(target=lambda: list(silent_loops(flow.graph)), daemon=True)
    done.start()
    done.join(5)
    assert not done.is_alive()


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
    found = {"".join(sorted(path)): never_ends(flow.graph, path) for path in silent_loops(flow.graph)}
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
