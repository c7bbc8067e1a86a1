"""Action nodes: what a function is given, what happens to its result, and effects that never happen twice."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

import pytest

from byok_widgets import ConfigError, Flow, FlowError
from byok_widgets.session import Session
from tests.fake_keys import fake_key


def booking(flow: Flow, function, **more) -> Flow:
    """A flow that needs no model: it acts on each text and says a fixed sentence."""
    flow.conversation("hello", "Hello!", static=True, start=True)
    flow.action("book", function, **more)
    flow.conversation("bye", "See you at {{time}}.", static=True)
    flow.connect("hello", "book")
    flow.connect("book", "bye")
    flow.connect("bye", "book")
    return flow


def started(flow: Flow, **variables) -> Session:
    return flow.start(variables={"name": None, **variables})


def test_parameters_get_variables_by_name_and_the_result_becomes_variables(flow: Flow) -> None:
    def find(name, weekday=None, *, room="A"):
        return {"time": f"{name} {weekday} {room}"}

    s = started(booking(flow, find, writes=["time"]), name="Ana", weekday="Tue")
    turn = s.say("Book it")
    assert turn.path == ("book", "bye")
    assert s.variables["time"] == "Ana Tue A"
    assert s.variables.status["time"] == "found"
    assert [entry.source for entry in s.variables.history("time")] == ["book"]
    assert str(turn) == "See you at Ana Tue A."
    assert turn.calls == ()
    assert "time" in s.explain()
    assert "calls" in repr(s.trace)


@pytest.mark.parametrize("returned", ["ten", {"time": "ten"}])
def test_a_single_value_may_be_returned_by_itself(flow: Flow, returned) -> None:
    assert flow.action("book", lambda: returned, writes=["time"]).run()["time"] == "ten"


def test_one_parameter_may_get_all_variables_read_only(flow: Flow) -> None:
    def look(variables):
        with pytest.raises(TypeError):
            variables["name"] = "Leo"
        return variables["name"]

    assert flow.action("book", look, writes="time").run(variables={"name": "Ana"})["time"] == "Ana"


def test_an_async_function_runs_in_its_own_thread(flow: Flow) -> None:
    async def find():
        await asyncio.sleep(0)
        return threading.current_thread().daemon

    assert flow.action("book", find, writes=["time"]).run()["time"] is True


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda: {"wrong": 1, "time": 2}, "action_result"),
        (lambda: {"date": 1}, "action_result"),
        (object, "action_result"),
        (lambda: 1 / 0, "action_failed"),
        (lambda missing: missing, "action_argument"),
    ],
)
def test_a_failure_is_a_clear_error_that_names_the_node(flow: Flow, function, kind: str) -> None:
    writes = ["time"] if function is object else ["time", "date"]
    with pytest.raises(FlowError) as caught:
        flow.action("book", function, writes=writes).run()
    assert caught.value.kind == kind
    assert "'book'" in caught.value.where


def test_an_error_shows_no_key(flow: Flow) -> None:
    key = fake_key()

    def fail():
        raise RuntimeError(f"refused {key}")

    with pytest.raises(FlowError) as caught:
        flow.action("book", fail).run()
    assert key[8:24] not in str(caught.value)


def test_a_late_function_releases_the_turn_and_blocks_no_other_flow(flow: Flow) -> None:
    release = threading.Event()
    s = started(booking(flow, release.wait, writes=["time"], deadline_s=0.2))
    with pytest.raises(FlowError) as caught:
        s.say("Book it")
    assert caught.value.kind == "action_timeout"
    assert [turn.number for turn in s.turns] == [0]
    assert not s.busy
    release.set()


def test_two_flows_wait_for_their_functions_concurrently(flow: Flow) -> None:
    both = threading.Barrier(2)
    first = flow.action("one", lambda: both.wait(5), writes=["x"])
    second = flow.action("two", lambda: both.wait(5), writes=["x"])

    async def run_both():
        return await asyncio.gather(first.arun(), second.arun())

    assert {result["x"] for result in asyncio.run(run_both())} == {0, 1}


class Ledger:
    """Counts what was booked."""

    def __init__(self) -> None:
        self.booked = 0

    def __call__(self, name) -> str:
        self.booked += 1
        return f"{name} {self.booked}"


def failing_after(flow: Flow, ledger: Ledger, **more) -> Flow:
    """A flow whose turn fails after the action, as long as `ok` is not set."""
    flow.conversation("hello", "Hello!", static=True, start=True)
    flow.action("book", ledger, writes=["time"], effects=True, **more)
    flow.action("check", lambda ok=None: 1 / (1 if ok else 0), writes=["checked"])
    flow.conversation("bye", "See you at {{time}}.", static=True)
    for source, target in (("hello", "book"), ("book", "check"), ("check", "bye"), ("bye", "book")):
        flow.connect(source, target)
    return flow


def test_an_effect_is_not_repeated_if_the_turn_failed_after_it(flow: Flow) -> None:
    ledger = Ledger()
    s = started(failing_after(flow, ledger), name="Ana")
    with pytest.raises(FlowError):
        s.say("Book it")
    s.variables["ok"] = True
    turn = s.say("Book it")
    assert (ledger.booked, s.variables["time"]) == (1, "Ana 1")
    assert any("not called again" in notice for step in turn.steps for notice in step.notices)
    s.say("And once more")
    assert ledger.booked == 2, "the flow has reached the node again"


def test_an_effect_is_repeated_on_request_and_rejected_with_other_values(flow: Flow) -> None:
    ledger = Ledger()
    s = started(failing_after(flow, ledger), name="Ana")
    for _ in range(2):
        with pytest.raises(FlowError):
            s.say("Book it", repeat_effects=True)
    assert ledger.booked == 2
    s.variables["name"], s.variables["ok"] = "Leo", True
    with pytest.raises(FlowError) as caught:
        s.say("Book it")
    assert caught.value.kind == "action_repeated"
    assert ledger.booked == 2
    s.say("Book it", repeat_effects=True)
    assert ledger.booked == 3


def test_a_fork_and_a_saved_session_do_not_repeat_an_effect(flow: Flow, tmp_path: Path) -> None:
    ledger = Ledger()
    s = started(failing_after(flow, ledger), name="Ana", ok=True)
    s.say("Book it")
    fork = s.fork(turn=0)
    fork.variables["ok"] = True
    fork.say("Book it")
    assert ledger.booked == 1
    fork.save(tmp_path / "s.json")
    again = flow.load_session(tmp_path / "s.json").fork(0)
    again.variables["ok"] = True
    again.say("Book it")
    assert ledger.booked == 1


def test_an_effect_that_did_not_return_is_unknown_and_not_retried(flow: Flow) -> None:
    release, calls = threading.Event(), []

    def book():
        calls.append(1)
        release.wait(20)

    s = started(booking(flow, book, writes=["time"], effects=True, deadline_s=0.2))
    for _ in range(2):
        with pytest.raises(FlowError) as caught:
            s.say("Book it")
        assert caught.value.kind == "action_unknown"
    assert len(calls) == 1
    release.set()


def test_a_file_names_the_function_and_loading_imports_nothing(flow: Flow, tmp_path: Path) -> None:
    file = tmp_path / "dentist.flow.json"
    booking(flow, time.strftime, writes=["time"], deadline_s=3, effects=True).save(file)
    (saved,) = [node for node in json.loads(file.read_text())["nodes"] if node["kind"] == "action"]
    assert (saved["writes"], saved["deadline_s"], saved["effects"]) == (["time"], 3.0, True)
    saved_data = json.loads(file.read_text())
    for node in saved_data["nodes"]:
        if node["kind"] == "action":
            node["function"] = "antigravity_of_nobody:fly"
    file.write_text(json.dumps(saved_data))
    again = Flow.load(file)
    assert [finding.kind for finding in again.check() if finding.where == "book"] == ["unbound_action"]
    with pytest.raises(FlowError) as caught:
        again.start().say("Hi")
    assert caught.value.kind == "unbound_action"
    bound = Flow.load(file, functions={"book": lambda: "ten"})
    assert str(bound.start().say("Hi")) == "See you at ten."
    with pytest.raises(ConfigError):
        Flow.load(file, functions={"hello": print})


def test_it_is_drawn_and_checked(flow: Flow) -> None:
    booking(flow, lambda weekday: weekday, writes=["time"])
    assert "book" in repr(flow)
    assert "writes time" in flow._repr_mimebundle_()["text/plain"]
    assert "unknown_variable" in {finding.kind for finding in flow.check() if finding.where == "book"}


@pytest.mark.parametrize(
    "given", [{"writes": ["not a name"]}, {"deadline_s": 0}, {"deadline_s": True}, {"deadline_s": "soon"}]
)
def test_invalid_arguments_are_rejected(flow: Flow, given) -> None:
    with pytest.raises(ConfigError):
        flow.action("book", print, **given)
    with pytest.raises(ConfigError):
        flow.action("book", "print")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("deadline_s", None),
        ("deadline_s", "x"),
        ("deadline_s", -1),
        ("deadline_s", True),
        ("deadline_s", float("inf")),
        ("deadline_s", float("nan")),
        ("deadline_s", 10**400),
        ("effects", "no"),
        ("effects", None),
        ("writes", 5),
        ("writes", None),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_set_too(flow: Flow, name: str, value: object) -> None:
    with pytest.raises(ConfigError):
        flow.action("book", print, **{name: value})
    action = flow.action("book", print)
    with pytest.raises(ConfigError):
        setattr(action, name, value)
    assert (action.deadline_s, action.effects, action.writes) == (10.0, False, ())


def test_what_can_be_read_only_once_is_no_value(flow: Flow) -> None:
    def letters():
        yield "a"

    for returned in (iter("abc"), [letters()], {"time": {"first": (letter for letter in "abc")}}):
        with pytest.raises(FlowError) as caught:
            flow.action("book", lambda returned=returned: returned, writes=["time"]).run()
        assert caught.value.kind == "action_result"
    with pytest.raises(ConfigError) as refused:
        flow.action("book", letters)
    assert refused.value.kind == "function"


def of_action(file: Path, **fields) -> Path:
    """Change what a file says of its action node."""
    data = json.loads(file.read_text())
    for node in data["nodes"]:
        if node["kind"] == "action":
            node.update(fields)
    file.write_text(json.dumps(data))
    return file


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("function", "m:__import__('os').system('touch x')"),
        ("function", "find\nprint(1)"),
        ("function", "a b"),
        ("function", 5),
        *[("deadline_s", value) for value in ("x", -1, 0, True, None, [], {}, 1e999)],
        *[("effects", value) for value in ("x", None, 1)],
        *[("writes", value) for value in ("ab", None, [1], ["a b"])],
    ],
)
def test_what_a_file_cannot_say_of_an_action_is_one_clear_error(flow: Flow, tmp_path: Path, name, value) -> None:
    booking(flow, time.strftime, writes=["time"]).save(tmp_path / "f.json")
    with pytest.raises(ConfigError) as caught:
        Flow.load(of_action(tmp_path / "f.json", **{name: value}))
    assert caught.value.kind == "flow_file"


@pytest.mark.parametrize("text", ["", "find", "<lambda>", "shop.calendar:Book.find", "größe:finde", "class"])
def test_what_check_offers_to_paste_is_a_name_or_nothing(flow: Flow, tmp_path: Path, text: str) -> None:
    booking(flow, lambda: 1, writes=["time"]).save(tmp_path / "f.json")
    loaded = Flow.load(of_action(tmp_path / "f.json", function=text))
    (offered,) = [finding.by for finding in loaded.check() if finding.kind == "unbound_action"]
    named = offered.argument.partition(".function = ")[2] if offered else "nothing"
    assert all(part.isidentifier() for part in named.split("."))


@pytest.mark.parametrize(
    "text",
    [
        "open",
        "builtins:exec",
        "os.system",
        "os:system",
        "__import__",
        "shop:\uff4f\uff50\uff45\uff4e",
        "shop:get_ipython",
    ],
)
def test_check_offers_no_function_of_python_itself(flow: Flow, tmp_path: Path, text: str) -> None:
    booking(flow, lambda: 1, writes=["time"]).save(tmp_path / "f.json")
    loaded = Flow.load(of_action(tmp_path / "f.json", function=text))
    (found,) = [finding for finding in loaded.check() if finding.kind == "unbound_action"]
    assert found.by is None
    assert text in found.problem


def test_functions_are_given_by_name(flow: Flow, tmp_path: Path) -> None:
    booking(flow, time.strftime, writes=["time"]).save(tmp_path / "f.json")
    with pytest.raises(ConfigError):
        Flow.load(tmp_path / "f.json", functions=[time.strftime])
