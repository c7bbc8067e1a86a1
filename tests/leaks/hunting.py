"""The hunt for a key in bytes of any kind: in text, packed, compressed, or in a database."""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.key_forms import leaks

Place = tuple[str, bytes]
"""Where something was left, and what."""

_MOST_LAYERS = 3


class Canary:
    """A key to hunt for, which inspecting the hunt itself does not show: none of its frames holds the text."""

    def __init__(self, key: str) -> None:
        self._codes = [ord(char) + 1 for char in key]

    def __repr__(self) -> str:
        return "Canary()"

    def text(self) -> str:
        """Return the key."""
        return "".join(chr(code - 1) for code in self._codes)


def hunt(places: Iterable[Place], canary: Canary) -> list[str]:
    """Return the places that hold the key or a piece of it, in any form."""
    return [name for name, content in places if any(leaks(text, canary.text()) for text in _texts(content))]


def text(name: str, *values: object) -> Place:
    """Return a place that holds texts."""
    return name, "\n".join(map(str, values)).encode("utf-8", "surrogatepass")


def files_below(folder: Path) -> Iterator[Place]:
    """Yield every file of a folder, with its name in what is looked at."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"file {path.name}", str(path).encode() + b"\n" + path.read_bytes()
            yield from ((f"file {path.name}, unpacked", part) for part in _unpacked(path.read_bytes()))


def _texts(content: bytes, layers: int = _MOST_LAYERS) -> Iterator[str]:
    """Yield what can be read in some bytes; keys are ASCII, so one reading serves all encodings."""
    yield content.decode("latin-1")
    for part in _unpacked(content) if layers else ():
        yield from _texts(part, layers - 1)


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content.startswith(b"SQLite format 3\0"):
        yield from _cells(content)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    elif content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    elif content[:1] == b"\x78":
        try:
            yield zlib.decompress(content)
        except zlib.error:
            return


def _cells(content: bytes) -> Iterator[bytes]:
    writable = content[:18] + b"\1\1" + content[20:]  # a file in WAL mode cannot be opened from memory
    with sqlite3.connect(":memory:") as base:
        base.deserialize(writable)
        tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in base.execute(f'SELECT * FROM "{table}"'):
                yield from (cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)
    base.close()
