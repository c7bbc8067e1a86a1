"""Makes sure that cases fit a flow: what it has no name for, or cannot give, is reported before the first call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.cases.expectation import Expectation
from byok_widgets.cases.fields import hint_at
from byok_widgets.cases.sources import wrong_at
from byok_widgets.errors import ByokError, SchemaError
from byok_widgets.graph import FlowGraph
from byok_widgets.schema import FieldSpec, read_value
from byok_widgets.secrets.quoting import as_given


def require_fit(cases: Iterable[Case], graph: FlowGraph, *, speaks_first: bool) -> None:
    """Make sure that cases name nodes, variables and turns that a flow has.

    Args:
        cases: The cases.
        graph: The nodes of the flow.
        speaks_first: Whether the flow speaks before the caller.

    Raises:
        ConfigError: One does not; the message says where it stands, and the nearest name.
    """
    for case in cases:
        problem = next(_problems(case, graph, speaks_first=speaks_first), "")
        if problem:
            raise wrong_at(case.place or f"case {case.name!r}", problem)


def require_possible(cases: Iterable[Case], graph: FlowGraph) -> None:
    """Make sure that cases expect only values that the fields of a flow take.

    Another value would count as wrong for every model that is compared: a typing error in a case would look like
    one of theirs. A test may expect it, and fail until the field takes it.

    Raises:
        ConfigError: One expects another; the message says where it stands, and what the field takes.
    """
    for case in cases:
        whole = _impossible_values(case, case.expected, graph)
        turns = (
            f"turn {number}: {problem}"
            for number, expected in case.turns.items()
            for problem in _impossible_values(case, expected, graph)
        )
        problem = next(chain(whole, turns), "")
        if problem:
            raise wrong_at(case.place or f"case {case.name!r}", problem)


def _problems(case: Case, graph: FlowGraph, *, speaks_first: bool) -> Iterator[str]:
    written = [name for node in graph.nodes.values() for name in node.writes]
    variables = list(dict.fromkeys([*written, *case.variables]))
    yield from _unknown_names(case.expected, "end_node", graph.nodes, variables)
    for number, expected in case.turns.items():
        if number > case.most_turns:
            said = f"{case.most_turns} thing{'s' if case.most_turns != 1 else ''}"
            yield f"turns: there is no turn {number}, since the caller says {said}"
        if number == 0 and not speaks_first:
            yield "turns: there is no turn 0, since this flow does not speak before the caller"
        for problem in _unknown_names(expected, "node", graph.nodes, variables):
            yield f"turn {number}: {problem}"
    yield from _wrong_stubs(case, graph)
    done = case.simulated.is_done if case.simulated else None
    for name in done.names if done else ():
        if name not in variables:
            yield f"done_if of the caller: no node of the flow sets {as_given(name)}; {hint_at(name, variables)}"


def _unknown_names(
    expected: Expectation, node: str, nodes: Collection[str], variables: Collection[str]
) -> Iterator[str]:
    """Yield the nodes and variables that the flow does not have; `node` is what the file calls the last node."""
    for field, names in ((node, [expected.node] if expected.node else []), ("path", expected.path)):
        for name in names:
            if name not in nodes:
                yield f"{field}: the flow has no node {as_given(name)}; {hint_at(name, nodes)}"
    asserted = [each.variable for each in expected.assertions if each.variable]
    for field, named in (("values", expected.values), ("status", expected.status), ("json_path", asserted)):
        for name in named:
            if name not in variables:
                yield f"{field}: no node of the flow sets {as_given(name)}; {hint_at(name, variables)}"


def _impossible_values(case: Case, expected: Expectation, graph: FlowGraph) -> Iterator[str]:
    """Yield which values no field takes; what an action or the case itself may set is not known beforehand."""
    for name, value in expected.values.items():
        specs = [node.field(name) for node in graph.nodes.values() if name in node.writes]
        if name in case.variables or None in specs or _is_nested(value):
            continue
        problems = [problem for spec in specs if spec and (problem := _problem_of(spec, value))]
        if problems and len(problems) == len(specs):
            yield f"values: {problems[0].rstrip('.')}"


def _is_nested(value: Any) -> bool:
    """Whether a value holds objects, of which a part may be expected that is not whole."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    return any(isinstance(part, (Mapping, list, tuple)) for part in parts)


def _problem_of(spec: FieldSpec, value: Any) -> str:
    """Return why a field cannot have a value; empty where it can."""
    try:
        read_value(spec, value)
    except SchemaError as error:
        return error.problem
    return ""


def _wrong_stubs(case: Case, graph: FlowGraph) -> Iterator[str]:
    """Yield which stubs fit no action, or give what it does not write."""
    for name, values in case.stubs.items():
        if name not in graph.nodes:
            yield f"stubs: the flow has no node {as_given(name)}; {hint_at(name, graph.nodes)}"
            continue
        try:
            graph.nodes[name].stub(values)
        except ByokError as error:
            yield f"stubs: {error.problem} {error.fix}".rstrip(".")
