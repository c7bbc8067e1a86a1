"""Log records of other libraries: keys are removed from them before any handler sees them.

At their lowest levels, HTTP libraries log headers, and a server may send back the key in one.
"""

from __future__ import annotations

import logging
import traceback

from byok_widgets.secrets.redaction import redact


class RedactingFilter(logging.Filter):
    """Lets every record pass, without keys in its message, its arguments or its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Remove keys from a record; it is changed only if there is one."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - the arguments do not fit the message, or cannot be written
            message = str(record.msg)
        taken = redact(message, words=False)
        if taken != message or _holds_key(repr(record.args)):
            record.msg, record.args = taken, ()
        if record.exc_info and record.exc_info[1] is not None:
            _take_from_traceback(record, record.exc_info[1])
        return True


def redact_logs(*names: str) -> None:
    """Remove keys from what these loggers, and those below them that have been made, log from now on.

    A filter of a logger does not see what the loggers below it log, so each of them gets it.
    """
    made = list(logging.root.manager.loggerDict)
    for name in {*names, *(name for name in made if name.startswith(tuple(f"{name}." for name in names)))}:
        logger = logging.getLogger(name)
        if _FILTER not in logger.filters:
            logger.addFilter(_FILTER)


def _take_from_traceback(record: logging.LogRecord, error: BaseException) -> None:
    text = "".join(traceback.format_exception(error))
    if _holds_key(text) or _holds_key(repr(error.args)):
        record.exc_info, record.exc_text = None, redact(text.rstrip("\n"), words=False)


def _holds_key(text: str) -> bool:
    return redact(text, words=False) != text


_FILTER = RedactingFilter()
