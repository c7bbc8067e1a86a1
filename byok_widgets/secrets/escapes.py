"""Resolves the escapes with which JSON, programs, addresses and HTML may write any character.

Unlike canonical text, a resolved text knows where in the original each of its characters stands.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_HEX = r"(?:[2-7][0-9A-Fa-f]|0[9ADad])"  # what is printable in ASCII, and the breaks between lines and words
_NAMES = ("amp", "lowbar", "plus", "sol", "equals", "quot", "apos", "num", "percnt", "bsol")
_NAMED = dict(zip(_NAMES, "&_+/=\"'#%\\", strict=True))
_ESCAPE = re.compile(
    rf"(?<!\\)(?P<backslashes>\\+)(?:u00(?P<short>{_HEX})|U000000(?P<long>{_HEX})|u\{{0{{0,6}}(?P<braced>{_HEX})\}}"
    rf"|x(?P<byte>{_HEX})|(?P<octal>0[4-7][0-7]|1[0-7]{{2}})|(?P<slash>/))"
    rf"|%(?:25)*(?P<url>{_HEX})"
    rf"|&(?:amp;)*\#[xX]0*(?P<hex>{_HEX})(?![0-9A-Fa-f]);?"
    r"|&(?:amp;)*\#0*(?P<decimal>1[01][0-9]|12[0-6]|[3-9][0-9]|9|10|13)(?![0-9]);?"
    rf"|&(?:amp;)*(?P<name>{'|'.join(_NAMES)});"
)
_SIGNS = ("\\u", "\\U", "\\x", "\\0", "\\1", "\\/", "%", "&")
_MOST_TIMES = 3
"""HTML in JSON in an address, say."""


class Resolved:
    """A text without escapes, of those that could be part of a key or of another escape.

    Attributes:
        text: What is meant.
    """

    def __init__(self, raw: str) -> None:
        """Resolve the escapes of a text, and those that come out of it."""
        self.text = raw
        self._maps: list[_Map] = []
        for _ in range(_MOST_TIMES):
            resolved = _Map(self.text) if any(sign in self.text for sign in _SIGNS) else None
            if resolved is None or resolved.text == self.text:
                return
            self.text = resolved.text
            self._maps.append(resolved)

    def in_raw(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the original a part stands: its start and end."""
        for each in reversed(self._maps):
            start, end = each.in_raw(start), each.in_raw(end)
        return start, end


class _Map:
    """One time that escapes were resolved."""

    def __init__(self, raw: str) -> None:
        parts: list[str] = []
        self._ends, self._raw_ends = [0], [0]
        for escape in _ESCAPE.finditer(raw):
            start = escape.start()
            if slashes := escape["backslashes"]:
                # JSON in JSON doubles backslashes: of three, two are one, and the third starts the escape.
                start = escape.end("backslashes") - (len(slashes) & -len(slashes))
            before = raw[self._raw_ends[-1] : start]
            parts += [before, _meant(escape)]
            self._ends.append(self._ends[-1] + len(before) + 1)
            self._raw_ends.append(escape.end())
        self.text = "".join([*parts, raw[self._raw_ends[-1] :]])

    def in_raw(self, at: int) -> int:
        last = bisect_right(self._ends, at) - 1
        return self._raw_ends[last] + at - self._ends[last]


def _meant(escape: re.Match[str]) -> str:
    if escape["slash"]:
        return "/"
    if escape["name"]:
        return _NAMED[escape["name"]]
    if escape["decimal"]:
        return chr(int(escape["decimal"]))
    if escape["octal"]:
        return chr(int(escape["octal"], 8))
    codes = ("short", "long", "braced", "byte", "url", "hex")
    return chr(int(next(code for name in codes if (code := escape[name])), 16))
