"""Whether the prompts of a flow are valid templates: an invalid one makes every run of its node fail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from byok_widgets.diagnostics.checked_flow import CheckedFlow
from byok_widgets.diagnostics.rewording import prompt_of, replaced
from byok_widgets.findings import Finding
from byok_widgets.secrets import looks_like_key
from byok_widgets.templates import WRITE_LIKE_THIS, Problem, advice, broken, parsed, rewritten

_MOST = 10
_SINGLE = re.compile(r"(?<![\w{}\\$])\{([^\W\d]\w*)\}(?!\})")
"""A name in single braces that is no argument of LaTeX."""


def broken_prompts(flow: CheckedFlow) -> Iterator[Finding]:
    """Yield what keeps prompts from being filled in, whatever the variables are, each with its rewrite."""
    yield from _problems("", flow.global_prompt, spoken=False)
    for name, node in flow.nodes.items():
        yield from _problems(name, node.prompt, spoken=node.is_static)


def single_braces(flow: CheckedFlow) -> Iterator[Finding]:
    """Yield the variables that a prompt names in single braces: a model would read the braces."""
    known = frozenset(name for node in flow.nodes.values() for name in node.writes)
    prompts = {"": flow.global_prompt, **{name: node.prompt for name, node in flow.nodes.items()}}
    for where, prompt in prompts.items():
        for name in dict.fromkeys(_SINGLE.findall(prompt)):
            if name in known:
                yield _in_single_braces(where, prompt, name)


def _in_single_braces(where: str, prompt: str, name: str) -> Finding:
    who = f"The prompt of node {where!r}" if where else "The global prompt"
    old, new = f"{{{name}}}", f"{{{{{name}}}}}"
    problem = f"{who} has {old}: in single braces it is text, and not the variable."
    stands_elsewhere = prompt.count(old) != _SINGLE.findall(prompt).count(name)
    by = None if stands_elsewhere else replaced(prompt_of(where), {old: new})
    return Finding("single_braces", "warning", where, problem, f"Write {new} for its value.", by)


def _problems(name: str, prompt: str, *, spoken: bool) -> Iterator[Finding]:
    who = f"The prompt of node {name!r}" if name else "The global prompt"
    problems = parsed(prompt).problems
    if problems and looks_like_key(prompt):
        yield Finding("template", "error", name, f"{who} {broken(prompt)}.", WRITE_LIKE_THIS)
        return
    for problem in problems[:_MOST]:
        yield _finding(name, who, problem, spoken=spoken)


def _finding(name: str, who: str, problem: Problem, *, spoken: bool) -> Finding:
    new = rewritten(problem, spoken=spoken)
    by = None if new is None else replaced(prompt_of(name), {problem.source: new})
    return Finding(
        "template",
        "error",
        name,
        f"{who} {problem.said} ({problem.place}).",
        advice(problem, spoken=spoken),
        by,
    )
