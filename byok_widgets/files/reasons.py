"""Why a file could not be read or written, in a few words."""

from __future__ import annotations

import errno
from pathlib import Path

_REASONS = {
    errno.ENOSPC: "the disk is full",
    getattr(errno, "EDQUOT", -1): "your disk quota is used up",
    errno.EACCES: "no permission there",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "it does not exist",
}


def describe_os_error(error: OSError) -> str:
    """Say in a few words why a file could not be read or written."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def describe_write_error(error: OSError) -> str:
    """Say in a few words why a file could not be written."""
    return "its folder does not exist" if error.errno == errno.ENOENT else describe_os_error(error)


def where_to_look(path: Path) -> str:
    """Say what to do about a missing file."""
    return f"Check the name and the folder: {path.absolute()}."
