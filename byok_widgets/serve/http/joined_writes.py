"""`JoinedWrites`: what is written to a connection in a row, such as a head and its body, is sent at once.

To send something wakes whoever reads it, which takes longer than to make it.
"""

from __future__ import annotations

import asyncio
from typing import Any


class JoinedWrites:
    """A transport that sends what was written to it when the loop comes round; in all else it is the other one."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send some bytes soon."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        """Send what was written, and close the connection."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        written, self._written = self._written, []
        if written:
            self._transport.write(b"".join(written))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
