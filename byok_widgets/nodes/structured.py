"""Asking a model for an object of a given shape, in the strongest way that provider and model take.

A provider that refuses one way of asking is asked in the next weaker one; which one it took is remembered for the
session. Whatever was asked, the answer is checked here, and one that does not fit is sent back for repair once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from byok_widgets.errors import ByokError, ExtractionError, ProviderError, SchemaError
from byok_widgets.messages import Message, Reply
from byok_widgets.nodes.calling import Call, FlowState, perform
from byok_widgets.providers.base import OnProgress, OutputSchema, StructuredMode
from byok_widgets.schema import Checked, ExtractionSchema
from byok_widgets.showing import unseen

_REPAIR_CHARS = 4000

_taken: dict[tuple[str, str | None], int] = {}
"""Model and address to the number of the way of asking that it took."""


@dataclass(frozen=True)
class Structured:
    """An object, checked, and the answer that held it; a repair is counted in."""

    checked: Checked
    reply: Reply


async def ask_structured(
    call: Call, schema: ExtractionSchema, state: FlowState, *, on_progress: OnProgress
) -> Structured:
    """Ask for an object of the shape `schema`.

    Raises:
        ExtractionError: The answer is no JSON object, was cut off or declined; `raw_text` holds it.
        ByokError: The call itself failed.
    """
    reply = await _ask(call, schema, state, on_progress)
    read = _read(reply, schema)
    complaint = read.problem if isinstance(read, ExtractionError) else "; ".join(read.problems.values())
    if complaint and reply.complete:
        reply = _joined(reply, await _ask(_repair(call, reply, complaint), schema, state, on_progress))
        again = _read(reply, schema)
        read = again if isinstance(read, ExtractionError) or not isinstance(again, ExtractionError) else read
    if isinstance(read, ExtractionError):
        raise read.at(flow=state.config.name, node=call.node, model=reply.model)
    return Structured(read, reply)


async def _ask(call: Call, schema: ExtractionSchema, state: FlowState, on_progress: OnProgress) -> Reply:
    modes = call.provider.structured_modes
    place = (str(call.resolved.ref), state.config.base_url(call.provider.name))
    for number in range(_taken.get(place, 0), len(modes)):
        shaped = replace(call, **_shaped(call, schema, modes[number]))
        try:
            reply = await perform(shaped, state, on_text=unseen, on_progress=on_progress)
        except ProviderError as error:
            failure: ByokError = error
            if error.kind != "bad_request" or number + 1 == len(modes):
                break
        else:
            _taken[place] = number
            return reply
    raise failure


def _shaped(call: Call, schema: ExtractionSchema, mode: StructuredMode) -> dict[str, Any]:
    if mode in ("json_schema", "tool"):
        return {"output": OutputSchema(schema.name, schema.json_schema(call.provider.schema_dialect), mode)}
    system = f"{call.system}\n\nThe object follows this JSON Schema:\n{json.dumps(schema.json_schema())}"
    output = OutputSchema(schema.name, {}, mode) if mode == "json_object" else None
    return {"output": output, "system": system}


def _read(reply: Reply, schema: ExtractionSchema) -> Checked | ExtractionError:
    if reply.finish_reason not in ("stop", "tool_call"):
        return _unusable(reply, f"The model's answer cannot be used: {'; '.join(reply.notices)}.")
    try:
        return schema.check(schema.read(reply.text))
    except SchemaError as error:
        return _unusable(reply, error.problem)


def _repair(call: Call, reply: Reply, complaint: str) -> Call:
    asked = f"That does not fit: {complaint}. Write the whole object again; null where nothing is stated."
    return replace(
        call, messages=(*call.messages, Message("assistant", reply.text[:_REPAIR_CHARS]), Message("user", asked))
    )


def _joined(first: Reply, second: Reply) -> Reply:
    """Return the second answer, with what both took."""
    return replace(
        second,
        usage=first.usage + second.usage,
        price=lambda: first.cost + second.cost,
        latency_s=first.latency_s + second.latency_s,
        time_to_first_token_s=first.time_to_first_token_s,
        attempts=first.attempts + second.attempts,
        notices=(*second.notices, "asked twice: the first answer did not fit the fields"),
    )


def _unusable(reply: Reply, problem: str) -> ExtractionError:
    error = ExtractionError(
        problem,
        cause=f'The model wrote: "{reply.text[:120]}"' if reply.text else "",
        fix="Run it again, raise max_tokens, give examples=, or choose a more capable model for this node.",
        attempts=reply.attempts,
        request_id=reply.request_id,
        partial_text=reply.text,
    )
    error.raw_text = reply.text
    return error
