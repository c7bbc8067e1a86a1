"""Canonical text: what is left of a text when the ways of writing it differently are undone.

A key that is echoed in upper case, broken over lines, spaced out, escaped, or in letters that look alike
(full-width, bold, circled, Cyrillic, Greek) is the same in canonical text: lower case, letters that
look alike replaced by plain ones, without white space and invisible characters, with the escapes of URLs, JSON,
programs, HTML and mail resolved, and in the standard alphabet of base64. Anything else stands as it was. Used only
for comparing.
"""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(
    r"(?P<utf8>%[C-Fc-f][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){1,3})"
    r"|%(?:25)*(?:(?P<url>[0-9A-Fa-f]{2})|u(?P<url4>[0-9A-Fa-f]{4}))"
    r"|(?<!\\)\\+(?:u(?P<high>[dD][89ABab][0-9A-Fa-f]{2})\\+u(?P<low>[dD][C-Fc-f][0-9A-Fa-f]{2})"
    r"|u(?P<json>[0-9A-Fa-f]{4})|x(?P<byte>[0-9A-Fa-f]{2})|U000(?P<long>[0-9A-Fa-f]{5})"
    r"|u\{0*(?P<braced>[0-9A-Fa-f]{2,5})\}|(?P<octal>0[0-7]{2}|1[0-7]{2})|(?P<control>[nrtfv])|(?P<sign>[\"'/]))"
    r"|\\(?P<backslash>\\)"
    r"|&(?:amp;)*\#[xX]0*(?P<hex>[0-9A-Fa-f]{2,5})(?![0-9A-Fa-f]);?"
    r"|&(?:amp;)*\#0*(?P<decimal>[0-9]{2,6})(?![0-9]);?"
    r"|&(?:amp;)*(?P<name>amp|lt|gt|quot|apos|hyphen|dash|lowbar|sol|plus|equals|shy|nbsp|zwj|zwnj);"
    r"|=(?P<mail>[0-9A-F]{2})"
    r"|=\r?(?P<line>\n)"
)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "hyphen": "-", "dash": "-", "lowbar": "_"}
_NAMED |= {"sol": "/", "plus": "+", "equals": "=", "shy": "", "nbsp": "", "zwj": "", "zwnj": ""}
_HEX = ("url", "url4", "json", "byte", "long", "braced", "hex", "mail")

_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u0300-\u036f\u061c\u115f\u1160\u180b-\u180f"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    r"\U000e0000-\U000e0fff]+"
)

_LOOK_ALIKES = (
    str.maketrans("асеһіјӏорԛѕуԝхьАВСЕНІЈКМОРЅТУХаԁո", "acehijlopqsywxbABCEHIJKMOPSTYXadn")  # Cyrillic, Armenian
    | str.maketrans("αβγικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aByiKvoptuxABEZHIKMNOPTYX")  # Greek
    | str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢı", "abcdefghijklmnoprstuvwyzi")  # small capitals
)

_MAIL = re.compile(r"=(?:[0-9A-F]{2}|\r?\n)")


class _Folded(dict[int, str]):
    """What stands for a character in canonical text, learned as characters come up."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKC", chr(code))  # noqa: TID251 - one character takes no time
        self[code] = folded = _INVISIBLE.sub("", plain).translate(_LOOK_ALIKES)
        return folded


_FOLDED = _Folded()

_UNFINISHED_ESCAPE = re.compile(
    r"(?:%(?:25?)*(?:u[0-9A-Fa-f]{0,3}|[0-9A-Fa-f]?)|(?:%[C-Fc-f][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){0,2}%?[89ABab]?)"
    r"|\\+u[dD][89ABab][0-9A-Fa-f]{2}(?:\\+(?:u[0-9A-Fa-f]{0,3})?)?"
    r"|\\+(?:u\{?[0-9A-Fa-f]{0,6}|U[0-9A-Fa-f]{0,7}|x[0-9A-Fa-f]?|[01][0-7]?)?"
    r"|&(?:amp;)*(?:#[xX]?[0-9A-Fa-f]{0,6}|[a-z]{0,6}))\Z"
)


def has_escape_sign(text: str) -> bool:
    """Whether `text` has a character with which escapes begin, those of mail apart: any code has its sign."""
    return "%" in text or "\\" in text or "&" in text


def without_unfinished_escape(text: str) -> str:
    """Return `text` without an end that may turn out to be an escape."""
    found = _UNFINISHED_ESCAPE.search(text, max(0, len(text) - 48))
    return text[: found.start()] if found else text


def as_written(text: str) -> str:
    """Return `text` in canonical form, with its escapes as they are."""
    text = "".join(text.split())
    if not text.isascii():
        text = text.translate(_FOLDED)
    elif not text.isprintable():
        text = _INVISIBLE.sub("", text)
    return text.lower().replace("-", "+").replace("_", "/")


def unescaped(text: str) -> str:
    """Return `text` in canonical form, with its escapes resolved."""
    return as_written(_ESCAPE.sub(_meant, text))


def readings(text: str) -> list[tuple[str, bool]]:
    """Return the canonical forms of `text`, each with whether its escapes are resolved in it."""
    written = (as_written(text), False)
    return [written, (unescaped(text), True)] if has_escape_sign(text) or _MAIL.search(text) else [written]


def positions(text: str, *, resolve: bool) -> list[tuple[int, int]]:
    """Return where in `text` each character of its canonical form stands, as start and end."""
    places: list[tuple[int, int]] = []
    done = 0
    for escape in _ESCAPE.finditer(text) if resolve else ():
        places += _each(text, done, escape.start())
        places += [escape.span()] * len(as_written(_meant(escape)))
        done = escape.end()
    return places + _each(text, done, len(text))


def _each(text: str, start: int, end: int) -> list[tuple[int, int]]:
    lengths = {char: len(as_written(char)) for char in set(text[start:end])}
    return [(at, at + 1) for at in range(start, end) for _ in range(lengths[text[at]])]


def _meant(escape: re.Match[str]) -> str:
    if escape["utf8"]:
        return bytes.fromhex(escape["utf8"].replace("%", "")).decode("utf-8", "replace")
    if escape["high"]:
        return bytes.fromhex(escape["high"] + escape["low"]).decode("utf-16-be")
    if escape["decimal"]:
        return chr(int(escape["decimal"]))
    if escape["octal"]:
        return chr(int(escape["octal"], 8))
    if escape["name"]:
        return _NAMED[escape["name"]]
    code = next((code for name in _HEX if (code := escape[name])), None)
    return chr(int(code, 16)) if code else escape["sign"] or escape["backslash"] or ""
