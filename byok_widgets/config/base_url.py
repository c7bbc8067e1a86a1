"""Addresses of providers, checked before a key or a prompt is sent to them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from byok_widgets.config.short_text import reject_long
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_key

_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_PATH_SIGNS = "/%:;=@!$&'()*+,~-._|"
_MOST_ESCAPES = 4  # of escaped escapes: what is still escaped then is refused
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
        is_bracketed = "[" in parts.netloc and not (host and ":" in host)  # only IPv6 addresses are written so
        is_readable = cleaned.isprintable() and " " not in cleaned
        if parts.scheme not in ("http", "https") or not host or port == 0 or is_bracketed or not is_readable:
            raise ConfigError(f"{text!r} is not the address of an endpoint.", kind="base_url", fix=_EXAMPLE)
        if "@" in parts.netloc or "?" in cleaned or "#" in cleaned:
            raise ConfigError(
                "An endpoint's address cannot contain a user name, ? or #.", kind="base_url_extras", fix=_EXAMPLE
            )
        if _leads_elsewhere(parts.path):
            raise ConfigError(
                "An endpoint's address cannot contain /../: it would lead somewhere else than it says.",
                kind="base_url",
                fix=_EXAMPLE,
            )
        if parts.scheme == "http" and not is_loopback(host):
            raise ConfigError(
                f"http://{host} would send the key and the dialogue unencrypted over the network.",
                kind="base_url_insecure",
                fix="Use https. Plain http works for this machine only (127.0.0.1, localhost).",
            )
        place = _host_port(_in_ascii(host), port)
        if not cleaned.isascii():
            cleaned = parts._replace(netloc=place, path=quote(parts.path, safe=_PATH_SIGNS)).geturl()
        return cls(cleaned, place)


def _leads_elsewhere(path: str) -> bool:
    """Whether some server could read a path as another one: with steps upwards, or unprintable characters."""
    for _ in range(_MOST_ESCAPES):
        path = unquote(path)
    steps = [
        step.partition(";")[0] for step in path.replace("\\", "/").split("/")
    ]  # some servers ignore what follows
    return "." in steps or ".." in steps or "%" in path or not path.isprintable()


def _in_ascii(host: str) -> str:
    """Return a host name as it is looked up: in punycode, where no letter can pass for another.

    Raises:
        ConfigError: It is no name that can be looked up.
    """
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    labels = name.removesuffix(".").split(".")
    if _is_address(name) or (":" not in name and all(map(_LABEL.fullmatch, labels))):
        return name
    raise ConfigError(f"{host!r} is not the name of a host.", kind="base_url", fix=_EXAMPLE)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host  # a zone means something on one machine only


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
