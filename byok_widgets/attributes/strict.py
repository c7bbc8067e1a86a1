"""Rejects unknown names, and suggests the nearest known one.

Python lets any attribute be set, so a misspelled setting would be silently lost; and an API key that is set in a
cell is saved with the notebook.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.secrets import looks_like_key


class StrictAttributes:
    """Accepts only the attributes that its class declares: annotations, and properties with a setter.

    Class variables and properties without a setter cannot be set, annotated or not.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or name in settable_names(type(self)):
            super().__setattr__(name, value)
            return
        raise unknown_name_error(
            f"{type(self).__name__} has no {name!r} to set.", name, settable_names(type(self)), value
        )


def settable_names(kind: type) -> frozenset[str]:
    """Return the names of the public attributes that can be set on objects of a class."""
    settable: dict[str, bool] = {}
    for base in kind.__mro__:
        for name, member in vars(base).items():
            if isinstance(member, property):
                settable.setdefault(name, member.fset is not None)
        for name, annotation in vars(base).get("__annotations__", {}).items():
            settable.setdefault(name, not str(annotation).startswith("ClassVar"))
    return frozenset(name for name, free in settable.items() if free and not name.startswith("_"))


def unknown_name_error(
    problem: str, name: str, known: Collection[str], value: object, *, hint: str = "Did you mean {0!r}?"
) -> ConfigError:
    """Return the error for an unknown name: kind `unknown_name`, or `key_in_code`.

    Args:
        problem: What is wrong, in one sentence.
        name: The unknown name.
        known: The known names.
        value: The value that was given; if it is an API key, the error says to remove it from the cell.
        hint: Pattern of the suggestion.
    """
    if is_key(name, value):
        return ConfigError(
            "API keys do not belong in code: this one would be saved with the notebook.",
            kind="key_in_code",
            fix="Paste it into flow.settings(), and delete it from this cell.",
        )
    meant = nearest(name, known)
    fix = hint.format(meant) if meant else f"Known names: {', '.join(sorted(known))}."
    return ConfigError(problem, kind="unknown_name", fix=fix)


def is_key(name: str, value: object) -> bool:
    """Whether the name or the value suggests an API key."""
    named = name.lower().rstrip("s").endswith("key")
    return named or (isinstance(value, str) and looks_like_key(value))


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known name most similar to `name`; empty if none is similar."""
    import difflib

    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.65)), "")
