"""A request as it is sent."""

from __future__ import annotations

from functools import cached_property

import httpx2


class KeptHead:
    """The head of a request, for others that differ from it by their body alone.

    Args:
        first: The first request.

    Attributes:
        method: Its method.
        url: Its address.
        headers: Its headers but for the length of its body.
        extensions: What the library tells the transport beside them, such as time limits.
    """

    def __init__(self, first: httpx2.Request) -> None:
        self.method, self.url, self.extensions = first.method, first.url, first.extensions
        self.headers = httpx2.Headers(first.headers)
        self.headers.pop("content-length", None)

    def with_content(self, content: bytes) -> httpx2.Request:
        """Return the request with this body, which is not empty."""
        return _LikeAnother(self, content)

    @cached_property
    def written(self) -> bytes:
        """The head as it is sent but for the length of the body; it is written, and checked, once.

        Raises:
            LocalProtocolError: As in `request_bytes`.
        """
        return _written(self.method, self.url, self.headers)


class _LikeAnother(httpx2.Request):
    """A request with the head of an earlier one, which is not copied: our transport sends it as it was written.

    Attributes:
        head: That head.
        whole: Its body, which is at hand.
    """

    def __init__(self, head: KeptHead, content: bytes) -> None:
        self.method, self.url, self.extensions = head.method, head.url, dict(head.extensions)
        self.stream = httpx2.ByteStream(content)
        self.head, self.whole = head, content

    @cached_property
    def headers(self) -> httpx2.Headers:  # type: ignore[override]
        """The headers, for who looks at them: the library's transport."""
        headers = httpx2.Headers(self.head.headers)
        headers["content-length"] = str(len(self.whole))
        return headers


async def request_bytes(request: httpx2.Request) -> bytes:
    """Return the whole request, head and body; it can be sent again as it is.

    Raises:
        LocalProtocolError: The head contains a character that would end a line. The message does not quote it,
            since it may be a key.
    """
    if isinstance(request, _LikeAnother):
        body = request.whole
        return b"%b\r\ncontent-length: %d\r\n\r\n%b" % (request.head.written, len(body), body)
    try:
        body = request.content
    except httpx2.RequestNotRead:
        body = await request.aread()
    head = _written(request.method, request.url, request.headers)
    if body and "content-length" not in request.headers:
        head = b"%b\r\ncontent-length: %d" % (head, len(body))
    return b"%b\r\n\r\n%b" % (head, body)


def _written(method: str, url: httpx2.URL, headers: httpx2.Headers) -> bytes:
    """Return the lines of a head."""
    lines = [b"%b %b HTTP/1.1" % (method.encode("ascii"), url.raw_path)]
    # The body is known as a whole, and sent with its length.
    sent = (pair for pair in headers.raw if pair[0].lower() != b"transfer-encoding")
    lines += [b"%b: %b" % pair for pair in sent]
    head = b"\r\n".join(lines)
    # A line end inside a value would let it pass for another header.
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise httpx2.LocalProtocolError("The head of the request contains a character that cannot be sent.")
    return head
