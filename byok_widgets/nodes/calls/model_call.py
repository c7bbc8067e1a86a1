"""One call of a model for a node: admitted, counted, sent, and sent again where that helps.

A node's `Call` becomes a `Request` to the provider, whose `Answer` becomes a `Reply`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from functools import partial

from byok_widgets.config import ResolvedModel
from byok_widgets.engine import DaemonExecutor, RetriedCall, with_deadline
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.errors import ByokError, ProviderError
from byok_widgets.messages import answer_message
from byok_widgets.nodes.calls.admission import (
    Admission,
    Outbox,
    cost_if_cancelled,
    current_admission,
    current_outbox,
    nothing_sent,
)
from byok_widgets.nodes.calls.call import Call
from byok_widgets.nodes.calls.call_budget import current_budget
from byok_widgets.nodes.calls.sending import Sending
from byok_widgets.nodes.calls.turn_scope import current_scope
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS, Endpoint, Provider, Request, error_mapping
from byok_widgets.providers.base import sentence
from byok_widgets.reply import Origin, Reply
from byok_widgets.usage import NOT_CHARGED, Cost

_MOST_CHARS_ON_LOOP = 100_000
_SEARCHING = DaemonExecutor("byok-key-search", max_threads=1)
KEY_LEFT_OUT = "an API key in the prompt, the variables, the fields or the dialogue was not sent"


async def execute(call: Call, context: FlowContext, *, on_text: OnText, on_progress: OnProgress) -> Reply:
    """Run a call on the engine's loop and return the reply. A key that is held here is not sent with it.

    Raises:
        ByokError: Any fault; it names flow, node and model.
    """
    try:
        safe = await _without_held_keys(call)
        with context.waits.watch(on_progress) as noted:
            reply = await _once(safe, context, on_text, noted)
        return reply if safe is call else replace(reply, notices=(*reply.notices, KEY_LEFT_OUT))
    except ByokError as error:
        failure = error
    if failure.may_be_charged:
        failure.cause = (
            f"{failure.cause} {sentence(call.provider.in_text)} may charge for the call all the same.".strip()
        )
    raise failure.at(flow=context.config.name, node=call.node, model=str(call.resolved.ref))


async def _without_held_keys(call: Call) -> Call:
    """Return the call as `Call.without_held_keys` does; the loop does not wait while long texts are searched."""
    if call.chars <= _MOST_CHARS_ON_LOOP:
        return call.without_held_keys()
    return await _SEARCHING.run(call.without_held_keys)


async def _once(call: Call, context: FlowContext, on_text: OnText, on_progress: OnProgress) -> Reply:
    """Run a call, unless an earlier attempt at the same served turn has its answer."""
    scope = current_scope()
    if scope is None:
        return await _counted(call, context, on_text, on_progress)
    said = [f"{message.role}: {message.content}" for message in call.messages]
    step = "\n".join(("call", call.node, str(call.resolved.ref), call.system, *said))
    kept = await scope.kept(step)
    if isinstance(kept, Reply):
        on_text(kept.text)  # the earlier attempt may not have delivered it
        return replace(kept, transcript=(*call.messages, answer_message(kept.text, kept.finish_reason)))
    reply = await _counted(call, context, on_text, on_progress)
    scope.keep(step, reply)
    return reply


async def _counted(call: Call, context: FlowContext, on_text: OnText, on_progress: OnProgress) -> Reply:
    """Run a call as one of the turn and of the visit that it belongs to, if any."""
    admission = current_admission()
    budgets = [each for each in (current_budget(), None if admission else context.visit) if each is not None]
    for budget in budgets:
        budget.take()
    try:
        if admission is None:
            reply = await _execute(call, context, on_text, on_progress)
        else:
            reply = await _admitted(admission, call, context, on_text, on_progress)
    except ByokError as error:
        for budget in budgets:
            budget.charge(error)
        raise
    for budget in budgets:
        budget.charge(reply)
    return reply


async def _admitted(
    admission: Admission, call: Call, context: FlowContext, on_text: OnText, on_progress: OnProgress
) -> Reply:
    """Run a call when it is admitted; the wait for that does not count towards its deadline."""
    call.deadline.stop()
    admitted = await admission.admit(call)
    call.deadline.resume()
    cost = NOT_CHARGED if call.provider.free_of_charge else Cost()
    try:
        reply = await _execute(call, context, on_text, on_progress)
        cost = reply.cost
    except ByokError as error:
        cost = error.cost
        raise
    except asyncio.CancelledError as cancelled:
        cost = cost if call.provider.free_of_charge else cost_if_cancelled(cancelled)
        raise
    finally:
        admitted.settle(cost)
    return reply


async def _execute(call: Call, context: FlowContext, on_text: OnText, on_progress: OnProgress) -> Reply:
    """Run a call at its provider, or as what records or replays the flow answers it."""
    request = call.request()
    send = partial(_sent, call, request, context, on_progress)
    if context.tape is None:
        return await send(on_text)
    return await context.tape.answered(call, request, on_text, send)


async def _sent(
    call: Call, request: Request, context: FlowContext, on_progress: OnProgress, on_text: OnText
) -> Reply:
    """Send a call to the flow's endpoint, or to a server that is started for it, outside of its deadline."""
    server = call.provider.prepare(request.model, on_progress)
    if server is None:
        endpoint = await _endpoint(context, call)
        return await _answered(call, request, endpoint, context, on_text=on_text, on_progress=on_progress)
    call.deadline.stop()
    async with server as own:
        call.deadline.resume()
        return await _answered(call, request, own, context, on_text=on_text, on_progress=on_progress)


async def _answered(
    call: Call,
    request: Request,
    endpoint: Endpoint,
    context: FlowContext,
    *,
    on_text: OnText,
    on_progress: OnProgress,
) -> Reply:
    provider = call.provider
    outbox = current_outbox()
    if outbox is not None:
        return await _by_outbox(outbox, call, request, endpoint)
    sending = Sending(call, request, endpoint, on_text, on_progress)
    retried = RetriedCall(
        sending.send,
        governor=sending.governor,
        deadline=call.deadline,
        held_back=lambda *wait: error_mapping.rate_limited(provider, *wait),
        is_answering=lambda: bool(sending.pieces),
        on_progress=on_progress,
    )
    try:
        answer = await retried.run(late=lambda cause: sending.partial_or_raise(cause, retried))
    except asyncio.CancelledError:
        if retried.may_be_charged or retried.is_under_way:
            raise
        raise nothing_sent() from None
    except ByokError as error:
        if provider.free_of_charge:
            error.cost = NOT_CHARGED
        if error.kind == "auth":
            _note_key(context, provider, endpoint, error)
        raise
    _note_key(context, provider, endpoint, None)
    return sending.reply(
        answer,
        call.sent(request, answer.left_out),
        attempts=retried.attempts,
        may_be_more=retried.may_be_charged and not provider.free_of_charge,
    )


def _note_key(context: FlowContext, provider: Provider, endpoint: Endpoint, fault: ByokError | None) -> None:
    """Note whether the address has taken the call with its key, or without one."""
    url = endpoint.base_url.url
    if endpoint.key is None:
        context.note_call_without_key(provider, url, refused=fault is not None)
    else:
        context.note_call_with_key(provider, url, endpoint.key, fault)


def _ignore(*_: object) -> None:
    """Ignore what is reported."""


async def _by_outbox(outbox: Outbox, call: Call, request: Request, endpoint: Endpoint) -> Reply:
    """Get the answer by another way; it takes its own time, which says nothing of the model."""
    call.deadline.stop()
    endpoint = replace(endpoint, exchange=partial(outbox.exchange, call.provider, endpoint))
    sending = Sending(call, request, endpoint, _ignore, _ignore, batch=True)
    answer = await call.provider.complete(request, endpoint, _ignore)
    call.deadline.resume()
    return sending.reply(answer, call.sent(request, answer.left_out), attempts=1)


async def _endpoint(context: FlowContext, call: Call) -> Endpoint:
    def late() -> Endpoint:
        raise ProviderError(
            f"The API key for {call.provider.in_text} was not available within {call.deadline.seconds:g} s.",
            kind="timeout",
            cause="The storage backend did not answer, or the deadline is very short.",
            fix="Try again, or give the call a longer deadline_s.",
        )

    endpoint = context.endpoint_at_hand(call.provider)
    if endpoint is None:
        endpoint = await with_deadline(context.endpoint(call.provider), call.deadline, late)
    context.require_payer(call.resolved.ref, endpoint)
    return endpoint


def origin_of(model: ResolvedModel, context: FlowContext) -> Origin:
    """Return where the answers of a model come from, as far as that is known before they come."""
    if context.sends_nothing:
        return "replay"
    return "local" if PROVIDERS[model.ref.provider].free_of_charge else "live"


def cost_when_stopped(model: ResolvedModel, context: FlowContext) -> Cost:
    """Return what an answer cost that was stopped while it came: unknown, unless nobody charges for it."""
    origin = origin_of(model, context)
    if origin == "replay":
        return Cost().replayed()
    return Cost(Decimal(0), "local") if origin == "local" else Cost()
