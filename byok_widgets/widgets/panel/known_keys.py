"""`KnownKeys`: what a flow's panels know about its keys: where each is stored, and what the last check found."""

from __future__ import annotations

import threading

from byok_widgets.keys import KeyStatus
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.key_check import KeyCheck


class KnownKeys:
    """Written by background work and read by panels. Thread-safe.

    A key belongs to a host and a check to one address there, so a host's checks are dropped with its key.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._targets: dict[str, EndpointTarget] = {}
        self._statuses: dict[str, KeyStatus] = {}
        self._versions: dict[str, int] = {}
        self._checks: dict[EndpointTarget, KeyCheck] = {}
        self._others: dict[str, tuple[str, ...]] = {}

    def others(self, target: EndpointTarget) -> tuple[str, ...]:
        """Return the other flows that have a key for `target`."""
        with self._lock:
            return self._others.get(target.name, ())

    def set_others(self, target: EndpointTarget, flows: tuple[str, ...]) -> bool:
        """Record which other flows have a key for `target`; return whether that is new."""
        with self._lock:
            is_new = self._others.get(target.name, ()) != flows
            self._others[target.name] = flows
            return is_new

    def add(self, target: EndpointTarget) -> bool:
        """Record that panels show this target; returns whether it is new."""
        with self._lock:
            is_new = target.name not in self._targets
            self._targets.setdefault(target.name, target)
            return is_new

    def targets(self) -> tuple[EndpointTarget, ...]:
        """Return the targets that panels have shown."""
        with self._lock:
            return tuple(self._targets.values())

    def status(self, target: EndpointTarget) -> KeyStatus | None:
        """Return where the key of `target` is stored; `None` while that is unknown."""
        with self._lock:
            return self._statuses.get(target.name)

    def version(self, target: EndpointTarget) -> int:
        """Return how often the key of `target` has changed."""
        with self._lock:
            return self._versions.get(target.name, 0)

    def set_status(self, target: EndpointTarget, status: KeyStatus) -> None:
        """Record that the key of `target` has changed, or is stored elsewhere."""
        with self._lock:
            self._set_status(target, status)

    def take_found(self, target: EndpointTarget, status: KeyStatus, *, version: int) -> bool:
        """Record what a look-up found that began at a version of the key; returns whether that is new.

        A key that was saved or removed since then is newer than what the look-up found.
        """
        with self._lock:
            is_current = version == self._versions.get(target.name, 0)
            is_new = is_current and status != self._statuses.get(target.name)
            if is_new:
                self._set_status(target, status)
            return is_new

    def _set_status(self, target: EndpointTarget, status: KeyStatus) -> None:
        self._targets[target.name] = target
        self._statuses[target.name] = status
        self._versions[target.name] = self._versions.get(target.name, 0) + 1
        self._checks = {known: check for known, check in self._checks.items() if known.name != target.name}

    def check(self, target: EndpointTarget) -> KeyCheck | None:
        """Return the result of the last check at this address; `None` if none was made with this key."""
        with self._lock:
            return self._checks.get(target)

    def set_check(self, target: EndpointTarget, check: KeyCheck) -> None:
        """Record the result of a check."""
        with self._lock:
            self._checks[target] = check

    def forget_unverified(self, target: EndpointTarget) -> None:
        """Drop a check that could not be made: the reason for that may be gone."""
        with self._lock:
            check = self._checks.get(target)
            if check and check.state == "unverified":
                del self._checks[target]
