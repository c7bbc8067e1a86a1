"""What a call comes to when its server fails on the level of bytes: the right answer, a part of it, or one error.

Whatever happens to one call, the next one on the same flow gets its own answer.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

import pytest

from byok_widgets import ByokError, Flow, Reply
from byok_widgets.nodes import ConversationNode
from byok_widgets.providers.stream import bounds
from tests.providers.transport.byte_server import OK, ByteServer, Play, run, serving

TEXT = "Hello wörld 😀, all is well"
NEXT = "The next answer"
STREAM = OK + b"content-type: text/event-stream\r\n"


def events(text: str) -> bytes:
    """Return a whole answer as a stream of events."""
    pieces = [{"delta": {"content": text[at : at + 7]}} for at in range(0, len(text), 7)]
    choices = [[piece] for piece in (*pieces, {"delta": {}, "finish_reason": "stop"})]
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    chunks = [*({"choices": each} for each in choices), {"choices": [], "usage": usage}]
    data = (json.dumps(chunk, ensure_ascii=False).encode() for chunk in chunks)
    return b"".join(b"data: %b\n\n" % each for each in data) + b"data: [DONE]\n\n"


BODY = events(TEXT)


def refusal(status: bytes) -> bytes:
    """Return an error whose body is not sent to its end."""
    return sized(b'{"error"', off_by=99, status=status)


def sized(body: bytes = BODY, *, off_by: int = 0, status: bytes = b"200 OK", head: bytes = b"") -> bytes:
    """Return an answer whose head says how long it is."""
    lines = b"content-type: text/event-stream\r\ncontent-length: %d\r\n" % (len(body) + off_by)
    return b"HTTP/1.1 %b\r\n%b%b\r\n%b" % (status, lines, head, body)


def chunked(body: bytes = BODY, *, off_by: int = 0, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return an answer in chunks."""
    pieces = [body[at : at + 60] for at in range(0, len(body), 60)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece) + off_by, piece) for piece in pieces)
    return STREAM + b"transfer-encoding: chunked\r\n\r\n" + chunks + end


WHOLE = json.dumps({"choices": [{"message": {"content": TEXT}, "finish_reason": "stop"}]}).encode()
FORMS = {
    "sized": sized(),
    "chunked": chunked(),
    "until the connection ends": STREAM + b"\r\n" + BODY,
    "one piece of JSON": OK + b"content-length: %d\r\n\r\n" % len(WHOLE) + WHOLE,
}

ONLY_OWN = {"no content", "a head that is too large"}
"""What the library's own transport reads otherwise."""
RIGHT, AGAIN, PART = "right", "again", "part"
"""The answer is right; or it is the next one, after another request; or it is a part, and marked."""
ROWS: dict[str, tuple[Play, str]] = {
    "one byte at a time": (Play(tuple(bytes([byte]) for byte in sized())), RIGHT),
    "a length that is too small": (Play((sized(off_by=-5),)), RIGHT),
    "a length that is too large, then the end": (Play((sized(off_by=1000),), "end"), RIGHT),
    "a length that is too large, then silence": (Play((sized(off_by=1000),), "silence"), RIGHT),
    "chunk sizes that are too small": (Play((chunked(off_by=-1),), "end"), PART),
    "chunk sizes that are too large": (Play((chunked(off_by=7),), "end"), PART),
    "no last chunk, then the end": (Play((chunked(end=b""),), "end"), RIGHT),
    "no last chunk, then silence": (Play((chunked(end=b""),), "silence"), RIGHT),
    "an answer nobody asked for after it": (Play((sized() + sized(events("SPLIT")),)), RIGHT),
    "an answer nobody asked for in the trailers": (
        Play((chunked(end=b"0\r\nx: y\r\n\r\n" + sized(events("SPLIT"))),)),
        RIGHT,
    ),
    "garbage after it": (Play((sized() + b"\0\xff\r\n\r\n",)), RIGHT),
    "fifty interim responses": (Play((b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + sized(),)), RIGHT),
    "an interim response with a body": (Play((sized(status=b"199 Wait"),), "silence"), AGAIN),
    "another protocol from now on": (Play((b"HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n",), "silence"), AGAIN),
    "no status": (Play((sized(status=b"000 X"),), "silence"), AGAIN),
    "no content": (Play((sized(status=b"204 X"),)), AGAIN),
    "a status of four digits": (Play((sized(status=b"1000 X"),)), AGAIN),
    "a redirect": (Play((sized(status=b"307 X", head=b"location: /v2\r\n"),)), "redirect"),
    "HTTP/2": (Play((b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0d",), "silence"), AGAIN),
    "an alert of TLS": (Play((b"\x15\x03\x01\x00\x02\x02\x46",), "end"), AGAIN),
    "a page without a head": (Play((b"<html>hi</html>",), "end"), AGAIN),
    "500 cookies": (Play((sized(head=b"set-cookie: a=b\r\n" * 500),)), RIGHT),
    "a head that is too large": (Play((sized(head=b"x: " + b"y" * 70_000 + b"\r\n"),)), AGAIN),
    "an encoding that it does not have": (Play((sized(head=b"content-encoding: gzip\r\n"),)), RIGHT),
    "a refusal of the key that is cut": (Play((refusal(b"401 X"),), "end"), "auth"),
    "a refusal of the key that is reset": (
        Play((refusal(b"401 X"),), "reset"),
        "auth",
    ),
    "a refusal that never ends": (
        Play((refusal(b"400 X"),), "silence"),
        "bad_request",
    ),
    "a failure that is cut": (Play((refusal(b"503 X"),), "end"), AGAIN),
    "nothing, then the end": (Play((), "end"), AGAIN),
    "nothing, then a reset": (Play((), "reset"), AGAIN),
}


@dataclass
class FaultyOnce(ByteServer):
    """Fails the first request for each model by its script, whose place is the model's name."""

    asked: Counter[str] = field(default_factory=Counter)

    def play_for(self, request: bytes) -> Play:
        """Return what is sent back to a request."""
        model = json.loads(request.partition(b"\r\n\r\n")[2])["model"]
        self.asked[model] += 1
        is_first = model.isdecimal() and self.asked[model] == 1
        return self.script[int(model)] if is_first else Play((sized(events(NEXT)),))


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byok_widgets.engine.retries.FIRST_WAIT_S", 0.001)
    monkeypatch.setattr("byok_widgets.providers.stream.response_body.LINGER_S", 0.1)
    monkeypatch.setattr(bounds, "MAX_ERROR_S", 0.1)


def text_of(came: Reply | str) -> str:
    """Return the text of a reply."""
    return came.text if isinstance(came, Reply) else came


def kind_of(came: Reply | str) -> str:
    """Return what a call came to, in the words of the table."""
    if isinstance(came, str):
        return came
    if came.finish_reason == "incomplete":
        return PART if came.text and TEXT.startswith(came.text) else f"another text: {came.text}"
    return {(TEXT, 1): RIGHT, (NEXT, 2): AGAIN}.get((came.text, came.attempts), f"{came.attempts}: {came.text}")


async def outcome(ask: ConversationNode, model: str) -> Reply | str:
    """Return what a call comes to: its reply, or the kind of its error."""
    try:
        return await ask.arun("Hi", model=f"compatible:{model}")
    except ByokError as error:
        return error.kind


def asker(server: ByteServer) -> ConversationNode:
    """Return a node that asks a server."""
    flow = Flow("bytes")
    flow.set_base_url("compatible", f"{server.url}v1")
    flow.model = "compatible:next"
    return flow.conversation("ask", "Be brief.")


@pytest.mark.parametrize("name", ROWS)
def test_a_fault_ends_in_the_right_answer_or_in_one_error(transport: str, name: str) -> None:
    if transport == "httpx" and name in ONLY_OWN:
        pytest.skip("the library reads this otherwise")
    play, expected = ROWS[name]

    async def test() -> None:
        async with serving(play, as_=FaultyOnce) as server:
            ask = asker(server)
            came = await outcome(ask, "0")
            following = await outcome(ask, "next")
        assert kind_of(came) == expected
        assert text_of(following) == NEXT

    run(test)


@pytest.mark.parametrize("then", ["end", "reset"])
@pytest.mark.parametrize("form", FORMS)
def test_wherever_an_answer_is_cut_it_is_right_or_marked_or_asked_for_again(form: str, then: str) -> None:
    raw = FORMS[form]
    plays = [Play((raw[:end],), then) for end in range(0, len(raw), 5)]

    async def test() -> None:
        async with serving(*plays, as_=FaultyOnce) as server:
            ask = asker(server)
            came = [kind_of(await outcome(ask, str(number))) for number in range(len(plays))]
            following = await outcome(ask, "next")
        assert set(came) == ({AGAIN, PART, RIGHT} if b"event-stream" in raw else {AGAIN})
        assert text_of(following) == NEXT

    run(test)
