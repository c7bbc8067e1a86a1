"""What exporters write and say of flows whose texts hold the key."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator

from byok_widgets import Flow
from byok_widgets.cli import main
from byok_widgets.errors import ByokError
from byok_widgets.export.registry import EXPORTERS
from tests.leaks.channels import channel, forms
from tests.leaks.hunting import Place, files_below, text
from tests.leaks.stage import Stage

TEXTS = ("global_prompt", "fallback", "prompt", "model", "when", "if", "description", "name", "writes")


USUAL = (
    "Be kind.",
    "Sorry.",
    "Be brief.",
    "openai:gpt-6-luna",
    "a word is said",
    "yes",
    "the word",
    "act",
    "found",
)


def _flow_file(key: str, where: str) -> dict[str, object]:
    """Return a flow that holds the key in one of its texts, as somebody may have written it by hand."""
    held = {name: key if name == where else usual for name, usual in zip(TEXTS, USUAL, strict=True)}
    said = {"name": "ask", "kind": "conversation", "prompt": held["prompt"], "model": held["model"]}
    field = {"type": "string", "description": held["description"]}
    read = {"name": "read", "kind": "extraction", "schema": {"type": "object", "properties": {"word": field}}}
    act = {"name": held["name"], "kind": "action", "function": "acts:act", "writes": [held["writes"]]}
    edges = [
        {"source": "ask", "target": "read", "when": held["when"]},
        {"source": "read", "target": held["name"], "if": f"word == '{held['if']}'"},
    ]
    told = {"global_prompt": held["global_prompt"], "fallback": held["fallback"]}
    return {"version": 1, "name": "exported", **told, "nodes": [said, read, act], "edges": edges}


@channel(23, Stage.without_redaction)
def exports_to_other_builders(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    source = stage.folder / "source"
    source.mkdir()
    for where in TEXTS:
        file, out = source / f"{where}.flow.json", stage.folder / "out" / where
        file.write_text(json.dumps(_flow_file(stage.canary.text(), where)), encoding="utf-8")
        for target in EXPORTERS:
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                main(["export", str(file), target, "--out", str(out / target)])
            yield text(f"{where} to {target}", said.getvalue())
            try:
                made = Flow.load(file, fresh=True).export(target)
            except ByokError as refused:
                yield text("refused", *forms(refused))
            else:
                yield text("made", *forms(made), *made.files.values())
        yield from files_below(out) if out.is_dir() else ()
