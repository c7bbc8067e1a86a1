"""Flows that were saved when prompts could hold statements: they load, and say what to write instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from byok_widgets import Flow, TemplateError
from tests.scripted_server import ScriptedServer

PROMPT = "{% if name %}Speak to {{name}}{% else %}Speak to the caller{% endif %}, {{ size ~ '!' }} {# a note #}"


@pytest.fixture
def old(flow: Flow, server: ScriptedServer, tmp_path: Path) -> Flow:
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:gpt-like"
    flow.conversation("ask", "Ask.", start=True)
    flow.extraction("data", name=str, size=str)
    flow.connect("ask", "data")
    flow.connect("data", "ask")
    file = tmp_path / "old.flow.json"
    flow.save(file)
    data = json.loads(file.read_text(encoding="utf-8"))
    data["nodes"][0]["prompt"] = PROMPT
    file.write_text(json.dumps(data), encoding="utf-8")
    return Flow.load(file)


def test_an_old_flow_loads_and_is_not_run(old: Flow, server: ScriptedServer) -> None:
    assert old.node("ask").prompt == PROMPT
    with pytest.raises(TemplateError) as caught:
        old.node("ask").run("Hi")
    assert caught.value.kind == "template_syntax"
    assert "{% if … %}" in caught.value.problem
    assert "Write Speak to {{ name | default('the caller', true) }} instead." in caught.value.fix
    assert server.requests == []


def test_its_findings_hold_the_lines_that_fix_it(old: Flow) -> None:
    found = [finding for finding in old.check() if finding.kind == "template"]
    assert [finding.where for finding in found] == ["ask", "ask"]
    assert "(line 1, column 1)" in found[0].problem
    for finding in found:
        assert finding.by is not None
        exec(finding.by.argument, {"flow": old})
    assert old.node("ask").prompt == "Speak to {{ name | default('the caller', true) }}, {{size}}! {# a note #}"
    assert not [finding for finding in old.check() if finding.kind == "template"]


def test_what_it_says_is_saved_again_as_it_was(old: Flow, tmp_path: Path) -> None:
    again = tmp_path / "again.flow.json"
    old.save(again)
    assert Flow.load(again).node("ask").prompt == PROMPT
