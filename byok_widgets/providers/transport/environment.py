"""What the environment says about the network: the only place that reads proxies and certificates from it.

`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` and `SSL_CERT_DIR` count, in lower or upper case; if both
are set, lower case wins, as in curl. Plain http reaches this machine only, so it never goes through a proxy, and
`HTTP_PROXY` has no effect. None of this is read for such a call: nothing in the environment can break it.
`SSLKEYLOGFILE`, which would write the secrets of connections to a file, is ignored.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import sys
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from byok_widgets.config.base_url import is_loopback
from byok_widgets.providers.transport.faults import EnvironmentVariableError

SWITCH = "BYOK_WIDGETS_TRANSPORT"
"""Variable that switches to the HTTP library's own transport, if it says `httpx`."""
_SOCKS = frozenset({"socks", "socks5", "socks5h"})
_REMEDY = "Correct or unset it, or add the host to NO_PROXY; then try again."


class Variable(NamedTuple):
    """A variable of the environment, or the system's setting of that kind."""

    name: str
    value: str


class NetworkEnvironment(NamedTuple):
    """Proxies and certificates.

    Attributes:
        proxy: The proxy for https.
        exceptions: Hosts that are reached without it; `*` for all.
        ca_file: File with the certificates to trust instead of the system's.
        ca_folder: Folder with such certificates.
    """

    proxy: Variable | None = None
    exceptions: tuple[str, ...] = ()
    ca_file: Variable | None = None
    ca_folder: Variable | None = None

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> NetworkEnvironment:
        """Read the environment."""
        exceptions = _first(variables, "NO_PROXY")
        return cls(
            proxy=_first(variables, "HTTPS_PROXY", "ALL_PROXY") or _proxy_of_system(),
            exceptions=tuple(exceptions.value.replace(",", " ").lower().split()) if exceptions else (),
            ca_file=_first(variables, "SSL_CERT_FILE"),
            ca_folder=_first(variables, "SSL_CERT_DIR"),
        )

    def proxy_url(self, host: str, port: int) -> str | None:
        """Return the address of the proxy through which a host is reached; `None` if it is reached directly.

        Raises:
            EnvironmentVariableError: The proxy cannot be used.
        """
        if self.proxy is None or is_loopback(host) or self._excepts(host.lower().rstrip("."), port):
            return None
        return _usable(self.proxy)

    def _excepts(self, host: str, port: int) -> bool:
        return any(_matches(entry, host, port) for entry in self.exceptions)


def uses_library_transport(variables: Mapping[str, str] = os.environ) -> bool:
    """Whether the HTTP library's own transport is to be used instead of ours."""
    if sys.platform == "emscripten" or variables.get(SWITCH, "").strip().lower() == "httpx":
        return True
    return importlib.util.find_spec("httptools") is None


def _first(variables: Mapping[str, str], *names: str) -> Variable | None:
    for name in names:
        for spelling in (name.lower(), name):
            value = variables.get(spelling, "").strip()
            if value:
                return Variable(spelling, value)
    return None


def _proxy_of_system() -> Variable | None:
    """Return the proxy in the settings of Windows or macOS, which programs there use without being told."""
    if sys.platform not in ("win32", "darwin"):
        return None
    from urllib.request import getproxies

    value = getproxies().get("https", "")
    return Variable("The proxy in this system's settings", value) if value else None


def _usable(proxy: Variable) -> str:
    url = proxy.value if "://" in proxy.value else f"http://{proxy.value}"
    try:
        parts = urlsplit(url)
        is_address = url.isprintable() and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    scheme = url.partition("://")[0].lower()
    if scheme in ("http", "https") and is_address:
        return url
    if scheme not in _SOCKS or not is_address:
        what = "names a kind of proxy that is not supported" if is_address else "is not the address of a proxy"
        raise EnvironmentVariableError("proxy", proxy.name, what, _REMEDY)
    if importlib.util.find_spec("socksio") is None:
        raise EnvironmentVariableError(
            "proxy",
            proxy.name,
            "names a SOCKS proxy, and what is needed for SOCKS is not installed",
            'Run: pip install "byok-widgets[socks]". Or unset it, or add the host to NO_PROXY.',
        )
    return url if scheme != "socks" else f"socks5{url[len(scheme) :]}"


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether an entry of `NO_PROXY` names a host: itself, a domain above it, an address or a range of them."""
    if entry == "*":
        return True
    if "/" in entry:
        return _is_in_range(entry.replace("[", "").replace("]", ""), host)
    name, entry_port = _split_port(entry)
    if entry_port is not None and entry_port != port:
        return False
    name = name.removeprefix("*").strip(".")
    # As an address, since one of IPv6 has several spellings.
    return bool(name) and (host == name or host.endswith(f".{name}") or (":" in name and _is_in_range(name, host)))


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        port = rest.removeprefix(":")
    elif entry.count(":") == 1:
        name, _, port = entry.partition(":")
    else:
        name, port = entry, ""
    return name, int(port) if port.isdecimal() else None


def _is_in_range(entry: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
