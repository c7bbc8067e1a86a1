"""Fills in prompts: values read like language, and what is missing is named with its place and a line to write."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import TemplateError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.plain_values import is_plain
from byok_widgets.secrets import looks_like_key
from byok_widgets.strict_attributes import nearest
from byok_widgets.surrogates import without_surrogates
from byok_widgets.templates.evaluation import Missing, value_of
from byok_widgets.templates.expression import Constant, Filtered, Part, Variable, filters_in, written
from byok_widgets.templates.filter_names import SHORT_FILTERS
from byok_widgets.templates.lookup import NoTextError, with_text
from byok_widgets.templates.prompt import Place, Placeholder, Problem, Prompt, mentioned, parsed, short
from byok_widgets.templates.rewrites import advice
from byok_widgets.value_words import NOT_STATED, in_words

WRITE_LIKE_THIS = "Write variables as {{name}}."
RENDER_LIMIT_S = 5.0
"""Time limit for filling in a prompt in a session, in seconds."""
MAX_PROMPT_CHARS = 2_000_000
"""Longest prompt after it was filled in, in characters."""
_MANY = 100  # placeholders: more of them are filled in by a worker


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
        text = (
            _filled_in(piece, variables, node, for_model=for_model)
            if isinstance(piece, Placeholder)
            else str(piece)
        )
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
    needed = mentioned(template)
    plain = all(is_plain(value) for name, value in variables.items() if name in needed)
    if plain and _is_quick(parsed(template)):
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


@lru_cache(maxsize=256)
def _is_quick(prompt: Prompt) -> bool:
    """Whether the time to fill it in depends only on the lengths of the prompt and its values."""
    used = [found for placeholder in prompt.placeholders for found in filters_in(placeholder.expression)]
    return len(prompt.placeholders) <= _MANY and all(map(_is_short, used))


def _is_short(found: Filtered) -> bool:
    """Whether a filter has a short result, such as joining a list once."""
    return found.name in SHORT_FILTERS or (found.name == "join" and isinstance(found.of, Variable))


def broken(template: str) -> str:
    """Say what is wrong with a prompt as a template, as the rest of a sentence; empty if it is valid."""
    problems = parsed(template).problems
    return _said(template, problems[0]) if problems else ""


def _said(template: str, problem: Problem) -> str:
    if looks_like_key(template):
        return "contains an API key, and is not a valid template"
    return f"{problem.said} ({problem.place})"


def _invalid(template: str, problem: Problem, node: str, *, spoken: bool) -> TemplateError:
    said = _said(template, problem)
    fix = WRITE_LIKE_THIS if looks_like_key(template) else advice(problem, spoken=spoken)
    return TemplateError(f"The prompt of node {node!r} {said}.", kind="template_syntax", fix=fix)


def _filled_in(placeholder: Placeholder, variables: Mapping[str, Any], node: str, *, for_model: bool) -> str:
    """Return what a placeholder stands for."""
    fix = "Keep to {{name}} and simple filters."
    try:
        value = value_of(placeholder.expression, variables)
        if not isinstance(value, Missing):
            return value if type(value) is str else in_words(with_text(value))
    except NoTextError as error:
        kind, reason, fix = "template_unknown_part", str(error), "Read a value of it, like {{name.part}}."
    except Exception as error:  # noqa: BLE001 - the code of a value may raise anything
        kind, reason = "template_failed", describe_exception(error)
    else:
        if for_model and _may_be_missing(value):
            return NOT_STATED
        raise _missing(value, placeholder.place, node, variables)
    where = f"{short(placeholder.source)} ({placeholder.place})"
    raise TemplateError(
        f"The prompt of node {node!r} could not be filled in: {where}: {reason}.", kind=kind, fix=fix
    )


def _may_be_missing(value: Missing) -> bool:
    """Whether a model reads "not stated": not for a misspelled variable or attribute."""
    return value.unstated or isinstance(value.of, Mapping)


def _missing(value: Missing, place: Place, node: str, variables: Mapping[str, Any]) -> TemplateError:
    if isinstance(value.expression, Variable):
        return _without_value(value, value.expression.name, place, node, variables)
    default = f"{{{{ {value.expression} | default('...') }}}}"
    uses = f"The prompt of node {node!r} uses {written(value.expression)} ({place}), "
    if value.unstated:
        return TemplateError(
            f"{uses}which has not been stated yet.", kind="template_no_value", fix=f"Give it a default: {default}."
        )
    whole, key = _whole_and_key(value)
    parts = _parts(value.of)
    near = difflib.get_close_matches(key, parts, n=1)
    hint = f"Did you mean {written(Part(whole, Constant(near[0])))}? " if near else ""
    known = f"Its parts are {', '.join(parts[:10])}. " if parts and not near else ""
    return TemplateError(
        f"{uses}and {str(whole)!r} has no part {key!r}.",
        kind="template_unknown_part",
        fix=f"{hint}{known}Keep to {{{{name}}}} and its parts, or give a default: {default}.",
    )


def _whole_and_key(value: Missing) -> tuple[Any, str]:
    expression: Any = value.expression
    key = getattr(expression.key, "value", expression.key)
    return expression.of, str(key)


def _parts(whole: Any) -> list[str]:
    """Return the names of the parts of a value."""
    if isinstance(whole, Mapping):
        return [str(name) for name in whole]
    if isinstance(whole, (str, list, tuple, set, frozenset, int, float)):
        return []
    fields = getattr(type(whole), "model_fields", None) or getattr(whole, "__dict__", None) or {}
    return [name for name in fields if isinstance(name, str) and not name.startswith("_")]


def _without_value(
    value: Missing, name: str, place: Place, node: str, variables: Mapping[str, Any]
) -> TemplateError:
    near = difflib.get_close_matches(name, [known for known in variables if known != name], n=1)
    if value.unstated:
        kind, what = "template_no_value", "which has not been stated yet"
    else:
        kind, what = "template_unknown_variable", "and there is no such variable"
    hint = f"Did you mean {{{{{near[0]}}}}}? " if near else ""
    return TemplateError(
        f"The prompt of node {node!r} uses {{{{{name}}}}} ({place}), {what}.",
        kind=kind,
        fix=f"{hint}Give it a value with variables={{{name!r}: ...}}, or a default: "
        f"{{{{ {name} | default('...') }}}}.",
    )


def with_unstated(template: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the variables for a prompt that is filled in without its flow: what was not given is not stated.

    A name that is much like a given one is not added: it is probably misspelled, and remains an error.
    """
    missing = (name for name in mentioned(template) if name not in variables)
    given = [name for name in variables if isinstance(name, str)]
    return {**dict.fromkeys(name for name in missing if not nearest(name, given)), **variables}
