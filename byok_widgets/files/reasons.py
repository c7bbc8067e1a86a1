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


def advise_on_writing(error: OSError) -> str:
    """Say what to do about a file that could not be written."""
    lacks_space = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", -1))
    return "Free some space there, or choose another location." if lacks_space else "Choose another location."


def where_to_look(path: Path) -> str:
    """Say what to do about a missing file; where its folder has one of a similar name, which that is."""
    import difflib

    try:
        there = [other.name for other in path.parent.iterdir()]
    except OSError:
        there = []
    similar = () if path.name in there else difflib.get_close_matches(path.name, there, n=1, cutoff=0.8)
    meant = f"Did you mean {similar[0]!r}? " if similar else ""
    return f"{meant}Check the name and the folder: {path.absolute()}."
