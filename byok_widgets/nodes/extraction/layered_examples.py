"""A node's examples in two layers: those it was created with, and those it was taught since.

Like a setting from the panel, what a person taught stays when the cell that creates the node runs again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.nodes.examples import Example, Examples, GivenExample, checked_example
from byok_widgets.schema import ExtractionSchema
from byok_widgets.secrets.quoting import as_given


class LayeredExamples:
    """The examples of one node; there is one for each dialogue.

    Attributes:
        taught: Those that it was taught.
        unfit: For each that the replaced node was taught and that does not fit the fields, what is wrong.
    """

    def __init__(self, schema: ExtractionSchema, node: str, given: Iterable[GivenExample]) -> None:
        self._schema, self._node = schema, node
        self.replace(given)

    @property
    def all(self) -> Examples:
        """All examples: those it was created with, then those it was taught."""
        return Examples([*self._given.without(self.taught), *self.taught])

    def replace(self, given: Iterable[GivenExample]) -> None:
        """Put others in the place of all of them.

        Raises:
            ConfigError: One of them does not fit, or they are no list.
            KeyFormatError: One contains an API key.
        """
        if not isinstance(given, Iterable):
            raise ConfigError(
                f"Node {self._node!r}: examples are a list, not {as_given(given)}.",
                fix='Write examples=[("I am Ana", {"name": "Ana"})], or [] for none.',
            )
        self._given = Examples(map(self._checked, given))
        self.taught, self.unfit = Examples(), tuple[str, ...]()

    def teach(self, dialogue: Any, values: Mapping[str, Any]) -> None:
        """Add an example, in the place of one with the same dialogue.

        Raises:
            ConfigError: It does not fit.
            KeyFormatError: It contains an API key.
        """
        example = self._checked((dialogue, values))
        self._given = self._given.without([example])
        self.taught = Examples([*self.taught.without([example]), example])

    def forget(self, number: int) -> None:
        """Remove an example.

        Raises:
            ConfigError: There is none of this number.
        """
        examples = self.all
        if type(number) is not int or not -len(examples) <= number < len(examples):
            known = f"They are numbered 0 to {len(examples) - 1}." if examples else "It has none."
            raise ConfigError(f"Node {self._node!r} has no example {number!r}.", fix=known)
        gone = [examples[number]]
        self._given, self.taught = self._given.without(gone), self.taught.without(gone)

    def take_over(self, replaced: LayeredExamples) -> None:
        """Add what the replaced node was taught, where it still fits."""
        for example in replaced.taught:
            try:
                fitting = checked_example(self._schema, example, node=self._node)
            except ConfigError as error:
                self.unfit = (*self.unfit, error.problem)
            else:
                self.taught = Examples([*self.taught, fitting])

    def _checked(self, given: GivenExample) -> Example:
        """Return an example without an API key: it is shown, saved and sent to the model.

        Raises:
            ConfigError: It does not fit.
            KeyFormatError: It contains an API key.
        """
        example = checked_example(self._schema, given, node=self._node)
        written = self._schema.wire(example.values)  # a value may be an object that holds texts
        reject_any_key([[message.content for message in example.dialogue], written])
        return example
