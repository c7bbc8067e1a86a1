"""Who may ask, what is refused, and in which form."""

from __future__ import annotations

import json
import time

import pytest

from byok_widgets import Flow
from tests.serve.conftest import Served
from tests.serve.talking import Caller, user
from tests.session.conftest import Script
from tests.widgets.wire import eventually

HELLO = [user("Hi")]


def test_both_paths_and_any_content_type_are_served(served: Served, script: Script) -> None:
    body = json.dumps({"messages": HELLO}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/chat/completions", "/v1/chat/completions", "/v1/chat/completions/"):
        response = served.caller.send("POST", path, body, form)
        assert (response.status, response.text) == (200, "Hm.")
    assert len(script.spoken) == 1


def test_a_stream_has_one_role_one_finish_and_an_end(served: Served, script: Script) -> None:
    response = served.caller.ask(HELLO, stream=True, stream_options={"include_usage": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in response.headers
    assert response.body.endswith(b"data: [DONE]\n\n")
    deltas = [chunk["choices"][0] for chunk in response.chunks if chunk["choices"]]
    assert [delta["delta"].get("role") for delta in deltas].count("assistant") == 1
    assert [delta["finish_reason"] for delta in deltas if delta["finish_reason"]] == ["stop"]
    assert response.chunks[-1]["choices"] == []
    assert response.chunks[-1]["usage"]["total_tokens"] == 20


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": "Bearer byok-wrong"}, 401, "invalid_api_key"),
        ({"Authorization": ""}, 401, "invalid_api_key"),
        ({"Host": "evil.example"}, 403, "host"),
        ({"Host": "evil.example@127.0.0.1"}, 403, "host"),
        ({"Origin": "https://evil.example"}, 403, "origin"),
        ({"Content-Encoding": "gzip"}, 415, "compressed"),
    ],
)
def test_what_is_not_allowed_is_refused(
    served: Served, script: Script, headers: dict[str, str], status: int, code: str
) -> None:
    response = served.caller.ask(HELLO, headers)
    assert (response.status, response.data["error"]["code"]) == (status, code)
    assert set(response.data["error"]) == {"message", "type", "param", "code"}
    assert script.server.requests == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"messages": "Hi"}', 400),
        (b'{"messages": [], "n": 2}', 400),
        (b" " * 10**6 + b"{}", 413),
    ],
)
def test_what_is_no_request_is_refused(served: Served, body: bytes, status: int) -> None:
    assert served.caller.send("POST", "/v1/chat/completions", body).status == status


def test_health_needs_no_token_and_all_else_does(served: Served) -> None:
    nobody = Caller(served.server.port, "byok-wrong")
    eventually(lambda: nobody.send("GET", "/ready").status == 200)
    assert [nobody.send("GET", path).status for path in ("/health", "/ready", "/v1/models", "/metrics", "/x")] == [
        200,
        200,
        401,
        401,
        401,
    ]
    assert [served.caller.send("GET", path).status for path in ("/v1/models", "/x", "/chat/completions")] == [
        200,
        404,
        405,
    ]


def test_a_page_of_an_allowed_origin_may_ask(flow: Flow, script: Script) -> None:
    served = Served(flow, None, origins=["https://shop.example"], public_url="https://tunnel.example/x")
    try:
        origin = {"Origin": "https://shop.example", "Host": "tunnel.example"}
        asked = {"Authorization": "", "Access-Control-Request-Headers": "authorization,X-Stainless-OS, no name"}
        preflight = served.caller.send("OPTIONS", "/v1/chat/completions", b"", {**origin, **asked})
        allowed = preflight.headers["access-control-allow-headers"].split(", ")
        assert (preflight.status, len(allowed)) == (204, len(set(allowed)))
        assert {"authorization", "content-type", "x-byok-session", "x-stainless-os"} <= set(allowed)
        assert not [name for name in allowed if " " in name]
        response = served.caller.ask(HELLO, origin)
        assert response.headers["access-control-allow-origin"] == "https://shop.example"
        assert served.base_url == "https://tunnel.example/x/v1"
    finally:
        served.server.stop()


def test_the_metrics_count_by_node(served: Served, script: Script) -> None:
    pytest.importorskip("prometheus_client")
    served.caller.ask(HELLO)
    text = served.caller.send("GET", "/metrics").body.decode()
    assert 'byok_turns_total{node="ask"} 1.0' in text
    assert 'byok_model_calls_total{node="ask"} 2.0' in text


def test_serving_again_makes_a_new_version_for_new_calls(flow: Flow, script: Script, served: Served) -> None:
    served.caller.ask(HELLO, user="a")
    flow.conversation("ask", "Sing.")
    assert flow.serve(store=served.path) is served.server
    served.caller.ask([*HELLO, {"role": "assistant", "content": "Hm."}, user("Well")], user="a")
    served.caller.ask(HELLO, user="b")
    prompts = [request["messages"][0]["content"] for request in script.spoken]
    assert [("Sing." in prompt) for prompt in prompts] == [False, False, True]


def test_a_second_server_at_the_same_port_is_told(flow: Flow, served: Served) -> None:
    from byok_widgets.errors import ConfigError

    other = Flow("another flow", fresh=True)
    other.set_base_url("compatible", "http://127.0.0.1:9/v1")
    other.model = "compatible:scripted"
    other.conversation("a", "A.")
    before = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        other.serve(port=served.server.port, host="0.0.0.0", store=None)
    assert caught.value.kind == "serve_port"
    assert time.monotonic() - before < 5
