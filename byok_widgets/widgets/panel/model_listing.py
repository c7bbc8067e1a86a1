"""`Listing`: models that can be picked, and where they come from."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from byok_widgets.providers import catalog
from byok_widgets.providers.base import ModelInfo
from byok_widgets.providers.local import models

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.endpoint_target import EndpointTarget


@dataclass(frozen=True)
class Listing:
    """Models that can be picked.

    Attributes:
        models: In the order in which they are offered.
        name: The list's name on screen; empty for one that is not meant to be complete.
        is_live: Whether this kernel got it from the provider.
        trouble: Why it is not the provider's current list, in sentences; empty if there is nothing to say.
        fault: Kind of the error that came instead of that list; empty if there was none.
    """

    models: tuple[ModelInfo, ...] = ()
    name: str = ""
    is_live: bool = False
    trouble: str = ""
    fault: str = ""

    @property
    def source(self) -> str:
        """Where it comes from, and any problem with it."""
        count = "1 model" if len(self.models) == 1 else f"{len(self.models):,} models"
        source = f"{count} in {self.name}." if self.name else ""
        return f"{source} {self.trouble}".strip()

    @cached_property
    def by_id(self) -> dict[str, ModelInfo]:
        """The models by their ids."""
        return {model.id: model for model in self.models}


def at_once(target: EndpointTarget) -> Listing:
    """Return what can be picked before anything is looked up: the presets, or the local models."""
    if not target.provider.free_of_charge:
        return Listing(tuple(map(ModelInfo, catalog.presets(target.provider.name).values())))
    return Listing(tuple(map(_local_row, models.LOCAL_MODELS.values())))


def _local_row(model: models.LocalModel) -> ModelInfo:
    return ModelInfo(
        id=model.id,
        label=model.label,
        input_usd_per_mtok=Decimal(0),
        output_usd_per_mtok=Decimal(0),
        context_tokens=model.context_tokens,
        structured_output=True,
    )


def described(target: EndpointTarget, models: tuple[ModelInfo, ...]) -> tuple[ModelInfo, ...]:
    """Fill in what is known about models. The first call loads a large package."""
    name, elsewhere = target.provider.name, not target.is_usual
    return tuple(catalog.enrich(name, model, elsewhere=elsewhere) for model in models)


def own_list(target: EndpointTarget, given_at: datetime.datetime | None = None) -> str:
    """Return a name for the provider's own list, with its time, and its date unless that is today.

    It may begin with a lower-case letter.
    """
    name = f"{target.provider.label}'s own list" if target.is_usual else "the endpoint's own list"
    if given_at is None:
        return name
    at, today = given_at.astimezone(), datetime.datetime.now().astimezone().date()
    return f"{name} of {at:%H:%M %Z}" if at.date() == today else f"{name} of {at:%Y-%m-%d %H:%M %Z}"
