"""The Chat Completions protocol, over the official `openai` SDK: base class of all providers that use it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from byok_widgets.messages import FinishReason, Usage
from byok_widgets.providers import error_mapping
from byok_widgets.providers.adaptation import TOKEN_LIMITS, alternating
from byok_widgets.providers.base import ModelInfo, Request, iso_date, parse_count
from byok_widgets.providers.error_mapping import CallContext
from byok_widgets.providers.protocols.sdk_provider import SdkProvider
from byok_widgets.providers.response_accumulator import CONTEXT_IS_FULL, ResponseAccumulator

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_call",
    "function_call": "tool_call",
}
"""Why an answer ended: the protocol's own words, and those of servers that speak it with an accent."""


class ChatCompletionsProvider(SdkProvider):
    """A provider that uses Chat Completions; a vendor's subclass defines only what differs."""

    completions_path = "/chat/completions"
    models_path = "/models"
    max_tokens_name: ClassVar[str] = "max_tokens"
    limit_names = TOKEN_LIMITS
    context_is_full: ClassVar[str] = ""
    """The finish reason by which this vendor says that an answer ended since the model's context was full."""
    settings = frozenset({"temperature", "top_p", "seed", "stop", "reasoning_effort"})

    def payload(self, request: Request) -> dict[str, Any]:
        """Return the request in the protocol's format."""
        messages = [{"role": "system", "content": request.system}] if request.system.strip() else []
        spoken = (message for message in request.messages if message.content.strip())
        messages += [{"role": message.role, "content": message.content} for message in spoken]
        body: dict[str, Any] = {"model": request.model, "messages": messages or alternating(()), "stream": True}
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

    def finish_reason(self, raw: str) -> FinishReason | None:
        """Return the house's word for why an answer ended; `None` for a reason that is not known."""
        return _FINISH_REASONS.get(raw.partition(":")[0].strip().lower())  # details may follow a colon

    def is_thought(self, part: Mapping[str, Any]) -> bool:
        """Whether this vendor marks a piece of an answer as thought, not said."""
        del part
        return False

    def reported_cost(self, usage: Mapping[str, Any]) -> Decimal | None:
        """Return what a call cost in US dollars, if the vendor reports it."""
        del usage
        return None

    def _sdk(self) -> Any:
        import openai

        return openai

    def _new_client(self, **arguments: Any) -> Any:
        client = self._sdk().AsyncOpenAI(**arguments)
        # The environment must not influence a flow: no organization, project or headers of another account.
        client.organization = client.project = client.admin_api_key = None
        client._custom_headers = self.headers()  # noqa: SLF001 - there is no other way to ignore OPENAI_CUSTOM_HEADERS
        return client

    def _accumulate(self, event: Mapping[str, Any], gathered: ResponseAccumulator, site: CallContext) -> None:
        gathered.set_metadata(event.get("model"), event.get("id"))
        usage, choices = event.get("usage"), event.get("choices")
        if isinstance(usage, Mapping):
            gathered.usage, gathered.reported_cost_usd = _usage(usage), self.reported_cost(usage)
        elif choices is None:
            raise error_mapping.unreadable("it has no choices", site)
        if not isinstance(choices, (list, type(None))):
            raise error_mapping.unreadable("its choices are not a list", site)
        for choice in choices or ():
            self._gather_choice(choice, gathered, site)

    def _gather_choice(self, choice: Any, gathered: ResponseAccumulator, site: CallContext) -> None:
        part = _part(choice, site)
        text, refusal = _text_of(part.get("content")), part.get("refusal")
        if not isinstance(text, (str, type(None))) or not isinstance(refusal, (str, type(None))):
            raise error_mapping.unreadable("its text is not text", site)
        gathered.add_spoken(text or "", is_thought=self.is_thought(part))
        if gathered.offers_tool:
            gathered.add(_tool_input(part.get("tool_calls"), site))
        gathered.add_refusal(refusal or "")
        reason = choice.get("finish_reason")
        if reason:
            notice = CONTEXT_IS_FULL if reason == self.context_is_full else ""
            gathered.finish(self.finish_reason(str(reason)), str(reason), notice=notice)

    def _accumulate_whole(
        self, answer: Mapping[str, Any], gathered: ResponseAccumulator, site: CallContext
    ) -> None:
        if not answer.get("choices"):
            raise error_mapping.unreadable("it has no choices", site)
        self._accumulate(answer, gathered, site)

    def _model_info(self, row: Mapping[str, Any]) -> ModelInfo:
        return ModelInfo(id=str(row["id"]), ends_on=iso_date(row.get("shutdown_date")))


def _part(choice: Any, site: CallContext) -> Mapping[str, Any]:
    """Return the message, or the piece of it, that a choice holds."""
    if not isinstance(choice, Mapping):
        raise error_mapping.unreadable("a choice is not an object", site)
    if choice.get("error") or choice.get("finish_reason") == "error":
        raise error_mapping.from_body({"error": choice.get("error") or {}}, site)
    part = choice.get("delta") or choice.get("message") or {}
    if not isinstance(part, Mapping):
        raise error_mapping.unreadable("a message is not an object", site)
    return part


def _text_of(content: Any) -> Any:
    """Return the text of content that comes as a list of typed parts, without the model's thinking."""
    if not isinstance(content, list):
        return content
    parts = [part for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
    return "".join(str(part.get("text") or "") for part in parts)


def _tool_input(calls: Any, site: CallContext) -> str:
    """Return the next piece of the tool's input; the only tool is how the shape was requested."""
    try:
        return "".join(call["function"].get("arguments") or "" for call in calls or ())
    except (TypeError, KeyError, AttributeError):
        pass
    raise error_mapping.unreadable("a tool call is malformed", site)


def _usage(raw: Mapping[str, Any]) -> Usage:
    details = raw.get("prompt_tokens_details")
    return Usage(
        input_tokens=parse_count(raw.get("prompt_tokens")),
        output_tokens=parse_count(raw.get("completion_tokens")),
        cached_input_tokens=parse_count(details.get("cached_tokens")) if isinstance(details, Mapping) else None,
    )
