"""`PickedModels`: the models that visitors of a page have picked, of which its author knows nothing."""

from __future__ import annotations

from collections.abc import Iterable

from byok_widgets.config import ModelRef
from byok_widgets.errors import ConfigError


class PickedModels:
    """Where the author of a page pays, visitors use its models: others may cost a thousand times more."""

    def __init__(self) -> None:
        self._own: set[ModelRef] = set()
        self._picked: set[ModelRef] = set()

    def __repr__(self) -> str:
        return f"PickedModels({', '.join(sorted(map(str, self._picked)))})"

    def note(self, ref: ModelRef, *, in_use: Iterable[ModelRef]) -> None:
        """Note what a visitor is about to pick.

        Args:
            ref: The model.
            in_use: The models that the flow uses before that.
        """
        self._own.update(set(in_use) - self._picked)
        if ref not in self._own:
            self._picked.add(ref)

    def require_own(self, ref: ModelRef) -> None:
        """Refuse a model that only a visitor has picked.

        Raises:
            ConfigError: It is one.
        """
        if ref in self._picked:
            raise ConfigError(
                f"This page does not pay for {ref}.",
                kind="visitor",
                fix="Save an API key of your own, or choose one of the page's models; its author can add more.",
            )
