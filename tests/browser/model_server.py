"""A router with hundreds of models for browsers to search, and a watch on how long a keystroke takes."""

from __future__ import annotations

import json
import secrets
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.http_server import Server
from tests.known_day import IN_A_CELL

VENDORS = ("anthropic", "cohere", "google", "meta-llama", "mistralai", "openai", "qwen", "x-ai")
FAMILIES = ("flash", "large", "mini", "reasoner", "turbo")
COUNT = 400
KEYSTROKE_MS = 100.0

# The time from a keystroke's input event to the frame that shows what it found.
WATCH = """() => {
  const watching = window.keystrokes;
  window.keystrokes = [];
  if (watching) return;
  document.addEventListener("input", () => {
    const start = performance.now();
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        const shown = document.querySelectorAll(".byok-model-option").length;
        window.keystrokes.push([performance.now() - start, shown]);
      };
      port2.postMessage(0);
    });
  }, { capture: true });
}"""


def row(number: int) -> dict[str, Any]:
    """Return a model as the router lists it."""
    vendor, family = VENDORS[number % len(VENDORS)], FAMILIES[number % len(FAMILIES)]
    return {
        "id": f"{vendor}/{family}-{number // 40}.{number % 40}",
        "name": f"{vendor.title()}: {family.title()} {number}",
        "pricing": {"prompt": f"0.0000{number:04}", "completion": f"0.000{number:04}"} if number % 7 else {},
        "context_length": 1024 * (number + 1),
        "supported_parameters": ["structured_outputs"] if number % 3 else [],
        "expiration_date": "2027-01-14" if number % 50 == 3 else None,
    }


class ModelServer:
    """Gives the model list of a router, and takes any key."""

    def __init__(self) -> None:
        self.models = [row(number) for number in range(COUNT)]
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"data": server.models}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = Server(Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def close(self) -> None:
        self._http.close()


def router_cell(server: ModelServer, name: str = "") -> str:
    """Return a cell that shows the panel of a flow on the router, with a key that is made there."""
    return f"""{IN_A_CELL}
import os, secrets
from byok_widgets import Flow
from byok_widgets.providers.openrouter import OpenRouterProvider
OpenRouterProvider.default_url = '{server.url}'
os.environ['ROUTER_KEY'] = 'sk-or-v1-' + secrets.token_hex(32)
flow = Flow('{name or "models " + secrets.token_hex(4)}')
flow.provider = 'openrouter'
flow.use_key('env:ROUTER_KEY')
ask = flow.conversation('ask', 'Be brief.')
flow.settings()"""


def type_watched(page: Any, field: Any, text: str) -> list[tuple[float, int]]:
    """Type as fast as people do; return for each keystroke its milliseconds and how many models it showed."""
    page.evaluate(WATCH)
    field.focus()
    field.press_sequentially(text, delay=60)
    page.wait_for_function("count => window.keystrokes.length === count", arg=len(text))
    seen: list[tuple[float, int]] = page.evaluate("window.keystrokes")
    return seen
