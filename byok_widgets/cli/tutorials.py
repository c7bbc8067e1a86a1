"""Copies the tutorials to the user's folder, without overwriting what the user changed."""

from __future__ import annotations

import errno
import hashlib
import json
import stat
from importlib import resources
from pathlib import Path

from byok_widgets.errors import ConfigError
from byok_widgets.files import (
    UntrustedPathError,
    describe_os_error,
    make_parents,
    read_file,
    replace_file,
    require_trusted,
    require_trusted_owner,
)
from byok_widgets.recording.cassette import SUFFIX

_STAMP = ".byok_widgets_tutorials.json"
_MAX_BYTES = 20_000_000


def sources() -> list[Path]:
    """Return the tutorials that came with the package, in order, the pages they link to, and their cassettes."""
    # In the wheel, or beside an editable install.
    package = Path(str(resources.files("byok_widgets")))
    folder = next(place for place in (package / "notebooks", package.parent / "notebooks") if place.is_dir())
    kinds = ("*.ipynb", "*.md", f"*{SUFFIX}")
    return [path for kind in kinds for path in sorted(folder.glob(kind))]


def bring(folder: Path) -> tuple[list[Path], list[str]]:
    """Copy the tutorials into `folder`; return them, and the names of those that were not overwritten.

    A tutorial that is unchanged since it was last copied is replaced; one that the user changed is left alone, and
    so is a link. A new folder is for this user alone, since what is in it will be run.

    Raises:
        ConfigError: The folder cannot be created or written, or another user could change it.
    """
    try:
        _make(folder)
        stamp = folder / _STAMP
        known = _read(stamp)
        kept = [source.name for source in sources() if not _bring_one(source, folder, known)]
        replace_file(stamp, json.dumps(known).encode("ascii"))
    except UntrustedPathError as error:
        problem = error.strerror
    except OSError as error:
        problem = describe_os_error(error)
    else:
        return [folder / source.name for source in sources()], kept
    raise ConfigError(
        f"The tutorials cannot be copied into {str(folder)!r}: {problem}.",
        kind="tutorials_not_written",
        fix="Choose another folder with --dir.",
    )


def _bring_one(source: Path, folder: Path, known: dict[str, str]) -> bool:
    target, content = folder / source.name, source.read_bytes()
    if not _may_replace(target, (known.get(source.name), _digest(content))):
        return False
    replace_file(target, content)
    known[source.name] = _digest(content)
    return True


def _may_replace(target: Path, digests: tuple[str | None, ...]) -> bool:
    if target.is_symlink():
        return False
    try:
        return _digest(read_file(target, most_bytes=_MAX_BYTES)) in digests
    except FileNotFoundError:
        return True


def _make(folder: Path) -> None:
    if folder.is_file():
        raise NotADirectoryError(errno.ENOTDIR, "it is a file, not a folder")
    make_parents(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    link = folder.lstat()
    if stat.S_ISLNK(link.st_mode):  # in a folder like /tmp, anybody could have put it there
        require_trusted_owner(folder, link)
    require_trusted(folder, folder.stat())


def _read(stamp: Path) -> dict[str, str]:
    try:
        known = json.loads(read_file(stamp, most_bytes=_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
