"""A request for a chat completion, as clients send it: read once, with the few fields that matter here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.files import finite_json
from byok_widgets.serve.turns.protocol_error import ProtocolError
from byok_widgets.surrogates import without_surrogates

MAX_ID_CHARS = 300
SESSION_HEADER = "x-byok-session"
_ROOM_HEADER = "x-livekit-room-id"
_END_CALL = "endcall"


@dataclass(frozen=True)
class ChatRequest:
    """What a client asks.

    Attributes:
        messages: The dialogue as it was sent.
        stream: Whether the answer is streamed.
        include_usage: Whether a streamed answer ends with its usage.
        session_id: The client's id of the conversation; empty if it sent none.
        idempotency_key: What tells a new answer to the same words from a repeated request; empty without one.
        end_tool: The name under which a tool that ends the call is offered; empty if none is.
        trace: What was sent of the trace that the request is part of.
    """

    messages: tuple[Mapping[str, Any], ...]
    stream: bool = False
    include_usage: bool = False
    session_id: str = ""
    idempotency_key: str = ""
    end_tool: str = ""
    trace: str = ""


def read_request(body: bytes, headers: Mapping[str, str]) -> ChatRequest:
    """Read a request; the content type does not matter, since some clients send JSON as a form.

    Raises:
        ProtocolError: It is not a request for a chat completion.
    """
    try:
        data = finite_json(body)
    except (ValueError, RecursionError):
        raise ProtocolError(400, "The body is not JSON.", code="invalid_json") from None
    if not isinstance(data, dict):
        raise ProtocolError(400, "The body is not a JSON object.", code="invalid_json")
    messages = data.get("messages")
    if not isinstance(messages, list) or not _are_messages(messages):
        raise ProtocolError(400, "messages is not a list of messages.", param="messages")
    if data.get("n") not in (None, 1):
        raise ProtocolError(400, "A flow gives one answer to a turn: n is 1.", param="n")
    options = data.get("stream_options")
    return ChatRequest(
        tuple(messages),
        stream=data.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        session_id=_session_id(data, headers),
        idempotency_key=_id(headers.get("idempotency-key")),
        end_tool=_end_tool(data.get("tools")),
        trace=headers.get("traceparent", "")[:MAX_ID_CHARS],
    )


def _are_messages(sent: list[Any]) -> bool:
    for message in sent:  # noqa: SIM110 - a generator takes twice as long, and dialogues are long
        if not (isinstance(message, dict) and isinstance(message.get("role"), str)):
            return False
    return True


def _session_id(data: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Return the first id that a client gives to its conversation; ids that change with each request are none."""
    extra = data.get("elevenlabs_extra_body")
    call, metadata = data.get("call"), data.get("metadata")
    found = (
        headers.get(SESSION_HEADER),
        _field(call, "id") if call else None,
        _field(metadata, "session_id") if metadata else None,
        headers.get(_ROOM_HEADER),
        _field(extra, "session_id") if extra else None,
        _field(extra, "conversation_id") if extra else None,
        data.get("user"),
    )
    for each in found:
        if each is not None and (given := _id(each)):
            return given
    return ""


def _field(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None


def _id(given: Any) -> str:
    if given is None:
        return ""
    text = str(given).strip() if isinstance(given, (str, int)) and not isinstance(given, bool) else ""
    return without_surrogates(text[:MAX_ID_CHARS])


def _end_tool(tools: Any) -> str:
    for tool in tools if isinstance(tools, list) else ():
        name = _field(_field(tool, "function"), "name")
        if isinstance(name, str) and name.replace("_", "").casefold() == _END_CALL:
            return name
    return ""
