"""Names that nothing here knows are refused, with the one that may have been meant.

Floor 0. Python lets any attribute be set, so a misspelt setting would be lost without a word; and whoever sets an
API key in a cell has saved it with the notebook.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.secrets import looks_like_key


class StrictAttributes:
    """Takes no attribute but those its class declares: annotations, and properties that can be set."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or name in settable_names(type(self)):
            super().__setattr__(name, value)
            return
        raise unknown_name_error(
            f"{type(self).__name__} has no {name!r} to set.", name, settable_names(type(self)), value
        )


def settable_names(kind: type) -> frozenset[str]:
    """Return the names of the public attributes that can be set on objects of a class."""
    names: set[str] = set()
    for base in kind.__mro__:
        names.update(getattr(base, "__annotations__", ()))
        names.update(name for name, member in vars(base).items() if isinstance(member, property) and member.fset)
    return frozenset(name for name in names if not name.startswith("_"))


def unknown_name_error(
    problem: str, name: str, known: Collection[str], value: object, *, hint: str = "Did you mean {0!r}?"
) -> ConfigError:
    """Return the error for a name that is not known: kind `unknown_name`, or `key_in_code`.

    Args:
        problem: What is wrong with it, in one sentence.
        name: The name.
        known: The names that are known.
        value: What was given under the name; whoever gave an API key is told to take it out of the cell.
        hint: How to say which name may have been meant.
    """
    if is_key(name, value):
        return ConfigError(
            "An API key is not given in code: it would be saved with the notebook.",
            kind="key_in_code",
            fix="Keys are pasted in flow.settings(); delete the key from this cell.",
        )
    meant = nearest(name, known)
    fix = hint.format(meant) if meant else f"There are: {', '.join(sorted(known))}."
    return ConfigError(problem, kind="unknown_name", fix=fix)


def is_key(name: str, value: object) -> bool:
    """Whether this name or value is that of an API key."""
    named = name.lower().rstrip("s").endswith("key")
    return named or (isinstance(value, str) and looks_like_key(value))


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known name that is most like `name`; empty when none is."""
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.65)), "")
