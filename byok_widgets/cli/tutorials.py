"""Copies the tutorials to the user's folder, without overwriting what the user changed."""

from __future__ import annotations

import errno
import hashlib
import json
from importlib import resources
from pathlib import Path

from byok_widgets.errors import ConfigError

_STAMP = ".byok_widgets_tutorials.json"


def sources() -> list[Path]:
    """Return the tutorials that came with the package, in order, and the page of rules that they link to."""
    # In the wheel, or beside an editable install.
    package = Path(str(resources.files("byok_widgets")))
    folder = next(place for place in (package / "notebooks", package.parent / "notebooks") if place.is_dir())
    return [*sorted(folder.glob("*.ipynb")), *sorted(folder.glob("*.md"))]


def bring(folder: Path) -> tuple[list[Path], list[str]]:
    """Copy the tutorials into `folder`; return them, and the names of those that were not overwritten.

    A tutorial that is unchanged since it was last copied is replaced; one that the user changed is left alone.

    Raises:
        ConfigError: The folder cannot be created or written.
    """
    try:
        if folder.is_file():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file, not a folder")
        folder.mkdir(parents=True, exist_ok=True)
        stamp = folder / _STAMP
        known = _read(stamp)
        kept = [source.name for source in sources() if not _bring_one(source, folder, known)]
        stamp.write_text(json.dumps(known), encoding="utf-8")
    except OSError as error:
        problem = error.strerror or str(error)
    else:
        return [folder / source.name for source in sources()], kept
    raise ConfigError(
        f"The tutorials cannot be copied into {str(folder)!r}: {problem}.",
        kind="tutorials_not_written",
        fix="Choose another folder with --dir.",
    )


def _bring_one(source: Path, folder: Path, known: dict[str, str]) -> bool:
    target, content = folder / source.name, source.read_bytes()
    if target.exists() and _digest(target.read_bytes()) not in (known.get(source.name), _digest(content)):
        return False
    target.write_bytes(content)
    known[source.name] = _digest(content)
    return True


def _read(stamp: Path) -> dict[str, str]:
    try:
        known = json.loads(stamp.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
