"""Nodes that a local model reads for and that have few examples: a suggestion, not a mistake."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.diagnostics.checked_flow import CheckedFlow
from byok_widgets.errors import ByokError
from byok_widgets.findings import Finding, Fix
from byok_widgets.nodes.teachable import Teachable
from byok_widgets.providers import PROVIDERS

ENOUGH = 2
"""With so many examples, a 0.5B model read clearly better: slot F1 0.74 in place of 0.62."""
_NAMED = 3
"""Number of fields that the line of code names."""


def few_examples(flow: CheckedFlow) -> Iterator[Finding]:
    """Yield a suggestion for each node that should be taught an example."""
    for name, node in flow.nodes.items():
        taught = node.teachable
        if taught and len(taught.examples) < ENOUGH and _is_local(taught):
            has = "no examples" if not taught.examples else "1 example"
            values = ", ".join(f"{field!r}: ..." for field in node.writes[:_NAMED])
            code = f"flow.node({name!r}).teach('...', {{{values}}})"
            problem = f"The {node.kind} node {name!r} runs on a local model and has {has}."
            fix = f"Two of your own help a small model much: press Teach in the chat, or write {code}."
            yield Finding("few_examples", "suggestion", name, problem, fix, Fix("paste", code))


def _is_local(node: Teachable) -> bool:
    try:
        return PROVIDERS[node.resolve().ref.provider].free_of_charge
    except ByokError:
        return False  # reported elsewhere
