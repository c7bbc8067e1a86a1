"""Fills in one placeholder: its value reads like language, and what is missing is named with a line to write."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from byok_widgets.display.value_words import NOT_STATED, in_words
from byok_widgets.errors import TemplateError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.templates.evaluation import Missing, value_of
from byok_widgets.templates.expression import Constant, Filtered, Part, Variable, filters_in, written
from byok_widgets.templates.filter_names import SHORT_FILTERS
from byok_widgets.templates.lookup import FilterUseError, NoTextError, with_text
from byok_widgets.templates.prompt import Place, Placeholder, Prompt, short

_MANY = 100  # placeholders: more of them are filled in by a worker


@lru_cache(maxsize=256)
def is_quick(prompt: Prompt) -> bool:
    """Whether the time to fill it in depends only on the lengths of the prompt and its values."""
    used = [found for placeholder in prompt.placeholders for found in filters_in(placeholder.expression)]
    return len(prompt.placeholders) <= _MANY and all(map(_is_short, used))


def _is_short(found: Filtered) -> bool:
    """Whether a filter has a short result, such as joining a list once."""
    return found.name in SHORT_FILTERS or (found.name == "join" and isinstance(found.of, Variable))


def filled_in(placeholder: Placeholder, variables: Mapping[str, Any], node: str, *, for_model: bool) -> str:
    """Return what a placeholder stands for."""
    fix = "Keep to {{name}} and simple filters."
    try:
        value = value_of(placeholder.expression, variables)
        if not isinstance(value, Missing):
            return value if type(value) is str else in_words(with_text(value))
    except NoTextError as error:
        kind, reason, fix = "template_unknown_part", str(error), "Read a value of it, like {{name.part}}."
    except FilterUseError as error:
        kind, reason = "template_failed", str(error)
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
    return value.unstated or isinstance(value.of, Mapping) or _is_beyond_the_end(value)


def _is_beyond_the_end(value: Missing) -> bool:
    """Whether a list is too short, and not an attribute sought in it."""
    return isinstance(value.of, (list, tuple)) and not isinstance(_key(value), str)


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
    return expression.of, str(_key(value))


def _key(value: Missing) -> Any:
    key = getattr(value.expression, "key", None)
    return getattr(key, "value", key)


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
