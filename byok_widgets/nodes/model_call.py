"""One call of a model for a node: send, wait, retry, time it.

A node's `Call` becomes a `Request` to the provider, whose `Answer` becomes a `Reply`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from byok_widgets.config import ResolvedModel
from byok_widgets.engine import Deadline, RetriedCall, Slot, clock, with_deadline
from byok_widgets.engine.callbacks import OnProgress, OnText, Retraction, Thinker, Thinking
from byok_widgets.engine.quota import quota_users
from byok_widgets.errors import ByokError, ProviderError
from byok_widgets.messages import Message, answer_message
from byok_widgets.nodes.admission import (
    Admission,
    Outbox,
    cost_if_cancelled,
    current_admission,
    current_outbox,
    nothing_sent,
)
from byok_widgets.nodes.call_budget import current_budget
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.node_settings import LIMIT, checked
from byok_widgets.nodes.turn_scope import current_scope
from byok_widgets.providers import (
    PROVIDERS,
    Endpoint,
    OutputSchema,
    Provider,
    Request,
    catalog,
    error_mapping,
    quota_headers,
)
from byok_widgets.providers.allowance import Allowance
from byok_widgets.providers.base import sentence
from byok_widgets.providers.exchange import Answer
from byok_widgets.providers.governors import governor_of
from byok_widgets.reply import Origin, Reply
from byok_widgets.schema.profile import SchemaProfile
from byok_widgets.sent_request import Compose, SentRequest
from byok_widgets.strict_attributes import nearest, unknown_name_error
from byok_widgets.surrogates import without_surrogates
from byok_widgets.usage import NOT_CHARGED, Cost

_ARGUMENTS = ("deadline_s", "history", "max_tokens", "model", "show", "variables")
"""Arguments of a call other than settings: a misspelt one arrives among the settings."""


@dataclass(frozen=True)
class Call:
    """What a node asks of a model.

    Attributes:
        deadline: The time that the answer may take in all, repairs included; downloading a model does not count.
        compose: Makes `messages` again, where they are long texts made from the dialogue.
        allowance: What is left of the requests for one answer; retries and repairs share it.
        limit_setting: What a person sets to limit `max_tokens`, for advice.
    """

    node: str
    resolved: ResolvedModel
    system: str
    messages: tuple[Message, ...]
    max_tokens: int | None = None
    output: OutputSchema | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    deadline: Deadline = field(default_factory=Deadline)
    compose: Compose | None = None
    allowance: Allowance = field(default_factory=Allowance, repr=False, compare=False)
    limit_setting: str = "max_tokens of the node"

    def sent(self, request: Request, left_out: Collection[str] = ()) -> SentRequest:
        """Return the call as it is sent, without settings that were left out, for people to look at."""
        output = request.output
        return SentRequest(
            node=self.node,
            model=str(self.resolved.ref),
            system=request.system,
            messages=self.compose or request.messages,
            schema=output.schema if output else None,
            mode=output.mode if output else "",
            max_tokens=None if LIMIT in left_out else request.max_tokens,
            settings={name: value for name, value in request.settings.items() if name not in left_out},
            left_out=left_out,
        )

    @property
    def provider(self) -> Provider:
        """The provider of the chosen model."""
        return PROVIDERS[self.resolved.ref.provider]

    @property
    def schema_profile(self) -> SchemaProfile:
        """The rules for a schema that goes with the call."""
        return self.provider.schema_profile.within(self.max_tokens)

    def request(self) -> Request:
        """Return the call as a request to the provider.

        Raises:
            ConfigError: A setting that this provider does not have, or a value that is not allowed.
        """
        known = self.provider.settings
        for name in sorted(set(self.settings) - known):
            meant = {nearest(name, _ARGUMENTS)} - {""}
            raise unknown_name_error(
                sentence(f"{self.provider.in_text} has no setting {name!r}."),
                name,
                known | meant,
                self.settings[name],
            )
        return Request(
            model=self.resolved.ref.model,
            messages=self.messages,
            system=without_surrogates(self.system),
            max_tokens=None if self.max_tokens is None else checked(LIMIT, self.max_tokens, node=self.node),
            output=self.output,
            settings={name: checked(name, value, node=self.node) for name, value in self.settings.items()},
            allowance=self.allowance,
            limit_setting=self.limit_setting,
        )


async def execute(call: Call, context: FlowContext, *, on_text: OnText, on_progress: OnProgress) -> Reply:
    """Run a call on the engine's loop and return the reply.

    Raises:
        ByokError: Any fault; it names flow, node and model.
    """
    try:
        with context.waits.watch(on_progress) as noted:
            return await _once(call, context, on_text, noted)
    except ByokError as error:
        failure = error
    if failure.may_be_charged:
        failure.cause = (
            f"{failure.cause} {sentence(call.provider.in_text)} may charge for the call all the same.".strip()
        )
    raise failure.at(flow=context.config.name, node=call.node, model=str(call.resolved.ref))


async def _once(call: Call, context: FlowContext, on_text: OnText, on_progress: OnProgress) -> Reply:
    """Run a call, unless an earlier attempt at the same served turn has its answer."""
    scope = current_scope()
    if scope is None:
        return await _counted(call, context, on_text, on_progress)
    said = (f"{message.role}: {message.content}" for message in call.messages)
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
    provider = call.provider
    call.deadline.stop()
    async with provider.prepare(request.model, on_progress) as own:
        call.deadline.resume()
        endpoint = own or await _endpoint(context, call)
        outbox = current_outbox()
        if outbox is not None:
            return await _by_outbox(outbox, call, request, endpoint)
        sending = _Sending(call, request, endpoint, on_text, on_progress)
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
    sending = _Sending(call, request, endpoint, _ignore, _ignore, batch=True)
    answer = await call.provider.complete(request, endpoint, _ignore)
    call.deadline.resume()
    return sending.reply(answer, call.sent(request, answer.left_out), attempts=1)


async def _endpoint(context: FlowContext, call: Call) -> Endpoint:
    def late() -> Endpoint:
        raise ProviderError(
            f"The API key for {call.provider.in_text} was not available within {call.deadline.seconds:g} s.",
            kind="timeout",
            cause="The place where it is stored did not answer, or the deadline is very short.",
            fix="Try again, or give the call a longer deadline_s.",
        )

    endpoint = await with_deadline(context.endpoint(call.provider), call.deadline, late)
    context.require_payer(call.resolved.ref, endpoint)
    return endpoint


class _Sending:
    """Sends the request each time it is asked to, and keeps what has arrived and when."""

    def __init__(
        self,
        call: Call,
        request: Request,
        endpoint: Endpoint,
        on_text: OnText,
        on_progress: OnProgress,
        *,
        batch: bool = False,
    ) -> None:
        provider = call.provider
        self._call, self._request, self._endpoint = call, request, endpoint
        self._on_text, self._on_progress = on_text, on_progress
        self._quota_users = quota_users()
        self._price = partial(
            catalog.cost_of,
            # At another address, the provider's own prices need not hold.
            provider.name if endpoint.base_url.url == provider.default_url else "",
            request.model,
            free=provider.free_of_charge,
            batch=batch,
        )
        self._started_at = self._sent_at = clock()
        self._thinker: Thinker | None = None
        self._stopped: Answer | None = None
        self._first_token_at: float | None = None
        self.pieces: list[str] = []
        self.governor = governor_of(provider, endpoint, request.model)

    async def send(self, slot: Slot) -> Answer:
        self._sent_at, self._thinker, self._stopped = clock(), None, None
        endpoint = replace(
            self._endpoint,
            on_head=partial(self._note_head, slot),
            on_life=self._note_life,
            on_stop=self._note_stop,
        )
        return await self._call.provider.complete(self._request, endpoint, self._pass_on)

    def _note_head(self, slot: Slot, status: int, headers: Mapping[str, str]) -> None:
        reading = quota_headers.read(headers)
        own = None if reading is None else reading.divided(self._quota_users)
        self.governor.note_head(slot, own, accepted=status != 429)

    def _note_life(self, thinker: Thinker) -> None:
        self._thinker = thinker
        self._on_progress(Thinking(self._sent_at, thinker))

    def _note_stop(self, answer: Answer) -> None:
        self._stopped = answer

    def _pass_on(self, text: str) -> None:
        if isinstance(text, Retraction):
            self._first_token_at = None
            self.pieces.clear()
        else:
            if self._first_token_at is None:
                self._first_token_at = clock()
            self.pieces.append(text)
        self._on_text(text)

    def partial_or_raise(self, cause: ByokError | None, retried: RetriedCall[Answer]) -> Answer:
        """Return what arrived before the deadline as an incomplete answer; raise if no text did.

        An answer that the model had ended by then is complete, even if its usage was still to come.
        """
        stopped = self._stopped
        if stopped:
            retried.attempts += stopped.attempts - 1
        if stopped and stopped.finish_reason != "incomplete":
            return stopped
        thinker = self._thinker
        was_thinking = thinker is not None and thinker.has_thought
        silent = "was still thinking, and wrote nothing" if was_thinking else "did not answer"
        what = "did not finish its answer" if self.pieces else silent
        seconds, attempts = self._call.deadline.seconds, retried.attempts
        late = cause or error_mapping.timed_out(self._call.provider, seconds, what, attempts)
        late.cost = Cost() if retried.may_be_charged or retried.is_under_way else NOT_CHARGED
        if not self.pieces:
            raise late
        answer = stopped or Answer("".join(self.pieces), "incomplete")
        return replace(answer.with_notice(f"incomplete: {late.problem}"), may_cost_more=True)

    def reply(self, answer: Answer, sent: SentRequest, *, attempts: int, may_be_more: bool = False) -> Reply:
        call, first = self._call, self._first_token_at
        price = partial(self._price, answer)
        if may_be_more or (answer.may_cost_more and not call.provider.free_of_charge):
            price = partial(_or_more, price)
        self._thinker = None  # it knows this object, too: nothing is left for the garbage collector
        return Reply(
            text=answer.text,
            finish_reason=answer.finish_reason,
            node=call.node,
            usage=answer.usage,
            price=price,
            model=str(call.resolved.ref),
            model_source=call.resolved.source,
            origin="local" if call.provider.free_of_charge else "live",
            reported_model=answer.reported_model,
            reasoning=answer.reasoning,
            latency_s=clock() - answer.lingered_s - self._started_at,
            waited_s=self._sent_at - self._started_at,
            time_to_first_token_s=None if first is None else first - self._started_at,
            attempts=attempts,
            request_id=answer.request_id,
            transcript=(*call.messages, answer_message(answer.text, answer.finish_reason)),
            notices=answer.notices,
            request=sent,
            requests=(sent,),
        )


def _or_more(price: Callable[[], Cost]) -> Cost:
    """Return what an answer cost, of which earlier requests may be charged, too."""
    return price().or_more()


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
