"""Exceptions raised by other people's code, described without keys."""

from __future__ import annotations

import sys
import traceback

from byok_widgets.secrets import redact

_QUOTED_CHARS = 200
"""Longest quote from the exception of somebody else's code, in characters."""


class _Stack(str):
    """Text that a cell shows as it is, with its line breaks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def describe_exception(error: BaseException) -> str:
    """Return the type and the text of an exception of somebody else's code, in one line and without keys."""
    return ": ".join(filter(None, (type(error).__name__, text_of_exception(error))))


def text_of_exception(error: BaseException) -> str:
    """Return the text of an exception of somebody else's code, as `describe_exception` does; it may be empty."""
    try:
        text = " ".join(redact(str(error)).split())
    except Exception:  # noqa: BLE001 - its text is made by somebody else's code, too
        return ""
    return f"{text[:_QUOTED_CHARS]}…" if len(text) > _QUOTED_CHARS else text


def last_traceback() -> str:
    """Return the stack of the last error shown in this session, without local variables and without keys."""
    error = getattr(sys, "last_value", None)
    if error is None:
        return _Stack("No error has been shown in this session.")
    return _Stack(redact("".join(traceback.format_exception(type(error), error, error.__traceback__))))
