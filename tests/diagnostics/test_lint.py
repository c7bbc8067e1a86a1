"""Mistakes in a graph: each kind is found, with the fix, and a flow without mistakes has none."""

from __future__ import annotations

import pytest

from byok_widgets import Field, Flow, FlowError
from byok_widgets.findings import Finding, Fix


def findings(flow: Flow, **more: object) -> list[Finding]:
    """The findings about the graph; whether there is a key is not checked here."""
    return list(flow.check(**more))  # type: ignore[arg-type]


def kinds(flow: Flow, **more: object) -> list[tuple[str, str, str]]:
    return [(found.kind, found.level, found.where) for found in findings(flow, **more)]


@pytest.fixture
def flow(judged_flow: Flow) -> Flow:
    return judged_flow


@pytest.fixture
def clean(flow: Flow) -> Flow:
    """A flow that uses every feature, and has no mistake."""
    flow.global_prompt = 'You work for {{ firm | default("us") }} in {{ city | default("Oslo") }}.'
    flow.conversation("hello", "Good day!", static=True)
    flow.extraction("data", name=str, weekday=["Mon", "Tue"], people=int, prompt="Today is {{today}}.")
    flow.conversation("ask", 'Ask {{ name | default("the caller") }} for what is missing.')
    flow.conversation("confirm", "Confirm {{weekday}} for {{people}}.")
    flow.conversation("bye", "Thanks {{ name | default('you') }}.", static=True, end=True)
    flow.conversation("hours", "Nine to five, {{ name | default('caller') }}.", enter="they ask for the hours")
    flow.extraction("correct", name=str, enter="they correct their name")
    flow.conversation("human", "Wait, please.", enter="they want a person")
    flow.connect("hello", "data")
    flow.connect("data", "confirm", if_="weekday is not None and people > 0 and not vip")
    flow.connect("data", "ask")
    flow.connect("ask", "data", when="they answered")
    flow.connect("confirm", "bye", when="they agree")
    flow.connect("confirm", "data")
    flow.connect("human", "bye", when="they hang up")
    return flow


def test_a_flow_without_mistakes_has_none(clean: Flow) -> None:
    found = clean.check(variables=["today", "vip"])
    assert list(found) == []
    assert not found
    assert {finding.kind for finding in found.suggestions} <= {"few_examples"}
    assert repr(found).startswith("No problems found.")


def test_a_flow_without_nodes(flow: Flow) -> None:
    assert kinds(flow) == [("empty", "error", "")]


def test_a_node_that_cannot_be_reached(flow: Flow) -> None:
    for name in ("ask", "lost", "lost too", "end", "behind the end"):
        flow.conversation(name, "x", end=name == "end")
    flow.connect("lost", "lost too")
    flow.connect("lost too", "lost")
    flow.connect("ask", "end")
    flow.connect("end", "behind the end", when="never")
    assert kinds(flow) == [
        ("unreachable", "warning", "lost"),
        ("unreachable", "warning", "lost too"),
        ("unreachable", "warning", "behind the end"),
        ("edges_after_end", "warning", "end"),
    ]
    assert findings(flow)[0].by == Fix("paste", "flow.connect('ask', 'lost', when='...')")
    flow.conversation("lost", "x", enter="they are lost")
    assert [where for kind, _, where in kinds(flow) if kind == "unreachable"] == ["behind the end"]


def test_nodes_that_are_not_connected_yet_are_reported_once(flow: Flow) -> None:
    flow.extraction("booking", name=str)
    assert kinds(flow) == [("dead_end", "error", "booking")]
    made, connected = findings(flow)[0].by.argument.split("; ")  # type: ignore[union-attr]
    assert made.startswith("flow.conversation("), "there is no node that speaks"
    assert connected.startswith("flow.connect('booking', ")
    assert "end=True" in findings(flow)[0].fix
    flow.extraction("complaint", what=str)
    flow.conversation("bye", "Goodbye.", end=True)
    (found,) = findings(flow)
    assert (found.kind, found.level, found.where) == ("unconnected", "warning", "")
    assert found.by == Fix("paste", "flow.connect('booking', 'complaint')")
    assert found.by.argument in found.fix
    flow.connect("booking", "bye")
    assert kinds(flow) == [("unreachable", "warning", "complaint"), ("dead_end", "error", "complaint")][::-1]


def test_dead_ends_are_silent_nodes_without_an_exit(flow: Flow) -> None:
    flow.conversation("ask", "x")
    flow.extraction("no edges", word=str)
    flow.extraction("no else", word=str)
    flow.extraction("last", word=str, end=True)
    flow.extraction("always", word=str)
    for name in ("no edges", "no else", "last", "always"):
        flow.connect("ask", name, when=name)
    flow.connect("no else", "ask", when="x")
    flow.connect("always", "ask")
    assert kinds(flow) == [("dead_end", "error", "no edges"), ("dead_end", "warning", "no else")]
    assert findings(flow)[0].by == Fix("paste", "flow.connect('no edges', 'ask')")


def test_a_silent_global_node_is_a_dead_end_only_if_it_does_not_return(flow: Flow) -> None:
    flow.conversation("ask", "x")
    flow.extraction("correct", word=str, enter="they correct a word")
    assert kinds(flow) == []
    flow.connect("correct", "ask", if_="word == 'x'")
    assert kinds(flow) == [("dead_end", "warning", "correct")]
    flow.disconnect("correct", "ask")
    flow.connect("ask", "correct", when="they spell it")
    assert kinds(flow) == [("dead_end", "error", "correct")], (
        "entered through an edge, it has nowhere to return to"
    )


def test_silent_loops(flow: Flow) -> None:
    flow.conversation("ask", "x")
    for name in ("a", "b", "c"):
        flow.extraction(name, word=str)
    flow.connect("ask", "a")
    flow.connect("a", "b")
    flow.connect("b", "c", if_="word is None")
    flow.connect("b", "ask")
    flow.connect("c", "a")
    assert kinds(flow) == [("silent_loop", "warning", "a")]
    assert "a → b → c → a" in findings(flow)[0].problem
    flow.connect("a", "a", when="again")
    assert len([kind for kind, _, _ in kinds(flow) if kind == "silent_loop"]) == 2


def test_a_prompt_condition_with_a_variable_in_braces(flow: Flow) -> None:
    flow.conversation("ask", "Hello {{ name | default('there') }}")
    flow.extraction("data", name=str)
    flow.conversation("help", "Help.", enter="{{name}} asks for help")
    flow.connect("ask", "data", when="name is {known}, or {{ known")
    flow.connect("data", "ask")
    assert kinds(flow) == [("braces", "warning", "help")]
    flow.connect("ask", "data", when="{{ name }} is known")
    assert kinds(flow) == [("braces", "warning", "help"), ("braces", "warning", "ask")]
    assert "'{{ name }} is known'" in findings(flow)[1].problem
    assert "if_=" in findings(flow)[1].fix


def test_two_else_edges(flow: Flow) -> None:
    for name in "abc":
        flow.conversation(name, "x")
    flow.connect("a", "b")
    flow.connect("a", "c")
    assert kinds(flow) == [("two_else", "error", "a")]
    assert findings(flow)[0].by == Fix("paste", "flow.connect('a', 'c', when='...')")
    assert "'b', 'c'" in findings(flow)[0].problem
    with pytest.raises(FlowError) as caught:
        flow.start()
    assert caught.value.kind == "two_else"


def test_edges_after_an_end_node(flow: Flow) -> None:
    flow.conversation("ask", "x")
    flow.conversation("bye", "x", end=True)
    flow.connect("ask", "bye", when="they are done")
    assert kinds(flow) == []
    flow.connect("bye", "ask", when="they are not")
    assert kinds(flow) == [("edges_after_end", "warning", "bye")]


# Variables


def test_a_misspelt_variable_is_reported_with_a_suggestion(flow: Flow) -> None:
    flow.conversation("ask", "Hello {{nmae}}.")
    flow.extraction("data", name=str)
    flow.connect("ask", "data")
    flow.connect("data", "ask", if_="nmae == 'Ana' and naem is None")
    flow.connect("data", "data")
    found = [finding for finding in findings(flow) if finding.kind == "unknown_variable"]
    assert [(finding.level, finding.where) for finding in found] == [
        ("error", "ask"),
        ("error", "data"),
        ("error", "data"),
    ]
    assert ["'nmae'" in finding.problem for finding in found] == [True, True, False]
    assert all("'name'" in finding.fix for finding in found), "what was meant"
    corrected = "flow.node('ask').prompt = flow.node('ask').prompt.replace('{{nmae}}', '{{name}}')"
    assert found[0].by == Fix("paste", corrected)


def test_a_variable_that_is_read_before_any_path_sets_it(flow: Flow) -> None:
    flow.conversation("ask", "Hello {{name}}.")
    flow.extraction("data", name=str, city=str)
    flow.conversation("tell", "{{name}} of {{city}}")
    flow.connect("ask", "data", if_="city == 'Rome'")
    flow.connect("ask", "tell", when="they want to hear it")
    flow.connect("data", "tell")
    unstated = [("unstated_variable", "warning", "tell")]
    assert kinds(flow) == [("unset_variable", "warning", "ask"), ("unset_variable", "warning", "ask"), *unstated]
    assert ["'name' and 'city'" in finding.problem for finding in findings(flow)] == [False, False, True]
    assert "{{ name | default('not stated') }}" in findings(flow)[0].fix
    flow.connect("tell", "ask", when="again")
    assert kinds(flow) == [("unstated_variable", "warning", "ask"), *unstated], "some path sets it now"
    flow.conversation("ask", "Hello {{name}}.", static=True)
    assert ("unstated_variable", "error", "ask") in kinds(flow), "a sentence that is spoken as it is would fail"


def test_a_prompt_that_is_read_too_early_is_told_once_whatever_it_reads(flow: Flow) -> None:
    flow.conversation("ask", "x")
    flow.extraction("data", size=str, name=str, street=str)
    bye = "A {{size}} one for {{ name | upper }} to {{street}}."
    flow.conversation("bye", bye, static=True, end=True)
    flow.connect("ask", "data")
    flow.connect("data", "bye")
    (found,) = findings(flow)
    assert (found.kind, found.level) == ("unstated_variable", "error")
    assert "the variables 'size', 'name' and 'street'" in found.problem
    assert found.by is not None
    exec(found.by.argument, {"flow": flow})
    assert flow.node("bye").prompt.count("default('...')") == 3
    assert kinds(flow) == []
    flow.conversation("bye", "{{size}} {{size}}", static=True, end=True)
    assert [finding.problem.count("'size'") for finding in findings(flow)] == [1]
    flow.global_prompt = "{{size}} {{name}}"
    assert kinds(flow) == [("unstated_variable", "error", "bye"), ("unset_variable", "warning", "")]


def test_the_prompt_of_an_extraction_node_is_read_before_its_values_and_its_edges_after(flow: Flow) -> None:
    flow.extraction("data", name=str, prompt="The name so far: {{name}}")
    flow.conversation("ask", "{{name}}")
    flow.conversation("again", "x")
    flow.connect("data", "ask", if_="name is not None")
    flow.connect("data", "again")
    assert kinds(flow) == [("unset_variable", "warning", "data")]
    flow.extraction("data", name=str, prompt='The name so far: {{ name | default("none") }}')
    assert kinds(flow) == []


def test_variables_that_code_sets_are_known(flow: Flow) -> None:
    flow.conversation("ask", "Hello {{firm}} {{day}}.")
    assert kinds(flow) == [("unknown_variable", "error", "ask")] * 2
    assert kinds(flow, variables={"firm": "Acme", "day": "Mon"}) == []
    assert kinds(flow, variables=("firm", "day")) == []
    assert [finding.problem.count("'day'") for finding in findings(flow, variables="firm")] == [1]


def test_what_a_global_node_reads_may_be_known_everywhere_and_surely_nowhere(flow: Flow) -> None:
    flow.conversation("ask", "{{city}}")
    flow.extraction("place", city=str, enter="they name a city")
    flow.conversation("weather", "{{city}} {{day}}", enter="they ask for the weather")
    flow.extraction("days", day=str)
    flow.connect("ask", "days", when="they name a day")
    flow.connect("days", "ask")
    assert kinds(flow) == [("unstated_variable", "warning", where) for where in ("ask", "weather")]
    assert kinds(flow, variables=["city", "day"]) == []


def test_the_global_prompt_is_checked_where_it_is_used(flow: Flow) -> None:
    flow.global_prompt = "You serve {{name}}."
    flow.conversation("hello", "Hello!", static=True)
    flow.extraction("data", name=str, note=Field(str, required=False))
    flow.conversation("ask", "x")
    flow.conversation("bye", "Bye.", static=True, end=True)
    flow.connect("hello", "data")
    flow.connect("data", "ask")
    flow.connect("ask", "bye", when="done")
    assert kinds(flow) == [("unstated_variable", "warning", "")], "once for all nodes"
    assert "'hello'" not in findings(flow)[0].problem, (
        "a sentence that is said once stands without the global prompt"
    )
    flow.connect("hello", "data", when="they said a name")
    assert "'hello' and 'ask'" in findings(flow)[0].problem
    flow.global_prompt = "You serve {{nmae}}."
    assert kinds(flow) == [("unknown_variable", "error", "")], "once for the whole flow"
    assert "'name'" in findings(flow)[0].fix


def test_unreachable_nodes_cause_no_second_finding(flow: Flow) -> None:
    flow.conversation("ask", "x")
    flow.conversation("lost", "{{name}}")
    flow.extraction("also lost", name=str)
    flow.connect("also lost", "lost")
    assert kinds(flow) == [("unreachable", "warning", "lost"), ("unreachable", "warning", "also lost")]


@pytest.mark.parametrize(
    ("prompt", "has_line"),
    [("Hi {name}.", True), ("{name} and {{name}}", False), (r"{name} \bf{name}", False)],
)
def test_a_name_in_single_braces_is_told_and_only_it_is_replaced(
    flow: Flow, prompt: str, *, has_line: bool
) -> None:
    flow.extraction("data", name=str)
    flow.conversation("ask", prompt, start=True)
    (found,) = [finding for finding in flow.check() if finding.kind == "single_braces"]
    assert (found.by is not None) == has_line


@pytest.mark.parametrize(
    "prompt", ["Hi {other}.", "Hi {{name}}.", '{"name": 1}', r"\textbf{name} ${name} {{{name}}}"]
)
def test_other_single_braces_are_text(flow: Flow, prompt: str) -> None:
    flow.extraction("data", name=str)
    flow.conversation("ask", prompt, start=True)
    assert not [finding for finding in flow.check() if finding.kind == "single_braces"]
