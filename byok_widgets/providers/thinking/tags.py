"""`TagSet`: finds the tags around a model's thinking in text that comes in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from byok_widgets.thought_tags import Tags


class TagSet:
    """Finds tags, in upper or lower case.

    Attributes:
        opening: Matches an opening tag.
        closing: Matches a closing tag.
        either: Matches any tag.
    """

    def __init__(self, tags: Tags) -> None:
        self._closing_of = {opening.lower(): closing.lower() for opening, closing in tags}
        self._all = (*self._closing_of, *self._closing_of.values())
        self._starts = re.compile(f"[{re.escape(''.join({tag[0] for tag in self._all}))}]") if tags else None
        self.opening = _any_of(self._closing_of)
        self.closing = _any_of(self._closing_of.values())
        self.either = _any_of(self._all)

    def closing_of(self, opening: str) -> str:
        """Return the closing tag that belongs to an opening one."""
        return self._closing_of[opening.lower()]

    def may_begin(self, text: str) -> bool:
        """Whether a whole text may turn out to be the beginning of a tag."""
        lowered = text.lower()
        if lowered and not self.may_contain(lowered[0]):
            return False
        return any(tag.startswith(lowered) for tag in self._all)

    def may_contain(self, text: str) -> bool:
        """Whether a text contains a character with which a tag begins; quick."""
        return self._starts is not None and self._starts.search(text) is not None

    def held_back(self, text: str) -> int:
        """Return the number of characters at the end of a text that may be the beginning of a tag."""
        if not self.may_contain(text):
            return 0
        return max((unfinished(text, tag) for tag in self._all), default=0)


def unfinished(text: str, tag: str) -> int:
    """Return the number of characters at the end of a text that may be the beginning of `tag`, in lower case."""
    at = text.find(tag[0], max(0, len(text) - len(tag) + 1))
    while at >= 0 and not tag.startswith(text[at:].lower()):
        at = text.find(tag[0], at + 1)
    return len(text) - at if at >= 0 else 0


@lru_cache(maxsize=8)
def tag_set(tags: Tags) -> TagSet:
    """Return the set of some tags; it is made once."""
    return TagSet(tags)


@lru_cache(maxsize=32)
def finder(tag: str) -> re.Pattern[str]:
    """Return what finds one tag."""
    return _any_of([tag])


def _any_of(tags: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(tags, key=len, reverse=True)
    # Only ASCII letters have two cases here: elsewhere, lower case may have another length.
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE | re.ASCII)
