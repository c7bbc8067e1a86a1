"""Bytes that are written one after the other are sent together."""

from __future__ import annotations

import asyncio

from byok_widgets.serve.http.joined_writes import JoinedWrites


class _Transport:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.sent.append(data)

    def close(self) -> None:
        self.is_closed = True


def test_what_is_written_in_a_row_is_sent_once_and_before_the_end() -> None:
    async def write() -> _Transport:
        transport = _Transport()
        joined = JoinedWrites(transport, asyncio.get_running_loop())
        joined.write(b"head ")
        joined.write(b"body")
        await asyncio.sleep(0)
        assert transport.sent == [b"head body"]
        joined.write(b"more")
        await asyncio.sleep(0)
        joined.write(b"last")
        joined.close()
        assert joined.is_closed
        await asyncio.sleep(0)
        return transport

    assert asyncio.run(write()).sent == [b"head body", b"more", b"last"]
