"""`Client`: whoever is answered, and may hang up meanwhile."""

from __future__ import annotations

from collections.abc import Callable

CLIENT = "byok.client"
"""The name under which the scope of a request holds its client."""


class Client:
    """The other end of a connection.

    ASGI tells that it has hung up only to whoever waits for that, which takes a task for each request.

    Attributes:
        is_gone: Whether it has hung up.
    """

    def __init__(self) -> None:
        self.is_gone = False
        self._watching: set[Callable[[], None]] = set()

    def watch(self, tell: Callable[[], None]) -> None:
        """Call a function when it hangs up."""
        self._watching.add(tell)

    def unwatch(self, tell: Callable[[], None]) -> None:
        """Do not call it any more."""
        self._watching.discard(tell)

    def hang_up(self) -> None:
        """Take note that it has hung up."""
        self.is_gone = True
        for tell in list(self._watching):
            tell()
