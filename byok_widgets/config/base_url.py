"""Addresses of providers, checked before a key or a prompt is sent to them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from byok_widgets.config.short_text import reject_long
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_key

_EXAMPLE = 'Write it like "https://llm.example.org/v1", or "http://127.0.0.1:8080/v1" for this machine.'


@dataclass(frozen=True)
class BaseUrl:
    """A checked address: https, or http to this machine only.

    Attributes:
        url: The address without a trailing slash.
        host: Host, and port if one is given, in punycode where it has letters outside ASCII; a key is bound to it.
    """

    url: str
    host: str

    @classmethod
    @lru_cache(maxsize=64)
    def parse(cls, text: str) -> BaseUrl:
        """Check an address that the user typed.

        Raises:
            ConfigError: Not an http(s) address, plain http to another machine (the key would be sent
                unencrypted), or an address with a user name, a query or a fragment.
            KeyFormatError: It contains an API key.
        """
        reject_long(text, "An address")
        reject_key(text)
        cleaned = text.strip().rstrip("/") if isinstance(text, str) else ""
        try:
            parts = urlsplit(cleaned)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        is_readable = cleaned.isprintable() and " " not in cleaned
        if parts.scheme not in ("http", "https") or not host or port == 0 or not is_readable:
            raise ConfigError(f"{text!r} is not the address of an endpoint.", kind="base_url", fix=_EXAMPLE)
        if "@" in parts.netloc or "?" in cleaned or "#" in cleaned:
            raise ConfigError(
                "An endpoint's address cannot contain a user name, ? or #.", kind="base_url_extras", fix=_EXAMPLE
            )
        if any(unquote(segment) in (".", "..") for segment in parts.path.replace("\\", "/").split("/")):
            raise ConfigError(
                "An endpoint's address cannot go up with /../: it would lead elsewhere than it says.",
                kind="base_url",
                fix=_EXAMPLE,
            )
        if parts.scheme == "http" and not is_loopback(host):
            raise ConfigError(
                f"http://{host} would send the key and the dialogue unencrypted over the network.",
                kind="base_url_insecure",
                fix="Use https. Plain http works for this machine only (127.0.0.1, localhost).",
            )
        ascii_host = _in_ascii(host)
        if ascii_host != host:
            cleaned = parts._replace(netloc=_host_port(ascii_host, port)).geturl()
        return cls(cleaned, _host_port(ascii_host, port))


def _in_ascii(host: str) -> str:
    """Return a host name as it is looked up: in punycode, where no letter can pass for another.

    Raises:
        ConfigError: It is no name that can be looked up.
    """
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        problem = f"{host!r} is not the name of a host."
    raise ConfigError(problem, kind="base_url", fix=_EXAMPLE)


def _host_port(host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
