"""`Sending`: a call on its way, from the request to the reply made of what came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from byok_widgets.engine import RetriedCall, Slot, clock
from byok_widgets.engine.callbacks import OnProgress, OnText, Retraction, Thinker, Thinking
from byok_widgets.engine.quota import quota_users
from byok_widgets.errors import ByokError
from byok_widgets.messages import answer_message
from byok_widgets.nodes.calls.call import Call
from byok_widgets.providers import Endpoint, Request, catalog, error_mapping, quota_headers
from byok_widgets.providers.exchange import Answer
from byok_widgets.providers.governors import governor_of
from byok_widgets.reply import Reply
from byok_widgets.sent_request import SentRequest
from byok_widgets.usage import NOT_CHARGED, Cost


class Sending:
    """Sends the request each time it is asked to, and keeps what has arrived and when.

    Attributes:
        pieces: The text that has arrived.
        governor: What the attempts wait for.
    """

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
        """Send the request once; what an earlier attempt has left is forgotten."""
        self._sent_at, self._thinker, self._stopped = clock(), None, None
        endpoint = self._endpoint.heard_by(
            on_send=self._note_send,
            on_head=partial(self._note_head, slot),
            on_life=self._note_life,
            on_stop=self._note_stop,
        )
        return await self._call.provider.complete(self._request, endpoint, self._pass_on)

    def _note_send(self) -> None:
        self._sent_at = clock()  # importing an SDK, and a request that was refused, are no time of this answer

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
        """Return the reply that an answer makes.

        Args:
            answer: The answer.
            sent: The request, for people to look at.
            attempts: How many requests were sent for it.
            may_be_more: Whether earlier ones of them may be charged, too.
        """
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
