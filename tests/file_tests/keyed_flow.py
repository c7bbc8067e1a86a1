"""A flow file whose model needs a key, and a file with a case, for the command line."""

from __future__ import annotations

from pathlib import Path

from byok_widgets import Flow


def command_for_a_flow_with_a_key(folder: Path) -> list[str]:
    """Write both files into a folder, and return the command that tests the one with the other."""
    flow = Flow("needs a key")
    flow.model = "openai:gpt-4o-mini"
    flow.conversation("ask", "Ask.")
    flow.save(folder / "a.flow.json")
    cases = folder / "a.cases"
    cases.write_text('{"caller": ["Hi"], "end_node": "ask"}\n', encoding="utf-8")
    return ["test", str(folder / "a.flow.json"), str(cases)]
