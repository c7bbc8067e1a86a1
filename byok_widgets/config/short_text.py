"""Texts that are names or addresses: one that is far too long is refused before anything reads it."""

from __future__ import annotations

from byok_widgets.errors import ConfigError

MAX_CHARS = 4000


def reject_long(text: object, what: str) -> None:
    """Make sure that a text can be what it is given as.

    Args:
        text: Any value; only text is measured.
        what: What it is given as, as the sentence begins: "A model ref".

    Raises:
        ConfigError: Kind `text_too_long`. The text is in no part of it.
    """
    length = len(text) if isinstance(text, str) else 0
    del text
    if length > MAX_CHARS:
        raise ConfigError(
            f"{what} has at most {MAX_CHARS:,} characters; this text has {length:,}.",
            kind="text_too_long",
            fix="Check that you pasted the right text.",
        )
