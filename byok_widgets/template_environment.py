"""Jinja2's sandbox, as prompts need it: values read like language, and what is not stated says so.

There are two of it. In a sentence that is spoken as it is, a variable without a value is an error; in a prompt for
a model it reads "not stated", whatever is done with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache, partial, wraps
from typing import TYPE_CHECKING, Any

from byok_widgets.value_words import NOT_STATED, in_words

if TYPE_CHECKING:
    from jinja2 import Undefined

    from byok_widgets.template_sandbox import PromptEnvironment

_NO_COMMENT = "\ue0b1{#", "#}\ue0b1"
"""Marks of comments that nobody types: Jinja2 cannot do without any, and would drop the text between them."""
_OF_TEXTS = ("capitalize", "lower", "string", "title", "trim", "upper")
"""Filters that work on texts: any other value is put into words before."""
_TAKE_MISSING = frozenset({"default", "d"})


@cache
def environment(*, for_model: bool) -> PromptEnvironment:
    """Return the environment of prompts for a model, or of sentences that are spoken as they are."""
    own: Any = _class()(
        undefined=_undefined_class(),
        comment_start_string=_NO_COMMENT[0],
        comment_end_string=_NO_COMMENT[1],
        finalize=_printable,
        keep_trailing_newline=True,
    )
    own.for_model = for_model
    _set_filters(own)
    own.tests["none"] = _is_none
    return own  # type: ignore[no-any-return]


def not_stated(name: str) -> Undefined:
    """Return the value of a variable that is not stated, for a prompt to a model."""
    missing: Undefined = _not_stated_class()(name=name)
    return missing


@cache
def _class() -> Any:
    from jinja2 import Undefined

    from byok_widgets.template_sandbox import PromptEnvironment

    class Environment(PromptEnvironment):
        for_model = False

        def getattr(self, obj: Any, attribute: str) -> Any:
            return self._stated(super().getattr(obj, attribute), obj, attribute)

        def getitem(self, obj: Any, argument: Any) -> Any:
            return self._stated(super().getitem(obj, argument), obj, argument)

        def _stated(self, value: Any, obj: Any, name: Any) -> Any:
            """Return a part of a value; one that is `None` is not stated, as a variable would be."""
            if value is None:
                return not_stated(str(name)) if self.for_model else self.undefined(obj=obj, name=str(name))
            is_missing = self.for_model and isinstance(value, Undefined) and isinstance(obj, Mapping)
            return not_stated(str(name)) if is_missing else value

    return Environment


def _set_filters(own: PromptEnvironment) -> None:
    """Let every filter pass on what is not stated, and those of texts and lists read values like language."""
    for name in _OF_TEXTS:
        own.filters[name] = _of_words(own.filters[name])
    own.filters["join"] = _join()
    own.filters["tojson"] = own.filters["raw"] = _as_json
    for name, applied in own.filters.items():
        if name not in _TAKE_MISSING:
            own.filters[name] = _passing_on(applied)


def _of_words(applied: Callable[..., Any]) -> Callable[..., Any]:
    from byok_widgets.template_sandbox import with_text

    @wraps(applied)
    def of_words(value: Any, *more: Any, **named: Any) -> Any:
        with_text(value)
        return applied(value if isinstance(value, str) else in_words(value), *more, **named)

    return of_words


def _join() -> Callable[..., Any]:
    from jinja2 import pass_eval_context
    from jinja2.filters import do_join, make_attrgetter

    from byok_widgets.template_sandbox import with_text

    @pass_eval_context
    def join(eval_ctx: Any, value: Any, d: str = "", attribute: str | int | None = None) -> Any:
        """Join the entries of a list, each in words."""
        entries = value if attribute is None else map(make_attrgetter(eval_ctx.environment, attribute), value)
        return do_join(eval_ctx, [in_words(_told(with_text(entry))) for entry in entries], d)

    return join


def _as_json(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON: the raw form, for programs."""
    from pydantic_core import to_jsonable_python

    from byok_widgets.template_sandbox import with_text

    return json.dumps(to_jsonable_python(with_text(value), fallback=str), ensure_ascii=False, indent=indent)


def _passing_on(applied: Callable[..., Any]) -> Callable[..., Any]:
    from jinja2 import Undefined

    at = 1 if hasattr(applied, "jinja_pass_arg") else 0

    @wraps(applied)
    def passing_on(*given: Any, **named: Any) -> Any:
        return given[at] if isinstance(given[at], Undefined) else applied(*given, **named)

    return passing_on


def _is_none(value: Any) -> bool:
    from jinja2 import Undefined

    return value is None or isinstance(value, Undefined)


def _told(value: Any) -> Any:
    """Return a value for `in_words`; one that is missing is printed by its own class, which may refuse."""
    from jinja2 import Undefined

    return str(value) if isinstance(value, Undefined) else value


def _printable(value: Any) -> str:
    """Return what a placeholder stands for.

    Raises:
        UndefinedError: It has no text of its own; see `with_text`.
    """
    from jinja2 import Undefined

    from byok_widgets.template_sandbox import with_text

    with_text(value)
    return str(value) if isinstance(value, (str, Undefined)) else in_words(value)


@cache
def _undefined_class() -> Any:
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


@cache
def _not_stated_class() -> Any:
    """Return a class of missing values that stay missing, whatever is done with them."""
    from jinja2 import ChainableUndefined

    class NotStated(ChainableUndefined):
        def __str__(self) -> str:
            return NOT_STATED

        def _itself(self, *_: Any, **__: Any) -> Any:
            return self

        def _no(self, *_: Any) -> bool:
            return False

        __call__ = __neg__ = __pos__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _itself
        __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = (
            _itself
        )
        __lt__ = __le__ = __gt__ = __ge__ = _no  # type: ignore[assignment]

    return NotStated
