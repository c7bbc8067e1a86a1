"""Reading JSON that a model wrote: no digit is lost, and what cannot be trusted costs its own place only.

Numbers with a fraction or an exponent become `Decimal`. A line break inside a string is read as one. A key that
occurs twice with different values, and a number that is not finite, become `Unreadable`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any

from byok_widgets.schema.values.exact_numbers import WrittenNumber
from byok_widgets.secrets.quoting import as_given

_MAX_DIGITS = 4000  # Python reads no whole number of more than 4300
_MAX_LEVELS = 60
_SHOWN_CHARS = 40


@dataclass(frozen=True)
class Unreadable:
    """Stands for a value that cannot be trusted.

    Attributes:
        reason: Why, as a part of a sentence.
        written: What the model wrote, in short.
    """

    reason: str
    written: str

    def __repr__(self) -> str:
        return self.written


def decode_at(text: str, at: int) -> tuple[Any, int] | None:
    """Return the JSON value that begins at a position, and where it ends; `None` if there is none."""
    try:
        return _decoder.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None


def decode(text: str) -> Any:
    """Return the JSON value that a whole text stands for, or the text itself where it stands for none."""
    stripped = text.strip()
    found = decode_at(stripped, 0)
    return found[0] if found and found[1] == len(stripped) else text


def decode_loosely(text: str) -> Any:
    """Return the value of an object or a list written as in Python or JavaScript, as far as it has one meaning.

    Read are single and typographic quotes, names without quotes, comments, commas at the end, Python's words for
    values, and numbers such as `+5`, `.5` and `5.`.

    Returns:
        The value, or `None` where the text is not JSON in this sense either.
    """
    plain = _LOOSE.sub(_strictly, text)
    found = decode_at(plain, 0) if plain != text else None
    return found[0] if found and found[1] == len(plain) else None


def plain_json(value: Any, levels: int = _MAX_LEVELS) -> Any:
    """Return a value as JSON can hold it; what is not trusted, or nested too deeply, as text."""
    if isinstance(value, (dict, list)) and levels == 0:
        return as_given(value, _SHOWN_CHARS)
    if isinstance(value, dict):
        return {name: plain_json(entry, levels - 1) for name, entry in value.items()}
    if isinstance(value, list):
        return [plain_json(entry, levels - 1) for entry in value]
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    return value.written if isinstance(value, Unreadable) else value


STRING = r'"(?:[^"\\]|\\.)*(?:"|\Z)'
"""Matches a JSON string; one that is not closed runs to the end."""
_COMMENT = r"//[^\n]*|/\*.*?\*/"
_LOOSE = re.compile(
    rf"(?P<string>{STRING})|(?P<quoted>'(?:[^'\\]|\\.)*')|“(?P<curly>[^“”\\\n]*)”|(?P<empty>{_COMMENT}|,(?=(?:\s|{_COMMENT})*[\]}}])|\xa0)"
    r"|(?P<key>\b[^\W\d]\w*)(?=\s*:)|\b(?P<word>None|True|False|undefined)\b"
    r"|(?P<number>(?<=[:\[,\s])[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?=[\s,\]}/])",
    re.DOTALL,
)
_WORDS: Mapping[str, str] = {"None": "null", "undefined": "null", "True": "true", "False": "false"}
_ESCAPED = re.compile(r'\\(.)|(")', re.DOTALL)


def _strictly(part: re.Match[str]) -> str:
    """Return a piece of a loosely written object as JSON has it."""
    if part["string"]:
        return _ESCAPED.sub(lambda found: "'" if found[1] == "'" else found[0], part["string"])
    if part["quoted"]:
        return f'"{_ESCAPED.sub(_in_double_quotes, part["quoted"][1:-1])}"'
    if part["curly"] is not None:
        return json.dumps(part["curly"], ensure_ascii=False)
    if part["empty"]:
        return " "
    if part["number"]:
        return _with_digits(part["number"])
    return f'"{part["key"]}"' if part["key"] else _WORDS[part["word"]]


def _with_digits(number: str) -> str:
    """Return a number with digits on both sides of its point, or without one, and with no plus."""
    sign, digits = ("-" if number[0] == "-" else ""), number.lstrip("+-")
    whole, point, rest = digits.partition(".")
    return f"{sign}{whole or '0'}{point if rest[:1].isdigit() else ''}{rest}"


def _in_double_quotes(found: re.Match[str]) -> str:
    return {"'": "'", None: '\\"'}.get(found[1], found[0])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found and found[name] != value:
            given = f"{as_given(found[name], _SHOWN_CHARS)} and {as_given(value, _SHOWN_CHARS)}"
            value = Unreadable("the key occurs more than once", given)  # noqa: PLW2901
        found[name] = value
    return found


def _integer(digits: str) -> Any:
    return int(digits) if len(digits) <= _MAX_DIGITS else _too_long(digits)


def _decimal(digits: str) -> Any:
    try:
        return WrittenNumber(digits) if len(digits) <= _MAX_DIGITS else _too_long(digits)
    except DecimalException:  # an exponent without bounds
        return _too_long(digits)


def _too_long(digits: str) -> Unreadable:
    return Unreadable("the number is too large or too long", as_given(digits, _SHOWN_CHARS))


def _no_number(name: str) -> Unreadable:
    return Unreadable("this is not a finite number", name)


_decoder = json.JSONDecoder(
    strict=False,
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_decimal,
    parse_constant=_no_number,
)
