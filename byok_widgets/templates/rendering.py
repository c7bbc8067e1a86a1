"""Fills in prompts: values read like language, and what is missing is named with its place and a line to write."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from byok_widgets.attributes.strict import nearest
from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import TemplateError
from byok_widgets.plain_values import is_plain
from byok_widgets.secrets import looks_like_key
from byok_widgets.surrogates import without_surrogates
from byok_widgets.templates.parsing import mentioned, parsed
from byok_widgets.templates.prompt import Piece, Placeholder, Problem

WRITE_LIKE_THIS = "Write variables as {{name}}."
RENDER_LIMIT_S = 5.0
"""Time limit for filling in a prompt in a session, in seconds."""
MAX_PROMPT_CHARS = 2_000_000
"""Longest prompt after it was filled in, in characters."""


def render(template: str, variables: Mapping[str, Any], *, node: str, for_model: bool = False) -> str:
    """Fill in a prompt.

    `{{name}}` stands for a variable; `{{ name | default('friend') }}` gives one that may be missing a value. A
    variable that is `None` (not stated) counts as missing: a model reads "not stated" for it, and in a sentence
    that is spoken as it is it is an error.

    Args:
        template: The prompt.
        variables: Values by name.
        node: Name of the node, for the error.
        for_model: Whether a model reads the text, and not a person.

    Raises:
        TemplateError: Kind `template_no_value` or `template_unknown_variable` if a variable has no value (the
            fix names a similar variable), `template_unknown_part` if a value has no such attribute or entry,
            `template_syntax` if the prompt is not a valid template, `template_too_long` if it becomes too long,
            `template_failed` if it could not be filled in. The message names the node and the place.
    """
    prompt = parsed(template)
    if prompt.problems:
        raise _invalid(template, prompt.problems[0], node, spoken=not for_model)
    pieces, chars = [], 0
    for piece in prompt.pieces:
        text = _text_of(piece, variables, node, for_model=for_model)
        pieces.append(text)
        chars += len(text)
        if chars > MAX_PROMPT_CHARS:
            raise TemplateError(
                f"The prompt of node {node!r} would be longer than {MAX_PROMPT_CHARS:,} characters.",
                kind="template_too_long",
                fix="Use shorter values, or only parts of them, like {{ text | truncate(2000) }}.",
            )
    return without_surrogates("".join(pieces))


async def render_in_time(
    template: str, variables: Mapping[str, Any], *, flow: str, node: str, for_model: bool = False
) -> str:
    """Fill in a prompt as `render` does, without ever holding up the event loop.

    It is filled in directly if that takes bounded time: few placeholders with short filters, and values of
    Python's own types. Methods of other classes can take any time: those run in a worker.

    Raises:
        TemplateError: As `render`; kind `template_timeout` if it takes too long.
    """
    if _is_quick(template, variables):
        return render(template, variables, node=node, for_model=for_model)
    fill_in = partial(render, template, variables, node=node, for_model=for_model)
    try:
        name = f"the prompt of node {node!r}"
        return await call_in_worker(fill_in, limit_s=RENDER_LIMIT_S, flow=flow, name=name)
    except LateFunctionError:
        pass
    raise TemplateError(
        f"The prompt of node {node!r} could not be filled in within {RENDER_LIMIT_S:g} s.",
        kind="template_timeout",
        fix="Keep to {{name}} and simple filters, and to values that are quickly converted to text.",
    )


def _text_of(piece: Piece, variables: Mapping[str, Any], node: str, *, for_model: bool) -> str:
    if not isinstance(piece, Placeholder):
        return str(piece)
    from byok_widgets.templates.filling import filled_in

    return filled_in(piece, variables, node, for_model=for_model)


def _is_quick(template: str, variables: Mapping[str, Any]) -> bool:
    prompt = parsed(template)
    if not prompt.placeholders:
        return True
    from byok_widgets.templates.filling import is_quick

    needed = mentioned(template)
    return is_quick(prompt) and all(is_plain(value) for name, value in variables.items() if name in needed)


def broken(template: str) -> str:
    """Say what is wrong with a prompt as a template, as the rest of a sentence; empty if it is valid."""
    problems = parsed(template).problems
    return _said(template, problems[0]) if problems else ""


def _said(template: str, problem: Problem) -> str:
    if looks_like_key(template):
        return "contains an API key, and is not a valid template"
    return f"{problem.said} ({problem.place})"


def _invalid(template: str, problem: Problem, node: str, *, spoken: bool) -> TemplateError:
    from byok_widgets.templates.rewrites import advice

    said = _said(template, problem)
    fix = WRITE_LIKE_THIS if looks_like_key(template) else advice(problem, spoken=spoken)
    return TemplateError(f"The prompt of node {node!r} {said}.", kind="template_syntax", fix=fix)


def with_unstated(template: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the variables for a prompt that is filled in without its flow: what was not given is not stated.

    A name that is much like a given one is not added: it is probably misspelled, and remains an error.
    """
    missing = [name for name in mentioned(template) if name not in variables]
    if not missing:
        return variables
    given = [name for name in variables if isinstance(name, str)]
    return {**dict.fromkeys(name for name in missing if not nearest(name, given)), **variables}
