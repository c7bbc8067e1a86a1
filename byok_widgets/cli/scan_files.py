"""What `byok-widgets scan` reads: files, folders, and what git is about to commit."""

from __future__ import annotations

import codecs
import errno
import os
import stat
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from byok_widgets.errors import ConfigError
from byok_widgets.files import FileTooLargeError, describe_os_error, read_file, replace_file
from byok_widgets.files.packed_files import Allowance, is_packed, unpack
from byok_widgets.recording.cassette import SUFFIX

MAX_BYTES = 100_000_000
"""Largest file that is read."""

_HEAD = 8192
_LFS_MARK = b"version https://git-lfs.github.com/spec/"
_SUBMODULE = 0o160000
_SKIPPED_FOLDERS = frozenset({".git", "node_modules"})
_PYTHONS = ("bin/python", "Scripts/python.exe", "python.exe")
_CONDA_HEAD = "==> "
_MARKED = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_AS_IT_IS = "latin-1"  # each byte is a character: keys are ASCII, and all other bytes are written back unchanged


class ChangedMeanwhileError(OSError):
    """A file has changed since it was read."""


@dataclass(frozen=True)
class Document:
    """A text to search.

    Attributes:
        path: The file.
        text: Its content, a character for each byte unless it is UTF-16 or UTF-32.
        codec: The codec that turns `text` back into the same bytes.
        is_binary: Whether it is data rather than text; it is searched as it is, and never changed.
        inside: Its name in the file if it is packed; `None` if it is the file itself.
        is_wrapping: Whether its content is elsewhere or unpacked apart: this alone is no file that was read.
    """

    path: Path
    text: str = field(repr=False)
    codec: str
    is_binary: bool = False
    inside: str | None = None
    is_wrapping: bool = False

    @property
    def is_notebook(self) -> bool:
        """Whether its name is that of a notebook."""
        name = Path(self.inside) if self.inside else self.path
        return name.suffix.lower() == ".ipynb" and not self.is_binary

    @property
    def is_cassette(self) -> bool:
        """Whether its name is that of a file of recorded calls."""
        return (Path(self.inside) if self.inside else self.path).suffix == SUFFIX and not self.is_binary

    @property
    def can_be_fixed(self) -> bool:
        """Whether keys can be removed from it."""
        return not self.is_binary and self.inside is None

    def replace(self, text: str) -> None:
        """Replace the file's content with `text`, in one step.

        Raises:
            ChangedMeanwhileError: The file has changed since it was read; it is left unchanged.
            OSError: The file cannot be written; it is left unchanged.
        """
        mode = stat.S_IMODE(self.path.lstat().st_mode)
        if not os.access(self.path, os.W_OK):
            raise PermissionError(errno.EACCES, "no permission there")
        if self.path.is_symlink() or read_file(self.path, most_bytes=MAX_BYTES) != self._encoded(self.text):
            raise ChangedMeanwhileError("it was changed in the meantime; scan it again")
        replace_file(self.path, self._encoded(text), mode=mode)
        self.path.chmod(mode)

    def _encoded(self, text: str) -> bytes:
        return text.encode(self.codec, "surrogatepass" if self.codec != _AS_IT_IS else "strict")


@dataclass(frozen=True)
class Unread:
    """A file or folder that was not searched.

    Attributes:
        path: The file or folder.
        why: The reason, as the end of a sentence that begins with the path.
        kind: `"link"`, `"folder"` (of a tool), `"submodule"`, `"special"` (a device, named pipe or socket),
            `"packed"` (in a way that is not read), or `"fault"` (it may contain a key).
        named: Whether the user named it, rather than a folder that contains it.
        inside: Its name in the file if it is packed.
        leads_to: The address of a link.
    """

    path: Path
    why: str
    kind: Literal["link", "folder", "submodule", "special", "packed", "fault"]
    named: bool
    inside: str | None = None
    leads_to: str = ""


@dataclass(frozen=True)
class Folder:
    """A folder that is searched; its name may contain a key, too."""

    path: Path


Item = Document | Unread | Folder


def read_paths(paths: Iterable[Path]) -> Iterator[Item]:
    """Read files, and folders with everything in them."""
    for path in dict.fromkeys(paths):
        if os.path.isdir(path) and not path.is_symlink():  # noqa: PTH112 - Path raises if a name is too long
            yield from _in_folder(path)
        else:
            yield from _read(path, named=True)


def read_staged() -> Iterator[Item]:
    """Read what git is about to commit, which may differ from the files' current content.

    Raises:
        ConfigError: Git is not installed, or this is not a git repository.
    """
    root = Path(os.fsdecode(_git("rev-parse", "--show-toplevel")).rstrip("\n"))
    options = ("--cached", "--raw", "--no-abbrev", "--no-renames", "-z")
    # With diff.relative, git would list only what is below the current folder, and without its path.
    fields = _git("-c", "diff.relative=false", "diff", *options).split(b"\0")
    for facts, name in zip(fields[::2], fields[1::2], strict=False):
        _, mode, _, blob, status = facts.decode("ascii").split()
        path, kind = root / os.fsdecode(name), int(mode, 8)
        if kind == _SUBMODULE:
            yield Unread(path, "is a submodule; scan it by itself.", "submodule", named=False)
        elif status == "U":
            yield Unread(path, "is not merged yet.", "fault", named=False)
        elif status == "D":
            continue
        elif int(_git("cat-file", "-s", blob)) > MAX_BYTES:
            yield _too_large(path, named=False)
        else:  # of a link, the address is committed
            yield from _in_file(path, _git("cat-file", "blob", blob), named=False)


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise ConfigError(
            "Git is not installed.", kind="no_git", fix="Give the files or folders to scan."
        ) from None
    if done.returncode:
        raise ConfigError(
            "Git could not list what is staged here.",
            kind="no_git_repository",
            cause=done.stderr.decode("utf-8", "replace").strip(),
            fix="Run it inside a git repository, or give the files or folders to scan.",
        )
    return done.stdout


def _in_folder(folder: Path) -> Iterator[Item]:
    faults: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=faults.append):
        yield Folder(Path(root))
        linked = [name for name in folders if Path(root, name).is_symlink()]
        skipped = [name for name in sorted(folders) if name not in linked and not _is_own(Path(root, name))]
        yield from (Unread(Path(root, name), "is filled by a tool.", "folder", named=False) for name in skipped)
        folders[:] = sorted(set(folders) - set(skipped))
        for name in sorted([*files, *linked]):
            yield from _read(Path(root, name), named=False)
    for fault in faults:
        yield Unread(
            Path(os.fsdecode(fault.filename)), f"cannot be read: {describe_os_error(fault)}.", "fault", named=False
        )


def _is_own(folder: Path) -> bool:
    """Whether a folder is the user's own, rather than one that tools fill."""
    return folder.name not in _SKIPPED_FOLDERS and not _is_environment(folder)


def _is_environment(folder: Path) -> bool:
    """Whether a folder is a virtual environment that could run; an empty marker proves nothing."""
    if not any((folder / python).exists() for python in _PYTHONS):
        return False
    names = {line.partition("=")[0].strip() for line in _marker(folder / "pyvenv.cfg").splitlines() if "=" in line}
    return "home" in names or _marker(folder / "conda-meta" / "history").startswith(_CONDA_HEAD)


def _marker(path: Path) -> str:
    """Return the beginning of the file by which a tool knows a folder as its own; empty where there is none."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return ""
        with path.open("rb") as file:
            return file.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return ""


def _read(path: Path, *, named: bool) -> Iterator[Item]:
    try:
        facts = path.lstat()
        if stat.S_ISLNK(facts.st_mode):
            yield Unread(
                path,
                "is a link; links are not followed.",
                "link",
                named,
                leads_to=os.readlink(path),  # noqa: PTH115
            )
        elif not stat.S_ISREG(facts.st_mode):
            yield Unread(path, "is not an ordinary file.", "special", named)
        else:
            yield from _in_file(path, read_file(path, most_bytes=MAX_BYTES), named=named)
    except FileTooLargeError:
        yield _too_large(path, named=named)
    except OSError as error:
        yield Unread(path, f"cannot be read: {describe_os_error(error)}.", "fault", named)


def _in_file(path: Path, content: bytes, *, named: bool) -> Iterator[Item]:
    """Yield a file, and what is packed in it."""
    if content.startswith(_LFS_MARK):
        yield Unread(path, "is kept by Git LFS, elsewhere.", "packed", named)
    elif is_packed(content):
        for part in unpack(content, Allowance(MAX_BYTES)):
            if part.content is None:
                yield Unread(path, part.why, "fault" if part.is_fault else "packed", named, part.name)
            else:
                yield replace(_document(path, part.content), inside=part.name)
    else:
        yield _document(path, content)
        return
    yield replace(_binary(path, content), is_wrapping=True)  # comments, and what stands before and after


def _document(path: Path, content: bytes) -> Document:
    codec = _codec(content)
    if codec != _AS_IT_IS:
        try:
            return Document(path, content.decode(codec), codec)
        except UnicodeDecodeError:
            return _binary(path, content)
    if b"\0" in content[:_HEAD]:
        return _binary(path, content)
    return Document(path, content.decode(_AS_IT_IS), _AS_IT_IS)


def _codec(content: bytes) -> str:
    return next((codec for mark, codec in _MARKED if content.startswith(mark)), _AS_IT_IS)


def _binary(path: Path, content: bytes) -> Document:
    """Return data as text: once as it is, and once without zeros, as UTF-16 without a mark is written."""
    text = content.decode(_AS_IT_IS)
    return Document(path, f"{text}\n{text.replace(chr(0), '')}", _AS_IT_IS, is_binary=True)


def _too_large(path: Path, *, named: bool) -> Unread:
    return Unread(path, f"is larger than {MAX_BYTES // 1_000_000} MB.", "fault", named)
