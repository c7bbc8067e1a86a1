"""The Chat Completions protocol, over the official `openai` SDK: parent of all providers that speak it.

The SDK builds the request, signs it, reads the event stream and names the errors. Events come as plain mappings
(`cast_to=object`): making a typed object of each chunk costs ten times what reading it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from byok_widgets.errors import ProviderError
from byok_widgets.messages import FinishReason, Usage
from byok_widgets.providers import faults
from byok_widgets.providers.base import Answer, Endpoint, ModelInfo, OnText, Provider, Request
from byok_widgets.providers.connection import CONNECT_TIMEOUT_S, http_client
from byok_widgets.providers.gathering import Gathered

if TYPE_CHECKING:
    import openai

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_call",
    "function_call": "tool_call",
}


class ChatCompletionsProvider(Provider):
    """Everything that speaks Chat Completions; a vendor says only what differs."""

    max_tokens_name: ClassVar[str] = "max_tokens"
    settings = frozenset({"temperature", "top_p", "seed", "stop", "reasoning_effort"})

    def __init__(self) -> None:
        self._clients: WeakKeyDictionary[object, dict[str, openai.AsyncOpenAI]] = WeakKeyDictionary()

    async def complete(self, request: Request, endpoint: Endpoint, on_text: OnText) -> Answer:
        """Send one request; see `Provider.complete`."""
        gathered = Gathered(on_text)
        try:
            stream = await self._open(request, endpoint)
            async with stream:
                gathered.request_id = stream.response.headers.get("x-request-id")
                if self._streams(stream, endpoint):
                    async for event in stream:
                        self._gather(event, gathered, endpoint, request.model)
                else:
                    whole = await self._whole(stream, endpoint)
                    self._gather(whole, gathered, endpoint, request.model)
        except ProviderError as fault:
            error = fault
        except Exception as foreign:  # noqa: BLE001 - the border: whatever the SDK raises becomes ours
            error = faults.translate(foreign, self, endpoint, request.model)
        else:
            return gathered.answer()
        return gathered.rescue(error)

    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Ask `/models`; see `Provider.list_models`."""
        body = await self._get("/models", endpoint)
        rows = body.get("data") if isinstance(body, Mapping) else None
        if not isinstance(rows, list):
            raise faults.unreadable(self, endpoint, "a model list was expected")
        return [self._model_info(row) for row in rows if isinstance(row, Mapping) and row.get("id")]

    def _model_info(self, row: Mapping[str, Any]) -> ModelInfo:
        return ModelInfo(id=str(row["id"]), ends_on=row.get("shutdown_date"))

    async def _get(self, path: str, endpoint: Endpoint) -> Any:
        try:
            body = await self._client(endpoint).get(path, cast_to=object)
        except Exception as foreign:  # noqa: BLE001 - the border
            error = faults.translate(foreign, self, endpoint, "")
        else:
            if not isinstance(body, str):
                return body
            error = faults.page_instead(self, endpoint)
        raise error

    async def _open(self, request: Request, endpoint: Endpoint) -> openai.AsyncStream[object]:
        import openai

        return await self._client(endpoint).post(
            "/chat/completions",
            body=self.payload(request),
            cast_to=object,
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )

    def payload(self, request: Request) -> dict[str, Any]:
        """Return the request in the protocol's words."""
        messages = [{"role": "system", "content": request.system}] if request.system else []
        messages += [{"role": message.role, "content": message.content} for message in request.messages]
        body: dict[str, Any] = {"model": request.model, "messages": messages, "stream": True}
        body |= self.extras(request)
        limit = request.max_tokens or self.max_tokens
        if limit is not None:
            body[self.max_tokens_name] = limit
        if request.output and request.output.mode == "json_schema":
            shape = {"name": request.output.name, "schema": request.output.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif request.output and request.output.mode == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body | dict(request.settings)

    def extras(self, request: Request) -> dict[str, Any]:
        """Return what this vendor wants beside the protocol."""
        del request
        return {"stream_options": {"include_usage": True}}

    def _streams(self, stream: openai.AsyncStream[object], endpoint: Endpoint) -> bool:
        """Whether events come; a server that does not stream gives one JSON answer instead."""
        kind = stream.response.headers.get("content-type", "")
        if "html" in kind:
            raise faults.page_instead(self, endpoint)
        return "event-stream" in kind or "json" not in kind

    async def _whole(self, stream: openai.AsyncStream[object], endpoint: Endpoint) -> object:
        body = await stream.response.aread()
        try:
            return json.loads(body)
        except ValueError:
            pass
        raise faults.unreadable(self, endpoint, "it is not JSON")

    def _gather(self, event: object, gathered: Gathered, endpoint: Endpoint, model: str) -> None:
        if not isinstance(event, Mapping):
            raise faults.unreadable(self, endpoint, "an event is not an object")
        if event.get("error"):
            raise faults.translate_body(event["error"], self, endpoint, model)
        gathered.saw(event.get("model"), event.get("id"))
        if isinstance(event.get("usage"), Mapping):
            gathered.usage, gathered.reported_cost_usd = _usage(event["usage"])
        choices = event.get("choices")
        if choices is None and "usage" not in event:
            raise faults.unreadable(self, endpoint, "it holds no choices")
        for choice in choices or ():
            self._gather_choice(choice, gathered, endpoint, model)

    def _gather_choice(self, choice: Any, gathered: Gathered, endpoint: Endpoint, model: str) -> None:
        if not isinstance(choice, Mapping):
            raise faults.unreadable(self, endpoint, "a choice is not an object")
        reason = choice.get("finish_reason")
        if choice.get("error") or reason == "error":
            raise faults.translate_body(choice.get("error") or {}, self, endpoint, model)
        part = choice.get("delta") or choice.get("message") or {}
        if not isinstance(part, Mapping):
            raise faults.unreadable(self, endpoint, "a message is not an object")
        text, refusal = part.get("content"), part.get("refusal")
        if not isinstance(text, (str, type(None))) or not isinstance(refusal, (str, type(None))):
            raise faults.unreadable(self, endpoint, "its text is not text")
        gathered.add(text or "")
        gathered.add_refusal(refusal or "")
        if reason:
            gathered.finish(_FINISH_REASONS.get(str(reason)), str(reason))

    def _client(self, endpoint: Endpoint) -> openai.AsyncOpenAI:
        """Return the SDK's client for this key and address; it lives as long as the key is held."""
        import openai

        holder: object = endpoint.key or self
        clients = self._clients.setdefault(holder, {})
        client = clients.get(endpoint.base_url.url)
        if client is None or client._client is not http_client():  # noqa: SLF001 - a new loop has a new connection
            client = openai.AsyncOpenAI(
                api_key=endpoint.key.reveal() if endpoint.key else "none",
                base_url=endpoint.base_url.url,
                http_client=http_client(),
                max_retries=0,
                timeout=openai.Timeout(self.idle_timeout_s, connect=CONNECT_TIMEOUT_S),
            )
            # The environment must not steer a flow: no organization, project or extra headers of another account.
            client.organization = client.project = None
            client._custom_headers = self.headers()  # noqa: SLF001 - OPENAI_CUSTOM_HEADERS has no other switch
            clients[endpoint.base_url.url] = client
        return client

    def headers(self) -> dict[str, str]:
        """Return the headers this vendor wants on each request; never one that holds a key."""
        return {}


def _usage(raw: Mapping[str, Any]) -> tuple[Usage, Decimal | None]:
    details = raw.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else None
    usage = Usage(
        input_tokens=_int(raw.get("prompt_tokens")),
        output_tokens=_int(raw.get("completion_tokens")),
        cached_input_tokens=_int(cached),
    )
    try:
        cost = None if raw.get("cost") is None else Decimal(str(raw["cost"]))
    except InvalidOperation:
        cost = None
    return usage, cost


def _int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
