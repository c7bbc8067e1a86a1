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


def wrap(text: str, most: float, size: float) -> list[str]:
    """Return a text as one line or two, as even as may be, of at most `most` pixels; the second one is clipped."""
    if width(text, size) <= most:
        return [text]
    words = text.split(" ")
    splits = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    whole = [pair for pair in splits if max(width(line, size) for line in pair) <= most]
    if whole:
        return list(min(whole, key=lambda pair: max(width(line, size) for line in pair)))
    first, rest = next((pair for pair in reversed(splits) if width(pair[0], size) <= most), ("", text))
    return [first, clip(rest, most, size)] if first else [clip(text, most, size)]


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
