"""The troubleshooting section over the wire: what it shows of a check, and what each click does."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from byok_widgets import Flow
from byok_widgets.engine import ENGINE
from byok_widgets.findings import Finding, Fix
from byok_widgets.providers import catalog
from byok_widgets.widgets.panel import troubleshooting, troubleshooting_messages
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.key_controller import KeyController
from byok_widgets.widgets.panel.quick_fixes import apply
from byok_widgets.widgets.panel.side_panel import FlowInPanel
from tests.fake_keys import fake_key
from tests.widgets.parts import parts
from tests.widgets.wire import eventually


@pytest.fixture
def talk(flow):
    """A node on OpenAI, with its key."""
    flow.model = "openai:gpt-6-luna"
    flow.key_store.save("openai", "api.openai.com", fake_key())
    flow.conversation("ask", "Ask.")
    return flow


def section(panel):
    return parts(panel).troubleshooting


def fixes(part):
    """Return what fixes the findings, as data."""
    return [(each["by"], each["argument"]) for each in part.facts["findings"]]


def check(browser, part):
    browser.custom(part, {"kind": "check", "id": "check"})
    eventually(lambda: part.facts["state"] == "checked")


def press(browser, wire, part, fix):
    """Press a finding's button and return the answer."""
    (number,) = [each["id"] for each in part.facts["findings"] if each["by"] == fix]
    browser.custom(part, {"kind": "apply_fix", "finding": number, "id": f"press {number}"})
    return wire.custom(part)[-1]


def test_before_the_first_check_nothing_is_counted(talk, show):
    part = section(show(talk))
    assert (part.facts["state"], part.facts["count"]) == ("unchecked", "")
    assert part.facts["findings"] == []


def test_a_flow_without_a_mistake(talk, show, browser):
    part = section(show(talk))
    check(browser, part)
    assert (part.facts["state"], part.facts["findings"]) == ("checked", [])


def test_once_checked_it_follows_the_settings(talk, show, browser):
    part = section(show(talk))
    talk.model = "gpt-4"
    assert part.facts["count"] == "", "nobody has asked yet"
    check(browser, part)
    assert len(part.facts["findings"]) == 1
    talk.conversation("lost", "{{nmae}}")
    eventually(lambda: len(part.facts["findings"]) == 3)
    assert [each["level"] for each in part.facts["findings"]] == ["error", "error", "warning"]
    talk.model = "gpt-6-luna"
    eventually(lambda: len(part.facts["findings"]) == 2)


def test_it_waits_for_a_keyring_in_the_background(talk, show, browser, monkeypatch):
    answer = threading.Event()
    status = type(talk.key_store).status

    def slow(self, provider, host):
        answer.wait(60)
        return status(self, provider, host)

    part = section(show(talk))
    eventually(lambda: KeyController.of(talk).known(EndpointTarget.of(talk)))
    monkeypatch.setattr(type(talk.key_store), "status", slow)
    browser.custom(part, {"kind": "check", "id": "check"})
    assert part.facts["state"] == "checking"
    ENGINE.submit(asyncio.sleep(0)).result(30)  # calls of models go on meanwhile
    answer.set()
    eventually(lambda: (part.facts["state"], part.facts["findings"]) == ("checked", []))
    answer.clear()
    talk.conversation("tell", "Tell.", enter="they ask")
    assert (part.facts["state"], part.facts["findings"]) == ("checked", []), "nobody waits for it"
    browser.custom(part, {"kind": "check", "id": "again"})
    assert part.facts["state"] == "checking"
    answer.set()
    eventually(lambda: (part.facts["state"], part.facts["findings"]) == ("checked", []))


def test_what_a_cell_changes_in_one_go_is_checked_together(talk, show, browser, monkeypatch):
    made = []
    look = Flow.check
    monkeypatch.setattr(Flow, "check", lambda self: made.append("a check") or look(self))
    talk.connect("ask", "ask")
    part = section(show(talk))
    check(browser, part)
    begun = time.monotonic()
    for number in range(20):
        talk.conversation(f"n{number}", "Go on.")
    eventually(lambda: len(part.facts["findings"]) == 20)
    assert len(made) <= 2 + (time.monotonic() - begun) / troubleshooting._TOGETHER_S


def test_a_check_that_breaks_says_so_and_can_be_made_again(talk, show, browser, monkeypatch):
    part = section(show(talk))
    with monkeypatch.context() as breaking:
        breaking.setattr(Flow, "check", lambda self: {}[self])
        browser.custom(part, {"kind": "check", "id": "check"})
        eventually(lambda: part.facts["state"] == "failed")
    check(browser, part)
    assert (part.facts["state"], part.facts["findings"]) == ("checked", [])


def test_a_model_that_has_ended_is_replaced_wherever_it_was_chosen(talk, show, browser, wire):
    talk.model = talk.judge_model = "openai:gpt-4"
    talk.conversation("own", "Own.", model="openai:gpt-4", enter="they want their own")
    talk.conversation("other", "Other.", model="openai:gpt-6-luna", enter="they want another")
    part = section(show(talk))
    check(browser, part)
    newer = catalog.replacement("openai", "gpt-4")
    assert fixes(part) == [("use_model", f"openai:{newer}")]
    assert press(browser, wire, part, "use_model")["focus"] == {}
    assert talk.model == newer
    assert (talk.judge_model, talk.config.override("own")) == (f"openai:{newer}", f"openai:{newer}")
    assert talk.node("other").model == "openai:gpt-6-luna"
    assert talk.config.override("ask") is None, "it follows the default model"
    eventually(lambda: part.facts["findings"] == [])


def test_without_a_default_model_the_balanced_one_is_offered(flow, show, browser, wire):
    flow.provider = "anthropic"
    flow.key_store.save("anthropic", "api.anthropic.com", fake_key("anthropic"))
    flow.conversation("ask", "Ask.")
    part = section(show(flow))
    check(browser, part)
    balanced = catalog.presets("anthropic")["balanced"]
    press(browser, wire, part, "use_model")
    assert (flow.provider, flow.model) == ("anthropic", balanced)


def test_a_missing_key_leads_to_the_key_field_of_its_provider(talk, show, browser, wire):
    talk.conversation("claude", "x", model="anthropic:claude-haiku-5-5", enter="they want Claude")
    part = section(show(talk))
    check(browser, part)
    answer = press(browser, wire, part, "save_key")
    assert answer["focus"] == {"field": "key"}
    assert {"Anthropic", "OpenAI"} <= set(answer["text"].replace(".", " ").split())
    assert talk.provider == "anthropic"
    assert press(browser, wire, part, "save_key")["focus"] == {"field": "key"}
    assert talk.provider == "anthropic", "it is there already"


def test_an_address_is_filled_in_or_taken_back(talk, show, browser, wire):
    talk.set_base_url("openai", "https://proxy.example.org/v1")
    talk.key_store.save("openai", "proxy.example.org", fake_key())
    talk.conversation("own", "x", model="compatible:some-model", enter="they want their own")
    part = section(show(talk))
    check(browser, part)
    press(browser, wire, part, "use_own_address")
    assert talk.config.base_url("openai") is None
    assert press(browser, wire, part, "fill_address")["focus"] == {"field": "address"}
    assert talk.provider == "compatible"


def test_a_node_whose_model_does_not_fit_is_pointed_at_and_its_setting_taken_away(talk, show, browser, wire):
    talk.node("ask").settings["temperature"] = 0.5
    talk.extraction("data", word=str, model="openai:gpt-3.5-turbo", enter="they said it", end=True)
    part = section(show(talk))
    check(browser, part)
    assert press(browser, wire, part, "choose_model")["focus"] == {"field": "node", "name": "data"}
    assert talk.node("ask").settings["temperature"] == 0.5
    press(browser, wire, part, "remove_setting")
    assert "temperature" not in talk.node("ask").settings


def test_what_only_a_cell_can_fix_comes_as_its_line(talk, show, browser):
    talk.connect("ask", "ask")
    talk.conversation("lost", "x")
    part = section(show(talk))
    check(browser, part)
    (finding,) = part.facts["findings"]
    assert (finding["by"], finding["button"]) == ("paste", "")
    assert finding["code"] == "flow.connect('ask', 'lost', when='...')"


def test_a_button_of_what_is_fixed_already_changes_nothing(talk, show, browser, wire):
    talk.model = "gpt-4"
    part = section(show(talk))
    check(browser, part)
    (number,) = [each["id"] for each in part.facts["findings"]]
    talk.model = "gpt-6-luna"
    eventually(lambda: part.facts["findings"] == [])
    browser.custom(part, {"kind": "apply_fix", "finding": number, "id": "late"})
    assert wire.custom(part)[-1]["focus"] == {}
    assert talk.model == "gpt-6-luna"


def test_a_finding_without_a_click_is_left_alone(talk):
    assert apply(Finding("x", "error", "", "x", "x"), talk) == ("", {})
    assert apply(Finding("x", "error", "", "x", "x", Fix("paste", "flow")), talk) == ("", {})


@pytest.mark.parametrize(
    "content", [None, [], {}, {"kind": ["apply_fix"]}, {"kind": "apply_fix"}, {"kind": "check_key"}]
)
def test_messages_that_make_no_sense_do_no_harm(flow, show, content):
    part = section(show(flow))
    part._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    assert part.facts["findings"] == []


def test_at_the_side_it_works_before_and_after_a_cell_makes_the_flow(flow, show, browser):
    name = f"{flow.name} side"
    settings = FlowInPanel.of(name)
    part = section(show(settings))
    check(browser, part)
    assert (part.facts["state"], part.facts["findings"]) == ("checked", [])
    alone = part.facts["note"]
    settings.provider = "openai"
    balanced = f"openai:{catalog.presets('openai')['balanced']}"
    eventually(lambda: fixes(part) == [("save_key", "openai"), ("use_model", balanced)])
    assert part.facts["note"] == alone
    made = Flow(name)
    made.conversation("ask", "Ask.", model="openai:gpt-4")
    eventually(lambda: any("node 'ask'" in each["problem"] for each in part.facts["findings"]))
    assert part.facts["note"] != alone


def test_texts_from_elsewhere_are_inert(talk, show, browser, wire):
    talk.extraction("\u202edata", word=str, model="openai:gpt-3.5-turbo", enter="they said it", end=True)
    part = section(show(talk))
    check(browser, part)
    answer = press(browser, wire, part, "choose_model")
    assert answer["focus"] == {"field": "node", "name": "⟦U+202E⟧data"}
    assert "\u202e" not in str(part.facts)


def rows(flow, *, has_key=False, can_check=True):
    found = troubleshooting_messages.rows(
        EndpointTarget.of(flow), flow.model, has_key=has_key, can_check=can_check
    )
    return {row["id"]: row for row in found}


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
def test_the_four_rows_lead_to_the_chosen_providers_pages(flow, provider):
    flow.provider = provider
    found, links = rows(flow), EndpointTarget.of(flow).provider.links
    assert list(found) == ["no_key", "auth", "model", "rate_limit"]
    pages = [[link["url"] for link in row["links"]] for row in found.values()]
    assert pages == [[links.keys], [links.keys], [links.models, links.billing], [links.usage, links.status]]
    assert found["auth"]["ask"] == "check_key"
    assert rows(flow, can_check=False)["auth"]["button"] == ""


def test_elsewhere_the_providers_pages_are_not_named(flow):
    flow.provider = "openai"
    flow.set_base_url("openai", "https://proxy.example.org/v1")
    assert [row["links"] for row in rows(flow).values()] == [[]] * 4
    assert "proxy.example.org" in rows(flow)["auth"]["text"]
    flow.provider = "compatible"
    assert next(iter(rows(flow))) == "connection"


def test_the_row_about_a_missing_key_knows_whether_one_is_there(flow, show):
    flow.provider = "openai"
    panel = show(flow)
    told = {has_key: rows(flow, has_key=has_key)["no_key"]["text"] for has_key in (False, True)}

    def shown():
        return next(row["text"] for row in section(panel).facts["rows"] if row["id"] == "no_key")

    assert told[False] != told[True]
    assert shown() == told[False]
    flow.key_store.save("openai", "api.openai.com", fake_key(), backend="session")
    flow.config.notify("key")
    eventually(lambda: shown() == told[True])
    flow.key_store.remove("openai", "api.openai.com")
    flow.config.notify("key")
    eventually(lambda: shown() == told[False])


def test_a_local_model_has_rows_of_its_own(flow):
    assert list(rows(flow)) == ["download", "memory", "quality"]
    assert "MB" in rows(flow)["download"]["text"]
    flow.model = "no-such-model"
    assert "no-such-model" in rows(flow)["download"]["text"]


def test_the_key_is_checked_from_here(talk, show, browser, wire, monkeypatch):
    monkeypatch.setattr("byok_widgets.providers.openai.OpenAIProvider.default_url", "http://127.0.0.1:9/v1")
    talk.key_store.save("openai", "127.0.0.1:9", fake_key(), backend="session")
    panel = show(talk)
    eventually(lambda: parts(panel).key.can_check)
    browser.custom(section(panel), {"kind": "check_key", "id": "key"})
    assert wire.custom(section(panel))[-1]["focus"] == {"field": "key"}
    eventually(lambda: parts(panel).key.status["state"] == "unverified")
