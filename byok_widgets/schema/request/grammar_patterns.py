r"""Patterns in the dialect of llama.cpp's grammars.

Its grammars match the whole text as written in the JSON, and know neither `\d` nor `(?:...)`; of a pattern that
they do not know, they enforce nothing. Here `\d` becomes `[0-9]`, what could match a quotation mark or a backslash
no longer does, since that would end the JSON string, and `+` and `*` get an end.
"""

from __future__ import annotations

import re

_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": " "}
"""White space is the blank alone: the others are escaped in JSON."""
_OUTSIDE = {"d": "0-9", "w": "A-Za-z0-9_", "s": r" \t\n\r"}
_UNSAFE = r"\"\\\x00-\x1F"
_LITERAL = frozenset("^$.[]()|{}*+?/-_ ,:;@#%&=!~<>'`")
_MOST_REPEATS = 1000

_TOKEN = re.compile(
    r"""\\(?P<escape>x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[^xu])
    | \[(?P<not>\^?)(?P<class>\]?(?:\\.|[^\]\\])*)\]
    | (?P<open>\((?:\?:)?)(?!\?)
    | (?P<repeat>[*+?]|\{\d+(?:,\d*)?\})\??
    | (?P<other>[^\\\[({*+?])""",
    re.VERBOSE | re.DOTALL,
)
_IN_CLASS = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)|([^\\])", re.DOTALL)


def for_grammar(pattern: str, longest: int) -> str | None:
    """Return a pattern that a grammar knows; `None` if there is none that means the same.

    Args:
        pattern: A regular expression as JSON Schema has it.
        longest: How often `*` and `+` repeat at most.
    """
    inside = _whole(pattern)
    if inside is None:
        return None
    parts, at, longest = [], 0, min(longest, _MOST_REPEATS)
    while at < len(inside):
        token = _TOKEN.match(inside, at)
        part = _rewritten(token, longest) if token else None
        if token is None or part is None:
            return None
        parts.append(part)
        at = token.end()
    return f"^{''.join(parts)}$"


def _whole(pattern: str) -> str | None:
    """Return what stands between the anchors; `None` if it is not to match whole texts."""
    if not (pattern.startswith("^") and pattern.endswith("$")) or len(pattern) < 2:
        return None
    escapes = len(pattern[:-1]) - len(pattern[:-1].rstrip("\\"))
    inside = pattern[1:-1]
    return None if escapes % 2 or _is_split(inside) else inside


def _is_split(inside: str) -> bool:
    """Whether an alternative at the top separates the two anchors."""
    depth = 0
    for token in _TOKEN.finditer(inside):
        depth += bool(token["open"]) - (token["other"] == ")")
        if token["other"] == "|" and depth == 0:
            return True
    return False


def _rewritten(token: re.Match[str], longest: int) -> str | None:
    if token["escape"]:
        return _escape(token["escape"])
    if token["class"] is not None:
        return _class(token["class"], negated=bool(token["not"]))
    if token["open"]:
        return "("
    if token["repeat"]:
        return _repeat(token["repeat"], longest)
    other = token["other"]
    if other == ".":
        return f"[^{_UNSAFE}]"
    return None if other in '^$"}]' or ord(other) < 32 else other


def _escape(name: str) -> str | None:
    if name in _OUTSIDE:
        return f"[{_CLASSES[name]}]"
    if name.lower() in _OUTSIDE:
        return f"[^{_OUTSIDE[name.lower()]}{_UNSAFE}]"
    if name[0] in "xu" and len(name) > 1:
        char = chr(int(name[1:], 16))
        return None if char in '"\\' or not char.isprintable() else re.escape(char) if char in _LITERAL else char
    return f"\\{name}" if name in "^$.[]()|{}*+?" else name if name in _LITERAL else None


def _class(content: str, *, negated: bool) -> str | None:
    parts = [_escaped_member(escape) if escape else _member(char) for escape, char in _IN_CLASS.findall(content)]
    members = "".join(part for part in parts if part is not None)
    if None in parts or not members:
        return None
    return f"[^{members}{_UNSAFE}]" if negated else f"[{members}]"


def _escaped_member(name: str) -> str | None:
    if name in _CLASSES:
        return _CLASSES[name]
    if len(name) > 1:
        return _member(chr(int(name[1:], 16)), is_literal=True)
    return None if name.isalnum() else _member(name, is_literal=True)


def _member(char: str, *, is_literal: bool = False) -> str | None:
    """Return a member of a class; a quotation mark or a backslash is left out, since JSON escapes it."""
    if char in '"\\':
        return ""
    if not char.isprintable():
        return None
    if char in "[]" or (char == "-" and is_literal):
        return f"\\{char}"
    return r"\x5E" if char == "^" else char


def _repeat(given: str, longest: int) -> str | None:
    if given == "?":
        return given
    if given in "*+":
        return f"{{{int(given == '+')},{longest}}}"
    least, comma, most = given[1:-1].partition(",")
    if int(most or least) > _MOST_REPEATS:
        return None
    return given if most or not comma else f"{{{least},{max(int(least), longest)}}}"
