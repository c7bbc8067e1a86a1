"""The main job, as a person does it: run with no key, bring a key, run again; and the key is nowhere else."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import expect

from byok_widgets.providers.local import model_server
from tests.browser.leaks import Frames, Listener, files_below, hits
from tests.browser.notebook_page import type_into
from tests.fake_keys import fake_key
from tests.local_model import require_model

TUTORIAL = Path(__file__).parents[2] / "notebooks" / "01_first_flow.ipynb"


@pytest.fixture
def server():
    """A real llama.cpp server that asks for a key."""
    running = model_server.serve(require_model(), alias="test-model", threads=1)
    with running.hold():
        yield running
    model_server.stop(running, timeout_s=20)


@pytest.fixture
def cells():
    if TUTORIAL.exists():
        return TUTORIAL
    return [
        f"from byok_widgets import Flow\nflow = Flow('journey {secrets.token_hex(4)}')\nflow.settings()",
        "ask = flow.conversation('ask', 'Be brief.', max_tokens=24)",
        "reply = ask.run('Hi, I am Ana')\nreply",
    ]


def outputs(saved):
    return json.dumps([cell.get("outputs", []) for cell in saved["cells"]])


def test_from_no_key_to_an_answer_on_ones_own_account(open_notebook, server, cells):
    frames = Frames()
    page = open_notebook(cells, frames=frames)
    listener = Listener(page.lab.connection_file(page.kernel_id))
    page.run_all()
    first = outputs(page.save())
    assert "local:smollm2-135m" in first
    assert '"output_type": "error"' not in first
    page.shot("journey-1-no-key")

    panel = page.panel
    panel.get_by_label("Provider").select_option("OpenAI-compatible endpoint")
    address = panel.get_by_label("Base URL")
    address.fill(server.base_url)
    address.press("Enter")
    key = panel.get_by_label("API key for OpenAI-compatible endpoint")
    type_into(key, server.key.reveal())
    panel.get_by_role("button", name="Save", exact=True).click()
    page.page.wait_for_selector(".byok-status[data-state=verified]")
    expect(key).to_have_value("")
    page.shot("journey-2-verified")
    panel.get_by_label("Default model").fill("test-model")
    panel.get_by_label("Default model").press("Enter")
    page.page.wait_for_function("() => document.querySelector('.byok-copy textarea').value.includes('test-model')")
    page.run_all()
    second = outputs(page.save())
    assert "compatible:test-model" in second
    assert '"output_type": "error"' not in second
    page.shot("journey-3-own-account")

    wrong = fake_key("compatible")
    key = page.panel.get_by_label("API key for OpenAI-compatible endpoint")
    key.fill(wrong)
    key.press("Enter")
    page.page.wait_for_selector(".byok-status[data-state=rejected]")
    status = page.panel.get_by_role("status").filter(has_text="401").inner_text()
    assert "Check that the key is valid and has not expired" in status
    page.run_all()
    saved = page.save()
    assert "rejected the API key (401 Unauthorized)" in outputs(saved)
    assert "Traceback (most recent call last)" not in outputs(saved)
    page.shot("journey-4-wrong-key")

    assert "application/vnd.jupyter.widget-state+json" in saved["metadata"]["widgets"]
    heard = listener.stop()
    assert b"byok_widgets" in heard or b"Settings of flow" in heard
    places = [
        *files_below(page.lab.base),
        ("iopub of a second client", heard),
        ("frames received by the page", b"\n".join(frames.received)),
        ("frames sent by the page", b"\n".join(frames.sent)),
        ("console of the page", "\n".join(page.console).encode()),
    ]
    assert len(places) > 10
    assert any(b'"kind":"save"' in frame for frame in frames.sent)
    for secret in (server.key.reveal(), wrong):
        assert hits([*places, ("control", secret.encode())], secret) == ["control"]
