"""All that libraries log, with all that hangs on each record."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _WholeRecord(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{record.name} {super().format(record)} {record.__dict__!r}"


@contextmanager
def recorded_logs(*loggers: str) -> Iterator[io.StringIO]:
    """Record what reaches the root logger, and everything that the named loggers write, however low."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(_WholeRecord())
    root, named = logging.root, [logging.getLogger(name) for name in loggers]
    handlers, levels = root.handlers, {logger: logger.level for logger in (root, *named)}
    root.handlers = [handler]
    for logger in levels:
        logger.setLevel(1)
    try:
        yield written
    finally:
        root.handlers = handlers
        for logger, level in levels.items():
            logger.setLevel(level)
