"""How bytes get to a provider and back: one HTTP client for each event loop, which all SDK clients of it share.

The SDKs build and sign requests and name errors; below them stands a small transport of ours, on asyncio's own
sockets and the `llhttp` parser. It is handed to them through public API, as the transport of an `AsyncClient`.

    client          the client of the running loop
    provider_client what builds and sends the SDKs' requests
    routing         which way a request goes: directly, or through the proxy that the environment names
    direct          our transport: connections, kept alive and used again
      pool            the connections of a loop
      connection      one connection
      exchange        a request and its response on one connection
      message         a response as it is parsed
      request_bytes   a request as it is sent
      resends         requests that were sent again
      forks           what a forked child does with its parent's connections
    environment     proxies and certificates that the environment names
    tls             how certificates are checked
    body, decoding  the body of a response, decoded and within its bounds (`providers.stream.bounds`)
    faults          what makes a call impossible, or its answer unreadable

With `BYOK_WIDGETS_TRANSPORT=httpx` in the environment, the HTTP library's own transport takes the place of ours.
It is also used for connections through a proxy, and where there are no sockets, as in a browser. Everything else
(bounds, proxies, certificates) is the same with both.

Why one of our own: beside an adapter for aiohttp, all else being equal, it costs .80 to .85 of the CPU of a sync
call and .81 to .89 of an async one, in four runs of `python -m tests.bench transports` (median .83 for both;
one of the runs was above the .85 beyond which the library was to be taken). The HTTP library's own transport, the
way without one more package, gives an answer that nobody asked for to the next call.
"""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.providers.transport.client import (
        CONNECT_TIMEOUT_S,
        SET_UP,
        http_client,
        prepare_client,
    )
    from byok_widgets.providers.transport.faults import EnvironmentVariableError
    from byok_widgets.providers.transport.resends import resends

__all__ = [
    "CONNECT_TIMEOUT_S",
    "SET_UP",
    "EnvironmentVariableError",
    "http_client",
    "prepare_client",
    "resends",
]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.providers.transport.client": [
            "CONNECT_TIMEOUT_S",
            "SET_UP",
            "http_client",
            "prepare_client",
        ],
        "byok_widgets.providers.transport.faults": ["EnvironmentVariableError"],
        "byok_widgets.providers.transport.resends": ["resends"],
    },
)
