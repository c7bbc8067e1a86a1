"""What servers, gateways and vendors refuse, in their own words, and the request that they accept after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from byok_widgets.messages import Message
from tests.providers.fault_server import Reply, says, stream

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One refusal.

    Attributes:
        name: What is refused, and by whom.
        refusal: What is sent to a request that still has it.
        accepted: Whether the resent payload is as the server wants it.
        changes: What is asked for, besides the question.
        of: The provider.
        notice: What the reply must say; empty if nothing of a person's was dropped.
    """

    name: str
    refusal: Reply
    accepted: Callable[[Body], bool]
    changes: Mapping[str, Any] = field(default_factory=dict)
    of: str = "compatible"
    notice: str = ""


def error(message: str, status: int = 400, **more: Any) -> Reply:
    """Return an error in the usual envelope."""
    return says({"error": {"message": message, "type": "invalid_request_error", **more}}, status)


def field_error(*path: str, key: str = "detail", kind: str = "extra_forbidden") -> Reply:
    """Return an error of a server's validation, which names the field by its place."""
    row = {"type": kind, "loc": ["body", *path], "msg": "Extra inputs are not permitted", "input": 1}
    return says({key: [row]}, 422)


def lacks(name: str) -> Callable[[Body], bool]:
    """Return a test for a payload without a parameter."""
    return lambda body: name not in body


def _limit_is(name: str) -> Callable[[Body], bool]:
    other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}[name]
    return lambda body: body.get(name) == 50 and other not in body


def _roles(*roles: str) -> Callable[[Body], bool]:
    return lambda body: tuple(message["role"] for message in body["messages"]) == roles


def _merged(body: Body) -> bool:
    first, *rest = body["messages"]
    said = first["role"] == "user" and first["content"] == "Be brief.\n\nHi"
    return said and "system" not in body and not rest


SYSTEM = {"system": "Be brief."}
_ASSISTANT_FIRST = {**SYSTEM, "messages": (Message("assistant", "Welcome!"), Message("user", "Hi"))}
_TWO_OF_A_KIND = {"messages": (Message("user", "Hi"), Message("assistant", ""), Message("user", "Hello?"))}
_ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."
_LIMIT = {"max_tokens": 50}
_COOL = {"settings": {"temperature": 0.2}}
_BOTH = {"settings": {"temperature": 0.2, "top_p": 0.9}}
_COOL_NOTICE = "temperature=0.2 was left out"

_NO_STREAM_OPTIONS = [
    Row(
        "stream: its value",
        error(
            "Unsupported value: 'stream' does not support true with this model.",
            param="stream",
            code="unsupported_value",
        ),
        lacks("stream"),
    ),
    Row("stream: prose", error("Streaming is not supported for this model.", 501), lacks("stream")),
    Row(
        "stream_options: a field of FastAPI",
        field_error("stream_options", "include_usage"),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: the list in message",
        field_error("stream_options", key="message"),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: an object in message",
        says(
            {"object": "error", "message": {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra"}]}}, 422
        ),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: prose",
        error("Unrecognized request argument supplied: stream_options"),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: names include_usage",
        says({"message": "Malformed input request: #: extraneous key [include_usage] is not permitted"}, 400),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: flat, far into a long text",
        says(
            {"object": "error", "message": f"{'x ' * 200}unsupported parameter 'stream_options'", "code": 400}, 400
        ),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: JSON in the message",
        error("Upstream: " + json.dumps({"error": {"message": "Bad field", "param": "stream_options"}})),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: an error inside an error",
        says({"error": {"error": {"message": "Bad field", "param": "stream_options"}}}, 400),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: an error inside detail",
        says({"detail": {"error": {"message": "Bad field", "param": "stream_options"}}}, 400),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: another program's notation",
        error("Error code: 400 - {'error': {'message': 'Unsupported parameter', 'param': 'stream_options'}}"),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: in a list",
        says([{"error": {"code": 400, "message": 'Unknown name "stream_options": Cannot find field.'}}], 400),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: behind a router",
        says(
            {
                "error": {
                    "code": 400,
                    "message": "Provider returned error",
                    "metadata": {
                        "raw": json.dumps({"message": "property 'stream_options' is unsupported"}),
                        "provider_name": "Some",
                    },
                }
            },
            400,
        ),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: as the first event of a stream",
        stream({"error": {"code": 400, "message": "stream_options is not supported"}}),
        lacks("stream_options"),
    ),
    Row(
        "stream_options: a server's own fault",
        error("create() got an unexpected keyword argument 'stream_options'", 500),
        lacks("stream_options"),
    ),
]

_TOKEN_LIMIT = [
    Row(
        "max_tokens: the other name is told",
        error(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        ),
        _limit_is("max_completion_tokens"),
        _LIMIT,
    ),
    Row(
        "max_tokens: a proxy that only says invalid",
        error("Bad", code="invalid_request_body"),
        _limit_is("max_completion_tokens"),
        _LIMIT,
    ),
    Row(
        "max_completion_tokens: an extra field",
        field_error("max_completion_tokens"),
        _limit_is("max_tokens"),
        _LIMIT,
        "openai",
    ),
    Row(
        "max_completion_tokens: prose",
        error("Unrecognized request argument supplied: max_completion_tokens"),
        _limit_is("max_tokens"),
        _LIMIT,
        "openai",
    ),
]

_TUNING = [
    Row(
        "temperature: only the default",
        error(
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is "
            "supported.",
            param="temperature",
            code="unsupported_value",
        ),
        lacks("temperature"),
        _COOL,
        "openai",
        _COOL_NOTICE,
    ),
    Row(
        "temperature: unsupported parameter",
        error("Unsupported parameter.", param="temperature", code="unsupported_parameter"),
        lacks("temperature"),
        _COOL,
        notice=_COOL_NOTICE,
    ),
    Row(
        "temperature: deprecated",
        error("`temperature` is deprecated for this model."),
        lacks("temperature"),
        _COOL,
        "anthropic",
        _COOL_NOTICE,
    ),
    Row(
        "both: the second goes",
        error("`temperature` and `top_p` cannot both be specified for this model. Please use only one."),
        lambda body: body.get("temperature") == 0.2 and "top_p" not in body,
        _BOTH,
        "anthropic",
        "top_p=0.9 was left out",
    ),
    Row(
        "effort: a nested field",
        error("output_config.effort: Extra inputs are not permitted"),
        lacks("output_config"),
        {"settings": {"effort": "low"}},
        "anthropic",
        "effort='low' was left out",
    ),
    Row(
        "seed: an unexpected property",
        error("Additional properties are not allowed ('seed' was unexpected)"),
        lacks("seed"),
        {"settings": {"seed": 7}},
        notice="seed=7 was left out",
    ),
]

_DIALOGUE = [
    Row("system role: a chat template", error("System role not supported"), _merged, SYSTEM),
    Row(
        "system role: a server's own fault",
        error("Jinja Exception: System role not supported", 500),
        _merged,
        SYSTEM,
    ),
    Row(
        "system role: by its place",
        error(
            "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
            param="messages[0].role",
            code="unsupported_value",
        ),
        _merged,
        SYSTEM,
    ),
    Row(
        "system role: a vendor's model",
        error("Developer instruction is not enabled for models/some-model"),
        _merged,
        SYSTEM,
    ),
    Row(
        "system role: Messages",
        error("system messages are not supported by this model"),
        _merged,
        SYSTEM,
        "anthropic",
    ),
    Row("system role: it counts as the first", error(_ALTERNATE), _merged, SYSTEM),
    Row(
        "order: assistant first",
        error(_ALTERNATE),
        _roles("system", "user", "assistant", "user"),
        _ASSISTANT_FIRST,
    ),
    Row(
        "order: assistant first, a server's own fault",
        error(_ALTERNATE, 500, code=500, kind="server_error"),
        _roles("system", "user", "assistant", "user"),
        _ASSISTANT_FIRST,
    ),
    Row(
        "order: two of a kind",
        says({"object": "error", "message": "roles must alternate between user and assistant", "code": 400}, 400),
        lambda body: [message["content"] for message in body["messages"]] == ["Hi\n\nHello?"],
        _TWO_OF_A_KIND,
    ),
    Row(
        "order: the assistant last",
        error("Expected last role User or Tool for serving but got assistant"),
        _roles("user", "assistant", "user"),
        {"messages": (Message("user", "Hi"), Message("assistant", "Yes?"))},
    ),
    Row(
        "order: nobody has spoken",
        error("No user query found in messages."),
        _roles("system", "user"),
        {**SYSTEM, "messages": ()},
    ),
]

_SAID_OF_STREAM_OPTIONS = (
    "Illegal parameter: stream_options",
    "'stream_options' option is only allowed when stream is enabled",
    "unknown field `stream_options`, expected one of `model`, `messages` at line 1 column 80",
)
_SAID_OF_THE_LIMIT = (
    "this model requires max_completion_tokens instead of max_tokens",
    "max_tokens has been replaced by max_completion_tokens for this model",
    "You must use 'max_completion_tokens'; 'max_tokens' is no longer accepted.",
)
_SAID_OF_TEMPERATURE = (
    "temperature is fixed at 1.0 for this model",
    "invalid temperature: only 1 is allowed for this model",
    "temperature is not a supported parameter for reasoning models",
    "Reasoning models cannot use temperature",
    "temperature cannot be modified for this model",
)
_SAID_OF_THE_SYSTEM_ROLE = (
    "Only user, assistant and tool roles are supported, got system.",
    "role must be one of: user, assistant",
    "messages[0].role: must be user or assistant",
    "Input should be 'user' or 'assistant'",
    "Invalid role: system",
    "Unknown role: 'system'",
    "Unsupported role: system",
)
_SAID_OF_THE_ORDER = (
    "messages must start with user",
    "The first non-system message must be from the user",
    "first content should be with role 'user', got model",
    "Expected first role User, got assistant",
    "Invalid message sequence: assistant message cannot come first",
    "A conversation must begin with a user message. Try again with one.",
)
_IN_OTHER_WORDS = [
    *(Row(said, error(said), lacks("stream_options")) for said in _SAID_OF_STREAM_OPTIONS),
    *(Row(said, error(said), _limit_is("max_completion_tokens"), _LIMIT) for said in _SAID_OF_THE_LIMIT),
    *(Row(said, error(said), lacks("temperature"), _COOL, notice=_COOL_NOTICE) for said in _SAID_OF_TEMPERATURE),
    *(
        Row(f"{status} {said}", error(said, status), _merged, SYSTEM)
        for said in _SAID_OF_THE_SYSTEM_ROLE
        for status in (400, 500)
    ),
    *(
        Row(
            f"{status} {said}",
            error(said, status),
            _roles("system", "user", "assistant", "user"),
            _ASSISTANT_FIRST,
        )
        for said in _SAID_OF_THE_ORDER
        for status in (400, 500)
    ),
]

ROWS = [*_NO_STREAM_OPTIONS, *_TOKEN_LIMIT, *_TUNING, *_DIALOGUE, *_IN_OTHER_WORDS]

UNCHANGEABLE = [
    ("a wrong key", says({"error": {"message": "temperature", "code": "invalid_api_key"}}, 401)),
    ("a rate limit", error("'temperature' is not supported: slow down", 429)),
    (
        "a text that is too long",
        error("maximum context length exceeded; 'temperature' unsupported", param="temperature"),
    ),
    ("no credit", error("temperature is not supported without credit", 402)),
    ("a model that is missing", error("The model does not support temperature", 404, code="model_not_found")),
    (
        "a value that is out of range",
        error(
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2.",
            param="temperature",
            code="decimal_above_max_value",
        ),
    ),
    (
        "a value that validation rejects",
        says(
            {
                "detail": [
                    {"type": "less_than_equal", "loc": ["body", "temperature"], "msg": "Input should be <= 2"}
                ]
            },
            422,
        ),
    ),
    ("a limit that is too high", error("max_tokens is too large: 50.", param="max_tokens", code="invalid_value")),
    ("a limit beyond the model", error("max_tokens cannot be greater than 40 for this model")),
    ("a temperature beyond the model", error("temperature cannot be set above 0.1 for this model")),
    ("a setting that was not sent", error("Unsupported parameter: 'top_p'", param="top_p")),
    ("overload", error("temperature is unsupported while overloaded", 503)),
]
"""Errors that no change answers, although they name what was sent."""
