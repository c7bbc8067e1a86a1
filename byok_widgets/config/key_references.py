"""Where keys are named rather than held, as a mapping that writes the flow's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any


class KeyReferences(MutableMapping[str, str]):
    """Slot to `env:NAME`. Names only, never a key."""

    def __init__(self, read: Callable[[], Mapping[str, Any]], write: Callable[[str, str | None], None]) -> None:
        self._read, self._write = read, write

    def __getitem__(self, slot: str) -> str:
        return str(self._read()[slot])

    def __setitem__(self, slot: str, reference: str) -> None:
        self._write(slot, reference)

    def __delitem__(self, slot: str) -> None:
        if slot not in self._read():
            raise KeyError(slot)
        self._write(slot, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
