"""A 5,000-token reply into the chat widget in a real JupyterLab in real Chromium.

Counted are the bytes and messages that reach the page, and the kernel's CPU beside the raw SDK reading the same
stream at the same pace (100 tokens a second), in turns. Each round has a chat of its own, so that all are alike.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.rows import Row
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

ROUNDS = {1250: 5, 5000: 2}
"""How often a reply of so many tokens is measured."""
MUST_BYTES, MOONSHOT_BYTES, MUST_RATE = 1_100_000, 800_000, 30.0
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

_SETUP = """\
import json, time, openai
from byok_widgets import Flow
flow = Flow("bench chat")
flow.set_base_url("compatible", {base_url!r})
flow.model = "compatible:text-10"
flow.conversation("chat", "Be brief.")
client = openai.OpenAI(api_key="none", base_url={base_url!r})

def raw(model):
    start = time.process_time()
    hello = [{{"role": "user", "content": "Hi"}}]
    chunks = client.chat.completions.create(model=model, messages=hello, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    return time.process_time() - start, len(text)

def ours(model):
    flow.model = "compatible:" + model
    before, start = len(chat.session.turns), time.process_time()
    chat._receive(None, {{"kind": "say", "text": "Hi"}}, [])
    while len(chat.session.turns) == before:
        time.sleep(0.2)
    return time.process_time() - start, len(str(chat.session.turns[-1]))

for first in raw, lambda model: flow.node("chat").run("Hi", show=False):  # the first time is another one
    first("text-10")"""
_CHAT = "chat = flow.chat()\nchat"


def chat_lines(base_url: str) -> tuple[list[str], bool]:
    """Return the lines of this bench, and whether each `must` is kept."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        return ["chat widget: left out, there is no Chromium"], True
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab, browser = Lab(Path(folder) / "lab"), playwright.chromium.launch(executable_path=found, args=_ARGS)
        lab.start()
        try:
            return _measured(NotebookPage(lab, browser.new_page(), lab.url), base_url)
        finally:
            browser.close()
            lab.stop()


def _measured(page: NotebookPage, base_url: str) -> tuple[list[str], bool]:
    frames: list[int] = []
    page.page.on("websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(len(data))))
    takes = [f"print(json.dumps({kind}('paced-{count}')))" for count in ROUNDS for kind in ("raw", "ours")]
    page.open(page.lab.notebook([_SETUP.format(base_url=base_url), _CHAT, *takes]))
    page.run_cell(0)
    lines, kept = [], True
    sizes: dict[int, int] = {}
    for number, (count, rounds) in enumerate(ROUNDS.items(), 1):
        raw_s, ours_s = [], []
        for _ in range(rounds):
            raw_s.append(_take(page, 2 * number, count))
            page.run_cell(1)
            page.page.wait_for_selector(".byok-chat-empty")
            frames.clear()
            ours_s.append(_take(page, 2 * number + 1, count))
        sizes[count], rate = sum(frames), len(frames) / (count / 100)
        kept = kept and sizes[count] <= MUST_BYTES and rate <= MUST_RATE
        row = Row(f"{count:,} paced chunks into the chat, kernel CPU", raw_s, ours_s, 1.0, 0.4)
        kept = kept and "MISSED" not in row.line()
        lines += [row.line(), f"{'':44} {sizes[count]:,} bytes in {len(frames):,} messages, {rate:.1f} a second"]
    short, long = ROUNDS
    growth = sizes[long] / sizes[short] / (long / short)
    must = f"{MUST_BYTES / 1e6:g} MB and {MUST_RATE:g} messages a second, moonshot {MOONSHOT_BYTES / 1e6:g} MB"
    lines.append(f"{'':44} bytes grow by {growth:.2f} of the text's growth, must <= 1.2; must <= {must}")
    return lines, kept and growth <= 1.2


def _take(page: NotebookPage, cell: int, count: int) -> float:
    """Run the cell of one of the two and return its CPU time, in seconds."""
    page.run_cell(cell, timeout_s=120)
    outputs: list[Any] = page.save()["cells"][cell]["outputs"]
    seconds, chars = json.loads("".join(outputs[0]["text"]))
    assert chars == 5 * count
    return float(seconds)
