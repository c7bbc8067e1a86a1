"""How long a caller waits from the last word to the first token, and what that costs in replies.

The judge and the replies take log-normal times, in virtual time, so that the table is the same on each machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles

from tests.session.slow_voice import STAYS, first_tokens, gain, slow_provider, voice_flow

TURNS = 1_000
MUST = (0.45, 0.25)
"""By which part median and 95th percentile have to be smaller with both."""


@dataclass(frozen=True)
class Way:
    """A way to answer.

    Attributes:
        name: What it is.
        enforces: Whether the provider enforces the schema, so that the choice can be acted on early.
        latency: The flow's setting.
    """

    name: str
    enforces: bool
    latency: str


WAYS = (
    Way("the whole is awaited", enforces=False, latency="usual"),
    Way("early choice", enforces=True, latency="usual"),
    Way("speculative", enforces=False, latency="speculative"),
    Way("both", enforces=True, latency="speculative"),
)


def voice_lines() -> tuple[list[str], bool]:
    """Return the table, and whether the gain is large enough."""
    lines = [f"first token, {TURNS:,} turns, {STAYS:.0%} stay | median | p95 | gain | gain | replies per turn"]
    before: list[float] = []
    with slow_provider() as slow:
        flow = voice_flow()
        for way in WAYS:
            slow.enforces, slow.replies = way.enforces, 0
            flow.latency = way.latency  # type: ignore[assignment]
            waited = first_tokens(flow, TURNS)
            before = before or waited
            gained = gain(before, waited)
            shown = [f"{median(waited):.2f} s", f"{quantiles(waited, n=20)[-1]:.2f} s"]
            shown += [f"{part:.0%}" for part in gained]
            lines.append(" | ".join([way.name, *shown, f"{slow.replies / TURNS:.2f}"]))
    kept = all(part >= must for part, must in zip(gained, MUST, strict=True))
    lines[-1] += "" if kept else f" | MISSED: must {MUST[0]:.0%} and {MUST[1]:.0%}"
    return lines, kept
