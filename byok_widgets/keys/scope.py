"""`KeyScope`: what a key is bound to, and its names in the storage backends."""

from __future__ import annotations

import hashlib
import json
import re
from typing import NamedTuple

from byok_widgets.text_forms import normalized

_USER_CHARS = 60


class KeyScope(NamedTuple):
    """One flow's key for one provider at one host and base path.

    Attributes:
        flow: Name of the flow, NFC-normalised, so that names that look the same are the same.
        provider: Name of the provider.
        destination: Host that the key may be sent to, with its port if there is one, and its base path if that is
            not the usual one.
    """

    flow: str
    provider: str
    destination: str

    @classmethod
    def of(cls, flow: str, provider: str, destination: str) -> KeyScope:
        """Return the scope of a key of the flow with this name, in any Unicode form."""
        return cls(normalized("NFC", flow), provider, destination)

    @classmethod
    def named(cls, flow: str, reference_name: str) -> KeyScope:
        """Return the scope that has this name among the key references of a flow."""
        provider, _, destination = reference_name.partition("|")
        return cls.of(flow, provider, destination)

    @property
    def reference_name(self) -> str:
        """Name of this scope among the flow's key references."""
        return f"{self.provider}|{self.destination}"

    @property
    def service(self) -> str:
        """Service name in the keyring.

        It is different for every scope (the hash is over an unambiguous form), and contains no character that a
        backend might mangle. Windows stores one key per service, hence a service per scope.
        """
        identity = json.dumps([self.flow, self.provider, self.destination])
        digest = hashlib.sha256(identity.encode("ascii")).hexdigest()[:16]
        return f"byok_widgets/{_readable(self.provider)}/{digest}"

    @property
    def user(self) -> str:
        """User name in the keyring, for people who look into it; the service name tells scopes apart."""
        return _readable(self.flow)


def _readable(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:_USER_CHARS] or "_"
