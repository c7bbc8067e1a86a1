"""`Resending`: one request, sent until its endpoint accepts it, with one change per resend.

What decides about a change is loaded with the first refusal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from byok_widgets.providers import error_mapping
from byok_widgets.providers.adaptation.dialogue import has_system_text
from byok_widgets.providers.adaptation.quirks import QUIRKS
from byok_widgets.providers.allowance import MAX_REQUESTS, Allowance
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.exchange import Answer, Request
from byok_widgets.providers.transport.resends import resends

if TYPE_CHECKING:
    from byok_widgets.providers.adaptation.changes import Change, Payload
    from byok_widgets.providers.error_mapping import ErrorDetails

_SYSTEM = "system"
_SHOWN_CHARS = 40

Converse = Callable[[dict[str, Any]], Awaitable[None]]
"""Sends a payload and reads its answer."""


class Resending:
    """Sends one request, and sends it again without what was refused.

    Attributes:
        quirks: What is known to be peculiar to its endpoint.
    """

    def __init__(self, request: Request, context: CallContext, limit_names: tuple[str, ...]) -> None:
        self._context, self._limit_names = context, limit_names
        limits = (*limit_names, "max_tokens") if request.max_tokens is not None else ()
        self._set_by_person = {**request.settings, **dict.fromkeys(limits, request.max_tokens)}
        self._allowance = request.allowance or Allowance()
        self.quirks = QUIRKS.of_call(context)
        self._made: list[Change] = []
        self._unproved: list[Change] = []
        self._last_refusal = ""
        self._sent = 0
        self._resent_before = resends()

    @property
    def attempts(self) -> int:
        """Number of requests that were sent, those included that the transport repeated."""
        return self._sent + resends() - self._resent_before

    async def send(self, payload: Payload, converse: Converse, *, has_begun: Callable[[], bool]) -> None:
        """Send a payload, adapted to what its endpoint has refused before.

        Args:
            payload: The request in the protocol's format.
            converse: Sends a payload and reads the answer.
            has_begun: Whether any of the answer has arrived; from then on, nothing is sent again.

        Raises:
            Exception: Whatever `converse` raised last.
            ProviderError: The endpoint fails without a reason, and only where a schema is sent.
        """
        following: dict[str, Any] | None
        following, self._made = self.quirks.adapted(payload)
        following = self._as_before(following)
        while following is not None:
            following = await self._attempt(following, converse, has_begun)

    def _as_before(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Return a payload with what had to be changed before a fault that passes: this is a retry."""
        for change in self._allowance.changes:
            changed = None if change in self._made else change.apply(payload)
            if changed is not None:
                payload = changed
                self._made.append(change)
                self._unproved.append(change)
        return payload

    async def _attempt(
        self, payload: dict[str, Any], converse: Converse, has_begun: Callable[[], bool]
    ) -> dict[str, Any] | None:
        """Send once; return the payload to send next, or `None` if this one was accepted."""
        self._sent += 1
        try:
            await converse(payload)
        except Exception as error:
            details = None if has_begun() else error_mapping.details_of(error, self._context)
            following = self._adapted(payload, details) if details else None
            if details is None or (following is None and not self._schema_is_suspect(payload, details)):
                raise
            error_mapping.pass_on_head(error, self._context.endpoint)
            status = details.status
        else:
            self._note_success(payload)
            return None
        if following is None:
            raise error_mapping.schema_refused(self._context, status)
        return following

    def complete(self, answer: Answer) -> Answer:
        """Return the answer with the number of requests, and with what was left out although a person set it."""
        dropped = [change.left_out for change in self._made if change.left_out]
        personal = dict.fromkeys(name for name in dropped if name in self._set_by_person)
        if not personal and self.attempts == answer.attempts:
            return answer
        return replace(
            answer,
            attempts=self.attempts,
            notices=(*answer.notices, *map(self._notice, personal)),
            left_out=frozenset(self._usual_name(name) for name in personal),
        )

    def _adapted(self, payload: dict[str, Any], details: ErrorDetails) -> dict[str, Any] | None:
        """Return the payload that answers a refusal; `None` if there is none."""
        self._learn_from(details)
        change = self._change(payload, details)
        if change is None or change in self._made or self._allowance.is_used_up:
            return None
        changed = change.apply(payload)
        if changed is not None:
            self._allowance.take()
            if not self._is_plain_fault(details):
                self._allowance.changes.append(change)
            self._made.append(change)
            self._unproved.append(change)
            self._last_refusal = details.text
        return changed

    def _change(self, payload: Payload, details: ErrorDetails) -> Change | None:
        from byok_widgets.providers.adaptation.changes import Rename
        from byok_widgets.providers.adaptation.refusals import Sent, change_after, vague_limit

        if self._is_plain_fault(details):
            return self._after_plain_fault(payload)
        renamed = frozenset(change.old for change in self._made if isinstance(change, Rename))
        sent = Sent(payload, frozenset(self._set_by_person), self._limit_names, renamed)
        return change_after(details, sent, self._context) or vague_limit(details, sent)

    def _learn_from(self, details: ErrorDetails) -> None:
        """Keep the changes after which the endpoint refused something else; a failure proves nothing."""
        from byok_widgets.providers.adaptation.refusals import is_refusal

        if details.text != self._last_refusal and is_refusal(details, self._context):
            self.quirks.learn(self._unproved)
            self._unproved = []

    def _note_success(self, payload: Payload) -> None:
        if self._unproved:
            self.quirks.learn(self._unproved)
        self.quirks.note_success(_features(payload))

    # A fault without a reason: one ordinary retry, then without the system role, then without a schema

    def _is_plain_fault(self, details: ErrorDetails) -> bool:
        """Whether the server may have failed over the request; a vendor's own service takes what it documents."""
        from byok_widgets.providers.adaptation.refusals import is_plain_fault

        is_usual = self._context.address == self._context.provider.default_url
        return is_plain_fault(details) and not is_usual

    def _after_plain_fault(self, payload: Payload) -> Change | None:
        quirks = self.quirks
        quirks.note_plain_fault(MAX_REQUESTS - 1)
        attempt = (_SYSTEM, "shaped" if _shape(payload) else "")
        if not quirks.is_suspect(_SYSTEM) or attempt in quirks.tried or not has_system_text(payload):
            return None
        from byok_widgets.providers.adaptation.changes import MergeSystem

        quirks.tried.add(attempt)
        return MergeSystem()

    def _schema_is_suspect(self, payload: Payload, details: ErrorDetails) -> bool:
        shape = _shape(payload)
        return bool(shape) and self._is_plain_fault(details) and self.quirks.is_suspect(shape)

    def _notice(self, name: str) -> str:
        value = repr(self._set_by_person[name])
        setting = f"{self._usual_name(name)}={value}" if len(value) <= _SHOWN_CHARS else name
        return f"{setting} was left out: {self._context.who} does not accept it{self._context.for_model}"

    def _usual_name(self, name: str) -> str:
        return "max_tokens" if name in self._limit_names else name


def _features(payload: Payload) -> set[str]:
    """Return what an endpoint has accepted with this payload."""
    return {_shape(payload), *([_SYSTEM] if has_system_text(payload) else [])} - {""}


def _shape(payload: Payload) -> str:
    """Return how the shape of the answer is asked for; empty if it is not."""
    form = payload.get("response_format") or (payload.get("output_config") or {}).get("format") or {}
    return str(form.get("type", "")) or ("tool" if "tools" in payload else "")
