"""How wide a text is on a drawing, and what of it fits. Widths are estimates, on the wide side of usual fonts."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_NARROW, _WIDE = set("iljtfrI.,:;'|!()[]{} /\\`·"), set("mwMW@%—…→←“”")


def width(text: str, size: float) -> float:
    """Return the estimated width of a text in pixels; `size` is that of the font."""
    return size * sum(map(_ems, text))


def clip(text: str, most: float, size: float) -> str:
    """Return as much of a text as fits into `most` pixels; what is cut off ends in `…`."""
    if width(text, size) <= most:
        return text
    room, kept = most - width(ELLIPSIS, size), 0
    for char in text:
        room -= size * _ems(char)
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + ELLIPSIS


def wrap(text: str, most: float, size: float, *, lines: int = 3) -> list[str]:
    """Return a text on as few lines as hold it, as even as may be, within `most` pixels; the last is clipped."""
    words = text.split(" ")
    whole = width(text, size)
    for count in range(1, lines + 1):
        narrow = whole / count
        while narrow <= most:
            filled = _filled(words, narrow, size)
            if len(filled) <= count and all(width(line, size) <= narrow for line in filled):
                return filled
            narrow += size / 2
    shown: list[str] = []
    for line in _filled(words, most, size, lines):
        shown.append(clip(line, most, size))
        if shown[-1] != line:  # what follows a word that is cut off would read like its end
            break
    return shown


def _filled(words: list[str], most: float, size: float, lines: int = 0) -> list[str]:
    """Return words on lines that are filled one after the other; the last of `lines` takes all that is left."""
    filled = words[:1]
    for word in words[1:]:
        longer = f"{filled[-1]} {word}"
        if len(filled) == lines or width(longer, size) <= most:
            filled[-1] = longer
        else:
            filled.append(word)
    return filled


def _ems(char: str) -> float:
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(char) in "WF" or ord(char) > 0x1F000:
        return 1.15
    if char in _NARROW:
        return 0.4
    if char in _WIDE:
        return 1.0
    return 0.72 if char.isupper() else 0.6
