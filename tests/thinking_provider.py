"""A provider whose models show what they think, on top of a server that a test scripts."""

from __future__ import annotations

from dataclasses import replace

from byok_widgets.engine.callbacks import OnText
from byok_widgets.providers import Endpoint, Request
from byok_widgets.providers.base import Answer
from byok_widgets.providers.compatible import CompatibleProvider


class ThinkingProvider(CompatibleProvider):
    """Thinks before each answer.

    Attributes:
        thoughts: What is thought before each answer, the last of them again and again.
        count: Number of answers.
    """

    name = "thinker"
    label = "Thinker"

    def __init__(self, *thoughts: str) -> None:
        super().__init__()
        self.thoughts = thoughts or ("First, second, third.",)
        self.count = 0

    async def complete(self, request: Request, endpoint: Endpoint, on_text: OnText) -> Answer:
        answer = await super().complete(request, endpoint, on_text)
        thought = self.thoughts[min(self.count, len(self.thoughts) - 1)]
        self.count += 1
        return replace(answer, reasoning=thought)
