"""Who adds cases and looks again gets evidence that may be looked at at any time, and no interval."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.compare.comparison import Comparison
from tests.compare.flows import BAD, GOOD, compatible_flow
from tests.scripted_server import Say, ScriptedServer

Look = Callable[..., Comparison]
pytest.importorskip("scipy")


def answer(request: dict) -> Say:
    """Be right, but for one of the models in every third case."""
    texts = " ".join(str(message["content"]) for message in request["messages"])
    number = int(re.findall(r"number (\d+)", texts)[-1])
    return Say(json.dumps({"weekday": "Mon" if request["model"] == "bad" and number % 3 == 0 else "Tue"}))


def case(number: int, **more: Any) -> dict[str, Any]:
    return {"name": f"c{number}", "text": f"Tuesday, number {number}", "values": {"weekday": "Tue"}, **more}


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    server.script(answer)
    flow = compatible_flow(server)
    flow.extraction("read", weekday=["Mon", "Tue"])
    return flow


@pytest.fixture
def look(flow: Flow, tmp_path: Path) -> Look:
    """Compare two models on cases with these numbers, over one store."""

    def compared(numbers: range, models: tuple[str, ...] = (GOOD, BAD), **options: Any) -> Comparison:
        options.setdefault("store", tmp_path / "cells.sqlite")
        cases = [case(number) for number in numbers]
        return flow.node("read").compare(list(models), cases, baseline=models[0], wait=True, **options)

    return compared


def has_interval(comparison: Comparison) -> bool:
    """Whether intervals are shown, and no evidence; one of the two there must be."""
    score, other = (result.score for result in comparison.verdicts())
    shown = comparison.verdicts()[1]
    assert (shown.difference is None) is (shown.evidence is not None)
    assert {math.isnan(score.low), math.isnan(other.low)} == {shown.difference is None}
    assert comparison.is_second_look is (shown.difference is None)
    return shown.difference is not None


def test_added_cases_leave_evidence_that_goes_on_where_it_was(look: Look) -> None:
    first = look(range(30))
    assert has_interval(first)
    second = look(range(60), margin=0.05)
    assert not has_interval(second)
    names = [each.name for each in second.results.cases]
    assert names[:30] == [each.name for each in first.results.cases], "the bets go on"
    assert {*names[30:]} == {f"c{number}" for number in range(30, 60)}
    shown = second.verdicts()[1]
    assert shown.evidence.n == 60
    assert shown.verdict == "worse"
    assert shown.evidence.estimate == pytest.approx(-1 / 3)
    for text in (repr(second), second._repr_html_(), repr(second.verdicts()), repr(shown), repr(second.best())):
        assert not re.search(r"\d to [+\-\d]", text), "no interval"
    assert "were added" in repr(second)
    assert "up to 7" in repr(second), "both verdicts together err more often than one"
    assert "were added" not in repr(first)


def test_the_same_calls_show_the_same_later(look: Look) -> None:
    for _ in range(2):
        assert has_interval(look(range(30)))  # the first one, again
        assert not has_interval(look(range(45)))
    assert not has_interval(look(range(15, 45))), "leaving cases out is no plan either"
    assert not has_interval(look(range(45), models=(BAD, GOOD))), "nor is it from the other side"


def test_repeats_that_are_added_are_a_second_look(look: Look) -> None:
    assert has_interval(look(range(16), repeat=2))
    assert not has_interval(look(range(16), repeat=3))


def test_other_cases_and_models_and_a_first_try_are_no_look(look: Look) -> None:
    assert has_interval(look(range(10))), "too few for a verdict"
    assert has_interval(look(range(20)))
    assert has_interval(look(range(20, 40))), "other cases"
    assert has_interval(look(range(20), margin=0.1)), "the same ones"
    assert not has_interval(look(range(30), margin=0.1))
    assert has_interval(look(range(20), margin=0.2)), "the same ones again"
    assert has_interval(look(range(60), models=(GOOD, "compatible:third"))), "another model"


def test_shards_that_are_joined_are_no_second_look_and_cases_that_come_after_them_are(
    flow: Flow, look: Look, tmp_path: Path
) -> None:
    for number in (1, 2):
        assert has_interval(look(range(40), shard=(number, 2)))
    flow.merge_comparisons(store=tmp_path / "cells.sqlite")
    assert has_interval(look(range(40)))
    assert not has_interval(look(range(50)))


def test_what_the_limit_ended_shows_an_interval_when_it_is_complete(look: Look) -> None:
    limited = look(range(30), max_calls=40)
    assert limited.stopped_for == "budget"
    assert limited.verdicts()[1].difference is None
    assert limited.verdicts()[1].evidence.n == 20
    assert has_interval(limited.resume(max_calls=100).wait())
