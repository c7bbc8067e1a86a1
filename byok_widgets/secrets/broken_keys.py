"""Finds keys that are broken over lines, or put together from quoted parts: `"sk-..." + "..."`.

Only parts that follow each other directly are put together, and only a complete key of a known format counts. The
first part holds at least the first three characters of a key, by which it is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from byok_widgets.secrets.key_formats import detect_provider, exact_key, prefixes, shortest_key

_MOST_PARTS = 6
_MOST_SPACES = 60
_MOST_COMMENT = 120
_START_CHARS = 3

_QUOTE = r"\\{0,8}[\"'`]"
_LINE_END = r"(?:\\{1,8}[rn]|[\r\n])"
# In a notebook, each line is an item of a list, and its line break an escaped one.
_NEXT_ITEM = rf"{_LINE_END}\"\s*,\s*\""
_SPACE = rf"(?:{_NEXT_ITEM}|\\{{1,8}}t|{_LINE_END}|[ \t])"
# Mail, Markdown, comments and changes begin each line with a sign; quoted-printable text ends it with one.
_MARKED = rf"(?:{_SPACE}|[>+#*|]){{0,{_MOST_SPACES}}}"
_BROKEN = rf"[\\=]?[ \t]{{0,{_MOST_SPACES}}}{_LINE_END}{_MARKED}|=?{_NEXT_ITEM}{_MARKED}"
_COMMENT = rf"(?:#|//|--)[^\r\n\"'`\\]{{0,{_MOST_COMMENT}}}(?={_LINE_END})"
_CONCATENATED = rf"{_QUOTE}(?:{_SPACE}|{_COMMENT}|[+&.|<>~()\\]){{0,{_MOST_SPACES}}}[bfruBFRU]{{0,2}}{_QUOTE}"
_JOIN = re.compile(rf"(?:{_CONCATENATED}|{_BROKEN})(?=[\w-])", re.ASCII)
_WORD = re.compile(r"[\w-]{1,250}", re.ASCII)  # longer than any key: a long word is not read to its end


def broken_keys(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where in `text` each key begins and ends that is in several parts, and whose it is."""
    known, done = tuple(prefix for prefix, _ in prefixes()), 0
    complete = exact_key(" ".join(known))
    for start in _starts(known).finditer(text):
        found = _key_from(text, start.span(), complete) if start.start() >= done else None
        if found is not None:
            done = found[1]
            yield found


@cache
def _starts(known: tuple[str, ...]) -> re.Pattern[str]:
    beginnings = sorted({prefix[:_START_CHARS] for prefix in known})
    return re.compile("|".join(map(re.escape, beginnings)) or r"(?!)")


def _key_from(text: str, beginning: tuple[int, int], complete: re.Pattern[str]) -> tuple[int, int, str] | None:
    """Return a key in several parts whose first characters stand at `beginning`.

    One that ends with a part is the right one if a shorter and a longer one are keys, too.
    """
    together, kept, shortest = "", None, shortest_key()
    for number, (at, word) in enumerate(_parts(text, *beginning)):
        before, together = len(together), together + word
        if not number or len(together) < shortest:
            continue
        match = complete.match(together)
        if match and match.end() > before:
            found = (beginning[0], at + match.end() - before, detect_provider(match[0]) or "")
            if match.end() == len(together):
                return found
            kept = kept or found
    return kept


def _parts(text: str, start: int, after: int) -> Iterator[tuple[int, str]]:
    """Yield the words with nothing but a line break or a concatenation between them, and where they are.

    What stands from `start` to `after` belongs to the first word, even a full stop.
    """
    for _ in range(_MOST_PARTS):
        word = _WORD.match(text, after)
        end = word.end() if word else after
        if end == start:
            return
        yield start, text[start:end]
        join = _JOIN.match(text, end)
        if join is None:
            return
        start = after = join.end()
