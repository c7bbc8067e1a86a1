"""Variables: what code sets, what is not stated, what came before, and what they look like."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.session.variables import VariableEntry
from tests.scripted_server import Say
from tests.session.conftest import Script, system_of


def test_code_sets_and_removes_values(booking: Flow) -> None:
    s = booking.start(variables={"firm": "Acme", "tags": ["a"]})
    s.variables["name"] = "Ana"
    s.variables.update(weekday="Mon", late=True)
    assert dict(s.variables) == {"name": "Ana", "weekday": "Mon", "firm": "Acme", "tags": ["a"], "late": True}
    assert len(s.variables) == 5
    assert s.variables.pop("name") == "Ana"
    del s.variables["weekday"]
    s.variables["late"] = None
    assert dict(s.variables) == {"name": None, "weekday": None, "firm": "Acme", "tags": ["a"], "late": None}
    assert [(e.value, e.status) for e in s.variables.history("name")] == [("Ana", "set"), (None, "not_stated")]
    s.variables.clear()
    assert not any(value is not None for value in s.variables.values())
    assert s.variables.history("firm")[-1].value is None


def test_a_missing_name_is_a_key_error(booking: Flow) -> None:
    variables = booking.start().variables
    assert variables.get("nmae", "?") == "?"
    assert "nmae" not in variables
    for name in ("nmae", 5, None):
        with pytest.raises(KeyError):
            variables[name]  # type: ignore[index]
    with pytest.raises(KeyError):
        del variables["nmae"]
    assert variables.history("nmae") == ()


@pytest.mark.parametrize("name", ["", "two words", "1st", "a-b", "a.b", None, 5, ("a",)])
def test_a_name_that_no_prompt_could_use_is_rejected(booking: Flow, name: object) -> None:
    with pytest.raises(ConfigError) as caught:
        booking.start().variables[name] = 1  # type: ignore[index]
    assert caught.value.kind == "variable"
    with pytest.raises(ConfigError):
        booking.start(variables={name: 1})  # type: ignore[dict-item]


def test_a_field_of_any_name_can_be_set_by_code_too(flow: Flow) -> None:
    flow.extraction("data", {"type": "object", "properties": {"first name": {"type": "string"}}})
    s = flow.start(variables={"first name": "Ana"})
    assert s.variables["first name"] == "Ana"


@pytest.fixture
def ordering(flow: Flow) -> Flow:
    """A flow that reads variables in every possible way."""
    flow.global_prompt = "You work for {{firm}}."
    flow.conversation("ask", 'Ask {{ caller | default("the caller") }}{{ vip | default("kindly") }}.')
    flow.extraction("data", size=int, prompt="Today is {{today}}.")
    flow.connect("ask", "data", if_="people > 1")
    return flow


@pytest.mark.parametrize(
    ("name", "meant"),
    [("siez", "size"), ("Firm", "firm"), ("calller", "caller"), ("peopel", "people"), ("todai", "today")],
)
def test_a_name_similar_to_a_known_one_gives_a_warning_where_it_is_set(
    ordering: Flow, name: str, meant: str
) -> None:

    async def start() -> None:
        await ordering.astart(variables={name: 1})

    said = f"{name!r}.*{meant!r}"
    setting: list[Callable[[], Any]] = [
        lambda: ordering.start(variables={name: 1}),
        lambda: asyncio.run(start()),
        lambda: ordering.start().variables.update({name: 1}),
        lambda: ordering.start().variables.__setitem__(name, 1),
    ]
    for set_it in setting:
        with pytest.warns(UserWarning, match=said) as caught:
            set_it()
        assert [warning.filename for warning in caught] == [__file__], "it shows the user's own line"


def test_it_warns_once_and_still_sets_the_name(ordering: Flow) -> None:
    with pytest.warns(UserWarning, match="'size'"):
        s = ordering.start(variables={"siez": 1})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        s.variables["siez"] = 2
        s.fork().variables["siez"] = 3
    assert s.variables["siez"] == 2


def test_names_that_the_flow_reads_or_that_resemble_none_give_no_warning(ordering: Flow) -> None:
    known = dict.fromkeys(["firm", "caller", "vip", "size", "today", "people", "id", "colour", "x1", "x2"], 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        s = ordering.start(variables=known)
        ordering.conversation("ask", "Ask {{siez}}.")
        s.variables["siez"] = 1
    assert set(known) <= set(s.variables)


def test_a_prompt_that_is_no_valid_template_names_nothing(ordering: Flow) -> None:
    ordering.conversation("ask", "Ask {{ siez")
    with pytest.warns(UserWarning, match="'size'"):
        ordering.start(variables={"siez": 1})


@pytest.mark.parametrize("given", [["name"], "name", {"name"}, 5, []])
def test_variables_without_values_are_refused_with_an_example(booking: Flow, given: object) -> None:
    with pytest.raises(ConfigError) as caught:
        booking.start(variables=given)  # type: ignore[arg-type]
    assert caught.value.kind == "variable"
    assert repr(given) in caught.value.problem
    assert 'variables={"name": "Ana"}' in caught.value.fix


def test_all_variables_cannot_be_replaced_at_once(booking: Flow) -> None:
    s = booking.start()
    with pytest.raises(ConfigError, match="'variables'"):
        s.variables = {"name": "Ana"}  # type: ignore[assignment]


def test_the_status_says_how_reliable_a_value_is(booking: Flow, script: Script) -> None:
    script.choices, script.values["data"] = ["1"], [{"name": "Cleopatra", "weekday": "Mon"}]
    s = booking.start(variables={"firm": "Acme"})
    s.say("Monday, please")
    assert dict(s.variables.status) == {"name": "ungrounded", "weekday": "found", "firm": "set"}
    name = "name: Cleopatra (not supported by the dialogue)"
    assert repr(s.variables) == f"Variables({name}, weekday: Mon, firm: Acme)"
    table = s.variables._repr_html_()
    for words in ("Cleopatra", "not supported by the dialogue: check it", "set by hand or in code"):
        assert words in table


def test_what_is_shown_is_inert_and_the_same_each_time(flow: Flow) -> None:
    flow.conversation("ask", "Ask.")
    s = flow.start()
    assert s.variables._repr_html_() == "No variables yet."
    s.variables["hostile"] = "<img src=x onerror=alert(1)>"
    s.variables["letters"] = {chr(97 + number) for number in range(26)}
    assert "<img" not in s.variables._repr_html_()
    letters = ", ".join(chr(97 + number) for number in range(25))
    assert repr(s.variables).endswith(f"letters: ({letters} and z))")
    assert "a, b, c, " in s.variables._repr_html_()


def test_a_recreated_node_adds_its_new_fields_at_once(booking: Flow, script: Script) -> None:
    script.values["data"] = [{"name": "Ana", "weekday": None, "city": "Rome"}]
    s = booking.start()
    s.say("Hello")
    booking.extraction("data", name=str, weekday=["Mon", "Tue"], city=str)
    booking.connect("ask", "data", if_="city is None")
    assert s.variables["city"] is None
    assert s.say("I am Ana from Rome").path == ("data", "ask")
    assert (s.variables["city"], s.fork().variables["city"]) == ("Rome", "Rome")


def test_a_variable_set_by_code_after_a_turn_counts_towards_it(booking: Flow, script: Script) -> None:
    script.choices, script.values["data"] = ["1", "stay"], [{"name": "Ana", "weekday": None}]
    s = booking.start(variables={"firm": "Acme"})
    s.say("I am Ana")
    s.variables["name"] = "Anna"
    s.variables["vip"] = True
    s.say("Hm")
    s.variables["name"] = "Annabel"
    s.variables["firm"] = "Smith"
    first, start = s.fork(1), s.fork(0)
    assert dict(first.variables) == {"name": "Anna", "weekday": None, "firm": "Acme", "vip": True}
    assert dict(start.variables) == {"name": None, "weekday": None, "firm": "Acme"}
    first.variables["firm"] = "Other"
    assert s.variables["firm"] == "Smith"
    kept = s.variables
    s.reset()
    assert s.variables is kept, "whoever holds a reference sees the reset, too"
    assert dict(s.variables) == {"name": None, "weekday": None, "firm": "Acme"}
    s.variables["firm"] = "New"
    s.reset()
    assert s.variables["firm"] == "New", "set before the first turn"


def test_code_may_set_a_variable_during_a_turn(booking: Flow, script: Script) -> None:
    script.values["data"] = [{"name": None, "weekday": "Mon"}]
    booking.conversation("bye", "Bye {{vip}} {{weekday}}.")
    booking.connect("ask", "data")
    s = booking.start()

    def set_it(request: dict[str, Any]) -> Say:
        s.variables["vip"] = "madam"
        return script._answer(request)

    script.server.script(set_it)
    s.say("Monday")
    assert system_of(script.spoken[0]) == "Bye madam Mon."


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda given: pickle.loads(pickle.dumps(given))])
def test_they_can_be_copied_and_pickled(booking: Flow, copied: Callable[[Any], Any]) -> None:
    s = booking.start(variables={"firm": ["Acme"]})
    made = copied(s.variables)
    assert (dict(made), made.status) == (dict(s.variables), s.variables.status)
    made["weekday"] = "Tue"
    assert s.variables["weekday"] is None


def test_reading_them_does_not_scan_the_whole_history(booking: Flow) -> None:
    variables = booking.start().variables
    for turn in range(1, 20_001):
        variables.learn([VariableEntry("name", f"n{turn}", "found", "data", turn)], turn)
    begun = time.thread_time()
    for _ in range(1000):
        assert dict(variables)["name"] == "n20000"
    assert time.thread_time() - begun < 2
    assert len(variables.history("name")) == 20_000
