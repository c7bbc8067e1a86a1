"""Prompts with variables: `{{name}}`, filled in by Jinja2's sandbox.

There are variables, filters and blocks, and no functions: see `template_sandbox`. A comment `{# #}` is text like
any other. Jinja2 is loaded only for a text that holds a placeholder.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import TemplateError, describe_exception, text_of_exception
from byok_widgets.plain_values import is_plain

if TYPE_CHECKING:
    from jinja2 import StrictUndefined, Template

    from byok_widgets.template_sandbox import PromptEnvironment


WRITE_LIKE_THIS = "Write variables as {{name}}."
RENDER_LIMIT_S = 5.0
"""Longest time that filling in a prompt may take in a session, in seconds."""
_PAIRS = (("{{", "}}"), ("{%", "%}"))
_NO_COMMENT = "\ue0b1{#", "#}\ue0b1"
"""Marks of comments that nobody types: Jinja2 cannot do without any, and would drop the text between them."""
_SHORT_FILTERS = frozenset(
    {"capitalize", "count", "d", "default", "first", "float", "int", "last", "length", "lower", "round", "string"}
    | {"title", "trim", "upper"}
)
"""Filters whose result is not longer than what they get, or than a constant."""


def render(template: str, variables: Mapping[str, Any], *, node: str) -> str:
    """Fill in a prompt.

    `{{name}}` stands for a variable; `{{ name | default("friend") }}` gives one that may be missing a value. A
    variable that is `None` (not stated) counts as missing.

    Args:
        template: The prompt.
        variables: Values by name.
        node: Name of the node, for the error.

    Raises:
        TemplateError: Kind `template_no_value` or `template_unknown_variable` when a variable has no value (the
            fix names a similar variable), `template_unknown_part` when a value lacks what is asked of it,
            `template_syntax` when the text is not a valid template, `template_failed` when it could not be filled
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
    try:
        return _compiled(template).render(stated)
    except UndefinedError as error:
        problem = _undefined(error, node, variables)
    except JinjaError as error:
        problem = TemplateError(
            f"The prompt of node {node!r} could not be filled in: {_sentence(error)}.",
            kind="template_failed",
            fix=WRITE_LIKE_THIS,
        )
    except Exception as error:  # noqa: BLE001 - a template may call anything, with any outcome
        problem = TemplateError(
            f"The prompt of node {node!r} could not be filled in: {describe_exception(error)}.",
            kind="template_failed",
            fix="Keep to {{name}} and simple filters.",
        )
    raise problem


async def render_in_time(template: str, variables: Mapping[str, Any], *, flow: str, node: str) -> str:
    """Fill in a prompt as `render` does, without ever holding up the event loop.

    It is filled in at once where that takes a bounded time: placeholders with short filters alone, and values of
    Python's own types. Blocks can loop, and the methods of other classes can take any time: those run in a worker.

    Raises:
        TemplateError: As `render`; kind `template_timeout` when it takes too long.
    """
    needed = mentioned(template)
    plain = all(is_plain(value) for name, value in variables.items() if name in needed)
    if plain and _is_bounded(template):
        return render(template, variables, node=node)
    fill_in = partial(render, template, variables, node=node)
    try:
        name = f"the prompt of node {node!r}"
        return await call_in_worker(fill_in, limit_s=RENDER_LIMIT_S, flow=flow, name=name)
    except LateFunctionError:
        pass
    raise TemplateError(
        f"The prompt of node {node!r} could not be filled in within {RENDER_LIMIT_S:g} s.",
        kind="template_timeout",
        fix="Keep to {{name}} and simple filters, and to values that are quickly written as text.",
    )


@lru_cache(maxsize=256)
def _is_bounded(template: str) -> bool:
    """Whether filling in takes a time that grows with the lengths of the prompt and its values alone."""
    if not _has_placeholder(template):
        return True
    from jinja2 import TemplateError as JinjaError
    from jinja2 import nodes

    try:
        tree = _environment().parse_prompt(template)
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
    """Whether a part of a prompt is no filter, or one with a short result; joining a list once counts as one."""
    from jinja2 import nodes

    if not isinstance(part, nodes.Filter):
        return True
    return part.name in _SHORT_FILTERS or (part.name == "join" and isinstance(part.node, nodes.Name))


def broken(template: str) -> str:
    """Say what is wrong with a prompt as a template, as the rest of a sentence; empty when it is a valid one."""
    if not _has_placeholder(template):
        return ""
    from jinja2 import TemplateError as JinjaError

    try:
        _compiled(template)
    except JinjaError as error:
        said = _sentence(error)
    except Exception as error:  # noqa: BLE001 - what is nested too deeply fails in its own ways
        said = type(error).__name__
    else:
        return ""
    open_ended = next((pair for pair in _PAIRS if template.count(pair[0]) > template.count(pair[1])), None)
    return "has {} without {}".format(*open_ended) if open_ended else f"is not a valid template: {said}"


def _sentence(error: Exception) -> str:
    return text_of_exception(error).rstrip(". ")


def _has_placeholder(template: str) -> bool:
    return any(mark in template for mark, _ in _PAIRS)


@cache
def _environment() -> PromptEnvironment:
    from byok_widgets.template_sandbox import PromptEnvironment

    return PromptEnvironment(
        undefined=_undefined_class(),
        comment_start_string=_NO_COMMENT[0],
        comment_end_string=_NO_COMMENT[1],
        keep_trailing_newline=True,
    )


def _undefined_class() -> type[StrictUndefined]:
    """Return a class of missing values whose error names the variable; Jinja's own holds a sentence only."""
    from jinja2 import StrictUndefined, UndefinedError
    from jinja2.utils import missing

    class MissingVariableError(UndefinedError):
        def __init__(self, variable: str | None, message: str | None = None) -> None:
            super().__init__(message)
            self.variable = variable

    class NamedUndefined(StrictUndefined):
        def __init__(
            self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = UndefinedError
        ) -> None:
            if obj is missing and exc is UndefinedError:
                exc = partial(MissingVariableError, name)
            super().__init__(hint, obj, name, exc)

    return NamedUndefined


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    return _environment().from_string(_environment().parse_prompt(template))


def _undefined(error: Exception, node: str, variables: Mapping[str, Any]) -> TemplateError:
    name: str | None = getattr(error, "variable", None)
    if name is None:
        return TemplateError(
            f"The prompt of node {node!r} asks for what is not there: {text_of_exception(error)}.",
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
        f'{{{{ {name} | default("...") }}}}.',
    )


def placeholders(template: str) -> tuple[str, ...]:
    """Return the variables that a prompt needs, in order; one with a default is not needed.

    A text that is no valid template needs none: `render` says what is wrong with it.
    """
    if not _has_placeholder(template):
        return ()
    from jinja2 import TemplateError as JinjaError
    from jinja2 import meta, nodes

    try:
        tree = _environment().parse_prompt(template)
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
    """Return all variables that a prompt reads, those with a default included; none of one that is not valid."""
    if not _has_placeholder(template):
        return frozenset()
    from jinja2 import TemplateError as JinjaError
    from jinja2 import meta

    try:
        return frozenset(meta.find_undeclared_variables(_environment().parse_prompt(template)))
    except (JinjaError, RecursionError):
        return frozenset()


_GUARDS = ("defined", "undefined", "none")
"""Tests that a variable without a value stands."""
