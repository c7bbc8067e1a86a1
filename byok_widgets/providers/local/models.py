"""The local models: where their files are on this machine, and how they are fetched.

Nothing is downloaded at import. A file is used for a known model only if its SHA-256 is the pinned one, wherever
it came from; the user's own GGUF file is not checked, and the user is informed of that.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from byok_widgets.errors import LocalModelError
from byok_widgets.files import (
    CACHE_VARIABLE,
    PrivateFolder,
    UntrustedPathError,
    cache_dir,
    private_cache,
    private_config,
    require_trusted,
    shared_models_dir,
)
from byok_widgets.files.trust import require_own_links
from byok_widgets.providers import catalog
from byok_widgets.providers.local.catalog import LOCAL_MODELS, LocalModel
from byok_widgets.providers.local.default_model import default_model
from byok_widgets.providers.local.download import (
    Progress,
    disk_full,
    download,
    download_lock,
    monotonic_progress,
    not_writable,
    part_file,
    sha256_of,
    shown,
    untrusted,
)
from byok_widgets.providers.local.sources import CHUNK_BYTES, flush_to_disk, open_part

__all__ = [
    "CACHE_VARIABLE",
    "LOCAL_MODELS",
    "NOT_IN_A_TAB",
    "LocalModel",
    "Progress",
    "announce_download",
    "cache_folder",
    "fetch",
    "find",
    "find_cached",
    "is_unchecked",
    "resolve",
    "title",
]

NOT_IN_A_TAB = "No local model runs in a browser's tab."

_MAX_STAMP_BYTES = 1000
_READABLE = 0o644  # by everyone on this machine
_READABLE_FOLDER = 0o755


def resolve(model_id: str) -> LocalModel | Path:
    """Return a known model, or the path of the user's own GGUF file, which has no pinned hash.

    Raises:
        LocalModelError: Neither a known id nor the path of a GGUF file.
    """
    if model_id in LOCAL_MODELS:
        return LOCAL_MODELS[model_id]
    known = f"Use one of {', '.join(LOCAL_MODELS)}, or the path of a GGUF file."
    path = _own_file(model_id)
    if path is None:
        fix = f"{catalog.advice('local', model_id)} {known}".strip()
        raise LocalModelError(f"There is no local model “{model_id}”.", kind="local_model_unknown", fix=fix)
    magic = _first_bytes(path)
    if magic != b"GGUF":
        if magic is None:
            problem, kind = f"“{model_id}” cannot be read.", "local_model_unreadable"
        else:
            problem, kind = f"“{model_id}” is not a GGUF file.", "local_model_not_gguf"
        raise LocalModelError(problem, kind=kind, fix=known)
    return path


def title(model_id: str) -> str:
    """Return the display name of a local model.

    Raises:
        LocalModelError: As for `resolve`.
    """
    model = resolve(model_id)
    return model.name if isinstance(model, Path) else model.label


def announce_download(model: LocalModel | Path, folder: Path | None = None) -> str:
    """Return a sentence that says what will be fetched and stored where, or that a file is used unchecked."""
    if isinstance(model, Path):
        return f"Using your own model file {shown(model)}; it is not checked against a known hash."
    size = round(model.size_bytes / 1e6)
    where = shown(folder or cache_folder())
    return f"{model.label} ({size} MB, {model.licence}) is fetched once and kept in {where}."


def cache_folder() -> Path:
    """Return the folder of the model files; it may not exist yet.

    It is `models` in the user's cache folder for this package, or in `BYOK_WIDGETS_CACHE_DIR` if that is set.
    """
    return cache_dir() / "models"


def find(model_id: str) -> Path | None:
    """Return the file of a model if it is on this machine, else `None`. Never fetches.

    Searched in this order: the given path (or the one in `BYOK_WIDGETS_LOCAL_MODEL`), an installed package that
    contains it, the shared folder (`BYOK_WIDGETS_SHARED_MODELS_DIR`), the cache folder. A file that is not the
    pinned one is skipped. The first check of a file reads all of it for its hash (up to a second or two); later
    checks do not.

    Raises:
        LocalModelError: As for `resolve`.
    """
    return _find(model_id, hashing=True)


def find_cached(model_id: str) -> Path | None:
    """Return the same as `find`, but only if no file must be hashed: fast enough for an event loop.

    Raises:
        LocalModelError: As for `resolve`.
    """
    return _find(model_id, hashing=False)


def is_unchecked(model_id: str) -> bool:
    """Return whether a file of a model's size is on this machine, and none that was compared with its hash.

    The first use compares it, and fetches the model where the file is another one.

    Raises:
        LocalModelError: As for `resolve`.
    """
    model = resolve(model_id)
    if isinstance(model, Path) or find_cached(model_id):
        return False
    return any(_has_its_size(path, model) for path in _places(model))


def fetch(model_id: str, progress: Progress | None = None, *, into: Path | None = None) -> Path:
    """Return the file of a model, downloading it if it is not on this machine.

    A download that failed or was interrupted is resumed the next time. Two processes that ask at the same time
    share one download. Show the user `announce_download` first.

    Args:
        model_id: A known id, or the path of a GGUF file (which is returned unchanged).
        progress: Called with (bytes so far, bytes in total), in this thread. An exception from it ends the
            download.
        into: Folder to store it in, so that others can use it there, too. By default the cache folder, and only
            if the file is not on this machine yet.

    Raises:
        LocalModelError: `local_model_missing` if no source could be reached, `local_model_busy` if another
            process is downloading it but makes no progress, `disk_full`, `local_model_cache` if the folder cannot
            be written or others could change it, or as for `resolve`.
    """
    if into is None and (found := find(model_id)) is not None:
        return found
    model = _known(model_id)
    tell = monotonic_progress(progress or (lambda _done, _total: None), model.size_bytes)
    folder = into or cache_folder()
    try:
        if into is None:
            private_cache().sub("models").make()
        else:
            _make_shared(folder)
        with download_lock(folder, model, tell):
            path = folder / model.file_name
            # another process may have fetched it while this one waited
            if not _is_pinned(path, model, hashing=True):
                path = _copied(model, path, tell) if into and find(model_id) else download(model, folder, tell)
                if into is None:
                    _keep_stamp(path, _stamp_text(path, model))  # the download has just compared the hash
            if into is not None:
                _make_readable(path)
            return path
    except UntrustedPathError as error:
        raise untrusted(folder, error) from None
    except OSError as error:
        full = error.errno == errno.ENOSPC
    raise disk_full(model, folder) if full else not_writable(folder)


def _make_shared(folder: Path) -> None:
    """Create a folder that others may read; whoever could change it would choose what is written, and where."""
    require_own_links(folder)
    folder.mkdir(mode=_READABLE_FOLDER, parents=True, exist_ok=True)
    require_trusted(folder, folder.stat())


def _make_readable(path: Path) -> None:
    """Let everyone read a file; what a link leads to keeps its permissions."""
    if path.is_symlink():
        return
    if not hasattr(os, "fchmod"):
        path.chmod(_READABLE)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        os.fchmod(descriptor, _READABLE)
    finally:
        os.close(descriptor)


def _known(model_id: str) -> LocalModel:
    model = resolve(model_id)
    if isinstance(model, LocalModel):
        return model
    raise LocalModelError(
        f"“{model_id}” is a file of your own, which is not fetched.",
        kind="local_model_unknown",
        fix=f"Name one of {', '.join(LOCAL_MODELS)}.",
    )


def _copied(model: LocalModel, target: Path, tell: Callable[[int], None]) -> Path:
    """Copy the file that is on this machine already."""
    found = find(model.id)
    part = part_file(target.parent, model)
    if found is None:
        return download(model, target.parent, tell)
    part.unlink(missing_ok=True)  # never write through a link
    with found.open("rb") as source, open_part(part, anew=True) as copy:
        shutil.copyfileobj(source, copy, CHUNK_BYTES)
        flush_to_disk(copy)
    part.replace(target)
    tell(model.size_bytes)
    return target


def _own_file(text: str) -> Path | None:
    path = Path(os.path.expanduser(text))  # noqa: PTH111 - the method raises without a home
    try:
        return path.absolute() if path.is_file() else None
    except (OSError, ValueError):  # too long, or a NUL inside: no such file
        return None


def _first_bytes(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError:
        return None


def _find(model_id: str, *, hashing: bool) -> Path | None:
    model = resolve(model_id)
    if isinstance(model, Path):
        return model
    return next((path for path in _places(model) if _is_pinned(path, model, hashing=hashing)), None)


def _places(model: LocalModel) -> Iterator[Path]:
    explicit = _own_file(default_model())
    if explicit is not None:
        yield explicit
    if model.package:
        # The package's own requirements are heavy and may be missing: its file is found without importing it.
        import importlib.metadata

        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            yield Path(str(importlib.metadata.distribution(model.package[0]).locate_file(model.package[1])))
    shared = shared_models_dir()
    if shared is not None:
        yield shared / model.file_name
    yield cache_folder() / model.file_name


def _is_pinned(path: Path, model: LocalModel, *, hashing: bool) -> bool:
    """Return whether a file is the model's. Its hash is computed once; a stamp then records the checked file."""
    try:
        if not _has_its_size(path, model):
            return False
        found = _stamp_text(path, model)
        if _is_stamped(path, found):
            return True
        if not hashing or sha256_of(path) != model.sha256:
            return False
        _keep_stamp(path, found)
    except OSError:  # gone or unreadable: not a file that can be used
        return False
    return True


def _has_its_size(path: Path, model: LocalModel) -> bool:
    try:
        return path.stat().st_size == model.size_bytes
    except OSError:
        return False


def _is_stamped(path: Path, text: str) -> bool:
    """Return whether a file was checked; a stamp that another user could have made proves nothing."""
    try:
        return _stamps().read(_stamp_name(path), most_bytes=_MAX_STAMP_BYTES) == text.encode("ascii")
    except OSError:
        return False


def _stamps() -> PrivateFolder:
    """Return the folder of stamps. It is the user's own, since a cache may be shared by many."""
    return private_config().sub("checked_models")


def _stamp_name(path: Path) -> str:
    return f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.checked"


def _stamp_text(path: Path, model: LocalModel) -> str:
    """Return what a stamp says of a file: nobody can set back the time of its last change (ctime)."""
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino} {model.sha256}"


def _keep_stamp(path: Path, text: str) -> None:
    """Keep what was found of a file before it was read: a later change does not fit the stamp."""
    with contextlib.suppress(OSError, UntrustedPathError):  # without a stamp the next check reads the file again
        folder = _stamps()
        folder.make()
        folder.write(_stamp_name(path), text.encode("ascii"), most_bytes=_MAX_STAMP_BYTES)
