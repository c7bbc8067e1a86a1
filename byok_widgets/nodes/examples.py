"""Examples of an extraction node: dialogues with the values in them, sent as turns before the dialogue."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from byok_widgets.display import markup
from byok_widgets.display.value_words import quoted
from byok_widgets.errors import ConfigError, SchemaError
from byok_widgets.messages import Message, transcript_of
from byok_widgets.schema import ExtractionSchema, SchemaProfile

GivenExample = tuple[Any, Mapping[str, Any]]
"""A dialogue in any supported form, and the values to read from it."""


_SHOWN_CHARS = 200


class Example(NamedTuple):
    """A checked example.

    Attributes:
        dialogue: What was said.
        values: The values in it; a field that is missing or `None` is not stated.
    """

    dialogue: tuple[Message, ...]
    values: dict[str, Any]

    @property
    def line(self) -> str:
        """The stated values in one line."""
        stated = (f"{name}={quoted(value)}" for name, value in self.values.items() if value is not None)
        return ", ".join(stated) or "nothing stated"


class Examples(tuple[Example, ...]):
    """The examples of a node, the oldest first."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self:
            return "No examples."
        return "\n".join(f"{at}. {said_in_short(each)} → {each.line}" for at, each in enumerate(self))

    def _repr_html_(self) -> str:
        if not self:
            return markup.text(repr(self))
        rows = [(str(at), said_in_short(each), each.line) for at, each in enumerate(self)]
        return markup.table(rows, caption="Examples", columns=("number", "dialogue", "values"))

    def without(self, others: Iterable[Example]) -> Examples:
        """Return these without those that have the dialogue of one of the others."""
        known = [each.dialogue for each in others]
        return Examples(each for each in self if each.dialogue not in known)


def checked_example(schema: ExtractionSchema, given: GivenExample, *, node: str) -> Example:
    """Check an example and return it in the form in which it is stored.

    Raises:
        ConfigError: It is not a pair of a dialogue and its values, nothing is said in it, or the values do not fit
            the fields.
    """
    try:
        dialogue, values = given
        values = dict(values)
    except (TypeError, ValueError):
        problem = "an example is a pair of a dialogue and its values"
    else:
        try:
            schema.wire(values)
        except SchemaError as error:
            problem = f"an example does not fit: {error.problem.rstrip('.')}"
        else:
            transcript = transcript_of(dialogue)
            if any(message.content.strip() for message in transcript):
                return Example(transcript, values)
            problem = "nothing is said in the dialogue of an example"
    raise ConfigError(f"Node {node!r}: {problem}.", fix='Write it like ("I am Ana", {"name": "Ana"}).')


def example_messages(
    schema: ExtractionSchema, examples: Iterable[Example], profile: SchemaProfile, window: int | None = None
) -> tuple[Message, ...]:
    """Return examples as pairs of question and answer.

    Args:
        schema: The fields.
        examples: The examples.
        profile: Rules for the shape of an answer.
        window: How many of the last messages of a dialogue are shown, as of the one to read; `None` for all.
    """
    return tuple(
        message
        for dialogue, values in examples
        for message in _question_and_answer(schema, dialogue[-window:] if window else dialogue, values, profile)
    )


def format_dialogue(transcript: tuple[Message, ...]) -> Message:
    """Return a dialogue as the one message that a model reads."""
    if len(transcript) == 1:
        return Message("user", transcript[0].content)
    return Message("user", "\n".join(f"{message.role}: {message.content}" for message in transcript))


def as_code(node: str, example: Example) -> str:
    """Return the line of code that teaches a node an example."""
    from pydantic_core import to_jsonable_python

    said = [(message.role, message.content) for message in example.dialogue]
    values = {name: value for name, value in to_jsonable_python(example.values).items() if value is not None}
    return f"flow.node({node!r}).teach({said!r}, {values!r})"


def said_in_short(example: Example) -> str:
    """Return the messages of an example in one line, shortened."""
    said = " / ".join(message.content for message in example.dialogue)
    return textwrap.shorten(said, _SHOWN_CHARS, placeholder=" …")


def _question_and_answer(
    schema: ExtractionSchema, dialogue: tuple[Message, ...], values: Mapping[str, Any], profile: SchemaProfile
) -> tuple[Message, Message]:
    written = schema.wire(values)
    if not profile.unstated_is_null:
        written = {name: value for name, value in written.items() if value is not None}
    return format_dialogue(dialogue), Message("assistant", json.dumps(written, ensure_ascii=False))
