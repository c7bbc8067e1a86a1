"""Turns made by hand, for tests of how they are shown."""

from __future__ import annotations

from decimal import Decimal

from byok_widgets.nodes import Extraction
from byok_widgets.reply import Reply
from byok_widgets.session import EdgeVerdict, Judgement, Turn, Visit
from byok_widgets.usage import Cost, Usage


def reply(text: str = "Hm.", usd: str | None = "0.01", model: str | None = "openai:gpt-6-luna") -> Reply:
    cost = Cost() if usd is None else Cost(Decimal(usd), "price list")
    return Reply(text, "stop", "ask", Usage(100, 10, 0, 0), lambda: cost, model, latency_s=0.5)


def judgement(target: str | None = "data") -> Judgement:
    verdicts = (
        EdgeVerdict("data", "prompt", "they agree", "holds" if target else "does not hold", "she said yes"),
        EdgeVerdict("ask", "else", "", "not looked at"),
    )
    return Judgement("ask", verdicts, target, reply())


def reading(**values: object) -> Visit:
    return Visit("data", Extraction(values, dict.fromkeys(values, "found"), reply('{"name": "Ana"}'), "data"))


FULL = Turn(
    2,
    "I am Ana",
    (judgement(), reading(name="Ana", day=None), judgement(None), Visit("ask", reply("Which day?"))),
    "ask",
    latency_s=1.25,
    notices=("look here",),
)
