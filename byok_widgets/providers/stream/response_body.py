"""`ResponseBody`: the body of a response while it arrives, and what becomes of its connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from byok_widgets.providers.stream import bounds
from byok_widgets.providers.stream.charsets import whole_as_utf8
from byok_widgets.providers.stream.patience import Patience

if TYPE_CHECKING:
    import httpx2

LINGER_S = 5.0
"""How long the end of a body may take once its answer is complete, in seconds: some servers never end it."""
USAGE_S = 30.0
"""How long it may take if the usage has not come yet: without it, nobody knows what the call cost."""
_GRACE_S = 0.005  # most bodies end by then, and the next call finds the connection free
_DRAIN_S = 1.0
_DRAIN_BYTES = 64 * 1024

_drains: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references to tasks


class ResponseBody:
    """Yields the decoded bytes of a response, inside `async with`.

    A body that is left before its end, since the answer is complete, is read on in the background: only then can
    its connection be used again. After an error, or when the call is cancelled, the connection is closed at once.

    Attributes:
        lingered_s: How long its end took after the answer's, in seconds; known when it is left.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        # Not the response's own ways of reading and closing: our transport has decoded the body.
        self._source = cast("httpx2.AsyncByteStream", response.stream)
        self._pieces = aiter(self._source)
        self._is_closed = False
        self._patience = Patience()
        self._awaited: tuple[int, bool] | None = None
        self._ended_at: float | None = None
        self.lingered_s = 0.0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._pieces)
        except StopAsyncIteration:
            await self._close()
            raise

    @property
    def has_arrived(self) -> bool:
        """Whether the end is known to be here, read or not."""
        return has_arrived(self._response)

    @property
    def was_late(self) -> bool:
        """Whether its end was given up, since it did not come in time after the answer's."""
        return self._patience.is_over

    def expect_end(self, ended_after: int | None, *, lacks_usage: bool = False) -> None:
        """Say whether the answer is complete; then what still comes, such as the usage, must come soon.

        Args:
            ended_after: After how many parts it has ended; `None` if it has not. Another number begins a new wait.
            lacks_usage: Whether the usage is still to come, for which the wait is longer.
        """
        awaited = None if ended_after is None else (ended_after, lacks_usage)
        if awaited == self._awaited:
            return
        if awaited is None:
            self._ended_at = None
        elif self._awaited is None or awaited[0] != self._awaited[0]:
            self._ended_at = asyncio.get_running_loop().time()
        self._awaited = awaited
        self._patience.wait(None if awaited is None else USAGE_S if lacks_usage else LINGER_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        is_late = self._patience.__exit__(kind, error, trace)
        if self._ended_at is not None:
            self.lingered_s = asyncio.get_running_loop().time() - self._ended_at
        if error is not None or has_arrived(self._response):
            await self._close()
        elif not self._is_closed:
            await self._drain()
        return is_late

    async def _close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            await self._source.aclose()

    async def _drain(self) -> None:
        task = asyncio.create_task(self._read_on())
        _drains.add(task)
        task.add_done_callback(_drains.discard)
        await asyncio.sleep(0)  # usually the end is here already
        if not task.done():
            await asyncio.wait({task}, timeout=_GRACE_S)

    async def _read_on(self) -> None:
        left = _DRAIN_BYTES
        try:
            async with asyncio.timeout(_DRAIN_S):
                async for piece in self:
                    left -= len(piece)
                    if left < 0:
                        break
        except Exception:  # noqa: BLE001, S110 - the answer is complete; whatever happens to its connection
            pass
        finally:
            await self._close()


def head_of(response: httpx2.Response) -> dict[str, str]:
    """Return the headers of a response by their names in lower case, as a dictionary that is quick to search."""
    encoding, found = response.headers.encoding, dict[str, str]()
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode(encoding).lower(), raw_value.decode(encoding)
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def has_arrived(response: httpx2.Response) -> bool:
    """Whether the end of a response's body is known to be here, so that its connection is already free."""
    return bool(getattr(response.stream, "has_arrived", False))


async def read_whole(response: httpx2.Response, max_bytes: int, bound: str) -> bytes:
    """Return the whole body of a response, as UTF-8 if it is text.

    Args:
        response: A response of which nothing has been read yet.
        max_bytes: How long the body may be, after decompression.
        bound: Name of that bound.

    Raises:
        TooLargeError: The body is longer.
    """
    pieces, size = [], 0
    async with ResponseBody(response) as body:
        async for piece in body:
            size += len(piece)
            if size > max_bytes:
                raise bounds.too_many_bytes(max_bytes, bound)
            pieces.append(piece)
    return whole_as_utf8(b"".join(pieces), response.headers.get("content-type", ""))
