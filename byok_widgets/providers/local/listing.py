"""`list_local_models`: the local models that come with the package, and which of them are on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from byok_widgets.display.cards import Card, Cards
from byok_widgets.providers.local import models
from byok_widgets.providers.local.provider import LocalProvider


@dataclass(frozen=True, repr=False)
class LocalModelState(Card):
    """One of the local models that come with the package.

    Attributes:
        ref: Its model ref.
        label: Its name on screen.
        size_mb: Size of its file in MB (millions of bytes).
        is_here: Whether the file is on this machine.
    """

    ref: str
    label: str
    size_mb: int
    is_here: bool

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield its model ref, its name, its size, and whether it is here."""
        yield "model", self.ref
        yield "name", self.label
        yield "size", f"{self.size_mb} MB"
        yield "state", "here" if self.is_here else "not fetched yet"


def list_local_models() -> Cards[LocalModelState]:
    """Return the local models, the stronger first, and whether each is on this machine. Fetches nothing."""
    return Cards(
        LocalModelState(
            ref=f"{LocalProvider.name}:{model.id}",
            label=model.label,
            size_mb=round(model.size_bytes / 1e6),
            is_here=models.find(model.id) is not None,
        )
        for model in models.LOCAL_MODELS.values()
    )
