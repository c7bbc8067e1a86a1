"""The line of code that fixes one prompt or condition, and leaves all else in it as it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from byok_widgets.errors import ByokError
from byok_widgets.findings import Fix
from byok_widgets.graph.conditions.expression import Expression
from byok_widgets.graph.edge import Edge
from byok_widgets.graph.flow_graph import EVERYWHERE
from byok_widgets.templates import broken, parsed, placeholders
from byok_widgets.templates.expression import Part, parts_in
from byok_widgets.templates.prompt import Placeholder

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_MARKS = re.compile(r"\{\{([-+]?)\s*(.*?)\s*([-+]?)\}\}\Z", re.DOTALL)


def with_defaults(prompt: str, names: Collection[str], default: str, *, node: str) -> Fix | None:
    """Return the line that gives variables of a prompt a default."""
    parts: dict[str, str] = {}
    for name in names:
        parts |= defaulted(prompt, name, default)
    return _replaced(prompt, names, parts, node=node)


def defaulted(prompt: str, name: str, default: str) -> dict[str, str]:
    """Return the placeholders that need a variable, each with how it is written with a default."""
    found = [placeholder for placeholder in parsed(prompt).placeholders if name in placeholder.needed]
    return {placeholder.source: _with_default(placeholder, default) for placeholder in found}


def part_with_default(prompt: str, part: Part, default: str) -> dict[str, str]:
    """Return the placeholders that need a part of a value, each with how it is written with a default."""
    found = [each for each in parsed(prompt).placeholders if (part, True) in parts_in(each.expression)]
    return {placeholder.source: _with_default(placeholder, default) for placeholder in found}


def _with_default(placeholder: Placeholder, default: str) -> str:
    """Return a placeholder with a default, behind its filters: they would take the default for a value."""
    [(before, content, after)] = _MARKS.findall(placeholder.source)
    return f"{{{{{before} {content} | default('{default}') {after}}}}}"


def renamed(prompt: str, name: str, meant: str, *, node: str) -> Fix | None:
    """Return the line that corrects the name of a variable in a prompt."""
    word = re.compile(rf"(?<![\w.'\"]){re.escape(name)}(?![\w'\"])")
    parts = {match[0]: word.sub(meant, match[0]) for match in _PLACEHOLDER.finditer(prompt)}
    changed = {old: new for old, new in parts.items() if old != new}
    return _replaced(prompt, [name], changed, node=node)


def renamed_in_condition(edge: Edge, name: str, meant: str) -> Fix | None:
    """Return the line that corrects the name of a variable in a logic condition."""
    condition = edge.condition
    if condition.expression is None or not condition.argument or edge.source == EVERYWHERE:
        return None
    text = re.sub(rf"(?<![\w'\"]){re.escape(name)}(?![\w'\"(])", meant, condition.text)
    try:
        names = Expression(text).names
    except ByokError:
        return None
    if name in names:
        return None
    return Fix("paste", f"flow.connect({edge.source!r}, {edge.target!r}, {condition.argument}={text!r})")


def _replaced(prompt: str, names: Collection[str], parts: Mapping[str, str], *, node: str) -> Fix | None:
    """Return the line that replaces parts of a prompt; `None` where one of the variables would still be needed."""
    new = prompt
    for old, part in parts.items():
        new = new.replace(old, part)
    if not parts or not set(names).isdisjoint(placeholders(new)) or broken(new):
        return None
    return replaced(prompt_of(node), parts)


def prompt_of(node: str) -> str:
    """Return the code that reads and writes the prompt of a node, or the global prompt."""
    return f"flow.node({node!r}).prompt" if node else "flow.global_prompt"


def replaced(where: str, parts: Mapping[str, str]) -> Fix:
    """Return the line that replaces parts of a prompt."""
    calls = "".join(f".replace({old!r}, {part!r})" for old, part in parts.items())
    return Fix("paste", f"{where} = {where}{calls}")
