"""From the text of a prompt to its parts. What reads placeholders is loaded with the first that may hold one."""

from __future__ import annotations

from functools import lru_cache

from byok_widgets.templates.prompt import Prompt


@lru_cache(maxsize=256)
def parsed(template: str) -> Prompt:
    """Return a prompt in its parts. A prompt that is not valid has problems; this raises nothing."""
    if "{{" not in template and "{%" not in template:
        return Prompt((template,) if template else ())
    from byok_widgets.templates.pieces import pieces_of

    return Prompt(pieces_of(template))


def placeholders(template: str) -> tuple[str, ...]:
    """Return the variables that a prompt needs, in order; one with a default is not needed."""
    return parsed(template).needed


def mentioned(template: str) -> frozenset[str]:
    """Return all variables that a prompt reads, including those with a default."""
    return parsed(template).mentioned
