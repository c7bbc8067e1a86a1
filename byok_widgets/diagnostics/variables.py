"""Variables that nothing sets, that are read too early, or that may not be stated where a prompt needs them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from byok_widgets.diagnostics.rewording import defaulted, renamed, renamed_in_condition, with_defaults
from byok_widgets.diagnostics.stated import surely_stated
from byok_widgets.display.value_words import NOT_STATED, in_words
from byok_widgets.findings import Finding, Fix, Level
from byok_widgets.graph.components import looped
from byok_widgets.graph.edge import Edge
from byok_widgets.graph.flow_graph import FlowGraph
from byok_widgets.templates import mentioned, placeholders

Names = frozenset[str]
Reader = Literal["sentence", "prompt", "function", "condition"]


@dataclass(frozen=True)
class _Read:
    """A place that reads variables.

    Attributes:
        who: The place in words.
        node: Its node; empty for the global prompt by itself.
        names: The variables.
        reader: What it is: a sentence is spoken as it is, and fails without a value.
        prompt: Its text.
        edge: The edge of a condition.
    """

    who: str
    node: str
    names: tuple[str, ...]
    reader: Reader
    prompt: str = ""
    edge: Edge | None = None

    def with_default(self, *names: str) -> Fix | None:
        """Return the line that gives variables a default."""
        text = "..." if self.reader == "sentence" else NOT_STATED
        return with_defaults(self.prompt, names, text, node=self.node) if self.prompt else None

    def renamed(self, name: str, meant: str) -> Fix | None:
        """Return the line that corrects a name."""
        if self.edge:
            return renamed_in_condition(self.edge, name, meant)
        return renamed(self.prompt, name, meant, node=self.node) if self.prompt else None


_WRITTEN_OTHERWISE = {"null": "None", "nil": "None", "undefined": "None", "true": "True", "false": "False"}
"""Words of other languages, and how conditions have them."""


def variables(graph: FlowGraph, global_prompt: str, known: Names) -> Iterator[Finding]:
    """Yield what is wrong with the variables of a graph; `known` are those that code sets."""
    written = {name: frozenset(node.writes) for name, node in graph.nodes.items()}
    ever = known.union(*written.values())
    arriving, stated = _arriving(graph, written, known), surely_stated(graph, known, ever)
    for_all = placeholders(global_prompt)
    unknown = _Read("The global prompt", "", for_all, "prompt", global_prompt)
    yield from _too_early(unknown, ever, ever, ever)
    shared = _Read(
        "The global prompt", "", tuple(name for name in for_all if name in ever), "prompt", global_prompt
    )
    for name in graph.nodes:
        before, sure = arriving.get(name, ever), stated.get(name, ever)
        for read in _prompts(graph, name):
            yield from _too_early(read, before, sure, ever)
        for read in _conditions(graph, name):
            yield from _too_early(read, before | written[name], ever, ever)
    yield from _in_global_prompt(graph, shared, arriving, stated)


def _too_early(read: _Read, before: Names, sure: Names, ever: Names) -> Iterator[Finding]:
    """Yield one finding for each name that nothing sets, and one for all that are read before they are known."""
    known = [name for name in read.names if name in ever]
    yield from (_unknown(read, name, ever) for name in read.names if name not in ever)
    unset = [name for name in known if name not in before]
    if unset:
        yield _unset(read, unset)
    unstated = [name for name in known if name in before and name not in sure] if read.prompt else []
    if unstated:
        yield _unstated(read, unstated)


def _unknown(read: _Read, name: str, ever: Iterable[str]) -> Finding:
    if read.edge and name in _WRITTEN_OTHERWISE:
        meant = _WRITTEN_OTHERWISE[name]
        problem, fix = f"{read.who} reads {name!r} as the name of a variable.", f"Write {meant}."
        return Finding("unknown_variable", "error", read.node, problem, fix, read.renamed(name, meant))
    near = difflib.get_close_matches(name, sorted(ever), n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    problem = f"{read.who} reads the variable {name!r}, which nothing sets."
    fix = f"{hint}Let an extraction node read it, or set it by code and say so: flow.check(variables=[{name!r}])."
    by = read.renamed(name, near[0]) if near else read.with_default(name)
    return Finding("unknown_variable", "error", read.node, problem, fix, by)


def _unset(read: _Read, names: Sequence[str]) -> Finding:
    them = "it" if len(names) == 1 else "them"
    problem = f"{read.who} reads {_variables(names)} before any path to it sets {them}{_then(read)}."
    default = f", or give {_defaults(read, names)}" if read.prompt else ""
    fix = f"Put the extraction node that reads {them} before{default}."
    return Finding("unset_variable", _level(read), read.node, problem, fix, read.with_default(*names))


def _unstated(read: _Read, names: Sequence[str], where: str = "") -> Finding:
    problem = f"{read.who} reads {_variables(names)}, which may not be stated yet{where}{_then(read)}."
    stated = " and ".join(f"{name} is not None" for name in names)
    fix = f"Give {_defaults(read, names)}, or lead there only where {stated}."
    return Finding("unstated_variable", _level(read), read.node, problem, fix, read.with_default(*names))


def _variables(names: Sequence[str]) -> str:
    return f"the variable{'' if len(names) == 1 else 's'} {in_words([repr(name) for name in names])}"


def _level(read: _Read) -> Level:
    return "error" if read.reader == "sentence" else "warning"


def _then(read: _Read) -> str:
    """Return what happens then, as the end of a sentence."""
    if not read.prompt:
        return ""
    return ", and the turn would fail" if read.reader == "sentence" else f': the model would read "{NOT_STATED}"'


def _defaults(read: _Read, names: Sequence[str]) -> str:
    text = "..." if read.reader == "sentence" else NOT_STATED
    written = dict.fromkeys(new for name in names for new in defaulted(read.prompt, name, text).values())
    return f"a default, {in_words(list(written))}" if len(written) == 1 else f"defaults, {in_words(list(written))}"


def _in_global_prompt(
    graph: FlowGraph, read: _Read, arriving: Mapping[str, Names], stated: Mapping[str, Names]
) -> Iterator[Finding]:
    """Yield once for all variables of the global prompt that may be without a value at the same nodes."""
    again = frozenset[str]().union(*looped(graph.nodes, graph.targets))
    users = [name for name in graph.nodes if name in stated and _uses_global_prompt(graph, name, again)]
    without = {name: tuple(node for node in users if name not in stated[node]) for name in read.names}
    for nodes in dict.fromkeys(filter(None, without.values())):
        names = [name for name in read.names if without[name] == nodes]
        unset = [name for name in names if all(name not in arriving[node] for node in nodes)]
        unstated = [name for name in names if name not in unset]
        if unset:
            who = f"{read.who}, before that of node {nodes[0]!r},"
            yield _unset(_Read(who, "", (), "prompt", read.prompt), unset)
        if unstated:
            several = "nodes" if len(nodes) > 1 else "node"
            yield _unstated(read, unstated, f" at {several} {in_words([repr(node) for node in nodes])}")


def _uses_global_prompt(graph: FlowGraph, name: str, in_loops: Names) -> bool:
    return graph.nodes[name].uses_global_prompt(again=not _is_left_for_good(graph, name, in_loops))


def _prompts(graph: FlowGraph, name: str) -> Iterator[_Read]:
    node = graph.nodes[name]
    who, reader = f"The prompt of node {name!r}", "prompt"
    if node.is_static:
        who, reader = f"The sentence of node {name!r}", "sentence"
    yield _Read(who, name, placeholders(node.prompt), reader, node.prompt)  # type: ignore[arg-type]
    yield _Read(f"The function of node {name!r}", name, node.reads, "function")


def _conditions(graph: FlowGraph, name: str) -> Iterator[_Read]:
    for edge in graph.outgoing(name):
        who = f"The condition {edge.condition.text!r} of node {name!r}"
        yield _Read(who, name, edge.condition.reads, "condition", edge=edge)


def _is_left_for_good(graph: FlowGraph, name: str, in_loops: Names) -> bool:
    """Whether a node is run once at most, so that a static one says its sentence and no more."""
    if name in graph.ends:
        return True
    has_else = any(edge.condition.is_fallback for edge in graph.outgoing(name))
    return has_else and not (graph.is_global(name) or name in in_loops)


def unread(graph: FlowGraph, global_prompt: str) -> Iterator[Finding]:
    """Yield the variables that an action writes and nothing reads; none where something may read any variable."""
    nodes, conditions = graph.nodes.values(), [edge.condition for edge in graph.edges]
    if any(node.reads_all for node in nodes) or any(c.is_judged or c.runs_code for c in conditions):
        return
    read = frozenset(mentioned(global_prompt)).union(
        *(mentioned(node.prompt) for node in nodes),
        *((*node.reads, *node.reads_if_stated) for node in nodes),
        *(condition.reads for condition in conditions),
    )
    for node in nodes:
        for name in node.writes if node.expects_readers else ():
            if name not in read:
                yield Finding(
                    "unread_variable",
                    "warning",
                    node.name,
                    f"Node {node.name!r} writes the variable {name!r}, and nothing in the flow reads it.",
                    f"Read it, like {{{{{name}}}}} in a prompt, or leave it out of writes=[...].",
                )


def _arriving(graph: FlowGraph, written: Mapping[str, Names], known: Names) -> dict[str, Names]:
    """Return for each node that can be reached what may be set when some path arrives there."""
    ways_in = [edge.target for edge in graph.ways_in()]
    found = {graph.start: known.union(*(written[name] for name in ways_in))}
    found |= dict.fromkeys(ways_in, known.union(*written.values()))
    waiting = list(found)
    while waiting:
        name = waiting.pop()
        for target in graph.targets(name):
            merged = found.get(target, frozenset()) | found[name] | written[name]
            if merged != found.get(target):
                found[target] = merged
                waiting.append(target)
    return found
