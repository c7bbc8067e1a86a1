"""`Contents`: what has been read of a cassette, and where in it each call stands.

When another file takes the place of a cassette, new contents replace the old ones as a whole: a thread that is
just looking for a call still finds it in those it began with.
"""

from __future__ import annotations

import json
import re
import threading
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any, BinaryIO

from byok_widgets.errors import ConfigError
from byok_widgets.files import finite_json
from byok_widgets.recording.entry_shape import is_entry, misfit

FORMAT = 1

_MOST_READ = 32
"""Most entries that are kept as they were read."""

_HEADER = b'{"cassette": '
_ANY_HEADER = re.compile(rb'\s*\{\s*"cassette"\s*:')  # as other programs write it, too
_BEFORE_DIGEST = b'{"digest": "'
_DIGEST = slice(len(_BEFORE_DIGEST), len(_BEFORE_DIGEST) + 64)

Entry = dict[str, Any]


class Contents:
    """What has been read of one file; only what is written behind its end is added.

    Args:
        path: The file, for messages.
        version: What tells it from another one under its name.

    Attributes:
        version: The same.
        places: Where the line of each call that holds begins, by its digest.
        damaged: The numbers of lines that cannot be read.
        is_torn: Whether the last line was not written to the end.
        end: How many bytes of the file have been read.
    """

    def __init__(self, path: Path, version: tuple[int, int]) -> None:
        self.version = version
        self.places: dict[bytes, int] = {}
        self.damaged: list[int] = []
        self.is_torn = False
        self.end = 0
        self._path = path
        self._content = bytearray()
        self._read: dict[int, Entry] = {}
        self._keeping = threading.Lock()
        self._is_known = False
        self._lines = 0

    def find(self, digest: str) -> Entry | None:
        """Return the latest entry with a digest; `None` if there is none.

        Raises:
            ConfigError: There is one that cannot be used.
        """
        at = self.places.get(digest.encode())
        if at is None:
            return None
        entry = self._read.get(at)
        if entry is None and (entry := entry_of(self.line(at))):
            self._keep(at, entry)
        if entry is not None:
            return entry
        line, why = self._content.count(b"\n", 0, at) + 1, misfit(parsed(self.line(at)))
        problem = f"Line {line} of {str(self._path)!r} is not a recorded call: {why}."
        raise ConfigError(problem, kind="cassette", fix="Correct it, or record it again.")

    def line(self, at: int) -> bytes:
        """Return the line that begins at a place."""
        end = self._content.find(b"\n", at)
        return bytes(self._content[at:end] if end >= 0 else self._content[at:])

    def take(self, file: BinaryIO) -> None:
        """Index what was written behind the end, without parsing it.

        Raises:
            ConfigError: It is no cassette, or one of a newer format.
        """
        self.is_torn = False
        for line in file:
            if not line.endswith(b"\n") and parsed(line) is None:
                if not self._is_known and not may_be_header(line):
                    self._require_known(line)
                self.is_torn = True
                return
            self._lines += 1
            self.end += len(line)
            self._take_line(_as_written(line.removeprefix(BOM_UTF8)))  # joined cassettes may have several

    def _take_line(self, line: bytes) -> None:
        at = len(self._content)
        self._content += line
        if line.startswith(_BEFORE_DIGEST) and line.rstrip().endswith(b"}"):
            self.places[line[_DIGEST]] = at
            self._is_known = True
        elif _ANY_HEADER.match(line) or (line.strip() and not self._is_known):
            self._require_known(line)  # there are several where cassettes were joined
            self._is_known = True
        elif line.strip():
            self.damaged.append(self._lines)

    def _require_known(self, line: bytes) -> None:
        header = parsed(line) if _ANY_HEADER.match(line) else None
        if header is None:
            raise ConfigError(
                f"{str(self._path)!r} is not a cassette: it does not begin with the line of a cassette.",
                kind="cassette",
                fix="Give the file as it was recorded: UTF-8, with one call on each line.",
            )
        if header["cassette"] != FORMAT:
            raise ConfigError(
                f"{str(self._path)!r} was recorded by a newer byok-widgets.",
                kind="cassette",
                fix="Update the package: pip install -U byok-widgets",
            )

    def _keep(self, at: int, entry: Entry) -> None:
        """Keep an entry that was read: what is asked again, as in each session, is parsed and checked once."""
        with self._keeping:
            if at not in self._read and len(self._read) >= _MOST_READ:
                del self._read[next(iter(self._read))]
            self._read[at] = entry


def may_be_header(beginning: bytes) -> bool:
    """Whether a file that begins so may be a cassette whose first line was not written to the end."""
    text = beginning.removeprefix(BOM_UTF8)
    return _HEADER.startswith(text[: len(_HEADER)]) or _ANY_HEADER.match(text) is not None


def _as_written(line: bytes) -> bytes:
    """Return an entry as it is written here, where another program has formatted it; other lines as they are."""
    if line.startswith(_BEFORE_DIGEST) or not line.lstrip().startswith(b"{"):
        return line
    entry = parsed(line)
    if entry is None or not isinstance(entry.get("digest"), str):
        return line
    return line_of({"digest": entry.pop("digest"), "node": entry.pop("node", None), **entry})


def line_of(entry: Entry) -> bytes:
    """Return an entry as a line."""
    return f"{json.dumps(entry, ensure_ascii=False, default=str)}\n".encode("utf-8", "surrogatepass")


def entry_of(line: bytes) -> Entry | None:
    """Return the entry of a call on a line; `None` if it is none, or holds what no call gives."""
    entry = parsed(line)
    return entry if entry is not None and is_entry(entry) else None


def parsed(line: bytes) -> Entry | None:
    """Return the JSON object on a line; `None` if it is none."""
    try:
        entry = finite_json(line.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
