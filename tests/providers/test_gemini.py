"""What only this vendor does: its errors, and the thoughts it sends with an answer."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets import Flow, ProviderError
from byok_widgets.providers import PROVIDERS
from tests.fake_keys import fake_key
from tests.providers.asking import ask, endpoint, fault, shape
from tests.providers.fault_server import FaultServer, says, stream

PER_DAY = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
PER_MINUTE = {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}]}
SPENT = "You exceeded your current quota, please check your plan and billing details."
TOO_LONG = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."


def error(message: str, status: str, code: int, details: Any = ()) -> Any:
    return [{"error": {"code": code, "message": message, "status": status, "details": details}}]


@pytest.mark.parametrize(
    ("message", "status", "code", "details", "kind", "retryable"),
    [
        ("Requests stop.", "RESOURCE_EXHAUSTED", 429, [PER_DAY, {"retryDelay": "41s"}], "quota", False),
        (f"{SPENT} limit: 0, model: x", "RESOURCE_EXHAUSTED", 429, [], "quota", False),
        ("Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED", 429, [], "quota", False),
        (SPENT, "RESOURCE_EXHAUSTED", 429, [PER_MINUTE], "rate_limit", True),
        (SPENT, "RESOURCE_EXHAUSTED", 429, True, "rate_limit", True),
        (TOO_LONG, "INVALID_ARGUMENT", 400, [], "context_length", False),
        ("API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT", 400, [], "auth", False),
        ("API key expired. Please renew the API key.", "INVALID_ARGUMENT", 400, [], "auth", False),
        ("Your API key was reported as leaked.", "PERMISSION_DENIED", 403, [], "auth", False),
        ("User location is not supported for the API use.", "FAILED_PRECONDITION", 400, [], "region", False),
        ("This model is experiencing high demand.", "UNAVAILABLE", 503, [], "overloaded", True),
        ("Some field is odd.", "INVALID_ARGUMENT", 400, 5, "bad_request", False),
        ("Some field is odd.", "INVALID_ARGUMENT", 400, [PER_DAY, {"violations": 3}], "bad_request", False),
    ],
)
def test_its_errors_are_told_apart(
    faulty: FaultServer, message: str, status: str, code: int, details: Any, kind: str, retryable: bool
) -> None:
    found = fault(faulty, says(error(message, status, code, details), code), of="gemini")
    assert (found.kind, found.retryable) == (kind, retryable)
    assert "529" not in str(found)  # nobody's status but another vendor's


@pytest.mark.parametrize("name", sorted(name for name, provider in PROVIDERS.items() if provider.needs_key))
@pytest.mark.parametrize("odd", [5, True, [5], "x", {"a": []}, [[]], None])
def test_no_body_of_an_error_is_too_odd(faulty: FaultServer, name: str, odd: Any) -> None:
    for body in (odd, {"error": odd}, {"error": {"details": odd, "metadata": odd, "message": odd, "code": odd}}):
        assert isinstance(fault(faulty, says(body, 400), of=name), ProviderError)


def test_a_known_reason_is_not_lost_to_the_deadline(faulty: FaultServer) -> None:
    flow = Flow("busy")
    flow.set_base_url("gemini", f"{faulty.url}/v1")
    flow.key_store.save("gemini", faulty.host + "/v1", fake_key("gemini"), backend="session")
    flow.key_store.save("gemini", faulty.host, fake_key("gemini"), backend="session")
    flow.model = "gemini:gemini-3.8-flash"
    flow.conversation("a", "Hi")
    faulty.script(says(error("Slow down.", "RESOURCE_EXHAUSTED", 429, [{"retryDelay": "30s"}]), 429))
    with pytest.raises(ProviderError) as caught:
        flow.node("a").run("Hi", deadline_s=5)
    assert (caught.value.kind, caught.value.retry_after_s, caught.value.attempts) == ("rate_limit", 30.0, 1)


def deltas(*parts: dict[str, Any]) -> Any:
    chunks = [{"choices": [{"index": 0, "delta": part}]} for part in parts]
    return stream(*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})


THOUGHT = {"extra_content": {"google": {"thought": True}}}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([{"content": "<thought>hidden</thought>Hello"}], "Hello"),
        ([{"content": char} for char in "<thought>hidden</thought>\n\nHello"], "Hello"),
        ([{"content": char} for char in "<thought>a</thought><thought>b</thought>Hello"], "Hello"),
        ([{"content": "hidden", **THOUGHT}, {"content": "Hello"}], "Hello"),
        (
            [
                {"content": "<thought>hid", **THOUGHT},
                {"content": "den", **THOUGHT},
                {"content": "</thought>Hello"},
            ],
            "Hello",
        ),
        ([{"content": "Well, "}, {"content": "hid", **THOUGHT}, {"content": "</thought>hello"}], "Well, hello"),
        ([{"content": "Hello"}, {"content": " <thought>"}], "Hello <thought>"),
        ([{"content": "<tho"}], "<tho"),
        ([{"content": "<"}, {"content": "b>Hello</b>"}], "<b>Hello</b>"),
        ([{"content": " Hello"}], " Hello"),
        ([{"content": "<thought>never ends"}], ""),
    ],
)
def test_thoughts_are_not_said(faulty: FaultServer, parts: list[dict[str, Any]], said: str) -> None:
    pieces: list[str] = []
    answer = ask(faulty, deltas(*parts), of="gemini", on_text=pieces.append)
    assert answer.text == "".join(pieces) == said


def test_thoughts_before_a_shaped_answer_are_not_part_of_it(faulty: FaultServer) -> None:
    reply = deltas({"content": '<thought>{"name": 1}</thought>{"name": '}, {"content": '"Ana"}'})
    assert ask(faulty, reply, of="gemini", output=shape("json_schema")).text == '{"name": "Ana"}'


@pytest.mark.parametrize(("of", "is_text"), [("openai", True), ("gemini", False), ("openrouter", False)])
def test_tags_are_text_where_a_vendor_never_sends_thinking_in_them(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str, is_text: bool
) -> None:
    there = endpoint(PROVIDERS[of], faulty)
    said = "<thought>said aloud</thought>"
    assert ask(faulty, deltas({"content": said}), of=of).text == "", "any server may be at another address"
    monkeypatch.setattr(type(PROVIDERS[of]), "default_url", there.base_url.url)
    assert ask(faulty, deltas({"content": said}), of=of).text == (said if is_text else "")
