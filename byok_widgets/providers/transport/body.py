"""A response's body, decoded and within its bounds, for every reader: the SDKs read bodies of errors whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import cast

import httpx2

from byok_widgets.providers.stream import TooLargeError, bounds, whole_as_utf8
from byok_widgets.providers.transport.decoding import Decoder, decoder

_OF_ERRORS = "MAX_ERROR_BYTES"


def bound_body(response: httpx2.Response, method: str) -> httpx2.Response:
    """Let the body of a response keep its bounds, and come decoded; return the response.

    What a server says about a failure comes as UTF-8, whatever it declares: the SDKs read it as text themselves,
    and fail on charsets that are none.
    """
    source = cast("httpx2.AsyncByteStream", response.stream)
    decodes = None
    if "content-encoding" in response.headers:
        decodes = decoder(response.headers["content-encoding"])
        del response.headers["content-encoding"]
        if "content-length" in response.headers:
            del response.headers["content-length"]  # it counts the encoded bytes
    bound = _bound_of(method, response.status_code)
    if response.status_code < 400:
        response.stream = BoundedBody(source, *bound, decodes)
        return response
    kind = response.headers.get("content-type", "")
    response.headers["content-type"] = f"{kind.partition(';')[0]}; charset=utf-8"
    response.stream = WholeBody(BoundedBody(ErrorBody(source), *bound, decodes), kind)
    return response


class WholeBody(httpx2.AsyncByteStream):
    """A body that comes in one piece, as UTF-8.

    Args:
        source: The body as it comes.
        content_type: What the server says it is.
    """

    def __init__(self, source: httpx2.AsyncByteStream, content_type: str) -> None:
        self._source = source
        self._content_type = content_type

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield whole_as_utf8(b"".join([piece async for piece in self._source]), self._content_type)

    async def aclose(self) -> None:
        """Close the source."""
        await self._source.aclose()


class BoundedBody(httpx2.AsyncByteStream):
    """A body that stops where it goes past its bound; what fits is read before that is an error.

    What a server says about a failure just ends there: its status says enough. Iterating again continues where the
    last iteration stopped.
    """

    def __init__(self, source: httpx2.AsyncByteStream, limit: int, bound: str, decodes: Decoder | None) -> None:
        self._source = source
        self._pieces = aiter(source)
        self._limit = limit
        self._bound = bound
        self._decodes = decodes
        self._blocks: Iterator[bytes] = iter(())
        self._raw_bytes = 0
        self._read_bytes = 0
        self._has_ended = False
        self._excess: TooLargeError | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._excess is not None:
            raise StopAsyncIteration if self._bound == _OF_ERRORS else self._excess
        block = await self._next_block()
        self._read_bytes += len(block)
        excess = max(self._raw_bytes, self._read_bytes) - self._limit
        if excess > 0:
            await self._refuse(bounds.too_many_bytes(self._limit, self._bound))  # the next call raises it, or ends
            return block[:-excess] if len(block) > excess else await anext(self)
        return block

    @property
    def has_arrived(self) -> bool:
        """Whether the source knows that its end is here, read or not."""
        return bool(getattr(self._source, "has_arrived", False))

    async def aclose(self) -> None:
        """Close the source."""
        await self._source.aclose()

    async def _next_block(self) -> bytes:
        if self._decodes is None:
            return await self._next_piece()
        try:
            return await self._next_decoded(self._decodes)
        except httpx2.DecodingError:
            if self._bound != _OF_ERRORS:
                raise
            await self.aclose()
        raise StopAsyncIteration

    async def _next_piece(self) -> bytes:
        piece = await anext(self._pieces)
        self._raw_bytes += len(piece)
        return piece

    async def _next_decoded(self, decodes: Decoder) -> bytes:
        while True:
            block = next(self._blocks, None)
            if block is None:
                if self._raw_bytes > self._limit:  # it may decode to nothing, for ever
                    await self._refuse(bounds.too_many_bytes(self._limit, self._bound))
                    return await anext(self)
                self._blocks = await self._more(decodes)
                continue
            decoded, packed = self._read_bytes + len(block), self._raw_bytes - decodes.waiting_bytes
            if decoded > max(bounds.FREE_OF_RATIO_BYTES, bounds.MAX_COMPRESSION_RATIO * packed):
                await self._refuse(bounds.compressed_too_much(bounds.MAX_COMPRESSION_RATIO))
                return await anext(self)
            return block

    async def _more(self, decodes: Decoder) -> Iterator[bytes]:
        """Return the blocks of the next piece, or of the end."""
        if self._has_ended:
            raise StopAsyncIteration
        try:
            return decodes.decode(await self._next_piece())
        except StopAsyncIteration:
            self._has_ended = True
        return decodes.end()

    async def _refuse(self, excess: TooLargeError) -> None:
        """Close the source; nothing more is read."""
        self._excess = excess
        await self._source.aclose()


class ErrorBody(httpx2.AsyncByteStream):
    """What a server says about a failure. However that ends, early or never, its status says enough."""

    def __init__(self, source: httpx2.AsyncByteStream) -> None:
        self._source = source
        self._pieces = aiter(source)
        self._ends_at = asyncio.get_running_loop().time() + bounds.MAX_ERROR_S

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await anext(self._pieces)
        except (httpx2.TransportError, TimeoutError):
            pass
        await self.aclose()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close the source."""
        await self._source.aclose()


def _bound_of(method: str, status: int) -> tuple[int, str]:
    """Return how long the body of a response may be, and the name of that bound."""
    if status >= 400:
        return bounds.MAX_ERROR_BYTES, _OF_ERRORS
    if method == "GET":  # model lists, and what is as small
        return bounds.MAX_LIST_BYTES, "MAX_LIST_BYTES"
    return bounds.MAX_ANSWER_BYTES, "MAX_ANSWER_BYTES"
