"""What a forked child does with its parent's connections.

Both processes hold the same sockets. The child must neither use them nor tell its event loop to watch or forget
them, since both loops share one table in the kernel. If it only ignored them, though, the server would not see the
end of a connection that the parent closes for as long as the child lives.
"""

from __future__ import annotations

import contextlib
import os
import socket


def detach(inherited: socket.socket) -> None:
    """Let go of a connection without closing it for the parent.

    Its descriptor leads nowhere from now on, but stays in use: the socket's owner still exists and will close that
    number one day, which must not belong to another file by then.
    """
    number = inherited.fileno()
    if number < 0:
        return
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, number, inheritable=False)
        os.close(nowhere)
