"""`Listing`: models that can be picked, and where they come from."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from byok_widgets.providers import catalog
from byok_widgets.providers.exchange import ModelInfo
from byok_widgets.providers.local import models

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.endpoint_target import EndpointTarget


@dataclass(frozen=True)
class Listing:
    """Models that can be picked.

    Attributes:
        models: In the order in which they are offered.
        name: What to call the list; empty for one that is not meant to be complete.
        is_live: Whether the provider gave it to this kernel.
        trouble: Why it is not the provider's own list of now, in sentences; empty when there is nothing to say.
        fault: Kind of the error that came in place of that list; empty where none did.
        given_at: When the provider gave it; `None` where it did not.
    """

    models: tuple[ModelInfo, ...] = ()
    name: str = ""
    is_live: bool = False
    trouble: str = ""
    fault: str = ""
    given_at: datetime.datetime | None = None

    @property
    def source(self) -> str:
        """Where it comes from, and what is wrong with that; `{at}` stands for the moment `given_at`."""
        count = "1 model" if len(self.models) == 1 else f"{len(self.models):,} models"
        at = " of {at}" if self.given_at else ""
        source = f"{count} in {self.name}{at}." if self.name else ""
        return " ".join(filter(None, [source, self._unknown, self.trouble]))

    @property
    def _unknown(self) -> str:
        """What is known of none of them, said once for all."""
        if not self.name:
            return ""
        unpriced = all(model.input_usd_per_mtok is None for model in self.models)
        unmeasured = all(model.context_tokens is None for model in self.models)
        what = " and ".join([*(["prices"] if unpriced else []), *(["context sizes"] if unmeasured else [])])
        return f"Their {what} are not known here." if what and self.models else ""

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


def enrich(target: EndpointTarget, models: tuple[ModelInfo, ...]) -> tuple[ModelInfo, ...]:
    """Fill in what is known about models. The first call loads a large package."""
    name, elsewhere = target.provider.name, not target.is_usual
    return tuple(catalog.enrich(name, model, elsewhere=elsewhere) for model in models)


def own_list(target: EndpointTarget) -> str:
    """Name the provider's own list. In a sentence: it may begin with a small letter."""
    return f"{target.provider.label}'s own list" if target.is_usual else "the endpoint's own list"
