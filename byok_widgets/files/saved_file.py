"""Saving a file where the user wants it: completely or not at all, with an error that says why."""

from __future__ import annotations

import os
from pathlib import Path

from byok_widgets.errors import ConfigError
from byok_widgets.files import FileTooLargeError, describe_write_error, replace_file
from byok_widgets.files.reasons import advise_on_writing
from byok_widgets.files.trust import require_own_links


def make_folder(folder: Path, *, kind: str) -> None:
    """Make a folder for files of the person's, with the missing ones above it.

    Args:
        folder: The folder; it may exist.
        kind: Kind of the error.

    Raises:
        ConfigError: It cannot be made.
    """
    try:
        require_own_links(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = "it is not a folder" if isinstance(error, FileExistsError) else describe_write_error(error)
        fix = advise_on_writing(error)
    else:
        return
    raise ConfigError(f"The folder {str(folder)!r} cannot be used: {problem}.", kind=kind, fix=fix)


def save_file(path: Path, content: bytes, *, kind: str, most_bytes: int | None = None) -> None:
    """Write a file.

    Args:
        path: The file; an existing one is replaced.
        content: The whole content.
        kind: Kind of the error.
        most_bytes: Maximum size that can be read back, in bytes; `None` for no limit.

    Raises:
        ConfigError: It is too large, or cannot be written; an existing file is left unchanged.
    """
    fix = "Choose another location."
    try:
        if most_bytes is not None and len(content) > most_bytes:
            raise FileTooLargeError(most_bytes)
        replace_file(path, content)
    except OSError as error:
        problem, fix = describe_write_error(error), advise_on_writing(error)
    except ValueError as error:  # a path that no system takes
        problem = str(error)
    else:
        return
    kept = " The old one is unchanged." if os.path.lexists(path) else ""
    raise ConfigError(f"{str(path)!r} could not be written: {problem}.{kept}", kind=kind, fix=fix)
