"""Whether the prompts of a flow are valid templates: an invalid one makes every run of its node fail."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.diagnostics.protocols import CheckedFlow
from byok_widgets.diagnostics.rewording import prompt_of, replaced
from byok_widgets.findings import Finding
from byok_widgets.nodes import ModelNode
from byok_widgets.secrets import looks_like_key
from byok_widgets.templates import WRITE_LIKE_THIS, Problem, advice, broken, parsed, rewritten

_MOST = 10


def broken_prompts(flow: CheckedFlow) -> Iterator[Finding]:
    """Yield what keeps prompts from being filled in, whatever the variables are, each with its rewrite."""
    yield from _problems("", flow.global_prompt, spoken=False)
    for name, node in flow.nodes.items():
        yield from _problems(name, node.prompt, spoken=isinstance(node, ModelNode) and node.is_static)


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
