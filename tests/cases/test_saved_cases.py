"""Sessions saved as cases: added to a file, which reads back as what happened."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from byok_widgets import ByokError, ConfigError, Flow
from tests.fake_keys import fake_key
from tests.scripted_server import Say

_numbers = itertools.count()


def answer(request):
    day = "Tue" if "Tuesday" in str(request["messages"]) else None
    return Say(json.dumps({"day": day}) if "response_format" in request else "Which day?")


@pytest.fixture
def flow(server):
    flow = Flow(f"the dentist / {next(_numbers)}")
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:one"
    server.script(answer)
    ask = flow.conversation("ask", "Ask for the day.")
    read = flow.extraction("read", day=["Mon", "Tue"])
    flow.connect(ask, read)
    flow.connect(read, flow.conversation("bye", "Bye.", static=True, end=True), if_="day == 'Tue'")
    return flow


@pytest.fixture
def session(flow):
    found = flow.start()
    found.say("Hello")
    found.say("Tuesday")
    return found


def test_what_was_saved_reads_back_as_what_happened(flow, session, tmp_path):
    saved = flow.save_case(session, tmp_path / "a.cases.jsonl")
    assert saved.is_new
    (case,) = flow.cases(saved.path)
    (direct,) = flow.cases(session)
    assert (case.caller, dict(case.values), case.path, case.end_node) == (
        direct.caller,
        dict(direct.values),
        direct.path,
        direct.end_node,
    )
    assert case.name == saved.name
    assert str(saved.path) in str(saved)


def test_cases_are_added_with_names_of_their_own_and_equal_ones_once(flow, session, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text('{"name": "Hello", "text": "kept as it is", "contains": "x"}')
    saved = [flow.save_case(session, file, turn=turn) for turn in (1, 2, 1)]
    assert [each.is_new for each in saved] == [True, True, False]
    assert saved[2].name == saved[0].name
    cases = flow.cases(file)
    assert len({case.name for case in cases}) == len(cases) == 3
    assert cases[0].text == "kept as it is"
    named = [flow.save_case(session, file, name="Hello") for _ in range(2)]
    assert [(each.name, each.is_new) for each in named] == [("Hello 3", True), ("Hello 3", False)]
    assert flow.save_case(session, file, name="Hi").is_new, "another name is another case"


def test_a_line_break_of_another_kind_in_what_was_said_ends_no_line(flow, tmp_path):
    session = flow.start()
    session.say("Tuesday\u2028please")
    saved = [flow.save_case(session, tmp_path / "a.jsonl") for _ in range(2)]
    assert [each.is_new for each in saved] == [True, False]
    assert len(flow.cases(tmp_path / "a.jsonl")) == 1


def test_by_default_the_file_is_named_like_the_flow(flow, session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved = flow.save_case(session)
    assert saved.path.parent == tmp_path
    assert saved.path.name.startswith("the-dentist-")
    assert len(flow.cases(saved.path.name)) == 1


def test_what_it_says_to_test_with_is_found_from_here(flow, session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cases").mkdir()
    saved = flow.save_case(session, "cases/a.jsonl")
    told = dict(saved.facts())
    assert str(tmp_path) not in f"{saved} {told}"
    assert Path(told["file"]) == Path("cases/a.jsonl")
    assert told["test with"] == f"flow.test({told['file']!r})"
    assert len(flow.cases(told["file"])) == 1


@pytest.mark.parametrize("name", ["a.csv", "a", "missing/a.jsonl", "missing/a.cases"])
def test_a_file_that_takes_no_cases_is_refused(flow, session, tmp_path, name):
    with pytest.raises(ConfigError) as caught:
        flow.save_case(session, tmp_path / name)
    assert caught.value.kind == "cases"


def test_a_key_gets_into_no_file(flow, session, tmp_path):
    key = fake_key("openai")
    session.variables["day"] = key
    with pytest.raises(ByokError) as caught:
        flow.save_case(session, tmp_path / "a.jsonl")
    assert key not in str(caught.value)
    assert not list(tmp_path.glob("*.jsonl"))


def test_kernels_that_save_at_the_same_time_lose_no_case(flow, session, tmp_path):
    path = tmp_path / "cases" / "both.jsonl"
    path.parent.mkdir()

    def save(kernel):
        return [flow.save_case(session, path, name=f"{kernel} {number}") for number in range(20)]

    with ThreadPoolExecutor(4) as kernels:
        saved = [case for each in kernels.map(save, range(4)) for case in each]
    assert all(case.is_new for case in saved)
    assert sorted(case.name for case in flow.cases(path)) == sorted(case.name for case in saved)
    assert [file.name for file in path.parent.iterdir()] == ["both.jsonl"]


def test_it_expects_each_turn_and_passes_as_a_test(flow, session, tmp_path):
    saved = flow.save_case(session, tmp_path / "a.cases")
    (case,) = flow.cases(saved.path)
    assert {number: turn.node for number, turn in case.turns.items()} == {1: "read", 2: "bye"}
    assert flow.test(saved.path)
    flow.connect("read", "ask", if_="day == 'Tue'")
    flow.disconnect("read", "bye")
    assert not flow.test(saved.path)


def test_what_actions_with_effects_gave_is_their_stub(flow, tmp_path):
    booked = []

    def book(day):
        booked.append(day)
        return f"{day} at {9 + len(booked)}:00"

    flow.disconnect("read", "bye")
    slot = flow.action("slot", book, writes=["time"], effects=True)
    flow.connect("read", slot, if_="day == 'Tue'")
    flow.connect(slot, "bye")
    session = flow.start()
    session.say("Tuesday")
    saved = flow.save_case(session, tmp_path / "a.cases")
    (case,) = flow.cases(saved.path)
    assert case.stubs == {"slot": {"time": "Tue at 10:00"}}
    assert case.values["time"] == "Tue at 10:00"
    assert flow.test(saved.path).passed
    assert booked == ["Tue"]


@pytest.mark.parametrize("stubs", [{"slot": 1}, ["slot"], {"nobody": {}}, {"ask": {}}, {"slot": {"other": 1}}])
def test_a_stub_that_fits_no_action_is_refused(flow, stubs):
    flow.action("slot", str.upper, writes=["time"])
    with pytest.raises(ConfigError):
        flow.test([{"text": "Hi", "end_node": "ask", "stubs": stubs}])
