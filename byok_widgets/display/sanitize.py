"""Makes text from a model or a file safe to show: control characters become visible, and have no effect."""

from __future__ import annotations

_SYMBOLS = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"}
_SYMBOLS[0x7F] = "␡"
_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_NAMED = (*range(0x80, 0xA0), 0x2028, 0x2029, *_BIDI, *range(0xD800, 0xE000))
_TABLE = _SYMBOLS | {code: f"⟦U+{code:04X}⟧" for code in _NAMED}


def sanitize(text: str) -> str:
    r"""Return `text` with control characters, bidi overrides and lone surrogates as visible symbols.

    Line breaks (`\n`, `\r\n`) and tabs are kept.
    """
    return text.replace("\r\n", "\n").translate(_TABLE)
