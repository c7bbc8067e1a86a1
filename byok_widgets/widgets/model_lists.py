"""`ModelLists`: which models can be picked, and what is known of them; found out in the background.

The presets are there at once, the offline list a moment later (prices come from a large package), and the
provider's own list when there is a key. When the provider cannot be asked, the offline list stays, and the reason
is said.
"""

from __future__ import annotations

import asyncio
import difflib
import threading
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from byok_widgets.errors import ByokError
from byok_widgets.keys import redact
from byok_widgets.providers import catalog, local_models
from byok_widgets.providers.base import ModelInfo
from byok_widgets.widgets.background import start
from byok_widgets.widgets.key_desk import KeyDesk
from byok_widgets.widgets.typed import told

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
        name: What to call the list; empty for one that is not meant to be complete.
        source: Where it comes from, in a sentence.
        is_live: Whether the provider gave it.
    """

    models: tuple[str, ...]
    name: str = ""
    source: str = ""
    is_live: bool = False


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
        self._listings: dict[Target, Listing] = {}
        self._infos: dict[tuple[Target, str], ModelInfo] = {}
        self._asked: dict[Target, object] = {}
        self._failed: dict[Target, object] = {}
        self._last: Target | None = None
        self._described: set[tuple[Target, str]] = set()

    def listing(self, target: Target) -> Listing:
        """Return what can be picked now. Never waits."""
        known = self._listings.get(target)
        return known or Listing(tuple(catalog.PRESETS.get(target.provider.name, {}).values()))

    def info(self, target: Target, model: str) -> ModelInfo | None:
        """Return what is known of a model, or `None` while it is being looked up. Never waits."""
        return self._infos.get((target, model))

    def ask(self, target: Target, model: str | None) -> None:
        """Bring the list and the facts about `model` up to date in the background.

        Asked once for each key; where that failed, once more when a check went well, or the address is back.
        """
        if target != self._last and self._failed.pop(target, None):
            self._asked.pop(target, None)
        self._last = target
        state = self._desk.state(target)
        asked = (state, self._failed.get(target) == state and self._desk.is_verified(target))
        if self._asked.get(target) != asked:
            self._asked[target] = asked
            start(self._ask(target, state, usable=_can_answer(target, self._desk)))
        if model and (target, model) not in self._described:
            self._described.add((target, model))
            start(self._describe(target, [ModelInfo(id=model)]))

    def doubt(self, target: Target, model: str) -> str:
        """Say that a model is in no list, and which may have been meant; empty while nothing speaks against it."""
        if target.provider.free_of_charge:
            return _no_local_model(model)
        listing, info = self.listing(target), self.info(target, model)
        priced = info is None or info.input_usd_per_mtok is not None
        if not listing.name or model in listing.models or (priced and not listing.is_live):
            return catalog.mistyped_ref(model)
        meant = catalog.advice(target.provider.name, model) or _similar(model, listing.models)
        return f"{model} is not in {listing.name}. {meant}".strip()

    async def _ask(self, target: Target, state: object, *, usable: bool) -> None:
        if target not in self._listings:
            await self._describe(target, [ModelInfo(id=model) for model in self.listing(target).models])
            offline = await asyncio.to_thread(catalog.offline_models, target.provider.name)
            if offline:
                name = f"the list of {catalog.CHECKED_ON}"
                self._know(target, offline, Listing((), name, f"Offline list of {catalog.CHECKED_ON}."))
        if not usable:
            return
        try:
            models = await target.provider.list_models(await self._desk.endpoint(target))
        except ByokError as fault:
            self._failed[target] = state
            self._listings[target] = replace(self.listing(target), source=self._without_list(target, fault))
            self._config.announce("models")
            return
        name = f"the provider's own list of {time.strftime('%H:%M %Z').strip()}"
        count = "1 model" if len(models) == 1 else f"{len(models):,} models"
        models.sort(key=lambda model: model.id)
        self._know(target, models, Listing((), name, f"{count} in {name}.", is_live=True))
        await self._describe(target, models)

    def _without_list(self, target: Target, fault: ByokError) -> str:
        status = self._desk.known(target)
        if fault.kind == "auth" and (status is None or not status.available):
            return "The provider's own list can be had with a key only."
        return redact(f"The provider's own list could not be had: {told(fault)}")

    async def _describe(self, target: Target, models: list[ModelInfo]) -> None:
        described = await asyncio.to_thread(
            lambda: [catalog.described(target.provider.name, model) for model in models]
        )
        self._infos |= {(target, model.id): model for model in described}
        self._config.announce("models")

    def _know(self, target: Target, models: list[ModelInfo], listing: Listing) -> None:
        self._infos |= {(target, model.id): model for model in models}
        self._listings[target] = replace(listing, models=tuple(model.id for model in models))
        self._config.announce("models")


def _no_local_model(model: str) -> str:
    try:
        local_models.resolve(model)
    except ByokError as fault:
        return told(fault)
    return ""


@lru_cache(maxsize=64)
def _similar(model: str, models: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(model, models, 2)
    return f"Similar: {', '.join(near)}." if near else ""


def _can_answer(target: Target, desk: KeyDesk) -> bool:
    status = desk.known(target)
    if not target.takes_key or status is None:
        return False
    return status.available or not target.provider.needs_key
