"""A served flow in a cell: a caller reaches it with what stands there, and the call opens in the chat."""

from __future__ import annotations

import json
import secrets
import urllib.request

import pytest

from tests.scripted_server import ScriptedServer

pytest.importorskip("uvicorn")


def _cells(server: ScriptedServer) -> list[str]:
    return [
        f"""from byok_widgets import Flow
flow = Flow('served {secrets.token_hex(4)}', fresh=True)
flow.set_base_url('compatible', '{server.base_url}')
flow.model = 'compatible:scripted'
flow.conversation('ask', 'Ask for the name.')
served = flow.serve()""",
        "print(served.base_url)",
        "'the kernel is free'",
    ]


def _ask(base_url: str, token: str) -> str:
    body = {"model": "flow", "messages": [{"role": "user", "content": "Hi, I am Ana"}], "user": "call 1"}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{base_url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())["choices"][0]["message"]["content"]


def test_a_call_comes_into_the_cell_and_opens_in_the_chat(open_notebook, server):
    server.script("Hello Ana.")
    opened = open_notebook(_cells(server))
    page = opened.page
    opened.run_cell(0)
    page.wait_for_selector(".byok-token:visible", timeout=60_000)
    token = page.text_content(".byok-token")
    assert token in page.text_content(".byok-snippet")
    opened.run_cell(1)
    base_url = page.locator(".jp-OutputArea-output", has_text="/v1").last.text_content().strip()
    assert _ask(base_url, token) == "Hello Ana."
    call = page.locator("select option", has_text="call 1")
    call.wait_for(state="attached", timeout=60_000)
    page.locator("select", has=page.locator("option", has_text="call 1")).select_option(index=0)
    page.get_by_role("button", name="Open in the chat").click()
    page.wait_for_selector(".byok-chat-log :text('Hello Ana.')", timeout=60_000)
    opened.shot("a served flow")
    opened.theme("JupyterLab Dark")
    opened.shot("a served flow, dark")
    assert token not in json.dumps(opened.save())
    page.get_by_role("button", name="Stop serving").click()
    page.wait_for_selector(".byok-token", state="hidden")
