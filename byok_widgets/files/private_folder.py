"""`PrivateFolder`: a folder of ours that only this user may read or write, and the files in it.

Settings decide where a key is sent, so nobody else may change them. Each folder of ours is created with
permissions 0700 whatever the umask is, and so are missing folders above it. `trust` says what is checked.
"""

from __future__ import annotations

import contextlib
import errno
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from byok_widgets.files import places
from byok_widgets.files.reading import FileTooLargeError, read_file
from byok_widgets.files.trust import may_others_write, require_trusted, require_trusted_owner
from byok_widgets.files.writing import replace_file

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


@dataclass(frozen=True)
class PrivateFolder:
    """A folder of ours.

    Attributes:
        top: The uppermost folder of ours.
        parts: Names of the folders that lead from there to this one.
        is_named: Whether a person named `top`. It may then be a link, and its permissions are never changed.
            All other folders, which were created here, are made private again if a permissive umask opened them.
    """

    top: Path
    parts: tuple[str, ...] = ()
    is_named: bool = True

    @property
    def path(self) -> Path:
        """The folder; it may not exist."""
        return self.top.joinpath(*self.parts)

    def sub(self, name: str) -> PrivateFolder:
        """Return a folder in this one."""
        return replace(self, parts=(*self.parts, name))

    def check(self) -> None:
        """Check that nobody else could have made this folder or could change it; a missing one is fine.

        Raises:
            UntrustedPathError: Somebody else could.
            OSError: It is not a folder, or nothing about it can be learned.
        """
        for folder in self._chain():
            try:
                if stat.S_ISLNK((link := folder.lstat()).st_mode):
                    require_trusted_owner(folder, link)
                _require_private(folder, tighten=not (self.is_named and folder == self.top))
            except FileNotFoundError:
                return

    def make(self) -> None:
        """Create this folder with all above it, for this user alone; for an existing one, the same as `check`.

        Raises:
            UntrustedPathError: Somebody else could change it.
            OSError: It cannot be created, or is a link that nobody named, which is not followed for writing.
        """
        make_parents(self.top)
        for folder in self._chain():
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=_FOLDER_MODE)
            if folder.is_symlink() and not (self.is_named and folder == self.top):
                raise OSError(errno.ELOOP, f"{str(folder)!r} is a link, which is not followed")
        self.check()

    def read(self, name: str, *, most_bytes: int) -> bytes:
        """Return the contents of a file that nobody else could have made or changed.

        Raises:
            UntrustedPathError: Somebody else could.
            OSError: It cannot be read, is larger than `most_bytes`, or is not a regular file.
        """
        self.check()
        return read_file(self.path / name, most_bytes=most_bytes, check=require_trusted)

    def write(self, name: str, content: bytes, *, most_bytes: int) -> None:
        """Replace a file atomically, with permissions for this user alone. The folder must exist.

        Raises:
            OSError: It cannot be written, or is larger than can be read again; the old contents are kept.
        """
        if len(content) > most_bytes:
            raise FileTooLargeError(most_bytes)
        replace_file(self.path / name, content, mode=_FILE_MODE)

    def _chain(self) -> Iterator[Path]:
        for count in range(len(self.parts) + 1):
            yield self.top.joinpath(*self.parts[:count])


def private_config() -> PrivateFolder:
    """Return the folder of all settings."""
    return PrivateFolder(places.config_dir(), is_named=places.folder_named_by(places.CONFIG_VARIABLE) is not None)


def private_cache() -> PrivateFolder:
    """Return the folder for what can be fetched again."""
    return PrivateFolder(places.cache_dir(), is_named=places.folder_named_by(places.CACHE_VARIABLE) is not None)


def make_parents(top: Path) -> None:
    """Create the missing folders above `top` for this user; `Path.mkdir` lets the umask decide on permissions."""
    missing = []
    for folder in top.parents:
        if folder.exists():
            break
        missing.append(folder)
    for folder in reversed(missing):
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=_FOLDER_MODE)


def _require_private(folder: Path, *, tighten: bool) -> None:
    found = folder.stat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "its folder is not a folder")
    require_trusted_owner(folder, found)
    if tighten and may_others_write(folder, found):
        with contextlib.suppress(OSError):
            folder.chmod(_FOLDER_MODE)  # some file systems have no permissions: what counts is what is found then
        found = folder.stat()
    require_trusted(folder, found)
