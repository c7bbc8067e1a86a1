"""Where files are stored, and how one is replaced atomically: a reader sees the old content or the new."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

CACHE_VARIABLE = "BYOK_WIDGETS_CACHE_DIR"
CONFIG_VARIABLE = "BYOK_WIDGETS_CONFIG_DIR"
SHARED_MODELS_VARIABLE = "BYOK_WIDGETS_SHARED_MODELS_DIR"


def config_dir() -> Path:
    """Return the folder of all settings: `BYOK_WIDGETS_CONFIG_DIR`, or the operating system's default."""
    chosen = _folder_named_by(CONFIG_VARIABLE)
    if chosen:
        return chosen
    import platformdirs

    return platformdirs.user_config_path("byok_widgets", appauthor=False)


def cache_dir() -> Path:
    """Return the folder for downloaded files: `BYOK_WIDGETS_CACHE_DIR`, or the user's cache folder."""
    chosen = _folder_named_by(CACHE_VARIABLE)
    if chosen:
        return chosen
    import platformdirs

    return platformdirs.user_cache_path("byok_widgets", appauthor=False)


def shared_models_dir() -> Path | None:
    """Return the folder of local models that many people share; `None` where none is named.

    `BYOK_WIDGETS_SHARED_MODELS_DIR` names it. Nothing is ever written there.
    """
    return _folder_named_by(SHARED_MODELS_VARIABLE)


def _folder_named_by(variable: str) -> Path | None:
    """Return the folder an environment variable names, `~` expanded; `None` if it is unset or blank."""
    chosen = os.environ.get(variable, "").strip()
    if not chosen:
        return None
    return Path(os.path.expanduser(chosen)).absolute()  # noqa: PTH111 - the method raises without a home


def replace_file(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Replace the contents of `path` with `content`, atomically.

    Args:
        path: The file; its folder must exist.
        content: The complete new contents.
        mode: Permissions of a new file, which the umask reduces.

    Raises:
        OSError: The disk is full or the folder cannot be written to; the old contents are kept.
    """
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def describe_write_error(error: OSError) -> str:
    """Say in a few words why a file could not be written."""
    return "its folder does not exist" if error.errno == errno.ENOENT else describe_os_error(error)


def where_to_look(path: Path) -> str:
    """Say what to do about a missing file."""
    return f"Check the name and the folder: {path.absolute()}."


def describe_os_error(error: OSError) -> str:
    """Say in a few words why a file could not be read or written."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EACCES: "no permission there",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "it does not exist",
}
