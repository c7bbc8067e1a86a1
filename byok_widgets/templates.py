"""Prompts with variables: `{{name}}`, filled in by Jinja2's sandbox.

Floor 0: knows errors alone. Jinja2 is loaded only for a text that holds a placeholder.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from byok_widgets.errors import TemplateError

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment


WRITE_LIKE_THIS = "Write variables as {{name}}."
_PAIRS = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))


def render(template: str, variables: Mapping[str, Any], *, node: str) -> str:
    """Fill in a prompt.

    `{{name}}` stands for a variable; `{{ name | default("friend") }}` gives one that may be missing a value. A
    variable that is `None` (not stated) counts as missing.

    Args:
        template: The prompt.
        variables: Values by name.
        node: Name of the node, for the error.

    Raises:
        TemplateError: A variable has no value, or the text is not a valid template. The message names both.
    """
    if not _has_placeholder(template):
        return template
    wrong = broken(template)
    if wrong:
        raise TemplateError(f"The prompt of node {node!r} {wrong}.", fix=WRITE_LIKE_THIS)
    from jinja2 import TemplateError as JinjaError
    from jinja2 import UndefinedError

    stated = {name: value for name, value in variables.items() if value is not None}
    try:
        return _compiled(template).render(stated)
    except UndefinedError as error:
        problem = _undefined(str(error), node, variables)
    except JinjaError as error:
        problem = TemplateError(
            f"The prompt of node {node!r} could not be filled in: {_sentence(error)}.", fix=WRITE_LIKE_THIS
        )
    except Exception as error:  # noqa: BLE001 - a template may call anything, with any outcome
        problem = TemplateError(
            f"The prompt of node {node!r} could not be filled in: {type(error).__name__}: {error}.",
            fix="Keep to {{name}} and simple filters.",
        )
    raise problem


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
    return str(error).rstrip(". ")


def _has_placeholder(template: str) -> bool:
    return any(mark in template for mark, _ in _PAIRS)


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(undefined=StrictUndefined)


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    return _environment().from_string(template)


def _undefined(said: str, node: str, variables: Mapping[str, Any]) -> TemplateError:
    missing = re.fullmatch("'(.+)' is undefined", said)
    if not missing:
        return TemplateError(
            f"The prompt of node {node!r} asks for what is not there: {said}.", fix="Keep to {{name}}."
        )
    name = missing[1]
    near = difflib.get_close_matches(name, [known for known in variables if known != name], n=1)
    if name in variables:
        problem = f"The prompt of node {node!r} uses {{{{{name}}}}}, which has not been stated yet."
    else:
        problem = f"The prompt of node {node!r} uses {{{{{name}}}}}, and there is no such variable."
    hint = f"Did you mean {{{{{near[0]}}}}}? " if near else ""
    return TemplateError(
        problem,
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
        tree = _environment().parse(template)
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
        return frozenset(meta.find_undeclared_variables(_environment().parse(template)))
    except (JinjaError, RecursionError):
        return frozenset()


_GUARDS = ("defined", "undefined", "none")
"""Tests that a variable without a value stands."""
