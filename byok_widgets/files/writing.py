"""How a file is replaced atomically: a reader sees the old content or the new, whatever happens meanwhile.

New content goes to a part file beside the file, `.<stem>.<hex>.part`, which then takes its place. Its writer holds
a lock on it, so that what a killed program left behind can be told from what is being written, and is removed.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from byok_widgets.files.reading import NotRegularFileError
from byok_widgets.files.trust import require_own_links

_TRIES = 3
_ALL = 0o777
_LONGEST_STEM = 200
"""In bytes: file systems allow 255 for a whole name."""
_PART = re.compile(r"\.(?P<stem>.+)\.[0-9a-f]{4,}\.part", re.DOTALL)
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


def replace_file(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Replace the contents of `path` with `content`, atomically.

    A link is replaced, not followed. Part files that killed programs left for this file are removed. What the
    permissions of an existing file forbid stays forbidden: somebody may have made it private.

    Args:
        path: The file; its folder must exist.
        content: The complete new contents.
        mode: Permissions of a new file, which the umask reduces.

    Raises:
        NotRegularFileError: The path is a folder, a device or a named pipe.
        UntrustedPathError: A folder on the way is a link that another user has put there.
        OSError: The disk is full or the folder cannot be written to; the old contents are kept.
    """
    require_own_links(path.parent)
    mode &= _permissions(path)
    remove_dead_parts(path.parent, path.stem)
    for tries_left in reversed(range(_TRIES)):
        try:
            _replace(path, content, mode)
        except FileNotFoundError:  # somebody removed the part file in the moment before it was locked
            if not tries_left or not path.parent.is_dir():
                raise
        else:
            return


def remove_dead_parts(folder: Path, stem: str | None = None) -> None:
    """Remove the part files that killed programs left in a folder; those that are being written stay.

    Args:
        folder: The folder; where it cannot be read or written, nothing is done.
        stem: Name of the file without its suffix; `None` for all files.
    """
    with contextlib.suppress(OSError):
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(".part")]
        for name in names:
            match = _PART.fullmatch(name)
            if match and (stem is None or match["stem"] == _in_part_name(stem)):
                _remove_if_dead(folder / name)


def set_aside(path: Path) -> Path:
    """Rename a damaged file, never over another one, and return its new path.

    Raises:
        OSError: It cannot be renamed.
    """
    stem = f"{path.stem}.corrupt-{datetime.now():%Y%m%d-%H%M%S-%f}"
    kept = path.with_name(f"{stem}{path.suffix}")
    while kept.exists():  # the clock may stand still or go back
        kept = path.with_name(f"{stem}-{secrets.token_hex(4)}{path.suffix}")
    path.replace(kept)
    return kept


def _permissions(path: Path) -> int:
    """Return the permissions of what is to be replaced; all of them where nothing is there.

    Raises:
        NotRegularFileError: It cannot be replaced.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return _ALL
    if stat.S_ISLNK(mode):
        return _ALL
    if not stat.S_ISREG(mode):
        raise NotRegularFileError
    return stat.S_IMODE(mode)


def _in_part_name(stem: str) -> str:
    """Return the beginning of a stem that leaves room for the rest of a part file's name."""
    return os.fsdecode(os.fsencode(stem)[:_LONGEST_STEM])


def _replace(path: Path, content: bytes, mode: int) -> None:
    part = path.with_name(f".{_in_part_name(path.stem)}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, _FLAGS, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _lock(file.fileno())  # before any content: an unlocked part file counts as left behind
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # otherwise a power cut after the renaming can leave an empty file
            if sys.platform != "win32":  # there, an open file can be neither renamed nor removed by others
                part.replace(path)
        if sys.platform == "win32":
            part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _remove_if_dead(part: Path) -> None:
    with contextlib.suppress(OSError):
        if not stat.S_ISREG(part.lstat().st_mode):
            return
        with _opened(part) as descriptor:
            if _lock(descriptor):
                part.unlink(missing_ok=True)
        if sys.platform == "win32":
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _opened(part: Path) -> Iterator[int]:
    descriptor = os.open(part, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock an open file without waiting; whether that worked. It is unlocked when closed, even by a kill."""
    if sys.platform in ("win32", "emscripten"):
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
