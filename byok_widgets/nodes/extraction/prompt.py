"""What an extraction node sends to a model: its instructions, the fields, the examples and the dialogue."""

from __future__ import annotations

from byok_widgets.messages import Message
from byok_widgets.nodes.examples import format_dialogue
from byok_widgets.schema import ExtractionSchema, SchemaProfile

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
    fields = f"The fields:\n{schema.field_list}"
    return "\n\n".join(part for part in (general, prompt, fields) if part)


def question_messages(examples: tuple[Message, ...], transcript: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return what a model reads after its instructions: the examples, and the dialogue as one message."""
    return (*examples, format_dialogue(transcript))
