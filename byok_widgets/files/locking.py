"""Locks against other processes, and one on a file of the person's that leaves nothing beside the file."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from byok_widgets.files.private_folder import private_config
from byok_widgets.files.trust import UntrustedPathError

LOCK_TIMEOUT_S = 10.0


@contextlib.contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Keep other kernels of this user from changing a file meanwhile, where there is a private folder for locks.

    Raises:
        TimeoutError: Another one does not let go of it.
    """
    folder = private_config().sub("locks")
    try:
        folder.make()
    except (OSError, UntrustedPathError):  # such as a home that cannot be written: there is no other kernel's lock
        yield
        return
    name = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(file_lock(folder.path / f"{name}.lock", timeout_s=LOCK_TIMEOUT_S, mode=0o600))
        except TimeoutError:
            pass
        else:  # not inside the `try`: a TimeoutError of the caller's own would pass for ours
            yield
            return
    raise TimeoutError("another kernel is writing it")


def file_lock(path: Path, *, timeout_s: float, mode: int = 0o644) -> contextlib.AbstractContextManager[object]:
    """Return a lock against other processes, to be held in a `with` block.

    A browser's tab has one process, whose files are its own: there it locks nothing.

    Args:
        path: The lock's own file.
        timeout_s: Maximum wait for another process, in seconds; then a `TimeoutError` is raised.
        mode: Permissions of the file.
    """
    if sys.platform == "emscripten":
        return contextlib.nullcontext()
    from filelock import FileLock

    return FileLock(path, timeout=timeout_s, mode=mode)
