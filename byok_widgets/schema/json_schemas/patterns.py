"""Whether a text matches a pattern, in time that grows only with its length.

JSON Schema's patterns are written for JavaScript's engine or Python's. Both backtrack: some patterns take
years for 30 characters. Here they run on the engine of pydantic's core, which never does. What it cannot
express is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from byok_widgets.errors import SchemaError
from byok_widgets.schema.json_schemas.work import spend
from byok_widgets.secrets.quoting import as_given

_PIECE = re.compile(
    r"\\u[Dd][89ABab]..\\u[Dd][C-Fc-f]..|\\u\{[^}]*\}|\\u[0-9A-Fa-f]{4}|\\.|\[\^?|\]|\{\d*(?:,\d*)?\}|&&|~~|--|.",
    re.DOTALL,
)
_GROUP = re.compile(r"\{[^}]*\}")
_DIGIT, _NO_DIGIT = "[0-9]", "[^0-9]"
"""To JSON Schema a digit is one of these; to the engine, one of any script."""
_ESCAPES = {r"\Z": r"\z", r"\0": r"\x00", r"\/": "/", r"\d": _DIGIT, r"\D": _NO_DIGIT}
_CLASSES = frozenset({r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", _DIGIT, _NO_DIGIT})
_BACKSPACE = r"\x08"

_CHARS_PER_STEP = 10_000
"""Characters, times the parts of a pattern that may be looked at for each of them, that count as one step."""
_REPEATED = re.compile(r"\{(\d*)(?:,(\d*))?\}")
_REASONS = (
    ("look-around", "it looks ahead or behind"),
    ("backreference", "it refers back to a group"),
    ("size limit", "it repeats too much"),
)


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` is found in `text`.

    Raises:
        SchemaError: The pattern cannot be used; see `check_pattern`.
        TooMuchWorkError: The text is too long for so large a pattern.
    """
    spend(len(text) * _size(pattern) // _CHARS_PER_STEP)
    return bool(_engine(pattern).isinstance_python(text))


def check_pattern(pattern: str) -> None:
    """Reject a pattern that cannot be looked for in linear time.

    Raises:
        SchemaError: It looks ahead or behind, refers back to a group, or is not a regular expression.
    """
    _engine(pattern)


@lru_cache(maxsize=1024)
def _engine(pattern: str) -> Any:
    from pydantic_core import SchemaError as CoreError
    from pydantic_core import SchemaValidator, core_schema

    try:
        pattern.encode()
        rule = core_schema.str_schema(pattern=_translated(pattern), regex_engine="rust-regex")
        return SchemaValidator(rule)
    except CoreError as error:
        said = str(error)
    except UnicodeEncodeError:
        said = "it has half of a surrogate pair"
    last = next((line for line in reversed(said.splitlines()) if "error:" in line), said)
    why = next((reason for word, reason in _REASONS if word in said), last.partition("error:")[2].strip() or last)
    raise SchemaError(
        f"The pattern {as_given(pattern)} cannot be used: {why}.",
        fix="Write it without look-ahead, look-behind and back-references, as several patterns under allOf or "
        "not, or check the value in a pydantic validator.",
    )


@lru_cache(maxsize=1024)
def _size(pattern: str) -> int:
    """Return how many parts a pattern has, its repetitions written out: at most so many are tried at once."""
    sizes = [1]  # of the groups that are open; the last part of each can be repeated
    last = 1
    at = 0
    while at < len(pattern):
        piece = _piece(pattern, at)
        at += len(piece)
        repeated = _REPEATED.fullmatch(piece)
        if piece == "(":
            sizes.append(1)
            last = 1
        elif piece == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        elif repeated:
            times = max(int(count) for count in (repeated[1], repeated[2], 1) if count)
            sizes[-1] += last * (times - 1)
            last *= times
        else:
            last = 1
            sizes[-1] += last
    return sum(sizes)


def _translated(pattern: str) -> str:
    """Return the pattern as the engine writes it: what has a meaning only there is escaped."""
    pieces: list[str] = []
    pieces_in_class = -1  # outside of a class
    at = 0
    while at < len(pattern):
        piece = _piece(pattern, at)
        at += len(piece)
        if pieces_in_class < 0:
            pieces.append(_outside(piece))
            pieces_in_class = 0 if piece in ("[", "[^") else -1
            continue
        if piece == "]":
            pieces.append(piece if pieces_in_class else r"\]")
            pieces_in_class = -1 if pieces_in_class else 1
            continue
        pieces.append(_inside(piece, pattern[at:], pieces[-1]))
        pieces_in_class += 1
    return "".join(pieces)


def _piece(pattern: str, at: int) -> str:
    found = _PIECE.match(pattern, at)
    piece = found.group() if found else pattern[at]
    if piece in (r"\p", r"\P", r"\k") and (group := _GROUP.match(pattern, at + len(piece))):
        return piece + group.group()
    if piece == r"\c":
        return pattern[at : at + 3]
    return piece


def _outside(piece: str) -> str:
    if piece.startswith("{,"):
        return "{0" + piece[1:]
    if piece in ("{", "{}"):
        return "\\" + piece
    return _escaped(piece)


def _inside(piece: str, rest: str, before: str) -> str:
    if piece == r"\b":
        return _BACKSPACE
    if piece == "-" and (before in _CLASSES or rest[:2] in _CLASSES):
        return r"\-"
    if piece in ("[", "[^"):
        return "\\" + piece
    if piece in ("&&", "~~", "--"):
        return r"-\-" if piece == "--" and before not in ("[", "[^") else f"\\{piece[0]}" + piece[1]
    return _escaped(piece)


def _escaped(piece: str) -> str:
    if piece.startswith(r"\c") and len(piece) == 3:
        return f"\\x{ord(piece[2]) % 32:02x}"
    if piece.startswith(r"\u") and len(piece) == len(r"\ud83d\ude00"):
        return f"\\u{{{ord(_joined(piece)):x}}}"
    return _ESCAPES.get(piece, piece)


def _joined(surrogates: str) -> str:
    """Return the character that two escaped halves of a surrogate pair make."""
    return (
        (chr(int(surrogates[2:6], 16)) + chr(int(surrogates[8:], 16)))
        .encode("utf-16", "surrogatepass")
        .decode("utf-16")
    )
