"""Whether the prompts of a flow are valid templates: an invalid one makes every run of its node fail."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.diagnostics.protocols import CheckedFlow
from byok_widgets.findings import Finding
from byok_widgets.templates import WRITE_LIKE_THIS, broken


def broken_prompts(flow: CheckedFlow) -> Iterator[Finding]:
    """Yield the prompts that cannot be filled in, whatever the variables are."""
    prompts = {"": flow.global_prompt, **{name: node.prompt for name, node in flow.nodes.items()}}
    for name, prompt in prompts.items():
        wrong = broken(prompt)
        if wrong:
            who = f"The prompt of node {name!r}" if name else "The global prompt"
            yield Finding("template", "error", name, f"{who} {wrong}.", WRITE_LIKE_THIS)
