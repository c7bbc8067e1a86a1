"""How kernels are reached: by sockets in a private folder; at TCP ports, every user of a machine can listen."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

_LONGEST_PATH = 100
"""Most bytes in the path of a socket; macOS takes 103, Linux 107."""


def runtime_folder() -> Path:
    """Return where Jupyter keeps what belongs to running kernels and servers: for this user alone."""
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir())


def transport() -> str:
    """Return Jupyter's name for it: `"ipc"`, or `"tcp"` where there is no such socket or its path is too long."""
    longest = runtime_folder() / f"kernel-{uuid.UUID(int=0)}-ipc-10"
    return "ipc" if os.name == "posix" and len(os.fsencode(longest)) <= _LONGEST_PATH else "tcp"
