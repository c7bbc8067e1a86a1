"""A lock on a file of the person's, which leaves nothing beside the file."""

from __future__ import annotations

import contextlib
import hashlib
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
    from filelock import FileLock, Timeout

    name = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    lock = FileLock(folder.path / f"{name}.lock", timeout=LOCK_TIMEOUT_S, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        pass
    else:
        try:
            yield
        finally:
            lock.release()
        return
    raise TimeoutError("another kernel is writing it")
