"""A request as it is sent."""

from __future__ import annotations

from typing import Any

import httpx2


class KeptHead:
    """The head of a request, for others that differ from it by their body alone.

    Args:
        request: The first request.
    """

    def __init__(self, request: httpx2.Request) -> None:
        self._first = httpx2.Request(
            request.method, request.url, headers=request.headers, stream=httpx2.ByteStream(b"")
        )
        self._first.headers.pop("content-length", None)
        self._extensions = dict(request.extensions)
        self._written = b""

    def with_content(self, content: bytes) -> httpx2.Request:
        """Return the request with this body, which is not empty."""
        return _LikeAnother(self, self._first, self._extensions, content)

    def written(self) -> bytes:
        """Return the head as it is sent but for the length of the body; it is written, and checked, once.

        Raises:
            LocalProtocolError: As in `request_bytes`.
        """
        self._written = self._written or _head_of(self._first)
        return self._written


class _LikeAnother(httpx2.Request):
    """A request that has the head of an earlier one.

    Attributes:
        whole: Its body, which is at hand.
    """

    def __init__(self, head: KeptHead, first: httpx2.Request, extensions: dict[str, Any], content: bytes) -> None:
        stream = httpx2.ByteStream(content)
        super().__init__(first.method, first.url, headers=first.headers, stream=stream, extensions=extensions)
        self.headers["content-length"] = str(len(content))
        self.head, self.whole = head, content


async def request_bytes(request: httpx2.Request) -> bytes:
    """Return the whole request, head and body; it can be sent again as it is.

    Raises:
        LocalProtocolError: The head contains a character that would end a line. The message does not quote it,
            since it may be a key.
    """
    if isinstance(request, _LikeAnother):
        body = request.whole
        return b"%b\r\ncontent-length: %d\r\n\r\n%b" % (request.head.written(), len(body), body)
    try:
        body = request.content
    except httpx2.RequestNotRead:
        body = await request.aread()
    head = _head_of(request)
    if body and "content-length" not in request.headers:
        head = b"%b\r\ncontent-length: %d" % (head, len(body))
    return b"%b\r\n\r\n%b" % (head, body)


def _head_of(request: httpx2.Request) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    # The body is known as a whole, and sent with its length.
    sent = [(name, value) for name, value in request.headers.raw if name.lower() != b"transfer-encoding"]
    lines += [b"%b: %b" % pair for pair in sent]
    head = b"\r\n".join(lines)
    # A line end inside a value would let it pass for another header.
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise httpx2.LocalProtocolError("The head of the request contains a character that cannot be sent.")
    return head
