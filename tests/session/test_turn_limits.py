"""What one turn may take: a number of calls and an amount of money, told before they are reached."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from byok_widgets import ConfigError, Flow, FlowError
from byok_widgets.config.turn_limits import MAX_CALLS, TurnLimits
from byok_widgets.flow.incoming.from_files import FROM_FILES
from byok_widgets.providers import PROVIDERS
from tests.fake_keys import fake_key
from tests.scripted_server import Say
from tests.session.conftest import Script


def chain(flow: Flow, script: Script, length: int) -> Flow:
    """A conversation node, then extraction nodes that follow one another, then a sentence."""
    flow.conversation("ask", "Ask.")
    names = [f"read{number}" for number in range(length)]
    for name in names:
        flow.extraction(name, word=str)
        script.values[name] = [{"word": "hello"}]
    flow.conversation("end", "Bye.", static=True, end=True)
    for source, target in zip(["ask", *names], [*names, "end"], strict=True):
        flow.connect(source, target)
    return flow


def kinds(flow: Flow) -> list[str]:
    return [finding.kind for finding in flow.check()]


def test_a_turn_of_four_hundred_chained_extractions_is_stopped_and_costs_no_more(
    flow: Flow, script: Script
) -> None:
    chain(flow, script, 400)
    assert "many_calls" in kinds(flow)
    s = flow.start()
    before = len(script.server.requests)
    with pytest.raises(FlowError) as caught:
        s.say("hello")
    assert caught.value.kind == "call_limit"
    assert len(script.server.requests) - before == MAX_CALLS
    assert [turn for turn in s.turns if turn.user] == [], "nothing was added to the session"
    assert f"{2 * MAX_CALLS}" in caught.value.fix


def test_a_limit_can_be_set_is_told_before_it_is_reached_and_found_by_check(flow: Flow, script: Script) -> None:
    chain(flow, script, 4)
    assert "many_calls" not in kinds(flow)
    flow.max_calls_per_turn = 5
    turn = flow.start().say("hello")
    assert turn.closed
    assert any("max_calls_per_turn" in notice for notice in turn.notices), "4 of 5"
    flow.max_calls_per_turn = 3
    assert "many_calls" in kinds(flow)
    with pytest.raises(FlowError) as caught:
        flow.start().say("hello")
    assert caught.value.kind == "call_limit"
    flow.max_calls_per_turn = None
    assert flow.max_calls_per_turn == MAX_CALLS
    assert flow.start().say("hello").notices == ()


def test_a_turn_makes_no_further_call_once_it_has_cost_as_much_as_it_may(flow: Flow, script: Script) -> None:
    chain(flow, script, 4)
    assert flow.max_cost_per_turn is None
    flow.max_cost_per_turn = 0.25
    assert "cost_unknown" in kinds(flow), "the scripted model has no price"
    provider = PROVIDERS["openrouter"]
    destination = provider.key_destination(provider.address(script.server.base_url))
    flow.set_base_url("openrouter", script.server.base_url)
    flow.key_store.save("openrouter", destination, fake_key("openrouter"), backend="session")
    flow.model = "openrouter:some/model"
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "cost": 0.125}
    script.server.script(lambda _: Say('{"word": "hello"}', usage=usage))
    before = len(script.server.requests)
    with pytest.raises(FlowError) as caught:
        flow.start().say("hello")
    assert caught.value.kind == "cost_limit"
    assert len(script.server.requests) - before == 2
    flow.max_cost_per_turn = 0.6
    turn = flow.start().say("hello")
    assert any("max_cost_per_turn" in notice for notice in turn.notices), "0.50 of 0.60"


@pytest.mark.parametrize("calls", [0, -1, 1.5, True, "5", 10_001])
def test_a_number_of_calls_that_is_none_is_refused(flow: Flow, calls: object) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.max_calls_per_turn = calls  # type: ignore[assignment]
    assert caught.value.kind == "turn_limit"


@pytest.mark.parametrize("usd", [0, -1, float("nan"), float("inf"), True, "1", 2_000_000])
def test_an_amount_that_is_none_is_refused(flow: Flow, usd: object) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.max_cost_per_turn = usd  # type: ignore[assignment]
    assert caught.value.kind == "turn_limit"


def test_limits_are_kept_and_a_file_never_allows_more(flow: Flow, tmp_path: Path) -> None:
    flow.max_calls_per_turn, flow.max_cost_per_turn = 7, 0.5
    assert Flow(flow.name).max_calls_per_turn == 7
    file = tmp_path / "limits.flow.json"
    flow.save(file)
    data = json.loads(file.read_text(encoding="utf-8"))
    assert (data["max_calls_per_turn"], data["max_cost_per_turn"]) == (7, 0.5)
    flow.max_calls_per_turn, flow.max_cost_per_turn = 3, 0.25
    loaded = Flow.load(file, trust=True)
    assert (loaded.max_calls_per_turn, loaded.max_cost_per_turn) == (3, 0.25), "the file allows more"
    flow.max_calls_per_turn, flow.max_cost_per_turn = None, None
    loaded = Flow.load(file, trust=True)
    assert (loaded.max_calls_per_turn, loaded.max_cost_per_turn) == (7, 0.5), "the file allows less"


@pytest.mark.parametrize(
    ("here", "file", "told"),
    [
        (TurnLimits(7, 0.5), TurnLimits(7, 0.5), []),
        (TurnLimits(7, 0.5), TurnLimits(), []),
        (TurnLimits(), TurnLimits(7, 0.5), []),
        (
            TurnLimits(7, 0.5),
            TurnLimits(3, 0.25),
            ["3 calls instead of 7; limit per turn: $0.25"],
        ),
        (TurnLimits(7, 0.5), TurnLimits(9, 5), ["max_calls_per_turn = 9", "max_cost_per_turn = 5"]),
        (TurnLimits(), TurnLimits(MAX_CALLS + 1, 5), [f"max_calls_per_turn = {MAX_CALLS + 1}"]),
    ],
)
def test_what_a_file_changes_of_the_limits_is_told(
    flow: Flow,
    here: TurnLimits,
    file: TurnLimits,
    told: list[str],
    said_in_cell: list[str],
    tmp_path: Path,
) -> None:
    saved = tmp_path / "limits.flow.json"
    flow.config.turn_limits = file
    flow.save(saved)
    flow.config.turn_limits = here
    Flow.load(saved)
    assert len(said_in_cell) == len(told)
    assert all(words in sentence for words, sentence in zip(told, said_in_cell, strict=True))


@pytest.mark.parametrize(("trust", "limits"), [(None, (7, 0.5)), (False, (7, 0.5)), (True, (3, 0.25))])
def test_a_file_lowers_what_was_chosen_here_only_when_that_is_taken(
    flow: Flow, trust: bool | None, limits: tuple[int, float], tmp_path: Path
) -> None:
    saved = tmp_path / "limits.flow.json"
    flow.config.turn_limits = TurnLimits(3, 0.25)
    flow.save(saved)
    flow.config.turn_limits = TurnLimits(7, 0.5)
    loaded = Flow.load(saved, trust=trust)
    assert (loaded.max_calls_per_turn, loaded.max_cost_per_turn) == limits
    questions = FROM_FILES.questions(flow.context)
    assert len(questions) == (trust is None)
    if questions:
        questions[0].choices[1].act()
        assert (loaded.max_calls_per_turn, loaded.max_cost_per_turn) == (3, 0.25)


@pytest.mark.parametrize(
    "damaged", [None, 7, [], {"calls": "many", "cost": "much"}, {"calls": 0, "cost": float("nan")}]
)
def test_damaged_limits_count_as_not_set(damaged: object) -> None:
    assert TurnLimits.parse(damaged) == TurnLimits()
