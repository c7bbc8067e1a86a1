"""Extraction nodes whose model says what a test wants, through the protocol of OpenAI or of Anthropic."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.nodes.extraction.node import ExtractionNode
from byok_widgets.nodes.extraction.result import Extraction
from tests.providers.fault_server import FaultServer, Reply

PROTOCOLS = ("openai", "anthropic")


def through_protocols(cases: Sequence[Any]) -> list[Any]:
    """Return each case with each protocol, for `answers`; without `--slow`, each with one of them in turn."""
    made = itertools.product(enumerate(cases), enumerate(PROTOCOLS))
    return [
        pytest.param(case, protocol, id=f"{case}-{protocol}", marks=[pytest.mark.slow] if (at + place) % 2 else [])
        for (at, case), (place, protocol) in made
    ]


class Answers:
    """One flow whose model is a server on this machine."""

    def __init__(self, flow: Flow, server: FaultServer, say: Callable[[str], Reply]) -> None:
        self._flow = flow
        self._server = server
        self._say = say
        self._count = 0

    def node(self, schema: Any) -> ExtractionNode:
        """Return a node that reads objects of this schema; whether they were said is another test's matter."""
        self._count += 1
        return self._flow.extraction(f"read{self._count}", schema, grounding="off")

    def read(self, node: ExtractionNode, said: str) -> Extraction:
        """Let the model say something, and again if it is asked a second time."""
        self._server.script(self._say(said), self._say(said))
        return node.run("Whatever was said.")
