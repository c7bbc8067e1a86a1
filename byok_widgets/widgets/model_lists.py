"""`ModelLists`: which models can be picked, and what is known of them; found out in the background.

The presets are there at once, the offline list a moment later (prices come from a large package), and the
provider's own list when there is a key. When the provider cannot be asked, the offline list stays, and the reason
is said.
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byok_widgets.errors import ByokError
from byok_widgets.keys import redact
from byok_widgets.providers import catalog
from byok_widgets.providers.base import ModelInfo
from byok_widgets.widgets.background import start
from byok_widgets.widgets.key_desk import KeyDesk

if TYPE_CHECKING:
    from byok_widgets.flow import Flow
    from byok_widgets.widgets.target import Target

_lists: dict[Any, ModelLists] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Listing:
    """Models that can be picked.

    Attributes:
        models: Their ids, in the order in which they are offered.
        source: Where the list comes from, in a sentence.
    """

    models: tuple[str, ...]
    source: str = ""


class ModelLists:
    """The model lists of one flow's providers. One for each flow of the kernel."""

    @classmethod
    def of(cls, flow: Flow) -> ModelLists:
        """Return the flow's lists."""
        with _lock:
            if flow.key_store not in _lists:
                _lists[flow.key_store] = cls(flow)
            return _lists[flow.key_store]

    def __init__(self, flow: Flow) -> None:
        self._config = flow.config
        self._desk = KeyDesk.of(flow)
        self._listings: dict[str, Listing] = {}
        self._infos: dict[tuple[str, str], ModelInfo] = {}
        self._asked: dict[str, object] = {}

    def listing(self, target: Target) -> Listing:
        """Return what can be picked now. Never waits."""
        known = self._listings.get(target.name)
        return known or Listing(tuple(catalog.PRESETS.get(target.provider.name, {}).values()))

    def info(self, target: Target, model: str) -> ModelInfo | None:
        """Return what is known of a model, or `None` while it is being looked up. Never waits."""
        return self._infos.get((target.name, model))

    def ask(self, target: Target, model: str | None) -> None:
        """Bring the list and the facts about `model` up to date in the background; asked once for each key."""
        state = self._desk.state(target)
        if self._asked.get(target.name) != state:
            self._asked[target.name] = state
            start(self._ask(target, usable=_can_answer(target, self._desk)))
        if model and (target.name, model) not in self._infos:
            self._infos[target.name, model] = ModelInfo(id=model)
            start(self._describe(target, [ModelInfo(id=model)]))

    async def _ask(self, target: Target, *, usable: bool) -> None:
        if target.name not in self._listings:
            await self._describe(target, [ModelInfo(id=model) for model in self.listing(target).models])
            offline = await asyncio.to_thread(catalog.offline_models, target.provider.name)
            if offline:
                self._know(target, offline, f"Offline list of {catalog.CHECKED_ON}.")
        if not usable:
            return
        try:
            models = await target.provider.list_models(await self._desk.endpoint(target))
        except ByokError as fault:
            source = redact(f"The provider's own list could not be had: {fault.problem}")
            self._know(target, [self._infos[target.name, model] for model in self.listing(target).models], source)
            return
        when = time.strftime("%H:%M %Z").strip()
        count = "1 model" if len(models) == 1 else f"{len(models):,} models"
        models.sort(key=lambda model: model.id)
        self._know(target, models, f"{count} in the provider's own list of {when}.")
        await self._describe(target, models)

    async def _describe(self, target: Target, models: list[ModelInfo]) -> None:
        described = await asyncio.to_thread(
            lambda: [catalog.described(target.provider.name, model) for model in models]
        )
        self._infos |= {(target.name, model.id): model for model in described}
        self._config.announce("models")

    def _know(self, target: Target, models: list[ModelInfo], source: str) -> None:
        self._infos |= {(target.name, model.id): model for model in models}
        self._listings[target.name] = Listing(tuple(model.id for model in models), source)
        self._config.announce("models")


def _can_answer(target: Target, desk: KeyDesk) -> bool:
    status = desk.known(target)
    if not target.takes_key or status is None:
        return False
    return status.available or not target.provider.needs_key
