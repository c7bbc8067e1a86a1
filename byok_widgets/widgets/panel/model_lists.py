"""`ModelLists`: which models can be picked, and what is known about them; looked up in the background.

The presets are available at once. A moment later comes the provider's last list, cached on disk with its date, or
else the offline list (prices come from a large package); then the provider's current list, if there is a key. If
the provider cannot be asked, the previous list stays, and the reason is shown.
"""

from __future__ import annotations

import datetime
import difflib
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from byok_widgets.errors import ByokError
from byok_widgets.providers import catalog, model_list_cache
from byok_widgets.providers.exchange import ModelInfo
from byok_widgets.providers.local import models
from byok_widgets.providers.model_list_cache import KeptList
from byok_widgets.secrets import redact
from byok_widgets.widgets.background import PANEL_WORK, start
from byok_widgets.widgets.panel.key_controller import KeyController
from byok_widgets.widgets.panel.model_listing import Listing, at_once, enrich, own_list
from byok_widgets.widgets.panel.model_messages import ending
from byok_widgets.widgets.panel.text_field import error_text

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_NO_NETWORK = {"dns": "its address was not found.", "offline": "there is no route to it."}
"""Short reasons: the status of the key already gives the long ones."""

_lists: dict[Any, ModelLists] = {}
_lock = threading.Lock()


class ModelLists:
    """The model lists of one flow's providers. There is one object for each flow in the kernel."""

    @classmethod
    def of(cls, flow: PanelFlow) -> ModelLists:
        """Return the flow's lists."""
        with _lock:
            if flow.key_store not in _lists:
                _lists[flow.key_store] = cls(flow)
            return _lists[flow.key_store]

    def __init__(self, flow: PanelFlow) -> None:
        self._config, self._context = flow.config, flow.context
        self._controller = KeyController.of(flow)
        self._listings: dict[EndpointTarget, Listing] = {}
        self._singles: dict[tuple[EndpointTarget, str], ModelInfo | None] = {}
        self._asked: dict[EndpointTarget, object] = {}
        self._failed: dict[EndpointTarget, object] = {}
        self._asking: Counter[EndpointTarget] = Counter()  # how many answers are awaited, or being shown
        self._again: set[EndpointTarget] = set()
        self._recalled: set[EndpointTarget] = set()
        self._last: EndpointTarget | None = None

    def listing(self, target: EndpointTarget) -> Listing:
        """Return what can be picked now. Never waits."""
        return self._listings.get(target) or at_once(target)

    def is_asking(self, target: EndpointTarget) -> bool:
        """Whether the provider is being asked for its list."""
        return self._asking[target] > 0

    def info(self, target: EndpointTarget, model: str) -> ModelInfo | None:
        """Return what is known about a model, or `None` while it is being looked up. Never waits."""
        return self.listing(target).by_id.get(model) or self._singles.get((target, model))

    def ask(self, target: EndpointTarget, model: str | None) -> None:
        """Update the list and the facts about `model` in the background.

        The provider is asked once for each key, and one that needs none only where a person of this kernel chose
        its address, since opening a flow must not tell anyone. If asking failed, it is asked once more after a
        successful check, or when the target is shown again.
        """
        if target != self._last and self._failed.pop(target, None):
            self._asked.pop(target, None)
        self._last = target
        state = self._controller.state(target)
        asked = (state, self._failed.get(target) == state and self._controller.is_verified(target))
        if self._asked.get(target) != asked:
            self._asked[target] = asked
            start(self._ask(target, state, usable=self._can_answer(target)))
        if model and (target, model) not in self._singles:
            self._singles[target, model] = None  # being looked up: that is done once
            start(self._look_up(target, model))

    def recall(self, target: EndpointTarget) -> None:
        """Load the list that is available without asking the provider."""
        if target not in self._recalled:
            self._recalled.add(target)
            start(self._show_cached(target))

    def refresh(self, target: EndpointTarget) -> None:
        """Ask the provider for its list again; once more if it is being asked, as that answer may be older."""
        start(self._refresh(target))

    def doubt(self, target: EndpointTarget, model: str) -> str:
        """Return the doubts about a model: that it ends, or is in no list, and which to use instead."""
        if target.provider.free_of_charge:
            return _no_local_model(model)
        listing, info = self.listing(target), self.info(target, model)
        note = catalog.lifecycle_note(target.provider.name, model)
        if not note and info and info.ends_on:
            note = f"{model} {ending(info)}."
        if note:
            return note
        priced = info is None or info.input_usd_per_mtok is not None
        if not listing.name or model in listing.by_id or (priced and not listing.is_live):
            return catalog.mistyped_ref(model)
        meant = catalog.advice(target.provider.name, model) or _similar(model, tuple(listing.by_id))
        return f"{model} is not in {listing.name}. {meant}".strip()

    def _can_answer(self, target: EndpointTarget) -> bool:
        status = self._controller.known(target)
        if not target.takes_key or status is None:
            return False
        needs_none = not target.provider.needs_key and self._context.was_chosen_here(target.provider, target.url)
        return status.available or needs_none

    async def _refresh(self, target: EndpointTarget) -> None:
        if self.is_asking(target):
            self._again.add(target)
        elif not await self._ask(target, self._controller.state(target), usable=True):
            await self._refresh(target)

    async def _ask(self, target: EndpointTarget, state: object, *, usable: bool) -> bool:
        """Show what is known, then what the provider says; returns whether the key stayed the same meanwhile."""
        if usable:
            self._asking[target] += 1
            self._config.notify("models")
        try:
            await self._show_cached(target)
            return not usable or await self._ask_provider(target, state)
        finally:
            if usable:
                self._asking[target] -= 1
            self._config.notify("models")
            if usable and target in self._again:
                self._again.discard(target)
                start(self._refresh(target))

    async def _show_cached(self, target: EndpointTarget) -> None:
        if target in self._listings or target.provider.free_of_charge:
            return
        kept = await PANEL_WORK.run(model_list_cache.read, *self._cache_key(target)) if self._config.path else None
        models = kept.models if kept else await PANEL_WORK.run(catalog.offline_models, target.provider.name)
        name = own_list(target) if kept else f"the offline list of {catalog.CHECKED_ON}"
        if models and target not in self._listings:  # the provider's own list may have come meanwhile
            await self._know(target, models, Listing(name=name, given_at=kept.given_at if kept else None))

    async def _ask_provider(self, target: EndpointTarget, state: object) -> bool:
        models, fault = await self._own_models(target)
        if state != self._controller.state(target):
            return False  # the key has changed, and perhaps the account with it
        if fault:
            self._failed[target] = state
            if fault.kind == "auth":
                self._controller.note_refusal(target, fault)
            trouble = self._trouble(target, fault)
            self._listings[target] = replace(self.listing(target), trouble=trouble, fault=fault.kind)
            return True
        now = datetime.datetime.now(tz=datetime.UTC)
        await self._know(target, models, Listing(name=own_list(target), is_live=True, given_at=now))
        if self._config.path:  # a flow that saves nothing leaves no list, either
            await PANEL_WORK.run(model_list_cache.write, *self._cache_key(target), KeptList(models, now))
        return True

    async def _own_models(self, target: EndpointTarget) -> tuple[tuple[ModelInfo, ...], ByokError | None]:
        try:
            models = await target.provider.list_models(await self._controller.endpoint(target))
        except ByokError as fault:
            return (), fault
        return tuple(sorted(models, key=lambda model: model.id)), None

    def _trouble(self, target: EndpointTarget, fault: ByokError) -> str:
        status, own = self._controller.known(target), own_list(target)
        own = f"{own[:1].upper()}{own[1:]}"
        if fault.kind in ("no_key", "auth"):
            return f"{own} needs a {'valid ' if status and status.available else ''}key."
        return f"{own} could not be loaded: {_NO_NETWORK.get(fault.kind) or redact(_again(fault))}"

    async def _know(self, target: EndpointTarget, models: Iterable[ModelInfo], listing: Listing) -> None:
        """Show a list at once, and again with what is known about its models."""
        bare = self._listings[target] = replace(listing, models=tuple(models))
        self._config.notify("models")
        more = await PANEL_WORK.run(enrich, target, bare.models)
        if self._listings[target] is bare:  # else another list has taken its place meanwhile
            self._listings[target] = replace(bare, models=more)

    async def _look_up(self, target: EndpointTarget, model: str) -> None:
        (self._singles[target, model],) = await PANEL_WORK.run(enrich, target, (ModelInfo(id=model),))
        self._config.notify("models")

    def _cache_key(self, target: EndpointTarget) -> tuple[str, str, str]:
        return (self._config.name, target.provider.name, target.url)


def _again(fault: ByokError) -> str:
    """Return why a list could not be loaded; what may go better later is tried again by the button beside it."""
    return f"{fault.problem}\nPress Refresh to try again." if fault.retryable else error_text(fault)


def _no_local_model(model: str) -> str:
    try:
        models.resolve(model)
    except ByokError as fault:
        return error_text(fault)
    return ""


@lru_cache(maxsize=64)
def _similar(model: str, models: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(model, models, 2)
    return f"Similar: {', '.join(near)}." if near else ""
