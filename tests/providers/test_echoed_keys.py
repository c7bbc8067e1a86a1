"""A key that a server sends back is in nothing that is left of a call, in whatever place and form it comes."""

from __future__ import annotations

import base64
import io
import json
import pickle
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ByokError
from byok_widgets.providers.exchange import Answer, ModelInfo
from byok_widgets.secrets import Secret
from byok_widgets.secrets.streamed_redaction import REMOVED
from tests.fake_keys import every_format, fake_key
from tests.key_forms import FORMS, leaks
from tests.providers.asking import fault, letter_events, parse
from tests.providers.fault_server import FaultServer, Reply, says, stream
from tests.recorded_logs import recorded_logs

NAMES = ["openai, project", "anthropic", "gemini", "mistral"]
ECHOES = [
    pytest.param(form, name, marks=() if number % len(NAMES) == place else pytest.mark.slow)
    for number, form in enumerate(FORMS)
    for place, name in enumerate(NAMES)
]
"""Each form with each format; without `--slow`, each form with one of them."""


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with recorded_logs("openai", "anthropic", "httpx2", "httpcore2") as written:
        yield written


def a_flow(server: FaultServer, name: str, of: str) -> tuple[Flow, str]:
    """Return a flow whose key of a format is held, and the key."""
    key = fake_key("mistral") if name == "mistral" else every_format()[name][1]
    flow = Flow(f"echo {secrets.token_hex(4)}")
    flow.set_base_url(of, server.url + ("" if of == "anthropic" else "/v1"))
    flow.model = f"{of}:some-model"
    flow.key_store.save(of, server.host, key, backend="session", override=True)
    return flow, key


def pieces_of(text: str, length: int = 3) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def in_header(echo: str) -> str:
    return "".join(char for char in echo if char.isprintable() and char.isascii())


def talks(echo: str, text: str) -> Reply:
    """Return a stream of Chat Completions with the echo in all of its places."""
    told: dict[str, Any] = {"id": echo, "model": echo, "system_fingerprint": echo, "service_tier": echo}
    deltas: list[dict[str, Any]] = [
        {"role": echo, "reasoning_content": piece} for piece in pieces_of(f"Hm, {echo}!")
    ]
    deltas += [{"content": piece} for piece in pieces_of(text)]
    events = [{**told, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    end = {"index": 0, "delta": {}, "finish_reason": echo}
    usage = {"prompt_tokens": echo, "completion_tokens": echo, echo: 1}
    last = [{**told, "choices": [end]}, {**told, "choices": [], "usage": usage}, b"data: [DONE]\n\n"]
    return stream(*events, *last).but(headers={"x-request-id": in_header(echo), "x-echo": in_header(echo)})


def writes(echo: str, text: str) -> Reply:
    """Return a stream of Messages with the echo in all of its places."""
    events = letter_events(pieces_of(text), echo, stop_sequence=echo)
    events[0]["message"] |= {"id": echo, "model": echo, "role": echo}
    thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in pieces_of(f"Hm, {echo}!")]
    events[1:1] = [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in thoughts]
    return stream(*events, named=True).but(headers={"request-id": in_header(echo), "x-echo": in_header(echo)})


def refuses(echo: str) -> Reply:
    """Return an error with the echo in all of its places."""
    metadata = {"raw": echo, "provider_name": echo, "reasons": [echo], "error_type": echo}
    error = {"message": f"Wrong: {echo}!", "type": echo, "code": echo, "param": echo, "metadata": metadata}
    return says({"type": "error", "error": error, "request_id": echo}, 400, x_request_id=in_header(echo))


def shown(value: Any) -> Iterator[str]:
    """Give what people and programs see of a reply or an error."""
    yield from (repr(value), str(value), value._repr_html_(), json.dumps(vars(value), default=repr))
    if isinstance(value, ByokError):
        yield "\n".join(value._render_traceback_())
        yield pickle.dumps(value).decode("latin-1")


def outcome(node: Any) -> Any:
    try:
        return node.run("I am Ana")
    except ByokError as error:
        return error


@pytest.mark.parametrize(("form", "name"), ECHOES)
@pytest.mark.parametrize("of", ["compatible", "anthropic"])
def test_no_piece_of_a_key_is_left_of_a_conversation(
    form: str, name: str, of: str, faulty: FaultServer, log: io.StringIO, tmp_path: Path
) -> None:
    says_it = writes if of == "anthropic" else talks
    flow, key = a_flow(faulty, name, of)
    echo = FORMS[form](key)
    flow.conversation("ask", "Be brief.")
    session = flow.start()
    faulty.script(says_it(echo, f"I know <{echo}> well."))
    turn = session.say("Hi")
    assert turn.reply is not None
    left = [*shown(turn.reply), session.explain(), repr(session.trace), repr(session), session._repr_html_()]
    assert turn.reply.text.startswith("I know <")
    assert turn.reply.text.endswith("> well.")
    assert REMOVED in turn.reply.notices
    assert not any(leaks(text, key) for text in left)
    session.save(tmp_path / "session.json")
    assert not leaks((tmp_path / "session.json").read_text(encoding="utf-8"), key)
    assert not leaks(log.getvalue(), key)


@pytest.mark.parametrize(("form", "name"), ECHOES)
def test_no_piece_of_a_key_is_left_of_an_extraction_or_of_an_error(
    form: str, name: str, faulty: FaultServer, log: io.StringIO
) -> None:
    flow, key = a_flow(faulty, name, "compatible")
    echo = FORMS[form](key)
    node = flow.extraction("data", age=int, word=str)
    left: list[str] = []
    for text in (json.dumps({"age": echo, "word": echo}), json.dumps({echo: echo}), f"no object: {echo}"):
        faulty.script(talks(echo, text), talks(echo, text))
        left += shown(outcome(node))
    begun = stream({"id": echo, "model": echo, "choices": []})
    for reply in (refuses(echo), stream(begun.body, {"error": {"message": echo, "code": 400}})):
        faulty.script(reply)
        left += shown(outcome(node))
    for number, text in enumerate([*left, log.getvalue()]):
        assert not leaks(text, key), number


@pytest.mark.parametrize("form", FORMS)
def test_no_piece_of_a_key_is_left_of_a_model_list_or_an_answer_made_elsewhere(form: str) -> None:
    secret = Secret(fake_key())
    echo = FORMS[form](secret.reveal())
    model = ModelInfo(id=f"model {echo}", label=echo, supported_settings={echo: (echo,), "effort": None})
    answer = Answer(echo, "stop", reported_model=echo, request_id=echo, notices=(echo,), reasoning=echo)
    assert not leaks(repr(model), secret.reveal())
    assert not leaks(repr(answer), secret.reveal())
    assert model.supported_settings["effort"] is None
    assert answer.with_notice("one more").notices.count(REMOVED) == 1


def test_a_refusal_that_echoes_the_key_is_altered_too(faulty: FaultServer) -> None:
    flow, key = a_flow(faulty, "openai, project", "compatible")
    deltas = [{"refusal": piece} for piece in pieces_of(f"I keep {key} to myself.")]
    faulty.script(stream(*({"choices": [{"index": 0, "delta": delta}]} for delta in deltas), b"data: [DONE]\n\n"))
    reply = flow.conversation("ask", "Be brief.").run("Hi")
    assert (reply.text, reply.finish_reason) == ("I keep [API key] to myself.", "refusal")
    assert REMOVED in reply.notices


def test_a_key_in_the_text_and_in_the_thinking_is_told_once() -> None:
    secret = Secret(fake_key())
    echo = f"It is {secret.reveal()}."
    answer = parse([stream({"choices": [{"index": 0, "delta": {"content": echo, "reasoning": echo}}]}).body])
    assert answer.text == answer.reasoning == "It is [API key]."
    assert answer.notices.count(REMOVED) == 1


def test_a_key_of_somebody_else_may_be_written_about(faulty: FaultServer) -> None:
    flow, _ = a_flow(faulty, "mistral", "compatible")
    example = fake_key("anthropic")
    faulty.script(talks("r-1", f"Keys look like {example}."))
    reply = flow.conversation("ask", "Be brief.").run("Hi")
    assert reply.text == f"Keys look like {example}."
    assert REMOVED not in reply.notices


def test_an_answer_of_which_only_a_beginning_came_is_not_empty(faulty: FaultServer) -> None:
    flow, _ = a_flow(faulty, "openai, project", "compatible")
    faulty.script(stream({"choices": [{"index": 0, "delta": {"content": "s"}}]}, b"data: [DONE]\n\n"))
    assert flow.conversation("ask", "Be brief.").run("Hi").text == "s"


def test_what_a_server_says_about_its_error_is_read_without_the_key(faulty: FaultServer) -> None:
    key = fake_key()
    error = fault(faulty, refuses(base64.b64encode(key.encode()).decode()), key=key)
    assert "[API key]" in f"{error.problem} {error.cause}"
