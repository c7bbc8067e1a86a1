"""Our transport: requests go directly to the server, over connections that are kept alive and used again."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from byok_widgets.providers.transport.connection import Connection, Origin
from byok_widgets.providers.transport.exchange import Exchange
from byok_widgets.providers.transport.pool import Pool
from byok_widgets.providers.transport.request_bytes import request_bytes
from byok_widgets.providers.transport.resends import count_resend

_NEXT_ADDRESS_S = 0.25
"""How long one address of a host may take before the next one is tried beside it, as RFC 8305 recommends."""
_IPV4 = re.compile(r"[\d.]+")
_PORTS = {b"http": 80, b"https": 443}


class DirectTransport(httpx2.AsyncBaseTransport):
    """Sends requests over connections of the running loop.

    A request without a time limit for reading is waited for until the caller is cancelled, which closes its
    connection at once. TCP notices if the server is gone.

    Args:
        tls: Returns how certificates are checked; called for the first https connection.
    """

    def __init__(self, tls: Callable[[], Awaitable[ssl.SSLContext]]) -> None:
        self._tls = tls
        self._pool = Pool()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return its response, whose body is still to be read.

        Raises:
            ConnectError, ConnectTimeout: There is no connection.
            ReadError, RemoteProtocolError, ReadTimeout: There is no valid response.
            EnvironmentVariableError: The environment names certificates that cannot be read.
        """
        exchange = await self._exchange(request)
        return httpx2.Response(exchange.message.status, headers=exchange.message.headers, stream=exchange)

    async def aclose(self) -> None:
        """Close all connections."""
        self._pool.close()

    async def _exchange(self, request: httpx2.Request) -> Exchange:
        origin = _origin(request.url)
        data = await request_bytes(request)
        limits = request.extensions.get("timeout", {})
        free = self._pool.take(origin)
        if free is not None:
            exchange = _new_exchange(free, request, limits)
            try:
                await exchange.send(data)
            except (httpx2.ReadError, httpx2.RemoteProtocolError):
                if not exchange.message.is_untouched:
                    raise
                count_resend()
            else:
                return exchange
        # A free connection may have been closed by the server at this moment; a new one has no such excuse.
        exchange = _new_exchange(await self._connect(origin, limits.get("connect")), request, limits)
        await exchange.send(data)
        return exchange

    async def _connect(self, origin: Origin, timeout_s: float | None) -> Connection:
        scheme, host, port = origin
        tls = await self._tls() if scheme == b"https" else None
        connection = self._pool.new(origin)
        try:
            async with asyncio.timeout(timeout_s):
                name = host.decode("ascii")
                await asyncio.get_running_loop().create_connection(
                    lambda: connection, name, port, ssl=tls, **({} if _is_address(name) else _CONNECT_OPTIONS)
                )
        except TimeoutError as error:
            raise httpx2.ConnectTimeout("There was no connection in time.") from error
        except (ConnectionResetError, ConnectionAbortedError) as error:
            cause = error if tls is None else ssl.SSLError("The server ended the TLS handshake.")
            raise httpx2.ConnectError("There was no connection.") from cause
        except (OSError, ExceptionGroup) as error:
            raise httpx2.ConnectError("There was no connection.") from _with_number(error)
        except UnicodeError as error:  # a name that is no host's name, such as one with a label that is too long
            raise httpx2.ConnectError("There is no such host.") from socket.gaierror(socket.EAI_NONAME, str(error))
        finally:
            if not connection.is_open:  # also when the caller was cancelled meanwhile
                self._pool.forget(connection)
        return connection


_CONNECT_OPTIONS: dict[str, Any] = {"happy_eyeballs_delay": _NEXT_ADDRESS_S}
if sys.version_info >= (3, 12):
    _CONNECT_OPTIONS["all_errors"] = True


def _is_address(host: str) -> bool:
    """Whether a host is an address itself, so that there is no other one to be tried beside it."""
    return ":" in host or _IPV4.fullmatch(host) is not None


def _origin(url: httpx2.URL) -> Origin:
    scheme = url.raw_scheme
    return scheme, url.raw_host, url.port or _PORTS[scheme]


def _new_exchange(connection: Connection, request: httpx2.Request, limits: dict[str, float | None]) -> Exchange:
    return Exchange(connection, has_body=request.method != "HEAD", read_timeout_s=limits.get("read"))


def _with_number(error: Exception) -> Exception:
    """Return an error that says why no address of a host answered: before Python 3.12 only its text does."""
    if isinstance(error, OSError) and error.errno is None:
        number = re.search(r"\[Errno (\d+)\]", str(error))
        if number:
            return OSError(int(number[1]), "no address of the host answered")
    return error
