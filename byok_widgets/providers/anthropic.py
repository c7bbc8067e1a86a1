"""Anthropic's Messages protocol, over the official `anthropic` SDK.

As with Chat Completions the SDK builds, signs and reads; events come as plain mappings (`cast_to=object`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from byok_widgets.errors import ProviderError
from byok_widgets.messages import FinishReason, Message, Usage
from byok_widgets.providers import faults
from byok_widgets.providers.base import Answer, Endpoint, Links, ModelInfo, OnText, Provider, Request
from byok_widgets.providers.connection import CONNECT_TIMEOUT_S, http_client
from byok_widgets.providers.gathering import Gathered

if TYPE_CHECKING:
    import anthropic

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
    "tool_use": "tool_call",
}
_TOOL = "record"


class AnthropicProvider(Provider):
    """Anthropic's own API."""

    name = "anthropic"
    label = "Anthropic"
    default_url = "https://api.anthropic.com"
    settings = frozenset({"effort", "thinking", "stop_sequences", "speed", "service_tier", "temperature"})
    schema_dialect = "anthropic"
    structured_modes = ("json_schema", "tool", "prompt")
    max_tokens = 4096  # the protocol demands a number
    links = Links(
        keys="https://console.anthropic.com/settings/keys",
        billing="https://console.anthropic.com/settings/billing",
        usage="https://console.anthropic.com/settings/limits",
        models="https://docs.claude.com/en/docs/about-claude/models",
        status="https://status.claude.com",
    )

    def __init__(self) -> None:
        self._clients: WeakKeyDictionary[object, dict[str, anthropic.AsyncAnthropic]] = WeakKeyDictionary()

    async def complete(self, request: Request, endpoint: Endpoint, on_text: OnText) -> Answer:
        """Send one request; see `Provider.complete`."""
        gathered = Gathered(on_text)
        try:
            stream = await self._open(request, endpoint)
            async with stream:
                gathered.request_id = stream.response.headers.get("request-id")
                kind = stream.response.headers.get("content-type", "")
                if "html" in kind:
                    raise faults.page_instead(self, endpoint)  # noqa: TRY301 - joins the faults below
                if "event-stream" not in kind:
                    raise faults.unreadable(self, endpoint, "it is not a stream")  # noqa: TRY301
                async for event in stream:
                    self._gather(event, gathered, endpoint, request.model)
        except ProviderError as fault:
            error = fault
        except Exception as foreign:  # noqa: BLE001 - the border: whatever the SDK raises becomes ours
            error = faults.translate(foreign, self, endpoint, request.model)
        else:
            return gathered.answer()
        return gathered.rescue(error)

    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Ask `/v1/models`; see `Provider.list_models`."""
        try:
            body = await self._client(endpoint).get("/v1/models?limit=1000", cast_to=object)
        except Exception as foreign:  # noqa: BLE001 - the border
            error = faults.translate(foreign, self, endpoint, "")
        else:
            rows = body.get("data") if isinstance(body, Mapping) else None
            if isinstance(rows, list):
                return [_model_info(row) for row in rows if isinstance(row, Mapping) and row.get("id")]
            unread = faults.unreadable(self, endpoint, "a model list was expected")
            error = faults.page_instead(self, endpoint) if isinstance(body, str) else unread
        raise error

    async def _open(self, request: Request, endpoint: Endpoint) -> anthropic.AsyncStream[object]:
        import anthropic

        return await self._client(endpoint).post(
            "/v1/messages",
            body=self.payload(request),
            cast_to=object,
            stream=True,
            stream_cls=anthropic.AsyncStream[object],
        )

    def payload(self, request: Request) -> dict[str, Any]:
        """Return the request in the protocol's words."""
        body: dict[str, Any] = {
            "model": request.model,
            "max_tokens": request.max_tokens or self.max_tokens,
            "messages": _alternating(request.messages),
            "stream": True,
        }
        if request.system:
            body["system"] = request.system
        settings = dict(request.settings)
        output_config = {"effort": settings.pop("effort")} if "effort" in settings else {}
        if request.output and request.output.mode == "json_schema":
            output_config["format"] = {"type": "json_schema", "schema": request.output.schema}
        if request.output and request.output.mode == "tool":
            body["tools"] = [{"name": _TOOL, "input_schema": request.output.schema}]
            body["tool_choice"] = {"type": "tool", "name": _TOOL}
        if output_config:
            body["output_config"] = output_config
        return body | settings

    def _gather(self, event: object, gathered: Gathered, endpoint: Endpoint, model: str) -> None:
        if not isinstance(event, Mapping):
            raise faults.unreadable(self, endpoint, "an event is not an object")
        kind = event.get("type")
        if kind == "message_start":
            message = _mapping(event.get("message"))
            gathered.saw(message.get("model"), message.get("id"))
            gathered.usage = _usage(_mapping(message.get("usage")), gathered.usage)
        elif kind == "content_block_delta":
            delta = _mapping(event.get("delta"))
            piece = delta.get("text") if delta.get("type") == "text_delta" else delta.get("partial_json")
            if delta.get("type") in ("text_delta", "input_json_delta"):
                if not isinstance(piece, str):
                    raise faults.unreadable(self, endpoint, "its text is not text")
                gathered.add(piece)
        elif kind == "message_delta":
            gathered.usage = _usage(_mapping(event.get("usage")), gathered.usage)
            delta = _mapping(event.get("delta"))
            reason = delta.get("stop_reason")
            if reason:
                gathered.add_refusal(_refusal_words(delta) if reason == "refusal" else "")
                gathered.finish(_FINISH_REASONS.get(str(reason)), str(reason))
        elif kind == "error" or event.get("error"):
            raise faults.translate_body(event, self, endpoint, model)

    def _client(self, endpoint: Endpoint) -> anthropic.AsyncAnthropic:
        """Return the SDK's client for this key and address; it lives as long as the key is held."""
        import anthropic

        holder: object = endpoint.key or self
        clients = self._clients.setdefault(holder, {})
        client = clients.get(endpoint.base_url.url)
        if client is None or client._client is not http_client():  # noqa: SLF001 - a new loop has a new connection
            client = anthropic.AsyncAnthropic(
                api_key=endpoint.key.reveal() if endpoint.key else "none",
                base_url=endpoint.base_url.url,
                http_client=http_client(),
                max_retries=0,
                timeout=anthropic.Timeout(self.idle_timeout_s, connect=CONNECT_TIMEOUT_S),
            )
            client._custom_headers = {}  # noqa: SLF001 - ANTHROPIC_CUSTOM_HEADERS must not steer a flow
            clients[endpoint.base_url.url] = client
        return client


def _alternating(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Join neighbours of one role and start with the user, as the protocol wants."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += "\n\n" + message.content
        else:
            turns.append({"role": role, "content": message.content})
    if not turns or turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": "(The conversation begins.)"})
    return turns


def _usage(raw: Mapping[str, Any], before: Usage) -> Usage:
    """Add what an event says of usage; the protocol counts cached tokens apart, the house counts them in."""
    fresh, read, written = (
        raw.get(name) for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    return Usage(
        input_tokens=before.input_tokens if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=raw.get("output_tokens", before.output_tokens),
        cached_input_tokens=before.cached_input_tokens if read is None else read,
        cache_write_tokens=before.cache_write_tokens if written is None else written,
    )


def _refusal_words(delta: Mapping[str, Any]) -> str:
    explanation = _mapping(delta.get("stop_details")).get("explanation")
    return explanation if isinstance(explanation, str) else ""


def _model_info(row: Mapping[str, Any]) -> ModelInfo:
    structured = _mapping(_mapping(row.get("capabilities")).get("structured_outputs")).get("supported")
    return ModelInfo(
        id=str(row["id"]),
        label=str(row.get("display_name") or ""),
        context_tokens=row.get("max_input_tokens"),
        structured_output=structured if isinstance(structured, bool) else None,
        ends_on=str(row["retires_at"])[:10] if row.get("retires_at") else None,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
