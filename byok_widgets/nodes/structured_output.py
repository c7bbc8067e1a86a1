"""Asking a model for an object of a given shape, in the strongest way that provider and model take.

A provider that refuses one way of asking is asked in the next weaker one; which one it took of a schema is
remembered for the session. Whatever was asked, the answer is checked here, and one that does not fit is sent back
for repair once.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ExtractionError, ProviderError, SchemaError
from byok_widgets.messages import Cost, Message, Reply
from byok_widgets.nodes.model_call import Call, FlowContext, execute
from byok_widgets.providers.base import OutputSchema, StructuredMode
from byok_widgets.schema import ExtractionSchema, ValidationResult

_REPAIR_CHARS = 4000

_taken: dict[tuple[str, str | None, str], int] = {}
"""Model, address and schema to the number of the way of asking that was taken."""

_WEAKER: Mapping[StructuredMode, str] = {
    "tool": "the schema was refused: it was asked for as a tool call",
    "json_object": "the schema was refused: any JSON object was asked for",
    "prompt": "structured output was refused: an object was asked for in words",
}


@dataclass(frozen=True)
class Structured:
    """An object, checked, and the answer that held it; a repair is counted in."""

    checked: ValidationResult
    reply: Reply


@dataclass(frozen=True)
class _Answer:
    """A reply, what was read in it (`None` where it cannot be used), and what is wrong with it."""

    reply: Reply
    checked: ValidationResult | None
    complaint: str = ""

    @property
    def faults(self) -> float:
        """How far it is from what was asked for."""
        return math.inf if self.checked is None else len(self.checked.problems)


async def ask_structured(
    call: Call, schema: ExtractionSchema, context: FlowContext, *, on_progress: OnProgress
) -> Structured:
    """Ask for an object of the shape `schema`.

    Raises:
        ExtractionError: The answer is no JSON object, was cut off or declined; `raw_text` holds it.
        ByokError: The call itself failed.
    """
    ask = partial(_ask, schema=schema, context=context, on_progress=on_progress)
    answer = _read(await ask(call), schema)
    if answer.complaint and answer.reply.complete:
        answer = await _repaired(answer, call, schema, ask)
    if answer.checked is None:
        raise _unusable(answer).at(flow=context.config.name, node=call.node, model=answer.reply.model)
    return Structured(answer.checked, answer.reply)


async def _ask(call: Call, *, schema: ExtractionSchema, context: FlowContext, on_progress: OnProgress) -> Reply:
    modes = call.provider.structured_modes
    place = (
        str(call.resolved.ref),
        context.config.base_url(call.provider.name),
        schema.text(call.provider.schema_profile),
    )
    refused = 0
    for number in range(_taken.get(place, 0), len(modes)):
        shaped = replace(call, **_shaped(call, schema, modes[number]))
        try:
            reply = await execute(shaped, context, on_text=ignore, on_progress=on_progress)
        except ProviderError as error:
            failure = error
            refused += error.attempts
            if error.kind != "bad_request":
                break
        else:
            _taken[place] = number
            weaker = (_WEAKER[modes[number]],) if number else ()
            return replace(reply, attempts=reply.attempts + refused, notices=(*reply.notices, *weaker))
    failure.attempts = refused
    raise failure


def _shaped(call: Call, schema: ExtractionSchema, mode: StructuredMode) -> dict[str, Any]:
    profile = call.provider.schema_profile
    if mode in ("json_schema", "tool"):
        return {"output": OutputSchema(schema.name, schema.json_schema(profile), mode)}
    system = f"{call.system}\n\nThe object follows this JSON Schema:\n{schema.text(profile)}"
    output = OutputSchema(schema.name, {}, mode) if mode == "json_object" else None
    return {"output": output, "system": system}


def _read(reply: Reply, schema: ExtractionSchema) -> _Answer:
    if not reply.complete:
        return _Answer(reply, None, f"The model's answer cannot be used: {'; '.join(reply.notices)}.")
    try:
        checked = schema.check(schema.read(reply.text))
    except SchemaError as error:
        return _Answer(reply, None, error.problem)
    return _Answer(reply, checked, "; ".join(checked.problems.values()))


async def _repaired(
    first: _Answer, call: Call, schema: ExtractionSchema, ask: Callable[[Call], Awaitable[Reply]]
) -> _Answer:
    """Send an answer back once; the better of the two counts, and the first where no second comes."""
    try:
        second = _read(await ask(_repair(first, call)), schema)
    except ProviderError as error:
        notice = f"asked twice: {first.complaint.rstrip('.')}; the second time: {error.problem.rstrip('.')}"
        return replace(first, reply=replace(first.reply, notices=(*first.reply.notices, notice)))
    best = second if second.faults <= first.faults else first
    return replace(best, reply=_joined(first.reply, second.reply, best.reply))


def _repair(answer: _Answer, call: Call) -> Call:
    unless = (
        "null where nothing is stated" if call.provider.schema_profile.unstated_is_null else "only what is stated"
    )
    asked = f"That does not fit: {answer.complaint.rstrip('.')}. Write the whole object again; {unless}."
    said = answer.reply.text[:_REPAIR_CHARS] or "(nothing)"
    return replace(call, messages=(*call.messages, Message("assistant", said), Message("user", asked)))


def _joined(first: Reply, second: Reply, best: Reply) -> Reply:
    """Return the better of two answers, with what both took."""
    return replace(
        best,
        usage=first.usage + second.usage,
        price=partial(_total_cost, first, second),
        latency_s=first.latency_s + second.latency_s,
        time_to_first_token_s=first.time_to_first_token_s,
        attempts=first.attempts + second.attempts,
        notices=(*best.notices, "asked twice: the first answer did not fit the fields"),
    )


def _total_cost(first: Reply, second: Reply) -> Cost:
    return first.cost + second.cost


def _unusable(answer: _Answer) -> ExtractionError:
    reply = answer.reply
    error = ExtractionError(
        answer.complaint,
        cause=f'The model wrote: "{reply.text[:120]}"' if reply.text else "",
        fix="Run it again, raise max_tokens, give examples=, or choose a more capable model for this node.",
        attempts=reply.attempts,
        request_id=reply.request_id,
        partial_text=reply.text,
    )
    error.raw_text = reply.text
    return error
