"""A response as it is parsed: bytes go in; its head, the pieces of its body and its end come out.

`httptools` (Python's binding of llhttp, the parser of Node.js) does the parsing; here are the limits, and what a
client has to decide. No I/O.
"""

from __future__ import annotations

import httptools
import httpx2

from byok_widgets.providers.stream import bounds


class IncomingMessage:
    """The final response to one request; interim ones (1xx) are skipped.

    Attributes:
        status: The HTTP status; 0 before the head has come.
        headers: The headers as sent, without trailers.
        has_head: Whether the head has come.
        is_complete: Whether all of it has come.
        is_untouched: Whether not one byte has come.
        keeps_alive: Whether the connection can be used again after it.
        buffered: Bytes of the body that have not been taken yet.
    """

    def __init__(self, *, has_body: bool = True) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.has_head = False
        self.is_complete = False
        self.is_untouched = True
        self.keeps_alive = False
        self.buffered = 0
        self._pieces: list[bytes] = []
        self._has_body = has_body
        self._ends_with_connection = False
        self._overhead = 0
        self._fields_bytes = 0
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        # Lines that end in LF alone, and chunk sizes with spaces after them, are read by every browser.
        self._parser.set_dangerous_leniencies(
            lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    def feed(self, data: bytes) -> None:
        """Parse what has come.

        Raises:
            RemoteProtocolError: It is not a valid response, or its head is too large.
        """
        self.is_untouched = False
        before = self.buffered
        parser = self._parser
        if parser is None:  # more than was asked for
            self.keeps_alive = False
            return
        try:
            parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            raise error.__context__ or error from None  # httptools wraps what the callbacks below raise
        except httptools.HttpParserError as error:
            if not self.is_complete:  # what comes after it only spoils the connection
                raise httpx2.RemoteProtocolError(f"The response is not valid HTTP: {error}") from None
            self.keeps_alive = False
        self._overhead = 0 if self.buffered > before else self._overhead + len(data)  # bytes without any body
        if self._overhead > bounds.MAX_HEAD_BYTES and not self.is_complete:
            raise httpx2.RemoteProtocolError(_TOO_LARGE)

    def feed_eof(self) -> None:
        """Process that the connection has ended.

        Raises:
            RemoteProtocolError: The response had not.
        """
        if self.is_complete:
            return
        if not self.has_head:
            raise httpx2.RemoteProtocolError("The server closed the connection without a response.")
        if not self._ends_with_connection:
            raise httpx2.RemoteProtocolError("The server closed the connection before the response was complete.")
        self._complete()

    def take(self) -> bytes:
        """Return what has come of the body since the last call."""
        pieces = self._pieces
        if not pieces:
            return b""
        self._pieces, self.buffered = [], 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    # What the parser calls

    def on_message_begin(self) -> None:
        """Begin a response."""
        if self.is_complete:
            self.keeps_alive = False  # nobody asked for another one

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; leave out a trailer."""
        self._fields_bytes += len(name) + len(value)
        if self._fields_bytes > bounds.MAX_HEAD_BYTES:
            raise httpx2.RemoteProtocolError(_TOO_LARGE)
        if not self.has_head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Decide how the body ends, and whether the connection can be used after it."""
        parser = self._parser
        if parser is None or self.is_complete:
            return
        status = parser.get_status_code()
        if status < 200:
            if status == 101:
                raise httpx2.RemoteProtocolError("The server switched to another protocol.")
            if status < 100:
                raise httpx2.RemoteProtocolError(f"There is no status {status:03}.")
            self.headers.clear()
            return
        self.status = status
        self.has_head = True
        self.keeps_alive = parser.should_keep_alive()
        self._ends_with_connection = not self._has_length()
        if not self._has_body:
            self.keeps_alive = False  # a body that comes all the same would be read as the next response
            self._complete()

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        if not self.has_head:
            raise httpx2.RemoteProtocolError("An interim response has a body.")
        if not self.is_complete:
            self._pieces.append(piece)
            self.buffered += len(piece)

    def on_message_complete(self) -> None:
        """End the response, if it is the final one."""
        if self.has_head:
            self._complete()

    def _complete(self) -> None:
        self.is_complete = True

    def release_parser(self) -> None:
        """Break the circle of parser and message, so that no garbage collection is needed for it."""
        self._parser = None

    def _has_length(self) -> bool:
        """Whether the head says where the body ends.

        Raises:
            RemoteProtocolError: The body is encoded in a way that was not asked for.
        """
        has_length = self.status in (204, 304)
        for name, value in self.headers:
            if len(name) == 14 and name.lower() == b"content-length":  # nearly all names differ in length already
                has_length = True
            elif len(name) == 17 and name.lower() == b"transfer-encoding":
                coding = value.strip().lower()
                if coding not in (b"chunked", b"identity"):
                    raise httpx2.RemoteProtocolError("The response has a transfer encoding other than chunked.")
                has_length = has_length or coding == b"chunked"
        return has_length


_TOO_LARGE = "The response has a head, trailers or chunk extensions that are too large."
