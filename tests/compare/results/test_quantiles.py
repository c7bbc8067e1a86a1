"""A quantile is the same figure everywhere: on the board, in the verdicts and in the pictures."""

from __future__ import annotations

import random

import pytest

from byok_widgets.compare.results.quantiles import quantile
from tests.scripted_server import Say

pytest.importorskip("scipy")


def cases(count):
    return [{"text": f"Tuesday, number {n}.", "values": {"weekday": "Tue"}} for n in range(count)]


def test_it_is_that_of_numpy():
    import numpy as np

    chance = random.Random(5)
    for count in (1, 2, 3, 20, 71):
        values = sorted(chance.expovariate(1.0) for _ in range(count))
        for share in (0.0, 0.05, 0.25, 0.5, 0.95, 1.0):
            assert quantile(values, share) == pytest.approx(float(np.quantile(values, share)), rel=1e-12)
    assert quantile([], 0.5) is None


def test_board_verdicts_and_pictures_show_the_same_seconds(priced, server):
    pauses = iter(0.01 * (n % 5) for n in range(99))

    def answer(request):
        if "number 3." in str(request):
            return Say(status=401, body={"error": {"message": "No."}})  # it has no time that says anything
        return Say('{"weekday": "Tue"}', pause_s=next(pauses))

    server.script(answer)
    read = priced.extraction("read", weekday=["Mon", "Tue"])
    result = read.compare(["openai:gpt-4o", "openai:gpt-4o-mini"], cases(8), wait=True)
    (drawn,) = [picture for picture in result.pictures() if picture.name == "Latency"]
    verdicts = {verdict.variant.id: verdict for verdict in result.verdicts()}
    for variant, row in zip(result.variants, drawn.rows, strict=True):
        told = result.results.summary(variant)
        assert (row["p50"], row["p95"]) == (told.p50_s, told.p95_s)
        if variant != result.baseline:
            service = verdicts[variant.id].service
            assert service.p50_s.estimate == pytest.approx(told.p50_s)
            assert service.p95_s.estimate == pytest.approx(told.p95_s)
