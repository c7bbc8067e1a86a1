"""A request as it is sent."""

from __future__ import annotations

import httpx2


async def request_bytes(request: httpx2.Request) -> bytes:
    """Return the whole request, head and body; it can be sent again as it is.

    Raises:
        LocalProtocolError: The head contains a character that would end a line. The message does not quote it,
            since it may be a key.
    """
    try:
        body = request.content
    except httpx2.RequestNotRead:
        body = await request.aread()
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    has_length = False
    for name, value in request.headers.raw:
        lowered = name.lower()
        if lowered == b"transfer-encoding":
            continue  # the body is known as a whole, and sent with its length
        has_length = has_length or lowered == b"content-length"
        lines.append(b"%b: %b" % (name, value))
    if body and not has_length:
        lines.append(b"content-length: %d" % len(body))
    head = b"\r\n".join(lines)
    # A line end inside a value would let it pass for another header.
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise httpx2.LocalProtocolError("The head of the request contains a character that cannot be sent.")
    return b"%b\r\n\r\n%b" % (head, body)
