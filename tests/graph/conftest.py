"""A flow to connect; nothing here calls a model, and none is too weak to judge."""

from __future__ import annotations

import itertools

import pytest

from byok_widgets import Flow

_numbers = itertools.count()

NAMES = [
    'quo"te',
    "it's",
    "](){}[]<>",
    "two\nlines",
    "<script>document.title='owned'</script>",
    "<img src=x onerror=alert(1)>",
    "%%{init: {'theme': 'forest'}}%%",
    "`tick` ```mermaid",
    "&amp; #35; #quot; ;",
    "a|b --> n0",
    'click n0 href "javascript:alert(1)"',
    "end",
    "subgraph",
    "back\\slash \\n",
    "*",
    "stay",
    "👩‍💻 日本 é",
    "\x1b[31mred\u202e\u2028\x00",
    "n" * 300,
]
"""Names of nodes, and sentences of conditions, that mean something elsewhere."""


@pytest.fixture
def flow() -> Flow:
    flow = Flow(f"graph {next(_numbers)}")
    flow.set_base_url("compatible", "http://127.0.0.1:9/v1")
    flow.judge_model = "compatible:judge"
    return flow
