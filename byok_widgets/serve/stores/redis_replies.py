"""Reads what Redis replies, within bounds: a server that is wrong or hostile does not fill the memory."""

from __future__ import annotations

from typing import Any

from redis._parsers import _AsyncRESP2Parser
from redis.exceptions import InvalidResponse

MOST_BYTES = 20_000_000
"""Largest reply. A flow file, the largest thing that is kept, has this limit too."""
_PART_BYTES = 100
"""What a part of a reply takes in memory beside its bytes."""


class BoundedReplies(_AsyncRESP2Parser):
    """Reads the replies on one connection as the library does, up to a limit for each."""

    _left = MOST_BYTES

    async def read_response(self, disable_decoding: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Return the next reply.

        Raises:
            InvalidResponse: It is too large, or not in version 2 of the protocol.
        """
        self._left = MOST_BYTES
        try:
            return await super().read_response(disable_decoding)
        except (ValueError, TypeError, RecursionError):  # such as a number that is none, or nesting without end
            raise InvalidResponse("it replies with something other than its protocol") from None

    async def _read(self, length: int) -> bytes:
        self._take(length)
        content: bytes = await super()._read(length)
        return content

    async def _readline(self) -> bytes:
        line: bytes = await super()._readline()
        self._take(len(line) + _PART_BYTES * (int(line[1:]) if line[:1] == b"*" else 1))
        return line

    def _take(self, size: int) -> None:
        self._left -= max(size, 0)
        if self._left < 0:
            raise InvalidResponse("it replies with more than anything that is kept has")
