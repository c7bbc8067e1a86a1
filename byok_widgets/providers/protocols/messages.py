"""The Messages protocol, over the official `anthropic` SDK: base class of the providers that use it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from byok_widgets.engine import HAS_THREADS
from byok_widgets.messages import Message
from byok_widgets.providers import adaptation, error_mapping, thinking
from byok_widgets.providers.base import iso_date, parse_count
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.exchange import ModelInfo, Request
from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.providers.protocols import finish_reasons
from byok_widgets.providers.protocols.sdk_provider import SdkProvider
from byok_widgets.usage import Usage

if TYPE_CHECKING:
    from byok_widgets.providers.response_accumulator import ResponseAccumulator

_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_TOOL = "record"  # what the model reads as the name of the form that it fills in
_THINKING = "thinking"


class MessagesProvider(SdkProvider):
    """A provider that uses Messages; a vendor's subclass defines only what differs.

    `temperature`, `top_p` and `top_k` are sent as set: older models accept them, newer ones refuse them, and the
    error names the setting.
    """

    completions_path = "/v1/messages"
    models_path = "/v1/models?limit=1000"
    settings = frozenset(
        {"effort", "thinking", "stop_sequences", "speed", "service_tier", "temperature", "top_p", "top_k"}
    )
    structured_modes = ("json_schema", "tool", "prompt")
    max_tokens = 4096  # the protocol requires a number
    tab_headers: ClassVar[Mapping[str, str]] = {}
    """What this vendor wants to be told by a browser's tab, which it does not answer otherwise."""

    def payload(self, request: Request) -> dict[str, Any]:
        """Return the request in the protocol's format.

        The protocol has one system text, before the dialogue: system messages in the dialogue are appended to it.
        """
        inside = [message.content for message in request.messages if message.role == "system"]
        body: dict[str, Any] = {
            "model": request.model,
            "max_tokens": request.max_tokens or self.max_tokens,
            "messages": adaptation.alternating(_spoken(request.messages)),
            "stream": True,
        }
        system = "\n\n".join(text for text in (request.system, *inside) if text.strip())
        if system:
            body["system"] = system
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

    def _sdk(self) -> Any:
        import anthropic

        return anthropic

    def _new_client(self, **arguments: Any) -> Any:
        client = self._sdk().AsyncAnthropic(open_telemetry=False, **arguments)
        # ANTHROPIC_CUSTOM_HEADERS must not influence a flow
        client._custom_headers = {} if HAS_THREADS else dict(self.tab_headers)  # noqa: SLF001
        return client

    def accumulate(self, event: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext) -> None:
        """Process one event; see `SdkProvider.accumulate`."""
        kind = event.get("type")
        if kind == "content_block_delta":
            is_thought = accumulator.thinks_in(event.get("index"))
            _add_block(_mapping(event.get("delta")), accumulator, context, is_thought=is_thought)
        elif kind == "content_block_start":
            block = _mapping(event.get("content_block"))
            accumulator.begin_block(event.get("index"), is_thought=thinking.is_thought(block))
            _begin_block(block, accumulator, context)
        elif kind == "message_start":
            self._begin(_mapping(event.get("message")), accumulator, context)
        elif kind == "message_delta":
            accumulator.usage = _usage(_mapping(event.get("usage")), accumulator.usage)
            _finish(_mapping(event.get("delta")), accumulator, context)
        elif kind == "message_stop":
            accumulator.is_closed = True
        elif kind == "message":
            self.accumulate_whole(event, accumulator, context)
        elif error_mapping.gives_reason(event):
            raise error_mapping.from_body(event, context)
        elif kind is not None and not isinstance(kind, str):
            raise error_mapping.unreadable("an event has no type", context)

    def _begin(self, message: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext) -> None:
        accumulator.set_metadata(message.get("model"), message.get("id"))
        # The number of output tokens is not known yet, whatever the event says.
        accumulator.usage = _usage({**_mapping(message.get("usage")), "output_tokens": None}, accumulator.usage)
        for block in _blocks(message.get("content")):
            _begin_block(block, accumulator, context)

    def accumulate_whole(
        self, answer: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext
    ) -> None:
        """Process an answer in one piece; see `SdkProvider.accumulate_whole`."""
        if not isinstance(answer.get("content"), list):
            if error_mapping.text_of_reason(answer):
                raise error_mapping.from_body(answer, context)
            raise error_mapping.unreadable("it has no content", context)
        accumulator.set_metadata(answer.get("model"), answer.get("id"))
        accumulator.usage = _usage(_mapping(answer.get("usage")), accumulator.usage)
        whole = accumulator.sibling()
        for block in _blocks(answer["content"]):
            _begin_block(block, whole, context, is_whole=True)
        accumulator.add_whole(whole)
        _finish(answer, accumulator, context)

    def _model_info(self, row: Mapping[str, Any]) -> ModelInfo:
        can = _mapping(row.get("capabilities"))
        structured = _mapping(can.get("structured_outputs")).get("supported")
        return ModelInfo(
            id=str(row["id"]),
            label=str(row.get("display_name") or ""),
            context_tokens=parse_count(row.get("max_input_tokens")),
            structured_output=structured if isinstance(structured, bool) else None,
            ends_on=iso_date(row.get("retires_at")),
            supported_settings=_takes(_mapping(can.get("effort"))),
        )


def _spoken(messages: Iterable[Message]) -> Iterator[dict[str, str]]:
    for message in messages:
        if message.role != "system" and message.content.strip():
            yield {"role": message.role, "content": message.content}


def _takes(effort: Mapping[str, Any]) -> SupportedSettings:
    """Return what a model's list entry says about its efforts."""
    if not isinstance(effort.get("supported"), bool):
        return {}
    levels = tuple(level for level in _EFFORTS if _mapping(effort.get(level)).get("supported") is True)
    return {"effort": levels if effort["supported"] and levels else None}


def _begin_block(
    block: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext, *, is_whole: bool = False
) -> None:
    """Take what a content block begins with; in an answer in one piece, that is all of it."""
    kind = block.get("type")
    if thinking.is_thought(block):
        accumulator.separate_thoughts(_THINKING)
        _add_block(block, accumulator, context)
    elif kind == "tool_use":
        accumulator.asks_for_tool = True
        if accumulator.offers_tool and (is_whole or block.get("input")):
            accumulator.add_input(json.dumps(block.get("input"), ensure_ascii=False))
    elif kind in ("text", None):
        _add_block(block, accumulator, context)


def _add_block(
    part: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext, *, is_thought: bool = False
) -> None:
    """Take the next piece of a content block; signatures, citations and encrypted thinking are passed over."""
    if is_thought or thinking.is_thought(part):
        accumulator.add_thought(thinking.thought_of(part), _THINKING)
    elif text := part.get("text"):
        accumulator.add_spoken(_text(text, context))
    elif thought := thinking.thought_in(part)[0]:
        accumulator.add_thought(thought, _THINKING)
    elif accumulator.offers_tool and (piece := part.get("partial_json")):
        accumulator.add_input(_text(piece, context))


def _finish(ended: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext) -> None:
    raw = ended.get("stop_reason")
    word = finish_reasons.normalised(raw)
    if finish_reasons.is_error(word):
        raise error_mapping.from_body({"error": ended.get("error") or {}}, context)
    if not word:
        return
    if word == "refusal":
        words = _mapping(ended.get("stop_details")).get("explanation")
        accumulator.add_refusal(words if isinstance(words, str) else "")
    notice = finish_reasons.CONTEXT_IS_FULL if word in finish_reasons.FULL_CONTEXT else ""
    accumulator.finish(finish_reasons.known_reason(word), str(raw), notice=notice)


def _text(value: Any, context: CallContext) -> str:
    if isinstance(value, str):
        return value
    del value
    raise error_mapping.unreadable("its text is not text", context)


def _blocks(content: Any) -> list[Mapping[str, Any]]:
    return [block for block in content if isinstance(block, Mapping)] if isinstance(content, list) else []


def _usage(raw: Mapping[str, Any], before: Usage) -> Usage:
    """Add what an event says about usage; the protocol counts cached tokens separately, `Usage` includes them."""
    fresh, read, written, output = (
        parse_count(raw.get(name))
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
    )
    if not fresh and not read and not written and before.input_tokens:
        fresh = read = written = None  # some servers end with zeros for what they have reported before
    read = before.cached_input_tokens if read is None else read
    written = before.cache_write_tokens if written is None else written
    return Usage(
        input_tokens=before.input_tokens if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=before.output_tokens if output is None else output,
        cached_input_tokens=read,
        cache_write_tokens=written,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
