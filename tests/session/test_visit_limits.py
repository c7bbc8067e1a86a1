"""What visitors of a page may take in one kernel, with whatever the page lets them do."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace

import pytest

from byok_widgets import ByokError, ConfigError, Flow
from byok_widgets.nodes.calls.visit_budget import MAX_CALLS
from byok_widgets.providers import PROVIDERS
from tests.fake_keys import fake_key
from tests.scripted_server import Say
from tests.session.conftest import Script


@pytest.fixture
def visited(flow: Flow) -> Flow:
    """A flow on a page for visitors."""
    flow.conversation("ask", "Ask.")
    flow.context.open_to_visitors()
    return flow


def talk(flow: Flow) -> None:
    """Talk without end, in sessions of one turn each."""
    for _ in range(20):
        flow.start().say("hello")


def calls_until_refused(flow: Flow, script: Script) -> int:
    """Talk until that is refused; returns how many calls arrived."""
    before = len(script.server.requests)
    with pytest.raises(ByokError) as caught:
        talk(flow)
    assert caught.value.kind == "visit_limit"
    return len(script.server.requests) - before


def test_visitors_are_stopped_after_so_many_calls_in_all_sessions_together(visited: Flow, script: Script) -> None:
    assert visited.max_calls_per_visit == MAX_CALLS
    visited.max_calls_per_visit = 3
    assert calls_until_refused(visited, script) == 3
    with pytest.raises(ByokError) as caught:
        visited.node("ask").run("a node alone")
    assert caught.value.kind == "visit_limit"


def test_a_limit_is_told_before_it_is_reached(visited: Flow, script: Script) -> None:
    visited.max_calls_per_visit = 4
    told = [visited.start().say("hello").notices for _ in range(4)]
    assert [bool(notices) for notices in told] == [False, False, False, True]


def test_visitors_are_stopped_once_a_visit_has_cost_as_much_as_it_may(visited: Flow, script: Script) -> None:
    provider = PROVIDERS["openrouter"]
    visited.set_base_url("openrouter", script.server.base_url)
    destination = provider.key_destination(provider.address(script.server.base_url))
    visited.key_store.save("openrouter", destination, fake_key("openrouter"), backend="session")
    visited.model = "openrouter:some/model"
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "cost": 0.125}
    script.server.script(lambda _: Say("hi", usage=usage))
    visited.max_cost_per_visit = 0.25
    assert calls_until_refused(visited, script) == 2


def test_what_an_owner_does_in_a_notebook_has_no_such_limit(flow: Flow, script: Script) -> None:
    flow.conversation("ask", "Ask.")
    flow.max_calls_per_visit = 1
    for _ in range(3):
        flow.start().say("hello")


def test_a_comparison_in_the_pages_code_has_limits_of_its_own(flow: Flow, script: Script) -> None:
    ask = flow.conversation("ask", "Ask.")
    flow.context.open_to_visitors()
    flow.max_calls_per_visit = 1
    cases = [{"text": f"hello {number}", "contains": "x"} for number in range(3)]
    r = ask.compare(["compatible:a", "compatible:b"], cases, max_calls=6)
    assert [cell.status for _, _, cell, _ in r.wait().results.items()] == ["done"] * 6


@pytest.mark.parametrize("name", ["max_calls_per_visit", "max_cost_per_visit"])
@pytest.mark.parametrize("value", [0, -1, True, "5", float("nan")])
def test_a_limit_that_is_none_is_refused_under_its_own_name(flow: Flow, name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        setattr(flow, name, value)
    assert caught.value.kind == "turn_limit"


def test_visitors_in_the_threads_of_one_marimo_server_have_a_visit_each(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SimpleNamespace(running_in_notebook=lambda: True, app_meta=lambda: SimpleNamespace(mode="run"))
    monkeypatch.setitem(sys.modules, "marimo", app)
    made: list[Flow] = []
    for _ in range(2):
        visit = threading.Thread(target=lambda: made.extend([Flow("served"), Flow("served")]))
        visit.start()
        visit.join()
    budgets = [flow.context.visit for flow in made]
    assert budgets[0] is budgets[1]
    assert budgets[2] is budgets[3]
    assert budgets[0] is not budgets[2]
