"""What providers, proxies and networks send when something is wrong, and what people must be told.

The shapes are those of the three vendors, of llama.cpp, vLLM and Ollama, and of the gateways between.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.providers.base import Links
from tests.providers.asking import letter, letter_events, talk, whole
from tests.providers.fault_server import HANG_UP, PAGE, Reply, page, says, stream


@dataclass(frozen=True)
class Row:
    """One fault.

    Attributes:
        name: What happens.
        of: The provider.
        reply: What the server sends.
        kind: The kind of the error.
        words: What the error must say.
        link: Which of the provider's pages it leads to.
        retryable: Whether the same call may succeed later.
        unsaid: What it must not say.
        model: The model that is asked for.
    """

    name: str
    of: str
    reply: Reply
    kind: str
    words: tuple[str, ...]
    link: str = "errors"
    retryable: bool = False
    unsaid: tuple[str, ...] = ()
    model: str = "some-model"


def openai(message: str, code: str | None = None, kind: str = "invalid_request_error", **more: Any) -> dict:
    """Return an error as OpenAI writes it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


def anthropic(kind: str, message: str) -> dict:
    """Return an error as Anthropic writes it."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_inside"}


def openrouter(code: int, message: str, **metadata: Any) -> dict:
    """Return an error as OpenRouter writes it."""
    return {"error": {"code": code, "message": message, **({"metadata": metadata} if metadata else {})}}


def upstream(code: int, raw: Mapping[str, Any] | str) -> dict:
    """Return OpenRouter's envelope around the error of a provider behind it."""
    raw = raw if isinstance(raw, str) else json.dumps(raw)
    return openrouter(code, "Provider returned error", raw=raw, provider_name="Groq")


_TOMORROW_MS = str(int((time.time() + 5 * 3600) * 1000))
_LOGIN = ("web page", "log in")
_CHECK_KEY = ("401 Unauthorized", "valid and has not expired", "Settings")
_PLAN = ("not available", "plan includes access", "some-model")

ACCOUNT = [
    Row(
        "credit for a shorter answer only",
        "openrouter",
        says(
            openrouter(
                402,
                "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but "
                "can only afford 4500.",
            ),
            402,
        ),
        "quota",
        ("Set max_tokens to 4500 or less", "add credit"),
        "billing",
    ),
    Row(
        "credit for a shorter answer only, without a number",
        "compatible",
        says({"error": {"message": "This request requires more credits, or fewer max_tokens."}}, 402),
        "quota",
        ("Lower max_tokens",),
        "",
    ),
    Row(
        "wrong key",
        "openai",
        says(openai("Incorrect API key provided: sk-proj-****wxyz. Find it at https://x", "invalid_api_key"), 401),
        "auth",
        _CHECK_KEY,
        "keys",
        unsaid=("wxyz", "https://x"),
    ),
    Row(
        "wrong key",
        "anthropic",
        says(anthropic("authentication_error", "invalid x-api-key"), 401),
        "auth",
        _CHECK_KEY,
        "keys",
    ),
    Row(
        "wrong key",
        "openrouter",
        says(openrouter(401, "User not found."), 401),
        "auth",
        _CHECK_KEY,
        "keys",
        unsaid=("User not found",),
    ),
    Row(
        "no organization",
        "openai",
        says(openai("You must be a member of an organization to use the API.", "no_organization"), 401),
        "auth",
        ("member of an organization",),
        "keys",
    ),
    Row(
        "address not on the list",
        "openai",
        says(openai("Your IP address is not on the allowlist of this project.", "ip_not_authorized"), 401),
        "auth",
        ("allowlist",),
        "keys",
    ),
    Row(
        "organization not verified",
        "openai",
        says(openai("Your organization must be verified to use the model `o3`.", "model_not_found"), 403),
        "org_unverified",
        ("verified", "15 minutes"),
        "organization",
    ),
    Row(
        "country",
        "openai",
        says(openai("Country, region, or territory not supported", "unsupported_country_region_territory"), 403),
        "region",
        ("country",),
        "errors",
    ),
    Row(
        "no permission",
        "anthropic",
        says(anthropic("permission_error", "Your key may not do this."), 403),
        "permission",
        ("may not do this",),
        "keys",
    ),
    Row(
        "project without the model",
        "openai",
        says(openai("Project `p` does not have access to model `some-model`", "model_not_found"), 403),
        "model",
        _PLAN,
        "models",
    ),
    Row(
        "key limit",
        "openrouter",
        says(openrouter(403, "Key limit exceeded (total limit)."), 403),
        "key_limit",
        ("spending limit", "Raise the limit"),
        "keys",
    ),
    Row(
        "quota",
        "openai",
        says(openai("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"), 429),
        "quota",
        ("no credit", "ChatGPT plan", "billing"),
        "billing",
        unsaid=("rate limit",),
    ),
    Row(
        "no credit",
        "anthropic",
        says(anthropic("invalid_request_error", "Your credit balance is too low to access the API."), 400),
        "quota",
        ("no credit",),
        "billing",
        unsaid=("did not accept the request", "ChatGPT"),
    ),
    Row(
        "no balance",
        "compatible",
        says({"error": {"message": "Insufficient balance, please top up.", "type": "error"}}, 429),
        "quota",
        ("no credit",),
        "billing",
        unsaid=("rate limit",),
    ),
    Row(
        "billing",
        "anthropic",
        says(anthropic("billing_error", "Payment needed."), 402),
        "quota",
        ("no credit",),
        "billing",
    ),
    Row(
        "no credits",
        "openrouter",
        says(openrouter(402, "Insufficient credits."), 402),
        "quota",
        ("credit",),
        "billing",
    ),
    Row(
        "budget in flight",
        "openrouter",
        says(openrouter(402, "Too much in flight."), 402, retry_after="3"),
        "quota",
        ("in flight",),
        "billing",
        retryable=True,
    ),
    Row(
        "rate limit",
        "openai",
        says(openai("Rate limit reached for requests", "rate_limit_exceeded", "requests"), 429, retry_after="2"),
        "rate_limit",
        ("rate limit", "usage dashboard", "quota limits"),
        "usage",
        retryable=True,
    ),
    Row(
        "rate limit",
        "anthropic",
        says(anthropic("rate_limit_error", "Too fast."), 429),
        "rate_limit",
        ("rate limit", "usage dashboard"),
        "usage",
        retryable=True,
    ),
    Row(
        "free models per day",
        "openrouter",
        says(openrouter(429, "free-models-per-day", headers={"X-RateLimit-Reset": _TOMORROW_MS}), 429),
        "rate_limit",
        ("free-models-per-day", "Wait 5 hours"),
        "usage",
        retryable=True,
    ),
    Row("rate limit of a gateway", "openai", page(429), "rate_limit", ("rate limit",), "usage", retryable=True),
    Row(
        "told not to try again",
        "openai",
        says(openai("Slow down for good", "rate_limit_exceeded"), 429, x_should_retry="false"),
        "rate_limit",
        ("rate limit",),
        "usage",
        retryable=False,
    ),
    Row(
        "told to try again",
        "openai",
        says(openai("Try once more"), 400, x_should_retry="true"),
        "bad_request",
        ("Try once more",),
        "errors",
        retryable=True,
    ),
]

REQUEST = [
    Row(
        "no such model",
        "openai",
        says(openai("The model `some-model` does not exist or you do not have access.", "model_not_found"), 404),
        "model",
        _PLAN,
        "models",
    ),
    Row(
        "a near miss",
        "openai",
        says(openai("The model `gpt-6-lunar` does not exist.", "model_not_found"), 404),
        "model",
        ("Similar: gpt-6-luna",),
        "models",
        model="gpt-6-lunar",
    ),
    Row(
        "no such model",
        "anthropic",
        says(anthropic("not_found_error", "model: some-model"), 404),
        "model",
        _PLAN,
        "models",
    ),
    Row(
        "a family for a model",
        "anthropic",
        says(anthropic("not_found_error", "model: claude-haiku"), 404),
        "model",
        ("not a model id", "claude-haiku-5-5"),
        "models",
        model="claude-haiku",
    ),
    Row(
        "a model of another vendor",
        "openai",
        says(openai("The model `claude-sonnet` does not exist", "model_not_found"), 404),
        "model",
        ('"anthropic:claude-sonnet-5-5"',),
        "models",
        model="claude-sonnet",
    ),
    Row(
        "not an id",
        "openrouter",
        says(openrouter(400, "gpt-4o-mini is not a valid model ID"), 400),
        "model",
        ("openai/gpt-6-luna",),
        "models",
        model="gpt-4o-mini",
    ),
    Row(
        "nobody has it",
        "openrouter",
        says(openrouter(404, "No endpoints found for some-model."), 404),
        "model",
        _PLAN,
        "models",
    ),
    Row(
        "not pulled",
        "compatible",
        says({"error": "model 'some-model' not found, try pulling it first"}, 404),
        "model",
        _PLAN,
        "",
    ),
    Row(
        "retired",
        "openai",
        says(openai("The model `gpt-4` has been deprecated", "model_not_found"), 404),
        "model_gone",
        ("retired", "gpt-4 ended on 2026-10-23", "gpt-6-astra"),
        "deprecations",
        model="gpt-4",
    ),
    Row(
        "gone",
        "openai",
        says(openai("Gone.", "model_deprecated"), 410),
        "model_gone",
        ("retired",),
        "deprecations",
    ),
    Row(
        "known to have ended",
        "anthropic",
        says(anthropic("not_found_error", "model: claude-opus-4-0"), 404),
        "model_gone",
        ("claude-opus-4-0 ended on 2026-06-15",),
        "models",
        model="claude-opus-4-0",
    ),
    Row(
        "data policy",
        "openrouter",
        says(openrouter(404, "No endpoints found matching your data policy (Free model training)."), 404),
        "data_policy",
        ("privacy settings",),
        "privacy",
    ),
    Row(
        "nobody honours the shape",
        "openrouter",
        says(openrouter(404, "No endpoints found that can handle the requested parameters."), 404),
        "bad_request",
        ("requested parameters",),
        "errors",
    ),
    Row(
        "flagged",
        "openrouter",
        says(openrouter(403, "Your input was flagged", reasons=["violence"], flagged_input="a bad wolf"), 403),
        "moderation",
        ("violence", "Edit"),
        "errors",
        unsaid=("wolf",),
    ),
    Row(
        "content policy",
        "openai",
        says(openai("Rejected by our safety system.", "content_policy_violation"), 400),
        "moderation",
        ("Edit",),
    ),
    Row(
        "too long",
        "openai",
        says(
            openai(
                "This model's maximum context length is 128000 tokens, you asked for 210000.",
                "context_length_exceeded",
                param="messages",
            ),
            400,
        ),
        "context_length",
        ("128000", "210000", "Shorten"),
        "models",
    ),
    Row(
        "too long",
        "anthropic",
        says(anthropic("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"), 400),
        "context_length",
        ("210000 tokens > 200000",),
        "models",
    ),
    Row(
        "too long with what is to be written",
        "anthropic",
        says(
            anthropic("invalid_request_error", "input length and `max_tokens` exceed context limit: 199 + 9"), 400
        ),
        "context_length",
        ("199 + 9",),
        "models",
    ),
    Row(
        "too large",
        "anthropic",
        says(anthropic("request_too_large", "Request exceeds the maximum size"), 413),
        "context_length",
        ("maximum size",),
        "models",
    ),
    Row(
        "too large for the gateway",
        "openai",
        page(413),
        "context_length",
        ("proxy or gateway in front of OpenAI", "Shorten", "another model does not help"),
        "models",
        unsaid=("too long for the model",),
    ),
    Row(
        "too large for a gateway without a page",
        "compatible",
        Reply(b"Payload Too Large", 413, "text/plain"),
        "context_length",
        ("proxy or gateway", "Payload Too Large"),
        "",
    ),
    Row(
        "too long with what is to be written, a server",
        "compatible",
        says(openai("'max_tokens' is too large: 8000. The maximum context length is 8192, 1000 are input."), 400),
        "context_length",
        ("lower max_tokens",),
        "",
    ),
    Row(
        "too long, as a server's own fault",
        "compatible",
        says(openai("the request exceeds the available context size", kind="server_error"), 500),
        "context_length",
        ("Shorten",),
        "",
        unsaid=("overloaded",),
    ),
    Row(
        "more than a minute's quota at once",
        "compatible",
        says(openai("Request too large for model `x`: Limit 6000, Requested 9000", "rate_limit_exceeded"), 413),
        "rate_limit",
        ("Waiting does not help", "lower max_tokens"),
        "",
    ),
    Row(
        "a grammar, as a server's own fault",
        "compatible",
        says(openai("failed to parse grammar", kind="server_error"), 500),
        "bad_request",
        ("the schema is the reason, not overload", "simpler fields"),
        "",
        unsaid=("in a moment",),
    ),
    Row(
        "a chat template, as a server's own fault",
        "compatible",
        says(openai("Jinja Exception: unknown filter", kind="server_error"), 500),
        "bad_request",
        ("chat template", "does not help"),
        "",
        unsaid=("in a moment", "overloaded"),
    ),
    Row(
        "a setting, as a server's own fault",
        "compatible",
        says(openai("got an unexpected keyword argument 'seed'", kind="server_error"), 500),
        "setting",
        ("'seed'", "Leave seed out"),
        "",
    ),
    Row(
        "out of memory, in other words",
        "compatible",
        says(openai("model requires more system memory (8.0 GiB) than is available (4.0 GiB)"), 500),
        "out_of_memory",
        ("ran out of memory", "smaller model"),
        "",
        True,
    ),
    Row(
        "a used-up budget that a gateway passes on",
        "compatible",
        says(openai("You exceeded your current quota, please check your plan and billing details."), 429),
        "quota",
        ("Add credit",),
        "",
        False,
    ),
    Row(
        "the same words with a time to wait",
        "compatible",
        says(openai("You exceeded your current quota, check plan and billing. Please retry in 34s."), 429),
        "rate_limit",
        ("Wait a little",),
        "",
        True,
    ),
    Row(
        "out of memory",
        "compatible",
        says(openai("CUDA out of memory", kind="server_error"), 500),
        "out_of_memory",
        ("ran out of memory", "Shorten"),
        "",
        True,
    ),
    Row(
        "not implemented",
        "compatible",
        says(openai("This server does not support chat.", kind="not_supported_error"), 501),
        "bad_request",
        ("does not support chat",),
        "",
        unsaid=("in a moment",),
    ),
    Row(
        "too long for llama.cpp",
        "compatible",
        says(
            {
                "error": {
                    "code": 400,
                    "type": "exceed_context_size_error",
                    "message": "request (700 tokens) exceeds the available context size (512 tokens)",
                }
            },
            400,
        ),
        "context_length",
        ("700 tokens", "512 tokens"),
        "",
    ),
    Row(
        "temperature",
        "openai",
        says(openai("Unsupported parameter: 'temperature'.", "unsupported_parameter", param="temperature"), 400),
        "setting",
        ("'temperature'", "some-model", "Leave temperature out"),
        "models",
    ),
    Row(
        "temperature",
        "anthropic",
        says(anthropic("invalid_request_error", "`temperature` is deprecated for this model."), 400),
        "setting",
        ("'temperature'", "Leave temperature out"),
        "models",
    ),
    Row(
        "too many tokens",
        "openai",
        says(openai("max_tokens is too large: 900000.", "invalid_value", param="max_completion_tokens"), 400),
        "setting",
        ("'max_tokens'",),
        "models",
    ),
    Row(
        "too many tokens",
        "anthropic",
        says(anthropic("invalid_request_error", "max_tokens: 900000 > 128000, the most for this model"), 400),
        "setting",
        ("'max_tokens'", "128000"),
        "models",
    ),
    Row(
        "effort",
        "anthropic",
        says(anthropic("invalid_request_error", "output_config.effort: not for this model"), 400),
        "setting",
        ("'effort'",),
        "models",
    ),
    Row(
        "the shape",
        "openai",
        says(openai("Invalid schema", "unsupported_parameter", param="response_format"), 400),
        "bad_request",
        ("Invalid schema",),
    ),
    Row(
        "bad request",
        "anthropic",
        says(anthropic("invalid_request_error", "messages: at least one"), 400),
        "bad_request",
        ("at least one",),
    ),
    Row(
        "a list of problems",
        "compatible",
        says({"detail": [{"loc": ["body", "x"], "msg": "field required"}]}, 422),
        "bad_request",
        ("field required",),
        "",
    ),
    Row(
        "an error in a list",
        "compatible",
        says([{"error": {"code": 400, "message": "no such thing"}}], 400),
        "bad_request",
        ("no such thing",),
        "",
    ),
    Row(
        "no API there",
        "compatible",
        Reply(b"404 page not found", 404, "text/plain"),
        "address",
        ("base URL", "/v1"),
        "",
    ),
]

TROUBLE = [
    *(
        Row(
            f"status {status}",
            of,
            says(body, status),
            "overloaded",
            ("not your fault", str(status)),
            "status",
            True,
        )
        for status, of, body in (
            (500, "openai", openai("Boom", kind="server_error")),
            (502, "openrouter", openrouter(502, "Bad gateway")),
            (503, "openrouter", openrouter(503, "No instances")),
            (504, "anthropic", anthropic("timeout_error", "Too slow")),
            (529, "anthropic", anthropic("overloaded_error", "Overloaded")),
            (408, "openrouter", openrouter(408, "Timed out")),
            (409, "openai", openai("Conflict")),
        )
    ),
    Row("502 of a gateway", "openai", page(502), "gateway", ("gateway", "502"), "status", True, ("html", "<")),
    Row("503 of a gateway", "anthropic", page(503), "gateway", ("gateway", "503"), "status", True, ("html", "<")),
    Row("403 of a gateway", "openai", page(403), "page", ("web page", "403"), "status", unsaid=("<",)),
    Row("login page", "openai", page(), "page", _LOGIN, "status", unsaid=("<", "Sign in")),
    Row("login page", "anthropic", page(), "page", _LOGIN, "status", unsaid=("<", "Sign in")),
    Row("login page that says it is text", "openai", page(kind="text/plain"), "page", _LOGIN, "status"),
    Row("login page that says nothing", "anthropic", page(kind=""), "page", _LOGIN, "status"),
    Row("login page that says it is JSON", "openrouter", page(kind="application/json"), "page", _LOGIN, "status"),
    Row(
        "redirect",
        "openai",
        Reply(PAGE, 307, "text/html", {"location": "https://elsewhere.example/v1"}),
        "redirect",
        ("not followed", "base URL"),
    ),
    Row(
        "redirect",
        "anthropic",
        Reply(b"", 302, "", {"location": "https://elsewhere.example/"}),
        "redirect",
        ("not followed",),
    ),
    Row(
        "upstream error in a 200",
        "openrouter",
        says(upstream(502, {"error": {"message": "kaputt"}})),
        "overloaded",
        ("Groq", "kaputt"),
        "status",
        True,
    ),
    Row(
        "upstream error as text",
        "openrouter",
        says(upstream(429, "slow down")),
        "rate_limit",
        ("Groq", "slow down"),
        "usage",
        True,
    ),
    Row(
        "too long for the one behind",
        "openrouter",
        says(upstream(400, {"error": {"message": "maximum context length is 8192"}}), 400),
        "context_length",
        ("8192", "Groq"),
        "models",
    ),
    Row(
        "the key of the router is wrong behind it",
        "openrouter",
        says(upstream(502, {"error": {"message": "no", "type": "authentication_error"}})),
        "overloaded",
        ("Groq",),
        "status",
        True,
    ),
    Row(
        "error in a 200",
        "openai",
        says(openai("Server had an error", kind="server_error")),
        "overloaded",
        ("had an error",),
        "status",
        True,
    ),
    Row(
        "error in a 200",
        "anthropic",
        says(anthropic("overloaded_error", "Overloaded")),
        "overloaded",
        ("Overloaded",),
        "status",
        True,
    ),
    Row(
        "Anthropic's error from a router",
        "compatible",
        says(anthropic("rate_limit_error", "Slow")),
        "rate_limit",
        ("Slow",),
        "",
        True,
    ),
    Row(
        "an error that is text",
        "compatible",
        says({"error": "out of memory"}),
        "out_of_memory",
        ("ran out of memory", "Shorten"),
        "",
        True,
    ),
    Row(
        "error in a choice",
        "openrouter",
        says(
            whole({"content": ""}, "error")
            | {
                "choices": [
                    {
                        "finish_reason": "error",
                        "message": {"content": ""},
                        "error": {"code": 502, "message": "broke"},
                    }
                ]
            }
        ),
        "overloaded",
        ("broke",),
        "status",
        True,
    ),
    Row(
        "a choice that ends in error",
        "openrouter",
        says(whole({"content": ""}, "error")),
        "provider",
        (),
        "status",
        True,
    ),
    Row(
        "error first in a stream",
        "openai",
        stream({"error": {"message": "No", "type": "server_error"}}),
        "overloaded",
        ("No",),
        "status",
        True,
    ),
    Row(
        "error first in a stream",
        "openrouter",
        stream(b": OPENROUTER PROCESSING\n\n", {"choices": [], **openrouter(429, "Slow")}),
        "rate_limit",
        ("Slow",),
        "usage",
        True,
    ),
    Row(
        "error first in a stream",
        "anthropic",
        stream(anthropic("overloaded_error", "Overloaded"), named=True),
        "overloaded",
        ("Overloaded",),
        "status",
        True,
    ),
    Row(
        "error in a stream that is not announced",
        "openai",
        stream({"error": {"message": "No", "type": "server_error"}}).but(kind=""),
        "overloaded",
        ("No",),
        "status",
        retryable=True,
    ),
    Row(
        "bad request in a stream",
        "anthropic",
        stream(anthropic("invalid_request_error", "not so"), named=True),
        "bad_request",
        ("not so",),
        "errors",
    ),
]

_UNREAD = ("cannot be read",)
UNREADABLE = [
    *(
        Row(name, of, reply, "unreadable", _UNREAD, "status", True)
        for name, of, reply in (
            ("empty", "openai", Reply(b"")),
            ("empty", "anthropic", Reply(b"")),
            ("empty stream", "openai", stream()),
            ("empty stream", "anthropic", stream()),
            ("only the end", "openai", stream(b"data: [DONE]\n\n")),
            ("a beginning", "openai", talk("", None)),
            ("a beginning", "anthropic", letter("", None)),
            ("cut JSON", "openai", Reply(json.dumps(whole({"content": "Hello"})).encode()[:40])),
            ("cut JSON", "anthropic", Reply(b'{"type": "message", "content": [')),
            ("a list", "openai", says([1, 2])),
            ("a text", "openai", says("hello")),
            ("no choices", "openai", says({"id": "x"})),
            ("empty choices", "openai", says(whole({}) | {"choices": []})),
            ("null choices", "openai", says(whole({}) | {"choices": None, "usage": {"prompt_tokens": 1}})),
            ("choices that are a number", "openai", says(whole({}) | {"choices": 42})),
            ("choices that are an object", "openai", stream({"choices": {"a": 1}})),
            ("a choice that is a number", "openai", says(whole({}) | {"choices": [42]})),
            ("a message that is a text", "openai", says(whole({}) | {"choices": [{"message": "hello"}]})),
            ("text that is a number", "openai", says(whole({"content": 42}))),
            ("refusal that is a number", "openai", says(whole({"refusal": 42}))),
            ("no content", "anthropic", says({"type": "message"})),
            ("content that is a text", "anthropic", says({"type": "message", "content": "hello"})),
            ("text that is a number", "anthropic", says({"content": [{"type": "text", "text": 42}]})),
            ("an event that is a number", "openai", stream(b"data: 42\n\n")),
            ("an event that is a list", "anthropic", stream(b"event: message_start\ndata: [1]\n\n")),
            ("an event without a type", "anthropic", stream(b"event: message_start\ndata: {}\n\n")),
            ("an event that is no JSON", "openai", stream(b"data: {oops\n\n")),
            ("an event that is no JSON", "anthropic", stream(b"event: message_start\ndata: {oops\n\n")),
            ("an event that is no UTF-8", "openai", stream(b'data: {"choices": "\xff\xfe"}\n\n')),
            ("an event that is no UTF-8", "anthropic", stream(b"event: ping\xff\ndata: {}\n\n")),
            ("bytes that are no gzip", "openai", Reply(b"hello", headers={"content-encoding": "gzip"})),
        )
    ),
]

NETWORK = [
    *(
        Row("reset before an answer", of, HANG_UP, "connection", ("connection", "broke"), "status", True)
        for of in ("openai", "anthropic")
    ),
    *(
        Row(name, of, reply, "connection", ("broke",), "status", True)
        for of in ("openai", "anthropic")
        for name, reply in (
            ("cut before the body", Reply(b"x" * 9, sent=0, then="cut")),
            ("cut in the body", Reply(b'{"choices": []}', sent=5, then="cut")),
        )
    ),
    *(
        Row("reset in the body of a refusal", of, reply, "auth", _CHECK_KEY, "keys")
        for of in ("openai", "anthropic")
        for reply in (Reply(b'{"error": {}}', 401, sent=5, then="reset"),)
    ),
]

ROWS = [*ACCOUNT, *REQUEST, *TROUBLE, *UNREADABLE, *NETWORK]


@dataclass(frozen=True)
class Flagged:
    """An answer that is one, and not all that was wished for.

    Attributes:
        text: What is kept of it.
        finish: The finish reason.
        words: What a notice must say.
    """

    name: str
    of: str
    reply: Reply
    text: str
    finish: str
    words: tuple[str, ...]


_BROKEN = {"error": {"message": "Overloaded", "type": "overloaded_error", "code": None}}
_HALF = talk("Half of it", None)
_HALF_LETTER = letter("Half of it", None)


def _longer(reply: Reply, more: bytes) -> Reply:
    return reply.but(body=reply.body + more)


FLAGGED = [
    Flagged(
        "length",
        "openai",
        talk("Half of it", "length", {"completion_tokens": 3}),
        "Half of it",
        "length",
        ("cut off after 3 tokens", "max_tokens"),
    ),
    Flagged(
        "length", "anthropic", letter("Half of it", "max_tokens"), "Half of it", "length", ("after 9 tokens",)
    ),
    Flagged(
        "length", "compatible", talk("Half of it", "length"), "Half of it", "length", ("cut off", "max_tokens")
    ),
    Flagged(
        "full context",
        "anthropic",
        letter("Half of it", "model_context_window_exceeded"),
        "Half of it",
        "length",
        ("fill the model's context",),
    ),
    Flagged("filter", "openai", talk("Half of it", "content_filter"), "Half of it", "content_filter", ("filter",)),
    Flagged(
        "refusal",
        "openai",
        says(whole({"content": None, "refusal": "I cannot."})),
        "I cannot.",
        "refusal",
        ("declined",),
    ),
    Flagged(
        "refusal",
        "anthropic",
        stream(*letter_events([], "refusal", stop_details={"explanation": "I will not."}), named=True),
        "I will not.",
        "refusal",
        ("declined",),
    ),
    Flagged("refusal without words", "anthropic", letter("", "refusal"), "", "refusal", ("declined",)),
    Flagged("a tool nobody offered", "openai", talk("", "tool_calls"), "", "tool_call", ("none is offered",)),
    Flagged("nothing said", "openai", says(whole({"content": None})), "", "stop", ("the answer is empty",)),
    Flagged(
        "nothing said",
        "anthropic",
        says({"content": [], "stop_reason": "end_turn"}),
        "",
        "stop",
        ("the answer is empty",),
    ),
    Flagged(
        "an unknown reason",
        "compatible",
        talk("All of it", "tired"),
        "All of it",
        "incomplete",
        ("unknown finish reason: tired",),
    ),
    Flagged("no reason it knows, in the end", "mistral", talk("Half", "tired"), "Half", "incomplete", ("tired",)),
    Flagged("an unknown reason", "anthropic", letter("Half", "tired"), "Half", "incomplete", ("tired",)),
    Flagged("a full context", "mistral", talk("Half", "model_length"), "Half", "length", ("context",)),
    Flagged(
        "details", "gemini", talk("", "content_filter: PROHIBITED_CONTENT"), "", "content_filter", ("filter",)
    ),
    Flagged("another word", "compatible", talk("All", "eos_token"), "All", "stop", ()),
    Flagged("another word", "compatible", talk("Half", "MAX_TOKENS"), "Half", "length", ("cut off",)),
    Flagged("no end", "openai", _HALF, "Half of it", "incomplete", ("before the model said it was done",)),
    Flagged("no end", "anthropic", _HALF_LETTER, "Half of it", "incomplete", ("before the model said",)),
    Flagged(
        "no end, in one piece",
        "openai",
        says(whole({"content": "Half of it"}, None)),
        "Half of it",
        "incomplete",
        ("before the model said",),
    ),
    Flagged("cut in an event", "openai", _longer(_HALF, b'data: {"choi'), "Half of it", "incomplete", ("before",)),
    Flagged(
        "cut in an event",
        "anthropic",
        _longer(_HALF_LETTER, b'event: content_block_delta\ndata: {"ty'),
        "Half of it",
        "incomplete",
        ("before",),
    ),
    *(
        Flagged(
            f"{how} in mid-stream",
            of,
            reply.but(sent=len(reply.body) - 1, then=how),
            "Half of it",
            "incomplete",
            ("broke",),
        )
        for of, reply in (("openai", _longer(_HALF, b": \n")), ("anthropic", _longer(_HALF_LETTER, b": \n")))
        for how in ("cut", "reset")
    ),
    *(
        Flagged("error in mid-stream", of, _longer(reply, event), "Half of it", "incomplete", ("overloaded",))
        for of, reply, event in (
            ("openai", _HALF, stream(_BROKEN).body),
            ("openrouter", _HALF, stream({"choices": [{"finish_reason": "error"}], **_BROKEN}).body),
            ("openrouter", _HALF, stream({"choices": [{"finish_reason": "error", **_BROKEN}]}).body),
            ("anthropic", _HALF_LETTER, stream(anthropic("overloaded_error", "Too much"), named=True).body),
        )
    ),
    *(
        Flagged(
            "no JSON in mid-stream", of, _longer(reply, event), "Half of it", "incomplete", ("cannot be read",)
        )
        for of, reply, event in (
            ("openai", _HALF, b"data: {oops\n\n"),
            ("anthropic", _HALF_LETTER, b"event: message_delta\ndata: {oops\n\n"),
            ("openai", _HALF, b'data: {"choices": "\xff"}\n\n'),
        )
    ),
    Flagged(
        "cut after the end",
        "openai",
        talk("All of it").but(sent=len(talk("All of it").body) - 3, then="cut"),
        "All of it",
        "stop",
        ("broke",),
    ),
]


def link_of(links: Links, name: str) -> str:
    """Return one of a provider's pages."""
    return str(getattr(links, name)) if name else ""
