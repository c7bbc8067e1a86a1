"""`Teachable`: what the chat and the advice need of a node that can be taught by examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from byok_widgets.config import ModelRef, ResolvedModel
    from byok_widgets.nodes.examples import Examples
    from byok_widgets.schema import ExtractionSchema


class Teachable(Protocol):
    """A node that shows its model examples: dialogues with the values that are in them."""

    @property
    def name(self) -> str:
        """The node's name."""

    @property
    def schema(self) -> ExtractionSchema:
        """The fields of an example."""

    @property
    def examples(self) -> Examples:
        """The examples that it has, the oldest first."""

    def resolve(self, model: str | ModelRef | None = None) -> ResolvedModel:
        """Return the model that is shown the examples."""

    def teach(self, dialogue: Any, values: Mapping[str, Any]) -> None:
        """Add an example; one of the same dialogue is replaced.

        Raises:
            ConfigError: The values do not fit the fields.
            KeyFormatError: It contains an API key.
        """

    def forget(self, number: int) -> None:
        """Remove the example of this number in `examples`.

        Raises:
            ConfigError: There is no such example.
        """
