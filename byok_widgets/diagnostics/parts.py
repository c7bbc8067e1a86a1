"""Parts of values in prompts, such as `home.city`: those that no value has, and those that one may lack."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from byok_widgets.attributes.strict import nearest
from byok_widgets.diagnostics.class_attributes import attributes_of
from byok_widgets.diagnostics.rewording import part_with_default, prompt_of, replaced
from byok_widgets.display.value_words import in_words
from byok_widgets.findings import Finding, Fix, Level
from byok_widgets.graph.flow_graph import AnyNode, FlowGraph
from byok_widgets.schema.shape import Branch, Shape
from byok_widgets.templates import parsed
from byok_widgets.templates.expression import Constant, Expression, Part, Variable, parts_in, written

Key = str | int
_DEFAULT = "..."
_SHOWN = 10


def parts_read(graph: FlowGraph, global_prompt: str, known: Container[str]) -> Iterator[Finding]:
    """Yield what is wrong with the parts that prompts read; `known` are the variables that code sets."""
    values = {name: value for name, value in _values(graph).items() if name not in known}
    yield from _of_prompt(_Read("", "The global prompt", global_prompt, is_spoken=False), values)
    for name, node in graph.nodes.items():
        who = f"The {'sentence' if node.is_static else 'prompt'} of node {name!r}"
        yield from _of_prompt(_Read(name, who, node.prompt, is_spoken=node.is_static), values)


@dataclass(frozen=True)
class _Read:
    """A prompt that reads parts."""

    node: str
    who: str
    prompt: str
    is_spoken: bool


@dataclass(frozen=True)
class _Value:
    """What the nodes that write a variable say of it: its shapes, and the attributes that their classes add."""

    shapes: tuple[Shape, ...]
    attributes: frozenset[str]


def _values(graph: FlowGraph) -> dict[str, _Value]:
    """Return the variables of which all is known."""
    writers: dict[str, list[AnyNode]] = {}
    for node in graph.nodes.values():
        for name in node.writes:
            writers.setdefault(name, []).append(node)
    found = {name: _value(name, nodes) for name, nodes in writers.items()}
    return {name: value for name, value in found.items() if value is not None}


def _value(name: str, nodes: Sequence[AnyNode]) -> _Value | None:
    fields = [node.field(name) for node in nodes]
    attributes = attributes_of(code for node in nodes for code in node.codes)
    shapes = tuple(spec.shape for spec in fields if spec)
    return _Value(shapes, attributes) if attributes is not None and len(shapes) == len(nodes) else None


def _of_prompt(read: _Read, values: dict[str, _Value]) -> Iterator[Finding]:
    found = (pair for each in parsed(read.prompt).placeholders for pair in parts_in(each.expression))
    for part, needed in dict.fromkeys(found):
        name, keys = _path(part)
        if name in values:
            yield from _of_part(read, part, keys, values[name], needed=needed)


def _path(part: Part) -> tuple[str, list[Key]]:
    """Return the variable and the steps to a part of it; no variable where a step is not known."""
    keys: list[Key] = []
    at: Expression = part
    while isinstance(at, Part):
        key = at.key.value if isinstance(at.key, Constant) else None
        if not isinstance(key, (str, int)):
            return "", []
        keys.insert(0, key)
        at = at.of
    return (at.name, keys) if isinstance(at, Variable) else ("", [])


def _of_part(read: _Read, part: Part, keys: list[Key], value: _Value, *, needed: bool) -> Iterator[Finding]:
    shapes: tuple[Shape, ...] = value.shapes
    for at, key in enumerate(keys):
        steps = [_step(branch, key) for shape in shapes for branch in shape.branches if branch.types != {"null"}]
        if str(key) not in value.attributes and all(step is None for step in steps):
            yield _unknown(read, _whole(part, len(keys) - at), shapes, needed=needed)
            return
        if needed and read.is_spoken and any(step and step.may_lack for step in steps):
            yield _lacking(read, part, _whole(part, len(keys) - at))
            return
        if not all(step and step.shape for step in steps):
            return
        shapes = tuple(step.shape for step in steps if step and step.shape)


@dataclass(frozen=True)
class _Step:
    """Where a key leads: to a part of this shape, `None` for any, which a value may lack."""

    shape: Shape | None = None
    may_lack: bool = False


def _step(branch: Branch, key: Key) -> _Step | None:
    """Return where a key leads from one alternative of a value; `None` where there is no such part."""
    types = branch.types - {"null"}
    if types == {"object"}:
        return _entry(branch, str(key))
    if types == {"array"}:
        return _item(branch, key) if isinstance(key, int) else None
    is_text = types == {"string"} and not branch.is_time
    return None if is_text and isinstance(key, str) else _Step()


def _entry(branch: Branch, name: str) -> _Step | None:
    if name in branch.properties:
        entry = branch.entry(name)
        return _Step(entry, name not in branch.required or entry.takes_null)
    return _Step(may_lack=True) if branch.knows(name) else None


def _item(branch: Branch, at: int) -> _Step:
    """Return where an index leads: a stated list has an item at least."""
    surely = max(1, branch.fewest, branch.places)
    place = max(at, 0)  # from the end, and without a meaning of their own, all are alike
    shape = branch.item(place) if at >= 0 or not branch.places else None
    return _Step(shape, may_lack=not -surely <= at < surely)


def _whole(part: Part, keys_left: int) -> Part:
    """Return the part of a chain up to the key that has so many behind it, itself counted."""
    for _ in range(keys_left - 1):
        part = part.of  # type: ignore[assignment]
    return part


def _unknown(read: _Read, part: Part, shapes: tuple[Shape, ...], *, needed: bool) -> Finding:
    key: Any = part.key.value  # type: ignore[union-attr]
    branches = [branch for shape in shapes for branch in shape.branches]
    known = list(dict.fromkeys(name for branch in branches for name in branch.properties))
    near = nearest(str(key), known)
    meant = written(Part(part.of, Constant(near))) if near else ""
    parts = f"Its parts: {in_words(known[:_SHOWN])}." if known else f"Read the whole: {written(part.of)}."
    problem = f"{read.who} reads {written(part)}, and {str(part.of)!r} has no part {key!r}."
    level: Level = "error" if needed else "warning"
    fix = f"Did you mean {meant}? {parts}" if near else parts
    by = _renamed(read, part, Part(part.of, Constant(near))) if near else None
    return Finding("unknown_part", level, read.node, problem, fix, by)


def _renamed(read: _Read, part: Part, meant: Part) -> Fix | None:
    """Return the line that corrects a part, where it is written as one would write it."""
    sources = [each.source for each in parsed(read.prompt).placeholders if _reads(each.expression, part)]
    new = {source: source.replace(str(part), str(meant)) for source in sources}
    is_complete = all(source.count(str(part)) == 1 for source in sources)
    return replaced(prompt_of(read.node), new) if new and is_complete else None


def _reads(expression: Expression, part: Part) -> bool:
    return any(part in _chain(found) for found, _ in parts_in(expression))


def _chain(part: Part) -> Iterator[Part]:
    at: Expression = part
    while isinstance(at, Part):
        yield at
        at = at.of


def _lacking(read: _Read, part: Part, lacking: Part) -> Finding:
    new = part_with_default(read.prompt, part, _DEFAULT)
    lack = f"{str(lacking)!r} may not be stated even where {str(lacking.of)!r} is"
    problem = f"{read.who} reads {written(part)}: {lack}, and the turn would fail."
    fix = f"Give a default, {in_words(list(new.values()))}."
    return Finding("unstated_variable", "error", read.node, problem, fix, replaced(prompt_of(read.node), new))
