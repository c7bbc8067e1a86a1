"""Prompts with variables: `{{name}}`, filled in by Jinja2's sandbox.

Prompts may use variables, filters and blocks, and no functions: see `template_sandbox`. A comment `{# #}` is
ordinary text. Values read like language (`value_words`); the filter `tojson` gives the raw form. Jinja2 is loaded
only for a prompt that contains a placeholder.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import TemplateError, describe_exception, text_of_exception
from byok_widgets.plain_values import is_plain
from byok_widgets.secrets import looks_like_key
from byok_widgets.strict_attributes import nearest
from byok_widgets.template_environment import environment, not_stated

if TYPE_CHECKING:
    from jinja2 import Template

WRITE_LIKE_THIS = "Write variables as {{name}}."
RENDER_LIMIT_S = 5.0
"""Time limit for filling in a prompt in a session, in seconds."""
_PAIRS = (("{{", "}}"), ("{%", "%}"))
_SHORT_FILTERS = frozenset(
    {"capitalize", "count", "d", "default", "first", "float", "int", "last", "length", "lower", "round", "string"}
    | {"raw", "title", "tojson", "trim", "upper"}
)
"""Filters whose result is no longer than their input, or than a constant."""


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
            `template_syntax` if the prompt is not a valid template, `template_failed` if it could not be filled
            in. The message names the node.
    """
    if not _has_placeholder(template):
        return template
    wrong = broken(template)
    if wrong:
        raise TemplateError(f"The prompt of node {node!r} {wrong}.", kind="template_syntax", fix=WRITE_LIKE_THIS)
    from jinja2 import TemplateError as JinjaError
    from jinja2 import UndefinedError

    stated = {name: value for name, value in variables.items() if value is not None}
    if for_model:
        stated |= {name: not_stated(name) for name in variables if name not in stated}
    try:
        return _compiled(template, for_model=for_model).render(stated)
    except UndefinedError as error:
        problem = _undefined(error, node, variables)
    except JinjaError as error:
        problem = TemplateError(
            f"The prompt of node {node!r} could not be filled in: {_sentence(error)}.",
            kind="template_failed",
            fix=WRITE_LIKE_THIS,
        )
    except Exception as error:  # noqa: BLE001 - a template may call anything, which may raise anything
        problem = TemplateError(
            f"The prompt of node {node!r} could not be filled in: {describe_exception(error)}.",
            kind="template_failed",
            fix="Keep to {{name}} and simple filters.",
        )
    raise problem


async def render_in_time(
    template: str, variables: Mapping[str, Any], *, flow: str, node: str, for_model: bool = False
) -> str:
    """Fill in a prompt as `render` does, without ever holding up the event loop.

    It is filled in directly if that takes bounded time: only placeholders with short filters, and values of
    Python's own types. Blocks can loop, and methods of other classes can take any time: those run in a worker.

    Raises:
        TemplateError: As `render`; kind `template_timeout` if it takes too long.
    """
    needed = mentioned(template)
    plain = all(is_plain(value) for name, value in variables.items() if name in needed)
    if plain and _is_bounded(template):
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
def _is_bounded(template: str) -> bool:
    """Whether the time to fill it in depends only on the lengths of the prompt and its values."""
    if not _has_placeholder(template):
        return True
    from jinja2 import TemplateError as JinjaError
    from jinja2 import nodes

    try:
        tree = environment(for_model=False).parse_prompt(template)
    except (JinjaError, RecursionError):
        return True  # it is not filled in at all
    allowed = (
        nodes.Output,
        nodes.TemplateData,
        nodes.Name,
        nodes.Const,
        nodes.Filter,
        nodes.Getattr,
        nodes.Getitem,
    )
    found = list(tree.find_all(nodes.Node))
    return all(isinstance(part, allowed) and _is_short(part) for part in found)


def _is_short(part: Any) -> bool:
    """Whether a part of a prompt is not a filter, or is one with a short result, such as joining a list once."""
    from jinja2 import nodes

    if not isinstance(part, nodes.Filter):
        return True
    return part.name in _SHORT_FILTERS or (part.name == "join" and isinstance(part.node, nodes.Name))


def broken(template: str) -> str:
    """Say what is wrong with a prompt as a template, as the rest of a sentence; empty if it is valid."""
    if not _has_placeholder(template):
        return ""
    from jinja2 import TemplateError as JinjaError

    try:
        _compiled(template)
    except JinjaError as error:
        said = _sentence(error)
    except Exception as error:  # noqa: BLE001 - deeply nested templates fail in various ways
        said = type(error).__name__
    else:
        return ""
    if looks_like_key(template):
        return "contains an API key, and is not a valid template"  # the parser quotes parts of it
    open_ended = next((pair for pair in _PAIRS if template.count(pair[0]) > template.count(pair[1])), None)
    return "has {} without {}".format(*open_ended) if open_ended else f"is not a valid template: {said}"


def _sentence(error: Exception) -> str:
    return text_of_exception(error).rstrip(". ")


def _has_placeholder(template: str) -> bool:
    return any(mark in template for mark, _ in _PAIRS)


@lru_cache(maxsize=256)
def _compiled(template: str, *, for_model: bool = False) -> Template:
    own = environment(for_model=for_model)
    return own.from_string(own.parse_prompt(template))


def _undefined(error: Exception, node: str, variables: Mapping[str, Any]) -> TemplateError:
    name: str | None = getattr(error, "variable", None)
    if name is None:
        return TemplateError(
            f"The prompt of node {node!r} refers to something that does not exist: {text_of_exception(error)}.",
            kind="template_unknown_part",
            fix="Keep to {{name}}.",
        )
    near = difflib.get_close_matches(name, [known for known in variables if known != name], n=1)
    if name in variables:
        kind, what = "template_no_value", "which has not been stated yet"
    else:
        kind, what = "template_unknown_variable", "and there is no such variable"
    hint = f"Did you mean {{{{{near[0]}}}}}? " if near else ""
    return TemplateError(
        f"The prompt of node {node!r} uses {{{{{name}}}}}, {what}.",
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


def placeholders(template: str) -> tuple[str, ...]:
    """Return the variables that a prompt needs, in order; one with a default is not needed.

    A prompt that is not a valid template needs none: `render` says what is wrong with it.
    """
    if not _has_placeholder(template):
        return ()
    from jinja2 import TemplateError as JinjaError
    from jinja2 import meta, nodes

    try:
        tree = environment(for_model=False).parse_prompt(template)
        needed = meta.find_undeclared_variables(tree)
    except (JinjaError, RecursionError):
        return ()
    tests = (found for found in tree.find_all(nodes.Test) if found.name in _GUARDS)
    guarded = {found.node.name for found in tests if isinstance(found.node, nodes.Name)}
    defaulted = {id(found.node) for found in tree.find_all(nodes.Filter) if found.name in ("default", "d")}
    read = (found for found in tree.find_all(nodes.Name) if id(found) not in defaulted)
    return tuple(dict.fromkeys(found.name for found in read if found.name in needed - guarded))


@lru_cache(maxsize=256)
def mentioned(template: str) -> frozenset[str]:
    """Return all variables that a prompt reads, including those with a default; none if it is not valid."""
    if not _has_placeholder(template):
        return frozenset()
    from jinja2 import TemplateError as JinjaError
    from jinja2 import meta

    try:
        return frozenset(meta.find_undeclared_variables(environment(for_model=False).parse_prompt(template)))
    except (JinjaError, RecursionError):
        return frozenset()


_GUARDS = ("defined", "undefined", "none")
"""Tests that accept a variable without a value."""
