"""Checks whether a key is valid, with one request to the provider that is free of charge.

If a check cannot be made, the key stays usable: it fails open, and says why.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from byok_widgets.errors import ByokError, ProviderError
from byok_widgets.providers import Endpoint
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget


@dataclass(frozen=True)
class KeyCheck:
    """The result of the last check of a key.

    Attributes:
        state: `"working"`, `"verified"`, `"unverified"` or `"rejected"`.
        at: When it was found (ISO 8601, UTC): the page writes it in the person's own time.
        fault: Why, where it is not verified.
        is_again: Whether the check before had found the same.
        key: The identity of the key; empty where there was none, or that is not known.
        found_at: When it was found, on the monotonic clock, in seconds.
    """

    state: str
    at: str = ""
    fault: ByokError | None = None
    is_again: bool = False
    key: bytes = field(default=b"", repr=False)
    found_at: float = field(default_factory=time.monotonic, compare=False)

    @classmethod
    def now(cls, state: str, fault: ByokError | None = None) -> KeyCheck:
        """Return what has just been found."""
        return cls(state, datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"), fault)

    def outweighs(self, call_at: float) -> bool:
        """Whether it counts beside a call that took or refused the key: while it is made, and if it came later."""
        return self.state == "working" or (self.state != "unverified" and self.found_at > call_at)

    def after(self, before: KeyCheck | None) -> KeyCheck:
        """Return the same, with a note of whether the check before had found it too."""
        return replace(self, is_again=before is not None and before.state == self.state)


async def check_key(
    target: EndpointTarget, endpoint_of: Callable[[EndpointTarget], Awaitable[Endpoint]]
) -> KeyCheck:
    """Ask the provider of `target` whether the key that calls would use there is valid."""
    try:
        endpoint = await endpoint_of(target)
        await target.provider.check_key(endpoint)
        if await _is_open_to_all(target, endpoint):
            return KeyCheck.now("unverified", _open_to_all())
    except ByokError as fault:
        asked = isinstance(fault, ProviderError) and fault.kind in ("auth", "no_key")
        return KeyCheck.now("rejected" if asked else "unverified", fault)
    except Exception as fault:  # noqa: BLE001 - a check fails open, whatever happens
        return KeyCheck.now("unverified", _unexpected(fault))
    return KeyCheck.now("verified")


async def _is_open_to_all(target: EndpointTarget, endpoint: Endpoint) -> bool:
    """Whether the endpoint accepts the check without a key, so that its answer says nothing about the key."""
    if target.provider.needs_key or endpoint.key is None:
        return False
    try:
        await target.provider.check_key(Endpoint(endpoint.base_url, None))
    except ByokError:
        return False
    return True


def _open_to_all() -> ByokError:
    return ProviderError(
        "This endpoint answers the check with or without a key.",
        kind="open_to_all",
        fix="Run a cell: the first answer shows whether the key is right.",
    )


def _unexpected(fault: Exception) -> ByokError:
    """Describe an unexpected error by its type only: its text may contain anything."""
    return ProviderError(
        f"The check failed unexpectedly ({type(fault).__name__}).",
        kind="unexpected",
        fix="Press Check to try again.",
    )
