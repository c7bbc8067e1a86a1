"""`Access`: who may ask. Callers need a token of the server's own, on this machine too."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from byok_widgets.serve.turns.protocol_error import ProtocolError

_HEADERS = ("authorization", "content-type", "idempotency-key", "x-byok-session")
_HEADER = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_MOST_HEADER_CHARS = 2_000
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def new_token() -> str:
    """Return an access token, which is shown once and stored as a digest."""
    return f"byok-{secrets.token_urlsafe(32)}"


def digest_of_token(token: str) -> str:
    """Return what is stored of a token; it has 256 random bits, so that a plain digest is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Access:
    """Decides whether a request is served.

    Attributes:
        tokens: Digests of the tokens that hold.
    """

    def __init__(
        self,
        tokens: Iterable[str],
        *,
        hosts: Collection[str] = (),
        origins: Collection[str] = (),
        public_url: str = "",
    ) -> None:
        self.tokens = set(tokens)
        named = (urlsplit(public_url).hostname or "", *hosts)
        self._hosts = (_LOCAL | {host.casefold() for host in named}) - {""}
        self._origins = {origin.casefold().rstrip("/") for origin in origins}

    def require_address(self, headers: dict[str, str]) -> None:
        """Refuse a request that was meant for another host, or that a page of another origin sent.

        Raises:
            ProtocolError: It is one.
        """
        host = _host(headers.get("host", ""))
        # a page that leads its own name to this machine (DNS rebinding) sends that name
        if host not in self._hosts:
            raise ProtocolError(403, "This server is not served under that host name.", code="host")
        origin = headers.get("origin")
        if origin is not None and origin.casefold() not in self._origins:
            raise ProtocolError(403, "Pages of that origin may not ask this server.", code="origin")

    def caller(self, headers: dict[str, str]) -> str:
        """Return who asks: the digest of the token.

        Raises:
            ProtocolError: There is no token, or one that does not hold.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        digest = digest_of_token(token.strip())
        if scheme.casefold() != "bearer" or digest not in self.tokens:
            raise ProtocolError(
                401,
                "An access token of this server is needed: Authorization: Bearer ...",
                code="invalid_api_key",
                headers={"www-authenticate": "Bearer"},
            )
        return digest

    def cors(self, headers: dict[str, str]) -> dict[str, str]:
        """Return what lets pages of the allowed origins read the response."""
        origin = headers.get("origin", "")
        if origin.casefold() not in self._origins:
            return {}
        return {
            "access-control-allow-origin": origin,
            "access-control-allow-headers": _named(headers.get("access-control-request-headers", "")),
            "access-control-allow-methods": "GET, POST, OPTIONS",
            "access-control-max-age": "600",
            "vary": "origin, access-control-request-headers",
        }


def _named(wanted: str) -> str:
    """Return the headers that a page may send: those that it asks for, since an SDK has many of its own."""
    names = [name.strip().lower() for name in wanted[:_MOST_HEADER_CHARS].split(",")]
    return ", ".join(dict.fromkeys([*_HEADERS, *filter(_HEADER.fullmatch, names)]))


@lru_cache(maxsize=64)  # callers all send the same few; whoever sends others keeps nothing in memory for long
def _host(header: str) -> str:
    try:
        parts = urlsplit(f"//{header}")
        return "" if "@" in parts.netloc else (parts.hostname or "").casefold()
    except ValueError:
        return ""
