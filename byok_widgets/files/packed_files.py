"""What is in compressed files and archives, read within a limit and never written to disk."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Protocol

MAX_PARTS = 10_000
"""Most files that are read in one."""
_MAX_DEPTH = 3
_LZMA_MEMORY_BYTES = 100_000_000
_TAR_MARK = slice(257, 262)
_ENCRYPTED = 0x1

_UNREAD_FORMATS = (
    *((b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (b"Rar!\x1a\x07", "a RAR archive"), (b"%PDF-", "a PDF")),
    *((b"\x28\xb5\x2f\xfd", "a Zstandard file"), (b"\x04\x22\x4d\x18", "an LZ4 file")),
    *((b"\x1f\x9d", "a file of compress"), (b"PAR1", "a Parquet file"), (b"\x89HDF\r\n\x1a\n", "an HDF5 file")),
)


class CannotUnpackError(Exception):
    """A part was not read. The message is the end of a sentence that begins with its name."""


class TooMuchInsideError(CannotUnpackError):
    """It may be made to fill the memory."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass
class Allowance:
    """What may still be unpacked.

    Attributes:
        data_bytes: Number of bytes.
        parts: Number of files.
    """

    data_bytes: int
    parts: int = MAX_PARTS

    def read(self, stream: _Readable) -> bytes:
        """Return what is left of a stream.

        Raises:
            TooMuchInsideError: It is more than allowed.
        """
        content = stream.read(self.data_bytes + 1)
        self.parts -= 1
        self.data_bytes -= len(content)
        if self.data_bytes < 0 or self.parts < 0:
            raise TooMuchInsideError("contains more than can be read.")
        return content


@dataclass(frozen=True)
class Part:
    """A file that is packed into another.

    Attributes:
        name: Its name there; empty if it has none.
        content: What it contains; `None` if it was not read.
        why: Why not, as the end of a sentence that begins with its name.
        is_fault: Whether it was too much to read.
    """

    name: str
    content: bytes | None = field(repr=False)
    why: str = ""
    is_fault: bool = False


def is_packed(content: bytes) -> bool:
    """Whether a file's text can be read only by unpacking it."""
    return _unpacker(content) is not _unread or _unread_format(content) != ""


def unpack(content: bytes, allowance: Allowance, depth: int = 0) -> Iterator[Part]:
    """Yield the files in a packed one, and those in them."""
    try:
        for part in _unpacker(content)(content, allowance):
            if part.content is None or not is_packed(part.content):
                yield part
            elif depth == _MAX_DEPTH:
                yield Part(part.name, None, "is packed too often to be read.", is_fault=True)
            else:
                yield from (_below(part.name, each) for each in unpack(part.content, allowance, depth + 1))
    except CannotUnpackError as error:
        yield Part("", None, str(error), isinstance(error, TooMuchInsideError))
    except _DAMAGED as error:
        yield Part("", None, f"cannot be unpacked: {error or type(error).__name__}.")


def _below(name: str, part: Part) -> Part:
    return Part("/".join(filter(None, (name, part.name))), part.content, part.why, part.is_fault)


_DAMAGED = (
    *(OSError, EOFError, ValueError, RuntimeError, LookupError, OverflowError),  # what the libraries raise
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError),
)

Unpacker = Callable[[bytes, Allowance], Iterator[Part]]


def _gzip(content: bytes, allowance: Allowance) -> Iterator[Part]:
    with gzip.GzipFile(fileobj=BytesIO(content)) as stream:
        yield Part("", allowance.read(stream))


def _bzip2(content: bytes, allowance: Allowance) -> Iterator[Part]:
    with bz2.BZ2File(BytesIO(content)) as stream:
        yield Part("", allowance.read(stream))


def _xz(content: bytes, allowance: Allowance) -> Iterator[Part]:
    while content.strip(b"\0"):
        reader = lzma.LZMADecompressor(memlimit=_LZMA_MEMORY_BYTES)
        found = allowance.read(BytesIO(reader.decompress(content, allowance.data_bytes + 1)))
        if not reader.eof:
            raise EOFError("it ends too early")
        content = reader.unused_data
        yield Part("", found)


def _zip(content: bytes, allowance: Allowance) -> Iterator[Part]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for each in archive.infolist():
            if each.flag_bits & _ENCRYPTED:
                yield Part(each.filename, None, "is encrypted.")
            elif not each.is_dir():
                with archive.open(each) as stream:
                    yield Part(each.filename, allowance.read(stream))


def _tar(content: bytes, allowance: Allowance) -> Iterator[Part]:
    with tarfile.open(fileobj=BytesIO(content), mode="r:") as archive:
        for each in archive:
            stream = archive.extractfile(each) if each.isreg() else None
            yield Part(each.name, allowance.read(stream or BytesIO(each.linkname.encode("utf-8", "replace"))))


_UNPACKERS: tuple[tuple[bytes, Unpacker], ...] = (
    (b"\x1f\x8b", _gzip),
    (b"BZh", _bzip2),
    (b"\xfd7zXZ\0", _xz),
    (b"PK\x03\x04", _zip),
    (b"PK\x05\x06", _zip),
)


def _unread(content: bytes, allowance: Allowance) -> Iterator[Part]:
    del allowance
    yield Part("", None, f"is {_unread_format(content)}, which is not unpacked.")


def _unpacker(content: bytes) -> Unpacker:
    if content[_TAR_MARK] == b"ustar":
        return _tar
    return next((unpacker for mark, unpacker in _UNPACKERS if content.startswith(mark)), _unread)


def _unread_format(content: bytes) -> str:
    return next((named for mark, named in _UNREAD_FORMATS if content.startswith(mark)), "")
