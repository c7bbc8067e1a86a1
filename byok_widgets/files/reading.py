"""Reads a file that somebody else may have put there: only a regular one, and only up to a size.

A named pipe would be waited for without end, and a device or a huge file would fill the memory.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

from byok_widgets.files.trust import require_own_links

# Non-blocking: a named pipe may take the file's place between the check and the opening.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_MB = 1_000_000


class NotRegularFileError(OSError):
    """It is a folder, named pipe, socket or device."""

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "it is not a regular file")


class FileTooLargeError(OSError):
    """It is larger than any file of its kind."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(errno.EFBIG, f"it is larger than {most_bytes // _MB} MB")


Check = Callable[[Path, os.stat_result], None]
"""Called with a path and the status of the open file; raises an `OSError` to refuse it."""


def read_file(path: Path, *, most_bytes: int, check: Check | None = None) -> bytes:
    """Return the contents of a regular file. Never waits for another program, and links are followed.

    Args:
        path: The file.
        most_bytes: Largest file that is read.
        check: May refuse the file.

    Raises:
        NotRegularFileError: It is something else.
        FileTooLargeError: It is larger.
        OSError: It cannot be read.
    """
    with open_file(path) as file:
        found = os.fstat(file.fileno())
        if check is not None:
            check(path, found)
        if found.st_size > most_bytes:
            raise FileTooLargeError(most_bytes)
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:  # it grew, or the system does not tell its size
        raise FileTooLargeError(most_bytes)
    return content


def open_file(path: Path) -> BinaryIO:
    """Open a regular file for reading. Never waits for another program, and links are followed.

    Raises:
        NotRegularFileError: It is something else.
        UntrustedPathError: Another user has put a link there.
        OSError: It cannot be opened.
    """
    require_own_links(path)
    if not stat.S_ISREG(path.stat().st_mode):  # before it is opened: opening a device can have effects
        raise NotRegularFileError
    file = os.fdopen(os.open(path, _FLAGS), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # it has been replaced since
        file.close()
        raise NotRegularFileError
    return file


def nested_deeper(data: Any, most: int) -> bool:
    """Whether JSON data is nested deeper than so many levels; then it may not be possible to copy or write it."""
    level = [data]
    for _ in range(most + 1):
        level = [part for value in level for part in _parts(value)]
        if not level:
            return False
    return True


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
