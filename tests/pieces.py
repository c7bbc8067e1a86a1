"""Many short pieces looked for at once in long texts."""

from __future__ import annotations

import sys
from collections.abc import Iterable

_BLOCK = 4


class Pieces:
    """What to look for. Each has at least seven bytes, so that it holds one of the text's blocks of four."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = set(pieces)
        assert all(len(piece) >= 2 * _BLOCK - 1 for piece in self._pieces)
        self._blocks = {
            int.from_bytes(piece[at : at + _BLOCK], sys.byteorder)
            for piece in self._pieces
            for at in range(len(piece) - _BLOCK + 1)
        }

    def are_in(self, content: bytes) -> bool:
        """Whether any piece is in `content`. All is looked at only where a block of one is found."""
        whole = memoryview(content)[: len(content) // _BLOCK * _BLOCK].cast("I")
        return not self._blocks.isdisjoint(whole) and any(piece in content for piece in self._pieces)


def runs(text: bytes, length: int) -> set[bytes]:
    """Return all pieces of a length."""
    return {text[at : at + length] for at in range(len(text) - length + 1)}
