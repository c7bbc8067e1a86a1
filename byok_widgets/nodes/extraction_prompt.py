"""What an extraction node sends to a model: its instructions, the fields, the examples and the dialogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from byok_widgets.errors import ConfigError, SchemaError
from byok_widgets.messages import Message, transcript_of
from byok_widgets.schema import ExtractionSchema, SchemaProfile
from byok_widgets.schema.field_list import field_list

Example = tuple[Any, Mapping[str, Any]]
"""A dialogue in any supported form, and the values to read from it."""
CheckedExample = tuple[tuple[Message, ...], dict[str, Any]]

_INSTRUCTIONS = """\
You read a dialogue and write down what was said in it, as one JSON object and nothing else.
Use only what is stated in the dialogue. {unless_stated} Never guess or invent a value."""


def instructions(schema: ExtractionSchema, prompt: str, profile: SchemaProfile) -> str:
    """Return the instructions that precede the dialogue.

    Args:
        schema: The fields.
        prompt: The user's own instructions; may be empty.
        profile: Rules for the shape of the answer.
    """
    unless = (
        "A field that is not stated is null."
        if profile.unstated_is_null
        else "A field that is not stated is left out."
    )
    general = _INSTRUCTIONS.format(unless_stated=unless)
    fields = f"The fields:\n{field_list(schema.fields)}"
    return "\n\n".join(part for part in (general, prompt, fields) if part)


def checked_example(schema: ExtractionSchema, given: Example, *, node: str) -> CheckedExample:
    """Check an example and return it in the form in which it is stored.

    Raises:
        ConfigError: It is not a pair of a dialogue and its values, or the values do not fit the fields.
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
            return transcript_of(dialogue), values
    raise ConfigError(f"Node {node!r}: {problem}.", fix='Write it like ("I am Ana", {"name": "Ana"}).')


def example_messages(
    schema: ExtractionSchema, examples: Iterable[CheckedExample], profile: SchemaProfile
) -> tuple[Message, ...]:
    """Return examples as pairs of question and answer."""
    return tuple(message for example in examples for message in _example_message(schema, *example, profile))


def question_messages(examples: tuple[Message, ...], transcript: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return what a model reads after its instructions: the examples, and the dialogue as one message."""
    return (*examples, format_dialogue(transcript))


def format_dialogue(transcript: tuple[Message, ...]) -> Message:
    """Return a dialogue as the one message that a model reads."""
    if len(transcript) == 1:
        return Message("user", transcript[0].content)
    return Message("user", "\n".join(f"{message.role}: {message.content}" for message in transcript))


def _example_message(
    schema: ExtractionSchema, dialogue: tuple[Message, ...], values: Mapping[str, Any], profile: SchemaProfile
) -> tuple[Message, Message]:
    written = schema.wire(values)
    if not profile.unstated_is_null:
        written = {name: value for name, value in written.items() if value is not None}
    return format_dialogue(dialogue), Message("assistant", json.dumps(written, ensure_ascii=False))
