"""A wait for a rate limit is counted down where a person looks: in the cell, in the panel and in the chat."""

from __future__ import annotations

import re
import secrets

import pytest

from tests.scripted_server import Say, ScriptedServer

WAIT_S = 12
REFUSED = Say(
    status=429,
    body={"error": {"message": f"Slow down: try again in {WAIT_S}s.", "code": "rate_limit_exceeded"}},
)


def _cells(server: ScriptedServer) -> list[str]:
    return [
        f"""from byok_widgets import Flow
flow = Flow('waits {secrets.token_hex(4)}')
flow.set_base_url('compatible', '{server.base_url}')
flow.model = 'compatible:scripted'
ask = flow.conversation('ask', 'Ask for the name.')
panel = flow.settings()
panel""",
        "chat = flow.chat()\nchat",
        "ask.run('Hi').text",
    ]


def _counts_down(page, place, timeout_ms=60_000):
    """Wait until a place shows seconds that become fewer."""
    page.wait_for_function(
        """([place, kept]) => {
          const text = [...document.querySelectorAll(place)].map((each) => each.textContent).join(" ");
          const left = /in (\\d+) s/.exec(text);
          window[kept] ??= left ? Number(left[1]) : undefined;
          return left && Number(left[1]) < window[kept];
        }""",
        arg=[place, f"kept{secrets.token_hex(4)}"],
        timeout=timeout_ms,
    )


@pytest.mark.slow
def test_a_wait_is_counted_down_in_cell_panel_and_chat(open_notebook, server):
    opened = open_notebook(_cells(server))
    page = opened.page
    opened.run_cell(0)
    opened.run_cell(1)
    page.wait_for_selector(".byok-chat-empty")
    server.script(REFUSED, "Hello, who is calling?")
    page.fill(".byok-chat-composer textarea", "Hi")
    page.press(".byok-chat-composer textarea", "Enter")
    for place in (".byok-chat-status", ".byok-wait"):
        _counts_down(page, place)
    opened.shot("waiting in the chat")
    page.wait_for_selector(".byok-chat-log :text('who is calling')")
    page.wait_for_selector(".byok-wait", state="hidden")
    server.script(REFUSED, "Hello, who is calling?")
    opened.start_cell(2)
    _counts_down(page, ".byok-wait")
    _counts_down(page, ".jp-OutputArea-output")
    opened.shot("waiting in a cell")
    page.locator(".byok-wait").scroll_into_view_if_needed()
    opened.shot("waiting in the panel")
    opened.wait_idle()
    page.wait_for_selector(".byok-wait", state="hidden")
    assert re.search("who is calling", opened.output(2).inner_text())
