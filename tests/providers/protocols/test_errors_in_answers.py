"""Errors inside streams and bodies tell their reason, in each of their shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from byok_widgets import ProviderError
from byok_widgets.providers import PROVIDERS
from tests.providers.asking import ask, fault, letter, talk
from tests.providers.fault_server import FaultServer, Reply, says, stream

OOM = "CUDA out of memory"
ERRORS: dict[str, Any] = {
    "the usual object": {"error": {"message": OOM}},
    "a flat object": {"object": "error", "message": OOM, "type": "InternalServerError", "code": 500},
    "a flat object of a type": {"type": "error", "message": OOM},
    "a text": {"error": OOM},
    "a text and a message": {"error": "Internal Server Error", "message": OOM, "status": 500},
    "a flag and a message": {"error": True, "message": OOM},
    "null and a message": {"error": None, "message": OOM},
    "a detail": {"detail": OOM},
    "a list of details": {"detail": [{"loc": ["body"], "msg": OOM}]},
    "a message": {"message": OOM},
    "a message that is an object": {"message": {"detail": [{"msg": OOM}]}},
    "a list of errors": {"errors": [{"message": OOM}]},
    "an error that is a list": {"success": False, "result": [], "error": [{"code": 2009, "message": OOM}]},
    "a fault": {"fault": {"faultstring": OOM, "detail": {"errorcode": "steps.failed"}}},
    "a status message": {"choices": None, "base_resp": {"status_code": 1008, "status_msg": OOM}},
    "a problem's title": {"type": "about:blank", "title": OOM, "status": 500},
    "a problem's detail": {"type": "about:blank", "title": "Internal Server Error", "detail": OOM},
    "a capital": {"Message": OOM},
    "a word and its description": {"error": "server_error", "error_description": OOM},
    "a code and a short word": {"errcode": 4, "errmsg": OOM},
    "an error in data": {"status": "error", "data": {"msg": OOM}},
    "an error in a response": {"response": {"error": {"message": OOM}}},
    "an error in a message": {"message": {"error": {"message": OOM}}},
    "an inner error": {"error": {"code": "x", "innererror": {"message": OOM}}},
    "details that are text": {"error": {"status": "INTERNAL", "details": OOM}},
    "an exception": {"exception": OOM},
    "a reason": {"status": "error", "reason": OOM},
    "in a list": [{"error": {"message": OOM, "code": 500}}],
    "JSON in the message": {"error": {"message": json.dumps({"error": {"message": OOM}})}},
    "JSON after words in the message": {"error": {"message": f"Error: 500 - {json.dumps({'message': OOM})}"}},
    "JSON in JSON in the message": {
        "error": {"message": json.dumps({"error": {"message": json.dumps({"detail": OOM})}})}
    },
    "choices beside it": {"choices": [], "error": {"message": OOM}},
    "in a choice": {"choices": [{"delta": {}, "error": {"message": OOM}}]},
    "beside an empty piece": {"choices": [{"index": 0, "delta": {}}], "x_vendor": {"id": "1", "error": OOM}},
    "in a choice that ends": {"choices": [{"delta": {}, "finish_reason": "error", "error": {"message": OOM}}]},
}
RAW_ERRORS = {
    "a named event": b"event: error\ndata: " + json.dumps({"message": OOM}).encode() + b"\n\n",
    "a named text": b"event: error\ndata: " + OOM.encode() + b"\n\n",
    "a field": b"error: " + json.dumps({"message": OOM, "code": 500}).encode() + b"\n\n",
    "a line of JSON": json.dumps({"error": {"message": OOM}}).encode() + b"\n\n",
    "JSON over several lines": json.dumps({"error": {"message": OOM}}, indent=1).encode() + b"\n\n",
}
NOT_ANTHROPIC = ("choices", "in a choice")


def error_events(of: str) -> dict[str, bytes]:
    """Return an error in each of its shapes, as an event of a stream."""
    usual = {name: stream(error).body for name, error in ERRORS.items()}
    every = {**usual, **RAW_ERRORS}
    return {name: body for name, body in every.items() if of != "anthropic" or not name.startswith(NOT_ANTHROPIC)}


ERROR_ROWS = [(of, name) for of in ("compatible", "anthropic") for name in error_events(of)]


@pytest.mark.parametrize(("of", "name"), ERROR_ROWS, ids=str)
def test_an_error_in_a_stream_tells_its_reason(faulty: FaultServer, of: str, name: str) -> None:
    event = error_events(of)[name]
    error = fault(faulty, Reply(event, kind="text/event-stream"), of=of)
    assert isinstance(error, ProviderError)
    assert f'"{OOM}"' in str(error) or f": {OOM}" in str(error)
    assert "{" not in str(error)
    half = (letter if of == "anthropic" else talk)("Half of it", None)
    answer = ask(faulty, half.but(body=half.body + event), of=of)
    assert (answer.text, answer.finish_reason) == ("Half of it", "incomplete")
    told = " ".join(answer.notices)
    assert OOM in told
    assert error.problem in told
    assert error.fix in told
    assert error.link in told


@pytest.mark.parametrize("name", ERRORS)
def test_a_gateway_in_front_of_a_vendor_tells_its_reason_too(faulty: FaultServer, name: str) -> None:
    assert OOM in str(fault(faulty, stream(ERRORS[name]), of="gemini"))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(OOM.encode(), kind="text/plain"),
        Reply(json.dumps(OOM).encode()),
        stream(b"data: " + OOM.encode() + b"\n\n"),
        stream(b"data: " + json.dumps(OOM).encode() + b"\n\n"),
    ],
    ids=str,
)
def test_a_sentence_in_place_of_an_answer_is_quoted(faulty: FaultServer, reply: Reply) -> None:
    error = fault(faulty, reply, of="compatible")
    assert (error.kind, error.quote.count(OOM)) == ("unreadable", 1)


@pytest.mark.parametrize(
    "events",
    [
        ({"type": "status", "message": "loading"}, {"type": "status", "message": OOM}, {"type": "ping"}),
        (b"event: status\n", {"message": OOM}),
        (b"event: info\ndata: " + OOM.encode() + b"\n\n",),
    ],
    ids=str,
)
def test_where_no_answer_came_the_last_words_of_its_progress_are_quoted(faulty: FaultServer, events: Any) -> None:
    error = fault(faulty, stream(*events), of="compatible")
    assert (error.kind, error.retryable, error.quote.count(OOM)) == ("unreadable", True, 1)


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m", "message": {"role": "assistant", "content": "Hello"}, "done_reason": "stop", "done": True},
        {"id": "x", "object": "chat.completion", "choices": [], "usage": {"prompt_tokens_details": {"cached": 0}}},
        {"generated_text": "Hello"},
    ],
    ids=str,
)
def test_an_answer_in_another_form_is_not_an_error_that_says_something(faulty: FaultServer, body: Any) -> None:
    assert fault(faulty, says(body), of="compatible").kind == "unreadable"


BODIES = [(name, status) for name in ERRORS for status in (200, 500) if status == 200 or "choice" not in name]


@pytest.mark.parametrize(("name", "status"), BODIES)
def test_an_error_as_a_body_tells_its_reason(faulty: FaultServer, name: str, status: int) -> None:
    body = ERRORS[name]
    assert OOM in str(fault(faulty, says(body, status), of="compatible"))


def test_what_is_inside_a_message_decides_the_kind(faulty: FaultServer) -> None:
    inner = json.dumps({"error": {"message": "Slow down", "code": 429}})
    error = fault(faulty, stream({"error": {"message": inner, "type": "upstream"}}), of="compatible")
    assert (error.kind, error.retryable) == ("rate_limit", True)


def test_fix_and_link_survive_when_text_had_come(faulty: FaultServer) -> None:
    body = talk("Half of it", None).body + stream({"error": {"message": "no", "code": "insufficient_quota"}}).body
    answer = ask(faulty, Reply(body, kind="text/event-stream"), of="openai")
    told = " ".join(answer.notices)
    assert "no credit left" in told
    assert "Add credit" in told
    assert PROVIDERS["openai"].links.billing in told
