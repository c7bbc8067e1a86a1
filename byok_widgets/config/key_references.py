"""Where keys are found, as a mapping that writes to the flow's settings."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from byok_widgets.config.settings import put
from byok_widgets.config.settings_store import SettingsStore

if TYPE_CHECKING:
    from byok_widgets.config.frozen_settings import FrozenSettings


class KeyReferences(MutableMapping[str, str]):
    """Maps the name of a key's scope to `env:NAME` or the name of a storage backend. Never to a key."""

    def __init__(self, store: SettingsStore | FrozenSettings) -> None:
        self._store = store

    def __repr__(self) -> str:
        return f"KeyReferences({dict(self)})"

    def __getitem__(self, scope: str) -> str:
        return self._store.current.key_references[scope]

    def get(self, scope: str, default: Any = None) -> Any:
        """Return the reference of a scope; looked up for each call, so without an error on the way."""
        return self._store.current.key_references.get(scope, default)

    def __setitem__(self, scope: str, reference: str) -> None:
        self._write(scope, reference)

    def __delitem__(self, scope: str) -> None:
        if scope not in self._store.current.key_references:
            raise KeyError(scope)
        self._write(scope, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.current.key_references)

    def __len__(self) -> int:
        return len(self._store.current.key_references)

    def _write(self, scope: str, reference: str | None) -> None:
        self._store.change("key", lambda document: put(document, "key_references", scope, reference))
