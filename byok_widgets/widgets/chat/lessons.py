"""Teaching a node from a turn: what it read there, corrected by the user, becomes an example."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from byok_widgets.display.sanitize import sanitize
from byok_widgets.display.shortening import in_part
from byok_widgets.errors import ByokError, FlowError
from byok_widgets.messages import Message
from byok_widgets.nodes.examples import as_code, said_in_short
from byok_widgets.secrets import redact
from byok_widgets.session.corrections import field_value
from byok_widgets.session.steps import Visit
from byok_widgets.widgets.chat.as_typed import as_typed

if TYPE_CHECKING:
    from byok_widgets.nodes.teachable import Teachable
    from byok_widgets.reply import Reading
    from byok_widgets.schema import FieldSpec
    from byok_widgets.session import Session, Turn
    from byok_widgets.widgets.page_messages.chat import (
        ChatExamples,
        ChatLesson,
        ChatTaught,
        ExampleFacts,
        LessonField,
    )

_KINDS = {"array": "list, with commas"}
"""Types that people know by another name."""


def readers(turn: Turn) -> list[str]:
    """Return the nodes that read the dialogue in a turn."""
    names = (step.node for step in turn.steps if isinstance(step, Visit) and step.result.reading)
    return list(dict.fromkeys(names))


def lesson(session: Session, turn: Turn, name: str) -> ChatLesson:
    """Return what a node read in a turn, to be corrected.

    Raises:
        FlowError: It read nothing in this turn, or the flow no longer has it.
    """
    node, found = _node(session, name), _found(turn, name)
    fields = [_field(spec, found.values.get(spec.name)) for spec in node.schema.fields]
    told: ChatLesson = {
        "kind": "lesson",
        "turn": turn.number,
        "node": sanitize(name),
        "fields": fields,
        "examples": _examples(node),
    }
    return told


def forget(session: Session, turn: Turn, name: str, example: str) -> ChatExamples:
    """Remove an example of a node; one that is gone already stays gone.

    Raises:
        FlowError: The flow no longer has the node.
    """
    node = _node(session, name)
    for number, (dialogue, _) in enumerate(node.examples):
        if _id(dialogue) == example:
            node.forget(number)
            break
    return {"kind": "examples", "turn": turn.number, "node": sanitize(name), "examples": _examples(node)}


def teach(session: Session, turn: Turn, name: str, texts: Mapping[str, str]) -> ChatTaught:
    """Keep what a node should have read in a turn as an example; a value that does not fit is reported.

    Args:
        session: The session.
        turn: The turn.
        name: The node.
        texts: The right values as a person types them; empty for what was not stated.

    Raises:
        FlowError: It read nothing in this turn, or the flow no longer has it.
    """
    node, found = _node(session, name), _found(turn, name)
    told: ChatTaught = {
        "kind": "taught",
        "turn": turn.number,
        "node": sanitize(name),
        "text": "",
        "code": "",
        "problem": "",
        "field": "",
    }
    for spec in node.schema.fields:
        try:
            field_value(spec, texts.get(sanitize(spec.name), ""))
        except ByokError as fault:
            return {**told, "field": sanitize(spec.name), "problem": redact(sanitize(fault.problem))}
    values = {spec.name: field_value(spec, texts.get(sanitize(spec.name), "")) for spec in node.schema.fields}
    try:
        node.teach(found.transcript, {name: value for name, value in values.items() if value is not None})
    except ByokError as fault:
        return {**told, "problem": redact(sanitize(f"{fault.problem} {fault.fix}"))}
    text = f"Kept as example {len(node.examples)} of {sanitize(name)}. It is saved with the flow (flow.save)."
    return {**told, "text": text, "code": sanitize(as_code(name, node.examples[-1]))}


def _examples(node: Teachable) -> list[ExampleFacts]:
    return [
        {
            "id": _id(example.dialogue),
            "said": sanitize(said_in_short(example)),
            "values": sanitize(in_part(example.line)),
        }
        for example in node.examples
    ]


def _id(dialogue: tuple[Message, ...]) -> str:
    """Return what tells an example from the others of its node: there is one for each dialogue."""
    text = json.dumps([(message.role, message.content) for message in dialogue])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _node(session: Session, name: str) -> Teachable:
    node = session.graph.nodes.get(name)
    if node is None:
        raise FlowError("The flow no longer has this node.", kind="node", fix="Teach another one.")
    if node.teachable is None:
        raise FlowError("Nodes of this kind cannot be taught.", kind="node", fix="Teach another one.")
    return node.teachable


def _found(turn: Turn, name: str) -> Reading:
    for step in reversed(turn.steps):
        if isinstance(step, Visit) and step.node == name and step.result.reading:
            return step.result.reading
    raise FlowError("This node read nothing in this turn.", kind="turn", fix="Choose another turn.")


def _field(spec: FieldSpec, value: Any) -> LessonField:
    types = spec.shape.types
    choices = ["true", "false"] if types == {"boolean"} else [as_typed(each) for each in spec.enum or ()]
    kind = "as JSON" if _is_nested(spec) else " or ".join(_KINDS.get(each, each) for each in sorted(types))
    return {
        "name": sanitize(spec.name),
        "kind": "" if choices else kind,
        "value": sanitize(as_typed(value)),
        "choices": list(map(sanitize, choices)),
    }


def _is_nested(spec: FieldSpec) -> bool:
    """Whether a value is an object, or a list of more than plain items."""
    branches = spec.shape.branches
    items = {each for branch in branches if "array" in branch.types for each in branch.item(0).types}
    return bool({"array", "object"} & items) or "object" in spec.shape.types
