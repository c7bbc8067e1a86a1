"""Simulated callers in comparisons and tests: their own errors are found, repeated and blamed on no model."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from byok_widgets import Caller, ConfigError, Flow, KeyFormatError
from byok_widgets.cases.case import Case
from byok_widgets.testing.outcomes import Outcome
from tests.compare.flows import BAD, booking_flow, priced_flow
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

pytest.importorskip("scipy")
CALLER = "compatible:caller"
Line = tuple[str, bool]
"""What the caller says, and whether it ends the conversation."""


class Actors:
    """The models behind a server: the flow's, the caller's and the referee's.

    Attributes:
        begun: How many dialogues have begun.
    """

    def __init__(self, lines: Callable[[int, int], Line]) -> None:
        self._lines = lines
        self.begun = 0

    def answer(self, request: dict[str, Any]) -> Say:
        asked = json.dumps(request)
        said = [message["content"] for message in request["messages"] if message["role"] == "user"]
        if "You check one side" in asked:
            return Say(json.dumps({"goal_reached": "See you" in said[-1], "in_role": True, "invented": None}))
        if "You play a person" in asked:
            turn = sum(message["role"] == "assistant" for message in request["messages"])
            self.begun += turn == 0
            text, ended = self._lines(self.begun, turn)
            return Say(json.dumps({"say": text, "ended": ended}))
        if "json" not in asked.lower():
            return Say("Which day?")
        return Say(json.dumps({"weekday": "Tue" if "Tuesday" in " ".join(said) else None}))


def case(number: int, **more: Any) -> dict[str, Any]:
    made = {"goal": "a slot on Tuesday", "model": CALLER, "done_if": "weekday is not None", **more}
    return {"name": f"c{number}", "caller": Caller(f"patient {number}", **made), "values": {"weekday": "Tue"}}


def good(_: int, turn: int) -> Line:
    return (("Hello.", False), ("Tuesday, please.", False), ("Thanks.", True))[min(turn, 2)]


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    return booking_flow(server)


def test_a_caller_talks_until_its_goal_and_its_model_and_prompt_are_kept(
    flow: Flow, server: ScriptedServer
) -> None:
    server.script(Actors(good).answer)
    result = flow.test([case(1)], runs=2)
    assert result.passed
    cell = result.outcome("c1").runs[0].cell
    assert [turn["said"] for turn in cell.output["turns"]] == ["Hello.", "Tuesday, please."]
    kept = cell.output["caller"]
    assert (kept["model"], kept["goal"], len(kept["attempts"])) == (CALLER, True, 1)
    assert "patient 1" in kept["prompt"]
    assert result.validity.valid == result.validity.dialogues == 2
    assert "dialogues valid" in repr(result)


@pytest.mark.parametrize("exact", [pytest.param(True, marks=pytest.mark.slow), False])
def test_planted_hang_ups_are_flagged_and_no_model_is_blamed(
    flow: Flow, server: ScriptedServer, *, exact: bool
) -> None:
    chance, planted = random.Random(11), []

    def lines(_: int, turn: int) -> Line:
        if turn == 1 and chance.random() < 0.3:
            planted.append(turn)
            return "Never mind, goodbye.", True
        return ("Hello.", False) if turn == 0 else ("Tuesday, please.", turn > 1)

    actors = Actors(lines)
    server.script(actors.answer)
    cases = [case(number, attempts=6, **({} if exact else {"done_if": ""})) for number in range(40)]
    result = flow.compare({"now": {}, "other": {"read": BAD}}, cases, margin=0.1)
    assert result.complete
    attempts = [
        attempt for _, _, cell, _ in result.results.items() for attempt in cell.output["caller"]["attempts"]
    ]
    assert len(attempts) == actors.begun
    assert 0.2 < len(planted) / actors.begun < 0.4
    flagged = [attempt for attempt in attempts if any(f["kind"] == "hung_up_early" for f in attempt["faults"])]
    assert 0.9 * len(planted) <= len(flagged) <= len(planted)
    for variant in result.variants:
        assert {score for scores in result.results.scores_of(variant).values() for score in scores} == {1.0}
    found = result.verdicts()
    assert [one.verdict for one in found] == ["baseline", "withheld"]  # 70 % valid is below the 80 % asked for
    assert found[1].difference.verdict == "no worse", "it would be said"
    drawn = result.pictures()[0]
    assert [row["verdict"] for row in drawn.rows] == ["withheld"]
    assert "withheld" in drawn.words
    (score,) = result.node_scores()
    assert (score.verdict, score.withheld) == ("withheld", found[1].withheld)
    assert "no worse" not in drawn.words + drawn.svg() + repr(result.node_scores())
    assert all(one.validity.rate.low < one.validity.rate.estimate < one.validity.rate.high for one in found)
    assert "hung up early" in repr(result)
    assert result.best().is_baseline


def test_where_callers_are_valid_enough_there_is_a_verdict(flow: Flow, server: ScriptedServer) -> None:
    server.script(Actors(good).answer)
    result = flow.compare({"now": {}, "other": {"read": BAD}}, [case(n) for n in range(20)], margin=0.3)
    assert [one.verdict for one in result.verdicts()] == ["baseline", "no worse"]


def test_a_caller_that_never_gets_it_right_leaves_the_score_missing(flow: Flow, server: ScriptedServer) -> None:
    server.script(Actors(lambda number, turn: ("Bye.", True)).answer)
    result = flow.test([case(1, attempts=2)])
    cell = result.outcome("c1").runs[0].cell
    assert (cell.status, cell.error, len(cell.output["caller"]["attempts"])) == ("failed", "caller", 2)
    assert result.outcome("c1").outcome is Outcome.WITHHELD
    assert result.exit_code == 2
    server.script(Actors(good).answer)
    again = result.resume()
    assert (again.validity.valid, again.validity.dialogues) == (1, 3)  # what went wrong before still counts


def test_what_the_caller_s_model_is_refused_is_not_the_flow_s(flow: Flow, server: ScriptedServer) -> None:
    rejected = Say(status=400, body={"error": {"message": "no", "code": "content_policy_violation"}})
    actors = Actors(good)
    server.script(lambda request: rejected if request["model"] == "caller" else actors.answer(request))
    result = flow.compare({"now": {}, "other": {"read": BAD}}, [case(1)])
    assert [(cell.status, cell.error) for _, _, cell, _ in result.results.items()] == [
        ("failed", "moderation")
    ] * 2


def test_a_flow_has_no_rate_while_too_few_dialogues_were_valid(flow: Flow, server: ScriptedServer) -> None:
    server.script(Actors(lambda begun, turn: good(begun, turn) if begun > 1 else ("Bye.", True)).answer)
    result = flow.test([case(1)])
    assert (result.validity.valid, result.validity.dialogues) == (1, 2)
    assert result.outcome("c1").outcome is Outcome.WITHHELD
    assert result.pass_k() is None


@pytest.mark.parametrize(("silent_at", "faults"), [(0, ["hung_up_early"]), (1, ["hung_up_early"]), (2, [])])
def test_a_caller_that_hangs_up_without_a_word_has_ended_the_conversation(
    flow: Flow, server: ScriptedServer, silent_at: int, faults: list[str]
) -> None:
    """It may, once it has what it wants: here only the referee can tell."""
    flow.connect("read", "ask", if_="weekday is not None")
    flow.remove("bye")
    actors = Actors(lambda number, turn: ("", True) if turn == silent_at else good(number, turn))

    def answer(request: dict[str, Any]) -> Say:
        if "You check one side" in str(request):
            reached = "Tuesday" in request["messages"][-1]["content"].partition("It knows")[2]
            return Say(json.dumps({"goal_reached": reached, "in_role": True, "invented": None}))
        return actors.answer(request)

    server.script(answer)
    (attempt,) = _attempts(flow.test([case(1, attempts=1, done_if="")]))
    assert (attempt["ended_by"], [fault["kind"] for fault in attempt["faults"]]) == ("caller", faults)
    assert len(attempt["said"]) == silent_at


def _attempts(result: Any) -> list[dict[str, Any]]:
    result.wait()
    return result.outcome("c1").runs[0].cell.output["caller"]["attempts"]


def test_a_flow_that_never_gets_there_fails_by_itself(flow: Flow, server: ScriptedServer) -> None:
    server.script(Actors(lambda number, turn: (f"I said Wednesday, for time {turn}.", False)).answer)
    result = flow.test([case(1, max_turns=4)])
    assert result.outcome("c1").outcome is Outcome.FAILED
    cell = result.outcome("c1").runs[0].cell
    (attempt,) = cell.output["caller"]["attempts"]
    assert (attempt["ended_by"], attempt["faults"], len(cell.output["turns"])) == ("limit", [], 4)
    assert any("goal" in problem.reason for problem in result.problems)


def test_what_the_caller_costs_is_not_the_flow_s(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = priced_flow(server, monkeypatch, "openai:gpt-4o-mini")
    ask = flow.conversation("ask", "Ask for the weekday.", max_tokens=50)
    read = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=50)
    flow.connect(ask, read)
    flow.connect(read, ask)
    server.script(Actors(good).answer)
    script = {"name": "s", "caller": ["Hello.", "Tuesday, please."], "values": {"weekday": "Tue"}}
    alone = flow.test([script])
    bad_first = Actors(lambda number, turn: ("Bye.", True) if number == 1 else good(number, turn))
    server.script(bad_first.answer)
    played = flow.test([case(1, model="openai:gpt-4o")], budget=1)
    assert played.outcome("c1").passes == 1
    cells = [each.outcomes[0].runs[0].cell for each in (alone, played)]
    assert cells[0].usd == cells[1].usd > 0
    assert float(cells[1].output["caller"]["usd"]) > 0
    assert played.spent.usd > played.cost.usd == alone.cost.usd
    assert played.estimate.usd > alone.estimate.usd * 12 / 2, "12 turns at most, and the caller besides"


def test_callers_stand_in_files_and_no_node_alone_takes_them(flow: Flow, tmp_path: Any) -> None:
    entry = {**case(1), "caller": case(1)["caller"].data}
    path = tmp_path / "a.cases"
    path.write_text(json.dumps(entry), encoding="utf-8")
    (read,) = flow.cases(path)
    (direct,) = flow.cases([case(1)])
    assert read.input_id == direct.input_id
    assert isinstance(flow.cases([case(1)["caller"]])[0], Case)
    with pytest.raises(ConfigError) as caught:
        flow.test([case(1, done_if="wekday is not None")])
    assert "weekday" in caught.value.problem
    with pytest.raises(ConfigError) as caught:
        flow.optimise([BAD], [case(1)], margin=0.1)
    assert caught.value.kind == "caller"
    with pytest.raises(KeyFormatError):
        flow.cases([{"caller": {"persona": "x", "goal": fake_key("openai"), "model": CALLER}}])
    other = {"text": "Hi", "values": {"weekday": None}}
    result = flow.node("read").compare(["compatible:good", BAD], [case(1), other])
    failed = [cell for _, each, cell, _ in result.results.items() if each.name == "c1"]
    assert {cell.error for cell in failed} == {"caller"}


@pytest.mark.parametrize(
    ("found", "kind"), [({"in_role": False}, "left_role"), ({"invented": "a brother in Rome"}, "invented")]
)
def test_what_only_a_referee_can_tell_makes_a_dialogue_invalid(
    flow: Flow, server: ScriptedServer, found: dict, kind: str
) -> None:
    actors = Actors(good)
    said = {"goal_reached": True, "in_role": True, "invented": None, **found}
    server.script(
        lambda request: Say(json.dumps(said)) if "You check one side" in str(request) else actors.answer(request)
    )
    result = flow.test([case(1, attempts=2)])
    attempts = result.outcome("c1").runs[0].cell.output["caller"]["attempts"]
    assert [[(fault["kind"], fault["by"]) for fault in each["faults"]] for each in attempts] == [
        [(kind, "referee")],
        [(kind, "referee")],
    ]


@pytest.mark.parametrize("said", ["nonsense", '{"in_role": true}'])
@pytest.mark.parametrize("gives_up", [True, False])
def test_a_referee_that_does_not_say_whether_the_goal_was_reached_is_not_the_flow_s_fault(
    flow: Flow, server: ScriptedServer, said: str, *, gives_up: bool
) -> None:
    actors = Actors(lambda number, turn: ("Never mind.", True) if gives_up else good(number, turn))
    server.script(lambda request: Say(said) if "You check one side" in str(request) else actors.answer(request))
    result = flow.test([case(1, attempts=2, done_if="")])
    attempts = _attempts(result)
    assert [[(fault["kind"], fault["by"]) for fault in each["faults"]] for each in attempts] == [
        [("unusable", "referee")],
        [("unusable", "referee")],
    ]
    assert result.outcome("c1").outcome is Outcome.WITHHELD
    assert result.validity.valid == 0


@pytest.mark.parametrize(("told", "faults"), [("Wednesday, please.", []), ("Well, hello?", ["hung_up_early"])])
def test_giving_up_on_a_flow_that_repeats_itself_is_the_flow_s_fault(
    flow: Flow, server: ScriptedServer, told: str, faults: list[str]
) -> None:
    """It asks "Which day?" again: though the caller has told it one, or since the caller tells nothing."""
    said = [("Hello.", False), (told, False), ("I give up.", True)]
    server.script(Actors(lambda number, turn: said[turn]).answer)
    result = flow.test([case(1, attempts=1)])
    (attempt,) = _attempts(result)
    assert (attempt["ended_by"], [fault["kind"] for fault in attempt["faults"]]) == ("caller", faults)
    assert result.outcome("c1").outcome is (Outcome.WITHHELD if faults else Outcome.FAILED)
