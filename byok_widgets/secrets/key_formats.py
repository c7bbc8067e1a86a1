"""Key formats: how to tell whose API key a string is.

Each provider's module registers its own; `providers/foreign_keys.py` registers those of vendors without a provider
here.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_GENERAL = "sk-"


class KeyFormat(NamedTuple):
    """What one vendor's API keys look like.

    Attributes:
        owner: Name of the provider, or of the vendor if it has no provider here.
        label: The name on screen.
        prefixes: Prefixes that nobody else uses.
        shared_prefixes: Prefixes that others use, too: no proof if the key may be for any endpoint.
        exact: Pattern that matches a complete key and nothing else; empty if there is none.
        unprefixed: Pattern of a whole key where keys have no prefix of their own. It proves nothing by itself; in
            the field of a vendor whose keys have a prefix it tells whose key was pasted.
        shape: Pattern of what is hidden wherever it appears; by default what begins with one of `prefixes` and is
            as long as the shortest key. The general shape, which begins with `sk-`, needs none.
        shortest: Length of its shortest key, in characters.
        example: How a key begins, to show to people.
        has_provider: Whether the owner is a provider here.
    """

    owner: str
    label: str
    prefixes: tuple[str, ...]
    shared_prefixes: tuple[str, ...] = ()
    exact: str = ""
    unprefixed: str = ""
    shape: str = ""
    shortest: int = 40
    example: str = ""
    has_provider: bool = True


_formats: dict[str, KeyFormat] = {}


def register(key_format: KeyFormat) -> None:
    """Register a format."""
    _formats[key_format.owner] = key_format
    _forget_patterns()


def unregister(owner: str) -> None:
    """Remove the format of an owner's keys."""
    _formats.pop(owner, None)
    _forget_patterns()


def _forget_patterns() -> None:
    registered_shape.cache_clear()


def formats() -> tuple[KeyFormat, ...]:
    """Return all formats."""
    return tuple(_formats.values())


def format_of(owner: str) -> KeyFormat | None:
    """Return the format of a provider's keys; `None` if they may look like anything."""
    return _formats.get(owner)


def prefixes() -> list[tuple[str, KeyFormat]]:
    """Return all prefixes with their formats, longest first; the first match counts."""
    rows = [(prefix, each) for each in formats() for prefix in (*each.prefixes, *each.shared_prefixes)]
    return sorted(rows, key=lambda row: -len(row[0]))


def detect_provider(key: str) -> str | None:
    """Return the owner whose key this looks like, or `None` if it matches no known prefix."""
    return next((each.owner for prefix, each in prefixes() if key.startswith(prefix)), None)


def exact_key(text: str) -> re.Pattern[str]:
    """Return the pattern of a complete key, for the formats with a prefix that occurs in `text`.

    No name, placeholder or shortened key matches it. A text without any prefix is not searched further.
    """
    return _exact(tuple(each.exact for each in formats() if each.exact and _may_be_in(each, text)))


def _may_be_in(key_format: KeyFormat, text: str) -> bool:
    return any(prefix in text for prefix in (*key_format.prefixes, *key_format.shared_prefixes))


@cache
def _exact(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)", re.ASCII)


@cache
def registered_shape(*, any_case: bool = False) -> re.Pattern[str]:
    """Return the pattern of the shapes that the formats add to the general one."""
    shapes = "|".join(filter(None, map(_hidden_shape, formats())))
    pattern = rf"(?<![A-Za-z0-9])(?:{shapes})" if shapes else r"(?!)"
    return re.compile(pattern, re.IGNORECASE if any_case else re.NOFLAG)


def _hidden_shape(key_format: KeyFormat) -> str:
    own = [prefix for prefix in key_format.prefixes if not prefix.startswith(_GENERAL)]
    if key_format.shape or not own:
        return key_format.shape
    return "|".join(
        f"{re.escape(prefix)}[A-Za-z0-9_-]{{{max(1, key_format.shortest - len(prefix))},}}" for prefix in own
    ).replace(r"\-", "-")  # which JavaScript does not read everywhere


def shortest_key() -> int:
    """Return the length of the shortest key of any known format, in characters."""
    return min((each.shortest for each in formats() if each.exact), default=40)
