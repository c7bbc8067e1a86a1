"""Three providers with known accuracies, prices, latencies and failures: every figure has a right answer."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from decimal import Decimal

import pytest

from byok_widgets.compare.comparison import Comparison
from byok_widgets.engine.retries import FIRST_WAIT_S
from tests.compare.flows import openrouter_flow
from tests.scripted_server import Say, ScriptedServer

CASES = 80
RIGHT = {"best": 80, "cheap": 60, "down": 80}
"""How many cases each model has right; the last of them are wrong."""
REFUSED, BROKEN, FAILED = 3, 2, 10
"""Cases that `cheap` refuses and in which it writes nonsense, both among its wrong ones; and that `down` fails."""
BUSY = 5
"""Cases in which `down` refuses the first request, for now."""
USD = {"best": Decimal("0.004"), "cheap": Decimal("0.001"), "down": Decimal("0.002")}
PAUSE_S = {"best": 0.02, "cheap": 0.0, "down": 0.0}


def answer(request: dict, asked: Counter[tuple[str, int]]) -> Say:
    model = request["model"].removeprefix("some/")
    texts = " ".join(message["content"] for message in request["messages"] if isinstance(message["content"], str))
    number = int(re.findall(r"number (\d+)", texts)[-1])
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "cost": float(USD[model])}
    right = number < RIGHT[model]
    asked[model, number] += 1
    if model == "down" and number < BUSY and asked[model, number] == 1:
        return Say(status=429, body={"error": {"message": "Later."}})
    if model == "down" and number >= CASES - FAILED:
        return Say(status=400, body={"error": {"message": "unavailable", "code": "unavailable"}})
    if model == "cheap" and number >= CASES - REFUSED:
        return Say("", finish="content_filter", usage=usage)
    if model == "cheap" and number >= CASES - REFUSED - BROKEN:
        return Say("nonsense", usage=usage)
    return Say(
        json.dumps({"weekday": "Tue" if right else "Mon"}), usage=usage, pause_s=PAUSE_S[model], piece_chars=8
    )


@pytest.fixture
def compared(server: ScriptedServer) -> Comparison:
    pytest.importorskip("scipy")
    flow = openrouter_flow(server, "openrouter:some/best")
    asked: Counter[tuple[str, int]] = Counter()
    server.script(lambda request: answer(request, asked))
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    cases = [
        {"name": f"c{n:02}", "text": f"Tuesday, number {n}", "values": {"weekday": "Tue"}} for n in range(CASES)
    ]
    return read.compare([f"openrouter:some/{model}" for model in RIGHT], cases, margin=0.1)


def test_every_figure(compared: Comparison) -> None:
    best, cheap, down = compared.verdicts()
    summaries = [compared.results.summary(variant) for variant in compared.variants]

    assert [summary.failed for summary in summaries] == [0, 0, FAILED]
    assert [summary.declined for summary in summaries] == [0, REFUSED + BROKEN, 0]

    assert (best.score.estimate, cheap.score.estimate, down.score.estimate) == (1.0, 60 / 80, 1.0)
    assert (best.score.n, cheap.score.n, down.score.n) == (80, 80, 70)
    assert cheap.difference.estimate == -20 / 80
    assert (cheap.difference.n_discordant, cheap.difference.n_missing) == (20, 0)
    assert (down.difference.n, down.difference.n_missing) == (70, FAILED)
    assert [result.verdict for result in (best, cheap, down)] == ["baseline", "worse", "no worse"]

    assert summaries[0].usd == 80 * USD["best"]
    assert summaries[2].usd == 70 * USD["down"]
    assert best.service.cost_ratio.estimate == 1.0
    assert down.service.cost_ratio.estimate == pytest.approx(0.5)
    assert summaries[1].usd == (80 + BROKEN) * USD["cheap"], "nonsense is asked for again, and that costs as much"
    assert [summary.unpriced for summary in summaries] == [0, 0, 0]

    assert summaries[0].p50_s >= PAUSE_S["best"]
    assert best.service.p95_s.high < math.inf, "80 cases bound a p95"
    assert down.service.p95_s.high == math.inf, "70 cases do not"
    assert all(summary.first_token_s <= summary.p50_s for summary in summaries)

    answered = [cell for _, _, cell, _ in compared.results.items() if cell.status == "done"]
    busy = [cell for cell in answered if cell.retries]
    assert [(cell.model, cell.retries) for cell in busy] == [("openrouter:some/down", 1)] * BUSY
    assert min(cell.wait_s for cell in busy) > FIRST_WAIT_S / 2, "the pause before a request is sent again"

    assert compared.best().models == {"read": "openrouter:some/down"}
    assert "10 cells failed" in repr(compared)

    results = compared.rescore("f1").verdicts()
    refused = REFUSED + BROKEN  # a value is missed; each other wrong one is a false one, too
    wrong = CASES - RIGHT["cheap"] - refused
    assert results[1].score.estimate == pytest.approx(2 * 60 / (2 * 60 + 2 * wrong + refused))
    assert results[1].difference.method.startswith("micro-F1")
    assert results[1].verdict == "worse"
