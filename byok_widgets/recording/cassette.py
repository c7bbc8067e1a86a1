"""`Cassette`: a file of recorded calls as JSON lines; one that is wanted is found by its digest, and read then.

    {"cassette": 1, "recorder": "byok-widgets 0.1.0"}
    {"digest": "9f2c…", "node": "ask", "lane": ["Tuesday", "…", 1], "request": {…}, "answer": {…}, …}

Of two lines with the same digest the later one holds. Several processes may write at once: each line is written in
one piece behind a lock. A process that is killed loses at most the line that it was writing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from byok_widgets import __version__
from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error
from byok_widgets.files.locking import file_lock
from byok_widgets.files.reading import FileTooLargeError, NotRegularFileError, open_file
from byok_widgets.files.trust import require_not_planted
from byok_widgets.recording.cassette_contents import (
    FORMAT,
    Contents,
    Entry,
    entry_of,
    line_of,
    may_be_header,
    parsed,
)

SUFFIX = ".cassette"
RECORDER = f"byok-widgets {__version__}"
LOCK_TIMEOUT_S = 10.0
MAX_BYTES = 500_000_000
"""Largest cassette: some 100,000 calls, which stand in the memory."""

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class Cassette:
    """A cassette.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, *, must_exist: bool) -> None:
        """Open a file.

        Raises:
            ConfigError: It is not there, cannot be read, or is no cassette.
        """
        self.path = path
        self._lock = threading.Lock()
        self._contents = Contents(path, (0, 0))
        try:
            self._catch_up()
        except FileNotFoundError as error:
            if must_exist or not path.parent.is_dir():
                raise _unusable(path, error) from None
        except OSError as error:
            raise _unusable(path, error) from None

    @classmethod
    def to_write(cls, path: Path) -> Cassette:
        """Open a file to record calls, and check that they can be, before one is paid for.

        Raises:
            ConfigError: The file cannot be read or written, or the file or its lock is another user's.
        """
        cassette = cls(path, must_exist=False)
        cassette._require_writable()
        return cassette

    def __len__(self) -> int:
        return len(self._contents.places)

    def __contains__(self, digest: str) -> bool:
        return digest.encode() in self._contents.places

    @property
    def notices(self) -> tuple[str, ...]:
        """What could not be read of it."""
        found, contents = [], self._contents
        if contents.is_torn:
            found.append("its last line was not written to the end, and is left out")
        if damaged := contents.damaged:
            lines = ", ".join(map(str, damaged[:5])) + (", …" if len(damaged) > 5 else "")
            found.append(f"line {lines} cannot be read, and is left out")
        return tuple(found)

    def find(self, digest: str) -> Entry | None:
        """Return the latest entry with a digest, as of the last look at the file; `None` if there is none.

        Raises:
            ConfigError: There is one that cannot be used.
        """
        return self._contents.find(digest)

    def refresh(self) -> None:
        """Look at the file again: another process may have written to it.

        Raises:
            ConfigError: It cannot be read any more.
        """
        try:
            with self._lock, contextlib.suppress(FileNotFoundError):
                self._catch_up()
        except OSError as error:
            raise _unusable(self.path, error) from None

    def entries(self) -> Iterator[Entry]:
        """Yield all entries that hold and can be used, in the order of the file."""
        return filter(None, map(entry_of, self.lines()))

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of all entries that hold."""
        contents = self._contents
        return map(contents.line, sorted(contents.places.values()))

    def _require_writable(self) -> None:
        try:
            for place in (self.path, self._lock_path):
                require_not_planted(place)
        except OSError as error:
            raise _unusable(self.path, error) from None
        places = [self.path.parent, *([self.path] if self.path.exists() else ())]
        if not all(os.access(place, os.W_OK) for place in places):
            raise ConfigError(
                f"The cassette {str(self.path)!r} cannot be written: no permission there.",
                kind="cassette",
                fix="Record into a folder of your own.",
            )

    def append(self, entry: Entry) -> None:
        """Write an entry behind all others.

        Raises:
            OSError: It cannot be written; the file is left as it was.
            TimeoutError: Another process does not release the file.
        """
        line = line_of(entry)
        with self._lock, self._alone(), _opened(self.path) as descriptor:
            before = _mended(descriptor)
            if before + len(line) > MAX_BYTES:
                raise FileTooLargeError(MAX_BYTES)
            header = b"" if before else line_of({"cassette": FORMAT, "recorder": RECORDER})
            try:
                _write(descriptor, header + line)
            except OSError:
                os.ftruncate(descriptor, before)  # half of a line would spoil the next one
                raise

    @property
    def _lock_path(self) -> Path:
        return self.path.with_name(f".{self.path.name}.lock")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file's lock, against other processes."""
        require_not_planted(self._lock_path)
        try:
            with file_lock(self._lock_path, timeout_s=LOCK_TIMEOUT_S):
                yield
        except TimeoutError:
            raise TimeoutError(f"another program has locked it for {LOCK_TIMEOUT_S:g} s") from None

    def _catch_up(self) -> None:
        """Take in what was written since the last look, here or by another process."""
        seen, contents = self.path.stat(), self._contents
        if _version_of(seen) == contents.version and seen.st_size == contents.end:
            return
        with open_file(self.path) as file:
            found = os.fstat(file.fileno())
            if found.st_size > MAX_BYTES:
                raise FileTooLargeError(MAX_BYTES)
            if _version_of(found) != contents.version or found.st_size < contents.end:
                contents = Contents(self.path, _version_of(found))
            file.seek(contents.end)
            contents.take(file)
        self._contents = contents


def _version_of(found: os.stat_result) -> tuple[int, int]:
    """Return what tells a file from another one under its name."""
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    require_not_planted(path)
    descriptor = os.open(path, _FLAGS, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # it has been replaced since it was read
            raise NotRegularFileError
        yield descriptor
    finally:
        os.close(descriptor)


def _mended(descriptor: int) -> int:
    """Cut off a last line that was not written to the end, and return the length of the file."""
    size = os.fstat(descriptor).st_size
    os.lseek(descriptor, max(0, size - 1), os.SEEK_SET)
    if not size or os.read(descriptor, 1) == b"\n":
        return size
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), "rb") as file:
        content = file.read()
    whole = content.rfind(b"\n") + 1
    if not may_be_header(content):
        raise OSError(errno.EINVAL, "it is not a cassette")
    if parsed(content[whole:]) is not None:  # an editor has left out the last line break
        _write(descriptor, b"\n")
        return size + 1
    os.ftruncate(descriptor, whole)
    return whole


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _unusable(path: Path, error: OSError) -> ConfigError:
    missing = "Give the file that was recorded; without a replay, the model answers."
    fix = missing if isinstance(error, FileNotFoundError) else "Give another file."
    if not path.parent.is_dir():
        fix = f"There is no folder {str(path.parent)!r}: make it, or give another file."
    return ConfigError(
        f"The cassette {str(path)!r} cannot be opened: {describe_os_error(error)}.", kind="cassette", fix=fix
    )
