"""A provider whose answers take as long as chance says, in virtual time, and turns that wait for it."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles

from byok_widgets import Flow
from byok_widgets.engine.callbacks import OnText
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.providers import register_provider, unregister_provider
from byok_widgets.providers.exchange import Answer, Endpoint, Request
from byok_widgets.usage import Usage
from tests.session.enforcing import EnforcingProvider
from tests.virtual_clock import now, run_virtually

MEDIAN_S, P95_S = 0.4, 0.9
"""Until the first token, for the judge and for replies."""
TOKEN_S, CHOICE_TOKENS, TOKENS = 0.012, 8, 40
STAYS = 0.7
_SIGMA = math.log(P95_S / MEDIAN_S) / 1.645


class SlowProvider(EnforcingProvider):
    """Takes as long as chance says, in the loop's own time.

    Attributes:
        replies: How many replies were begun.
    """

    name = "slow"

    def __init__(self, enforces: bool) -> None:
        super().__init__()
        self.enforces, self.replies = enforces, 0

    async def complete(self, request: Request, endpoint: Endpoint, on_text: OnText) -> Answer:
        del endpoint
        rng = random.Random(f"{request.messages[-1].content[-200:]} {request.output is None}")
        self.replies += request.output is None
        await asyncio.sleep(MEDIAN_S * math.exp(_SIGMA * rng.gauss(0, 1)))
        if request.output is None:
            on_text("Well.")
            await asyncio.sleep(TOKENS * TOKEN_S)
            return Answer("Well.", "stop", Usage(1, 1))
        choice = "stay" if rng.random() < STAYS else "they agree"
        pieces = [json.dumps({"choice": choice})[:-1], ', "reason": "since it was said"}']
        await asyncio.sleep(CHOICE_TOKENS * TOKEN_S)
        if self.enforces:
            on_text(pieces[0])
        await asyncio.sleep((TOKENS - CHOICE_TOKENS) * TOKEN_S)
        return Answer("".join(pieces), "stop", Usage(1, 1))


@contextmanager
def slow_provider() -> Iterator[SlowProvider]:
    """Register the provider for a while."""
    provider = SlowProvider(enforces=True)
    register_provider(provider)
    try:
        yield provider
    finally:
        unregister_provider("slow")


def voice_flow() -> Flow:
    """Return a flow of two nodes, with an edge that is judged."""
    flow = Flow("gain", fresh=True)
    flow.set_base_url("slow", "http://127.0.0.1:1/v1")
    flow.provider, flow.model = "slow", "sure-1"
    flow.conversation("ask", "Ask.")
    flow.conversation("more", "Say more.")
    flow.connect("ask", "more", when="they agree")
    flow.start(speak_first=False)
    return flow


def first_tokens(flow: Flow, count: int) -> list[float]:
    """Return the seconds until the first token of so many first turns, the same ones for the same count."""

    async def work() -> list[float]:
        found = []
        for number in range(count):
            heard: list[float] = []
            began = now()
            session = flow.start(speak_first=False)
            await session.prepare_turn(f"sentence {number}")(lambda _, heard=heard: heard.append(now()), ignore)
            found.append(heard[0] - began)
        return found

    return run_virtually(work(), has_threads=True)


def gain(before: list[float], after: list[float]) -> tuple[float, float]:
    """Return by which part median and 95th percentile are smaller."""
    late = [quantiles(times, n=20)[-1] for times in (before, after)]
    return 1 - median(after) / median(before), 1 - late[1] / late[0]
