"""The Chat Completions protocol, over the official `openai` SDK: base class of all providers that use it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from byok_widgets.providers import adaptation, error_mapping, thinking
from byok_widgets.providers.base import iso_date
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.exchange import ModelInfo, Request
from byok_widgets.providers.model_settings import TOKEN_LIMITS
from byok_widgets.providers.protocols import finish_reasons
from byok_widgets.providers.protocols.sdk_provider import SdkProvider
from byok_widgets.providers.protocols.usage_shapes import find_usage, merged_usage

if TYPE_CHECKING:
    from byok_widgets.providers.response_accumulator import ResponseAccumulator


_UNNUMBERED = (None, "")
_FINISHES = ("finish_reason", "finishReason")
_ANY_FINISH = frozenset(_FINISHES)
_PLAIN_EVENT = frozenset(("id", "object", "created", "model", "choices", "system_fingerprint", "usage"))
_PLAIN_EVENT |= {"service_tier", "obfuscation", "provider"}
_PLAIN_CHOICE = frozenset(("index", "delta", "finish_reason", "native_finish_reason", "logprobs"))
_PLAIN_DELTA = frozenset(("role", "content", "refusal"))
_SPEAKERS = (None, "assistant")
_OBJECTS = (None, "chat.completion.chunk")
_NO_CHOICE: Mapping[str, Any] = {}


class ChatCompletionsProvider(SdkProvider):
    """A provider that uses Chat Completions; a vendor's subclass defines only what differs."""

    completions_path = "/chat/completions"
    models_path = "/models"
    max_tokens_name: ClassVar[str] = "max_tokens"
    limit_names = TOKEN_LIMITS
    settings = frozenset({"temperature", "top_p", "seed", "stop", "reasoning_effort"})

    def payload(self, request: Request) -> dict[str, Any]:
        """Return the request in the protocol's format."""
        messages = [{"role": "system", "content": request.system}] if request.system.strip() else []
        # Several servers refuse an empty message.
        spoken = (message for message in request.messages if message.content.strip())
        messages += [{"role": message.role, "content": message.content} for message in spoken]
        body: dict[str, Any] = {
            "model": request.model,
            "messages": messages or adaptation.alternating(()),
            "stream": True,
        }
        body |= self.extras(request)
        limit = request.max_tokens or self.max_tokens
        if limit is not None:
            body[self.max_tokens_name] = limit
        if request.output and request.output.mode == "json_schema":
            shape = {"name": request.output.name, "schema": request.output.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif request.output and request.output.mode == "tool":
            tool = {"name": request.output.name, "parameters": request.output.schema}
            body["tools"] = [{"type": "function", "function": tool}]
            body["tool_choice"] = {"type": "function", "function": {"name": tool["name"]}}
        elif request.output and request.output.mode == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body | dict(request.settings)

    def extras(self, request: Request) -> dict[str, Any]:
        """Return what this vendor wants in addition to the protocol."""
        del request
        return {"stream_options": {"include_usage": True}}

    def headers(self) -> dict[str, str]:
        """Return the headers this vendor wants on each request; never one that holds a key."""
        return {}

    def reported_cost(self, usage: Mapping[str, Any]) -> Decimal | None:
        """Return what a call cost in US dollars, if the vendor reports it."""
        del usage
        return None

    def _sdk(self) -> Any:
        import openai

        return openai

    def _new_client(self, **arguments: Any) -> Any:
        from byok_widgets.providers.protocols.request_heads import client_class

        client = client_class(self._sdk())(**arguments)
        # The environment must not influence a flow: no organization, project or headers of another account.
        client.organization = client.project = client.admin_api_key = None
        client._custom_headers = self.headers()  # noqa: SLF001 - there is no other way to ignore OPENAI_CUSTOM_HEADERS
        return client

    def accumulate(self, event: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext) -> None:
        """Process one event; see `SdkProvider.accumulate`."""
        accumulator.set_metadata(event.get("model"), event.get("id"))
        choices = event.get("choices")
        if isinstance(choices, dict):
            choices = [choices]
        if not isinstance(choices, (list, type(None))):
            raise error_mapping.unreadable("its choices are not a list", context)
        choice: Mapping[str, Any] = {}
        for choice in _own_choices(choices or (), context):
            self._add_choice(choice, accumulator, context)
        if not choice.get("finish_reason") and (reason := _reason_elsewhere(event, choice, accumulator)):
            _finish({"finish_reason": reason}, accumulator, context)
        # Looking everywhere for usage costs more than all else about an event, so pieces of text are not searched.
        if event.get("usage") or not choices or accumulator.is_finished:
            self._count(event, accumulator)
        if not choices and error_mapping.gives_reason(event):
            raise error_mapping.from_body(event, context)

    def accumulate_plain(
        self, event: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext
    ) -> str | None:
        """Process an event in which nothing is unusual; see `SdkProvider.accumulate_plain`."""
        choice = _plain_choice(event)
        if choice is None:
            return None
        accumulator.set_metadata(event.get("model"), event.get("id"))
        words, reason, usage = _words_in(choice), choice.get("finish_reason"), event.get("usage")
        if words:
            accumulator.add_piece(words)
        elif choice.get("delta"):
            accumulator.has_pieces = True
        if reason:
            _finish(choice, accumulator, context)
        # What else a plain event holds has no names, except in an object.
        if usage or (accumulator.is_finished and dict in map(type, event.values())):
            self._count(event, accumulator)
        return "" if reason or usage else words

    def accumulate_words(self, words: str, like: Mapping[str, Any], accumulator: ResponseAccumulator) -> None:
        """Process words alone; see `SdkProvider.accumulate_words`."""
        accumulator.set_metadata(like.get("model"), like.get("id"))  # events between may name another model
        accumulator.add_piece(words)

    def plain_words(self, event: Mapping[str, Any]) -> str:
        """Return the words of an event with nothing else in it; see `SdkProvider.plain_words`."""
        choice = _plain_choice(event)
        return "" if not choice or choice.get("finish_reason") or event.get("usage") else _words_in(choice)

    def _count(self, event: Mapping[str, Any], accumulator: ResponseAccumulator) -> None:
        usage = find_usage(event)
        if usage is not None:
            with_piece = accumulator.has_pieces and bool(event.get("choices"))
            accumulator.count_usage(merged_usage(usage, accumulator.usage), with_piece=with_piece)
            cost = self.reported_cost(usage)
            accumulator.reported_cost_usd = accumulator.reported_cost_usd if cost is None else cost

    def _add_choice(
        self, choice: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext
    ) -> None:
        if beside := thinking.thought_in(choice)[0]:
            accumulator.add_thought(beside, "choice")
        if delta := choice.get("delta"):
            self._add_piece(delta, accumulator, context, is_last=bool(choice.get("finish_reason")))
        if message := choice.get("message"):
            self._add_whole(message, accumulator, context)
        if not delta and not message and isinstance(text := choice.get("text"), str):  # of an older protocol
            accumulator.add_spoken(text)
        if choice.get("finish_reason") or choice.get("error"):
            _finish(choice, accumulator, context)

    def _add_piece(
        self, delta: Any, accumulator: ResponseAccumulator, context: CallContext, *, is_last: bool
    ) -> None:
        """Take a piece; some servers send as the last one all of the answer again.

        Such a piece has its role, or several words.
        """
        may_be_all = isinstance(delta, dict) and (delta.get("role") or " " in str(delta.get("content")).strip())
        is_again = is_last and accumulator.has_pieces and may_be_all
        accumulator.has_pieces = True
        if is_again and accumulator.is_repeated(self._apart(delta, accumulator, context)):
            return
        self._add_part(delta, accumulator, context)

    def _add_whole(self, message: Any, accumulator: ResponseAccumulator, context: CallContext) -> None:
        before, accumulator.message = accumulator.message, message
        if not accumulator.has_begun:
            self._add_part(message, accumulator, context)
            return
        whole = self._apart(message, accumulator, context)
        if accumulator.has_pieces or before is None:
            accumulator.add_whole(whole)
        elif not (now := whole.said()):
            accumulator.message = before
        elif accumulator.add_message(self._apart(before, accumulator, context).said(), now):
            self._add_part(message, accumulator, context)

    def _apart(self, message: Any, accumulator: ResponseAccumulator, context: CallContext) -> ResponseAccumulator:
        """Return what a message contains."""
        whole = accumulator.sibling()
        self._add_part(message, whole, context)
        return whole

    def _add_part(self, part: Any, accumulator: ResponseAccumulator, context: CallContext) -> None:
        """Take the text, the thinking and the tool's input from a message, or from a piece of one."""
        if not isinstance(part, dict):
            raise error_mapping.unreadable("a message is not an object", context)
        thought, source = thinking.thought_in(part)
        if thought:
            accumulator.add_thought(thought, source)
        if content := part.get("content") or part.get("text"):
            self._add_content(content, part, accumulator, context)
        if refusal := part.get("refusal"):
            accumulator.add_refusal(_text(refusal, context))
        if calls := part.get("tool_calls") or _old_tool_calls(part):
            accumulator.asks_for_tool = True
            if accumulator.offers_tool:
                accumulator.add_input(_tool_input(calls, context))

    def _add_content(
        self, content: Any, part: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext
    ) -> None:
        if not isinstance(content, str):
            for typed in content if isinstance(content, list) else [content]:
                _add_typed(typed, accumulator, context)
        elif thinking.is_thought(part):
            accumulator.add_thought(content, "marked")
        else:
            accumulator.add_spoken(content)

    def accumulate_whole(
        self, answer: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext
    ) -> None:
        """Process an answer in one piece; see `SdkProvider.accumulate_whole`."""
        if not answer.get("choices"):
            if error_mapping.text_of_reason(answer):
                raise error_mapping.from_body(answer, context)
            raise error_mapping.unreadable("it has no choices", context)
        self.accumulate(answer, accumulator, context)

    def _model_info(self, row: Mapping[str, Any]) -> ModelInfo:
        return ModelInfo(id=str(row["id"]), ends_on=iso_date(row.get("shutdown_date")))


def _plain_choice(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the choice of an event in which nothing is unusual, as of nearly all; empty if it has none but usage.

    Returns `None` where more has to be looked at: something may stand in any other place.
    """
    choices = event.get("choices")
    if not isinstance(choices, list) or len(choices) > 1 or not event.keys() <= _PLAIN_EVENT:
        return None
    if event.get("object") not in _OBJECTS:
        return None
    if not choices:
        return _NO_CHOICE if event.get("usage") else None
    [choice] = choices
    if not isinstance(choice, dict) or not choice.keys() <= _PLAIN_CHOICE or choice.get("index") != 0:
        return None
    delta = choice.get("delta")
    if not isinstance(delta, dict) or not delta.keys() <= _PLAIN_DELTA or delta.get("refusal"):
        return None
    words = delta.get("content")
    is_spoken = delta.get("role") in _SPEAKERS and (not words or isinstance(words, str))
    # A last piece with words may be all of the answer again.
    return choice if is_spoken and not (words and choice.get("finish_reason")) else None


def _words_in(choice: Mapping[str, Any]) -> str:
    """Return the words of a choice in which nothing is unusual."""
    delta = choice.get("delta")
    return (delta and delta.get("content")) or ""


def _own_choices(choices: Iterable[Any], context: CallContext) -> list[dict[str, Any]]:
    """Return the choices of an event that belong to the answer.

    Only one answer was asked for, and some servers send more. Others divide one: they send several pieces with its
    number at once, or its text and its call of a tool apart.
    """
    own: list[dict[str, Any]] = []
    for position, choice in enumerate(choices):
        if choice is None:
            continue
        if not isinstance(choice, dict):
            raise error_mapping.unreadable("a choice is not an object", context)
        index = choice.get("index")
        is_numbered = index in (0, "0")
        if own:
            is_own = (is_numbered and choice.get("delta")) or (
                (is_numbered or index in _UNNUMBERED) and _is_only_a_call(choice)
            )
        else:
            is_own = is_numbered or (index in _UNNUMBERED and position == 0)
        if is_own:
            own.append(choice)
    return own


def _is_only_a_call(choice: Mapping[str, Any]) -> bool:
    part = choice.get("delta") or choice.get("message")
    return isinstance(part, Mapping) and bool(part.get("tool_calls")) and not part.get("content")


def _reason_elsewhere(
    event: Mapping[str, Any], choice: Mapping[str, Any], accumulator: ResponseAccumulator
) -> Any:
    """Return a finish reason that is where the protocol has none: in a piece, or beside what has begun."""
    for place in (choice, choice.get("delta"), choice.get("message"), event):
        if not isinstance(place, dict) or _ANY_FINISH.isdisjoint(place):
            continue
        for name in _FINISHES:
            reason = place.get(name)
            if reason and finish_reasons.normalised(reason) and (place is not event or accumulator.has_begun):
                return reason
    return None


def _old_tool_calls(part: Mapping[str, Any]) -> list[Any]:
    """Return the call of a function as the protocol had it before there were tools."""
    call = part.get("function_call")
    return [{"function": call}] if call else []


def _add_typed(typed: Any, accumulator: ResponseAccumulator, context: CallContext) -> None:
    """Take one typed part of a message's content; what is neither text nor thinking is passed over."""
    if isinstance(typed, str):
        accumulator.add_spoken(typed)
    elif isinstance(typed, list):
        for inner in typed:
            _add_typed(inner, accumulator, context)
    elif typed is None:
        return
    elif not isinstance(typed, Mapping):
        raise error_mapping.unreadable("its text is not text", context)
    elif thinking.is_thought(typed):
        accumulator.add_thought(thinking.thought_of(typed), "parts")
    elif typed.get("type") == "refusal":
        accumulator.add_refusal(_text(typed.get("refusal") or "", context))
    elif text := typed.get("text") or typed.get("content"):
        accumulator.add_spoken(_text(text.get("value") or "" if isinstance(text, Mapping) else text, context))


def _text(value: Any, context: CallContext) -> str:
    if isinstance(value, str):
        return value
    del value
    raise error_mapping.unreadable("its text is not text", context)


def _finish(choice: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext) -> None:
    raw = choice.get("finish_reason")
    word = finish_reasons.normalised(raw)
    if choice.get("error") or finish_reasons.is_error(word):
        raise error_mapping.from_body({"error": choice.get("error") or {}}, context)
    if word:
        notice = finish_reasons.CONTEXT_IS_FULL if word in finish_reasons.FULL_CONTEXT else ""
        accumulator.finish(finish_reasons.known_reason(word), str(raw), notice=notice)


def _tool_input(calls: Any, context: CallContext) -> str:
    """Return the next piece of the tool's input; the only tool is how the shape was requested."""
    try:
        return "".join(_arguments(call["function"] or {}) for call in calls or ())
    except (TypeError, KeyError, AttributeError):
        pass
    raise error_mapping.unreadable("a tool call is malformed", context)


def _arguments(function: Mapping[str, Any]) -> str:
    """Return a tool's input as JSON; some servers send the object itself."""
    given = function.get("arguments") or ""
    return json.dumps(given, ensure_ascii=False) if isinstance(given, dict) else given
