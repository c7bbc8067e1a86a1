"""Asks a model for an object of a given shape, in the strictest mode that provider and model support.

If a provider rejects a mode, the next weaker one is tried; the mode that worked for a schema is remembered for the
session. In every mode the answer is checked here, and one that does not fit is sent back for repair once. All of
this, and what else an endpoint refuses, takes five requests at most: see `providers.allowance`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from byok_widgets.engine import DaemonExecutor
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ByokError, ExtractionError, ProviderError, SchemaError
from byok_widgets.messages import Message
from byok_widgets.nodes.calls.call import Call
from byok_widgets.nodes.calls.model_call import execute
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.validation import validate
from byok_widgets.providers.allowance import MAX_REQUESTS
from byok_widgets.providers.exchange import OutputSchema, StructuredMode
from byok_widgets.providers.protocols.finish_reasons import CONTEXT_IS_FULL
from byok_widgets.reply import Reply
from byok_widgets.schema import ExtractionSchema, ValidationResult
from byok_widgets.schema.request.offers import Offers, with_offers
from byok_widgets.schema.values.unstated_words import said_in
from byok_widgets.sent_request import Compose, SentRequest
from byok_widgets.usage import NOT_CHARGED, Cost

if TYPE_CHECKING:
    from byok_widgets.nodes.calls.tape import Tape
    from byok_widgets.schema.values.locales import Locale

E = TypeVar("E", bound=ByokError)

_REPAIR_CHARS = 4000  # an answer that never came to an end is not sent back whole
_LOADING = DaemonExecutor("byok-schema-loading", max_threads=1)

_Place = tuple[str, str | None, str]

_taken: dict[_Place, int] = {}
"""Maps model, address and schema to the index of the mode that worked."""


def forget_modes() -> None:
    """Forget which modes worked: recording and replaying begin as in a new process."""
    _taken.clear()


_WEAKER: Mapping[StructuredMode, str] = {
    "tool": "the schema was refused, so a tool call was requested",
    "json_object": "the schema was refused, so any JSON object was requested",
    "prompt": "structured output was refused, so the prompt asked for a JSON object",
}


_NO_REPAIR = f"the answer does not fit and was not asked for again: {MAX_REQUESTS} requests were sent already"


@dataclass(frozen=True)
class Structured:
    """A checked object, and the answer that contained it; includes a repair."""

    checked: ValidationResult
    reply: Reply


@dataclass(frozen=True)
class _Answer:
    """A reply, the checked object in it (`None` if it is unusable), and what is wrong with it."""

    reply: Reply
    checked: ValidationResult | None
    complaint: str = ""

    @property
    def faults(self) -> float:
        """How far it is from what was requested."""
        return math.inf if self.checked is None else len(self.checked.problems)


async def ask_structured(
    call: Call,
    schema: ExtractionSchema,
    context: FlowContext,
    *,
    on_progress: OnProgress,
    on_text: OnText = ignore,
    is_settled: Callable[[], bool] = lambda: False,
    locale: Locale | None = None,
    said: Iterable[str] = (),
    offers: Offers = MappingProxyType({}),
) -> Structured:
    """Ask for an object of the shape `schema`.

    Args:
        call: The call, without the shape.
        schema: The shape.
        context: The flow's.
        on_progress: Called while a local model is downloaded.
        on_text: Receives the answer while it is written, in the strictest mode only.
        is_settled: Whether what matters is known already, so that a fault in the rest is not repaired.
        locale: How values are written in the dialogue; `None` for values that mean the same everywhere.
        said: The texts of the dialogue, where words like "NA" may be a value.
        offers: The texts among which the model chooses, by field.

    Raises:
        ExtractionError: The answer is not a JSON object, was cut off or declined; it is in `raw_text`.
        ByokError: The call itself failed.
    """
    ask = partial(_ask, schema=schema, context=context, on_progress=on_progress, on_text=on_text, offers=offers)
    check = partial(
        schema.check_answer,
        profile=call.schema_profile,
        locale=locale,
        is_said=said_in(said),
    )
    read = partial(_read, call=call, schema=schema, check=check, flow=context.config.name)
    reply = await ask(call) if schema.is_loaded else await _ask_and_load(ask(call), schema)
    answer = await read(reply)
    if answer.complaint and answer.reply.complete and not is_settled():
        if call.allowance.is_used_up:
            answer = replace(answer, reply=replace(answer.reply, notices=(*answer.reply.notices, _NO_REPAIR)))
        else:
            call.allowance.take()
            answer = await _repaired(answer, call, ask, read)
    if answer.checked is None:
        failure = _unusable(answer).at(flow=context.config.name, node=call.node, model=answer.reply.model)
        raise await with_cost(failure, answer.reply)
    return Structured(answer.checked, answer.reply)


async def with_cost(error: E, reply: Reply) -> E:
    """Return the error of an answer that cannot be used, with what it cost; prices are read in a thread."""
    error.cost = await _LOADING.run(lambda: reply.cost)
    return error


async def _ask_and_load(asked: Awaitable[Reply], schema: ExtractionSchema) -> Reply:
    """Load what checks the answer while the model writes it."""
    reply, _ = await asyncio.gather(asked, _LOADING.run(schema.load))
    return reply


async def _ask(
    call: Call,
    *,
    schema: ExtractionSchema,
    context: FlowContext,
    on_progress: OnProgress,
    on_text: OnText,
    offers: Offers,
) -> Reply:
    modes = call.provider.structured_modes
    place = (
        str(call.resolved.ref),
        context.config.base_url(call.provider.name),
        schema.text(call.schema_profile),
    )
    refused, spent = 0, NOT_CHARGED
    sent: list[SentRequest] = []
    for number in range(await _first(place, call, schema, offers, context.tape), len(modes)):
        shaped = replace(call, **_shaped(call, schema, modes[number], offers))
        try:
            reading = on_text if modes[number] == "json_schema" else ignore
            reply = await execute(shaped, context, on_text=reading, on_progress=on_progress)
        except ProviderError as error:
            failure = error
            refused, spent = refused + error.attempts, spent + error.cost
            if error.kind != "bad_request" or call.allowance.is_used_up:
                break
            call.allowance.take()
            sent.append(shaped.sent(shaped.request()))
        else:
            _taken[place] = number
            weaker = (_WEAKER[modes[number]],) if number else ()
            return replace(
                reply,
                attempts=reply.attempts + refused,
                price=partial(_with, spent, reply.price),
                notices=(*reply.notices, *weaker),
                requests=(*sent, *reply.requests),
            )
    failure.attempts, failure.cost = refused, spent
    raise failure


async def _first(place: _Place, call: Call, schema: ExtractionSchema, offers: Offers, tape: Tape | None) -> int:
    """Return the mode to begin with: the one that worked, or in a replay the first that was recorded."""
    begin, modes = _taken.get(place, 0), call.provider.structured_modes
    if tape is None:
        return begin
    for number in range(begin, len(modes)):
        is_held = await tape.holds(replace(call, **_shaped(call, schema, modes[number], offers)))
        if is_held is not False:
            return begin if is_held is None else number
    return begin


def _shaped(call: Call, schema: ExtractionSchema, mode: StructuredMode, offers: Offers) -> dict[str, Any]:
    profile = call.schema_profile
    if mode in ("json_schema", "tool"):
        root = schema.json_schema(profile)
        return {"output": OutputSchema(schema.name, with_offers(root, offers) if offers else root, mode)}
    system = f"{call.system}\n\nThe object follows this JSON Schema:\n{schema.text(profile)}"
    output = OutputSchema(schema.name, {}, mode) if mode == "json_object" else None
    return {"output": output, "system": system}


async def _read(
    reply: Reply, *, call: Call, schema: ExtractionSchema, check: Callable[[str], ValidationResult], flow: str
) -> _Answer:
    if not reply.complete:
        return _Answer(reply, None, f"The model's answer cannot be used: {'; '.join(reply.notices)}.")
    try:
        checked = await validate(
            partial(check, reply.text),
            quick=schema.is_quick(len(reply.text)),
            limit_s=call.deadline.seconds,
            flow=flow,
            node=call.node,
        )
    except SchemaError as error:
        return _Answer(reply, None, error.problem)
    except ExtractionError as error:
        error.raw_text, error.request_id, error.attempts = reply.text, reply.request_id, reply.attempts
        failure = error
    else:
        return _Answer(reply, checked, checked.complaint)
    raise await with_cost(failure.at(flow=flow, node=call.node, model=reply.model), reply)


async def _repaired(
    first: _Answer,
    call: Call,
    ask: Callable[[Call], Awaitable[Reply]],
    read: Callable[[Reply], Awaitable[_Answer]],
) -> _Answer:
    """Send an answer back once; the better of the two counts, and the first where no second comes."""
    again = _repair(first, call)
    try:
        second = await read(await ask(again))
    except ProviderError as error:
        notice = f"asked twice: {first.complaint.rstrip('.')}; the second time: {error.problem.rstrip('.')}"
        notices, requests = (*first.reply.notices, notice), (*first.reply.requests, again.sent(again.request()))
        reply = replace(
            first.reply,
            price=partial(_with, error.cost, first.reply.price),
            attempts=first.reply.attempts + error.attempts,
            notices=notices,
            requests=requests,
        )
        return replace(first, reply=reply)
    best = second if second.faults <= first.faults else first  # of equals the one written in view of the complaint
    return replace(best, reply=_joined(first.reply, second.reply, best.reply))


def _repair(answer: _Answer, call: Call) -> Call:
    unless = "null where nothing is stated" if call.schema_profile.unstated_is_null else "only what is stated"
    asked = f"That does not fit: {answer.complaint.rstrip('.')}. Write the whole object again; {unless}."
    said = answer.reply.text[:_REPAIR_CHARS] or "(nothing)"
    more = (Message("assistant", said), Message("user", asked))
    compose = partial(_continued, call.compose, more) if call.compose else None
    return replace(call, messages=(*call.messages, *more), compose=compose)


def _continued(compose: Compose, more: tuple[Message, ...]) -> tuple[Message, ...]:
    return (*compose(), *more)


def _joined(first: Reply, second: Reply, best: Reply) -> Reply:
    """Return the better of two answers, with the usage and the reasoning of both."""
    return replace(
        best,
        reasoning="\n\n".join(part for part in (first.reasoning, second.reasoning) if part),
        usage=first.usage + second.usage,
        price=partial(_total, first.price, second.price),
        latency_s=first.latency_s + second.latency_s,
        waited_s=first.waited_s + second.waited_s,
        time_to_first_token_s=first.time_to_first_token_s,
        attempts=first.attempts + second.attempts,
        requests=(*first.requests, *second.requests),
        notices=(*best.notices, "asked twice: the first answer did not fit the fields"),
    )


def _total(first: Callable[[], Cost], second: Callable[[], Cost]) -> Cost:
    return first() + second()


def _with(spent: Cost, price: Callable[[], Cost]) -> Cost:
    """Return what an answer cost, and with it the requests before it that failed."""
    return spent + price()


def _unusable(answer: _Answer) -> ExtractionError:
    reply = answer.reply
    is_cut = reply.finish_reason == "length" and CONTEXT_IS_FULL not in reply.notices
    error = ExtractionError(
        answer.complaint,
        cause=f'The model wrote: "{reply.text[:120]}"' if reply.text else "",
        fix=_way_out(reply, is_cut=is_cut),
        attempts=reply.attempts,
        request_id=reply.request_id,
        partial_text=reply.text,
    )
    error.raw_text, error.cut_off = reply.text, is_cut
    return error


def _way_out(reply: Reply, *, is_cut: bool) -> str:
    if is_cut:
        return "Raise max_tokens, which also covers the model's thinking, or ask this node for fewer fields."
    if CONTEXT_IS_FULL in reply.notices:
        return "Shorten the dialogue, or choose a model with a larger context for this node."
    return "Run it again, give examples=, or choose a more capable model for this node."
