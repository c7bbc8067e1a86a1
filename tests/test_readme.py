"""The README and its pages are true: lines run, and the picture of the panel has the words of the real one."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import byok_widgets
from byok_widgets import Flow
from byok_widgets.providers.local import models
from tests.scripted_server import Say, ScriptedServer

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
WIDGETS = Path(byok_widgets.__file__).parent / "widgets"


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    scripted.script(_answer)
    yield scripted
    scripted.close()


def _answer(request: dict[str, Any]) -> Say:
    shape = request.get("response_format", {}).get("json_schema", {}).get("schema")
    if shape is None:
        return Say("Hello.")
    known = {
        "name": "Ana",
        "weekday": "Tuesday",
        "urgent": False,
        "toppings": ["ham"],
        "size": "large",
        "address": None,
    }
    return Say(json.dumps({field: known[field] for field in shape["properties"]}))


@pytest.fixture
def run_lines(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], dict[str, Any]]:
    """Run the blocks of a page one after another on the scripted server; gives the names they have defined."""
    monkeypatch.chdir(tmp_path)
    own = {name: f"{name} of {tmp_path.name}" for name in ("dentist", "pizza")}  # other tests have such flows
    for name in own.values():
        made = Flow(name)
        made.set_base_url("compatible", server.base_url)
        made.model = "compatible:scripted"

    def run(page: str) -> dict[str, Any]:
        names: dict[str, Any] = {}
        for block in blocks("python", page):
            lines = block
            for name, other in own.items():
                lines = lines.replace(f'Flow("{name}")', f"Flow({other!r})")
            for local in models.LOCAL_MODELS:
                lines = lines.replace(f"local:{local}", f"compatible:{local}")
            exec(compile(lines, "page.md", "exec"), names)
        return names

    return run


def test_its_lines_run_one_after_another(run_lines: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    names = run_lines(README)
    assert names["found"].values == {"name": "Ana", "weekday": "Tuesday", "urgent": False}
    assert names["s"].turns[0].path == ("read", "slot", "bye")
    assert len(names["other"].turns) == 1
    loaded = Flow.load(tmp_path / "dentist.flow.json", functions={"slot": names["find_slot"]})
    assert [node.name for node in loaded.nodes.values() if node.kind == "action"] == ["slot"]
    assert "<lambda>" not in str(names["flow"])


@pytest.mark.parametrize("block", blocks("python"))
def test_what_a_block_shows_stands_in_its_last_line(block: str) -> None:
    """A cell shows nothing else."""
    *before, _ = ast.parse(block).body
    expressions = [line.value for line in before if isinstance(line, ast.Expr)]
    calls = [value for value in expressions if isinstance(value, ast.Call)]
    called = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    assert [ast.unparse(value) for value in expressions if value not in calls] == []
    assert called.isdisjoint({"settings", "check", "chat", "verdicts", "disagreements", "pictures", "sessions"})


def test_the_lines_of_its_page_of_nodes_run(run_lines: Callable[[str], dict[str, Any]]) -> None:
    names = run_lines((PROJECT / "notebooks" / "nodes_and_values.md").read_text(encoding="utf-8"))
    assert names["found"].values == {"name": "Ana", "weekday": "Tuesday", "urgent": False}
    assert "temperature" not in names["ask"].settings


def test_the_picture_has_the_words_of_the_panel() -> None:
    (picture,) = blocks("text")
    files = [
        *WIDGETS.rglob("*.py"),
        *(WIDGETS.parent / "js" / "widgets" / "src").rglob("*.ts"),
        *WIDGETS.parent.glob("keys/**/*.py"),
    ]
    files += [WIDGETS.parent / "providers" / "model_settings.py"]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    labels = re.findall(r"^(\w[\w' ]+?)(?:  |$)", picture, re.MULTILINE)
    buttons = [text.strip() for text in re.findall(r"\[ ([^\]]+?) +v? *\]", picture)]
    assert {"Provider", "Default model", "Nodes", "Effort", "Max tokens"} <= set(labels)
    assert {"Save", "Check", "Remove", "Back to default", "saved; paste to replace"} <= set(buttons)
    data = {"OpenAI", "gpt-6.1-sol", "low latency (voice)", "balanced", "complex reasoning"}
    data |= {"anthropic:claude-haiku-5-5", "low", "200"}
    for words in {*labels, *buttons} - data:
        assert re.sub(r" (OpenAI|ask)$", " ", words) in source, words


def test_sizes_are_those_that_the_program_says() -> None:
    for model in models.LOCAL_MODELS.values():
        assert f"{round(model.size_bytes / 1e6)} MB" in README


def test_what_it_names_of_the_package_is_there() -> None:
    for name in re.findall(r"`byok_widgets\.(\w+)\(\)`", README):
        assert name in byok_widgets.__all__
