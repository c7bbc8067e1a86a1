"""`ResolvedModel`: which model runs a node, and which of the choices of one decided that."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from byok_widgets.config.model_ref import ModelRef
from byok_widgets.config.settings import Settings
from byok_widgets.reply import ModelSource


class ResolvedModel(NamedTuple):
    """The model that will run, and where that choice came from."""

    ref: ModelRef
    source: ModelSource

    @classmethod
    def of(
        cls,
        settings: Settings,
        providers: Collection[str],
        node: str,
        argument: str | ModelRef | None,
        own: str | None,
    ) -> ResolvedModel | None:
        """Return the model of a node: call argument > node override > flow default; `None` if none is chosen.

        Args:
            settings: The settings of the flow; all is read from the same ones.
            providers: Names of the known providers.
            node: Name of the node.
            argument: Model passed to the call.
            own: Model given where the node was defined; an override in the settings wins.
        """

        def ref(text: str) -> ModelRef:
            if isinstance(text, str):
                return _ref(text, settings.provider, tuple(providers))
            return ModelRef.parse(text, default_provider=settings.provider, providers=providers)

        if argument is not None:
            return cls(argument if isinstance(argument, ModelRef) else ref(argument), "call argument")
        if override := settings.overrides.get(node) or own:
            return cls(ref(override), "node override")
        return cls(ModelRef(settings.provider, settings.model), "flow default") if settings.model else None


@lru_cache(maxsize=64)  # a node asks for the same one at each call
def _ref(text: str, default_provider: str, providers: tuple[str, ...]) -> ModelRef:
    return ModelRef.parse(text, default_provider=default_provider, providers=providers)
