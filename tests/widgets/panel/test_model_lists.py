"""The models of a panel: where the list comes from, what is said of each, and what replaced a retired one."""

from __future__ import annotations

import asyncio
import datetime
import subprocess
import sys
from decimal import Decimal

import pytest

from byok_widgets.engine import ENGINE
from byok_widgets.providers import ModelInfo
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.key_controller import KeyController
from byok_widgets.widgets.panel.model_lists import ModelLists
from byok_widgets.widgets.panel.model_messages import describe, ending, rows_of
from tests.fake_keys import fake_key
from tests.widgets.parts import parts
from tests.widgets.wire import eventually

ROWS = [
    {
        "id": "zeta/large",
        "name": "Zeta: Large",
        "pricing": {"prompt": "0.000002", "completion": "0.00001"},
        "context_length": 1_050_000,
        "supported_parameters": ["structured_outputs"],
    },
    {"id": "acme/old", "expiration_date": "2026-01-31", "supported_parameters": []},
    {"id": "acme/odd", "pricing": {"prompt": "-1", "completion": "-1"}, "expiration_date": "2999-01-31"},
    {"id": "beta/free:free", "pricing": {"prompt": "0", "completion": "0"}, "context_length": 4096},
]
SHOWN = [
    ["acme/odd", "", "", "ends 2999-01-31"],
    ["beta/free:free", "", "free of charge · context 4,096", ""],
    [
        "zeta/large",
        "Zeta: Large",
        "$2 in, $10 out per million tokens · context 1,050,000 · structured output: yes",
        "",
    ],
    ["acme/old", "", "structured output: no", "ended 2026-01-31"],
]
NEXT_KERNEL = """
import sys, time
from byok_widgets import Flow
from byok_widgets.widgets.panel.model_lists import ModelLists
from byok_widgets.widgets.panel.settings import SettingsPanel
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from tests.widgets.parts import parts
flow = Flow(sys.argv[1])
flow.provider = "compatible"
flow.set_base_url("compatible", sys.argv[2])
field = parts(SettingsPanel(flow, mode="owner")).model
end = time.monotonic() + 40
while not field.note and time.monotonic() < end:
    time.sleep(0.02)
listing = ModelLists.of(flow).listing(EndpointTarget.of(flow))
print([row[0] for row in field.rows.rows], listing.fault)
"""


@pytest.fixture
def router(flow, show, endpoint, monkeypatch):
    """A panel of a flow on OpenRouter, which is played by the endpoint."""
    monkeypatch.setattr("byok_widgets.providers.openrouter.OpenRouterProvider.default_url", endpoint.base_url)
    endpoint.mode, endpoint.models = "open", ROWS
    flow.provider = "openrouter"
    return show(flow)


def field(panel):
    return parts(panel).model


def rows(panel):
    return parts(panel).model.rows.rows


def listing(flow):
    """Return the model list of the flow's provider, with its facts."""
    return ModelLists.of(flow).listing(EndpointTarget.of(flow))


def ids(panel):
    return [row[0] for row in rows(panel)]


def text(panel):
    return parts(panel).markup


def successor(panel):
    """Return the button that offers what replaced the model; `None` while there is none."""
    offers = [each for text, each in parts(panel).buttons.items() if text.startswith("Use ")]
    return next((button for button in offers if parts(panel).shows(button)), None)


def settled():
    return eventually(lambda: not asyncio.all_tasks(ENGINE.loop))


def test_each_row_says_price_context_structured_output_and_end(flow, router, browser, endpoint):
    flow.key_store.save("openrouter", endpoint.host, fake_key("openrouter"), backend="session")
    flow.config.notify("key")
    eventually(lambda: rows(router) == SHOWN)
    assert (listing(flow).is_live, len(listing(flow).models)) == (True, 4)
    assert field(router).note == listing(flow).source
    assert "{at}" in field(router).note
    assert datetime.datetime.fromisoformat(field(router).note_at).tzinfo is not None
    flow.model = "zeta/large"
    assert "$2 in, $10 out per million tokens" in text(router)
    flow.model = "acme/old"
    assert "acme/old ended 2026-01-31." in text(router)


@pytest.mark.parametrize(
    ("read", "written", "said"),
    [
        ("0.1", "0.5", "$0.10 in, $0.50 out per million tokens"),
        ("1234.5", "30", "$1,234.50 in, $30 out per million tokens"),
        ("0.00002", "0.075", "$0.00002 in, $0.075 out per million tokens"),
        ("0", "0.4", "$0 in, $0.40 out per million tokens"),
        ("0", "0", "free of charge"),
        ("2", None, "not priced"),
        (None, None, "not priced"),
    ],
)
def test_prices_are_written_as_they_are_and_never_made_up(read, written, said):
    usd = [None if amount is None else Decimal(amount) for amount in (read, written)]
    info = ModelInfo("m", input_usd_per_mtok=usd[0], output_usd_per_mtok=usd[1])
    assert describe(info) == f"{said} · context unknown · structured output: unknown"


def test_a_name_that_could_steer_the_page_is_shown_and_not_obeyed():
    assert rows_of([ModelInfo("a\u202eb", label="\x1b[31m")])[0][:2] == ["a⟦U+202E⟧b", "␛[31m"]
    assert ending(ModelInfo("m")) == ""


def test_structured_output_is_looked_up_where_the_provider_does_not_say(flow, show):
    flow.provider = "openai"
    panel = show(flow)
    eventually(lambda: len(rows(panel)) > 5 and all("context unknown" not in row[2] for row in rows(panel)))
    said = {row[0]: row[2].rpartition(": ")[2] for row in rows(panel)}
    assert (said["gpt-6-luna"], said["gpt-4"]) == ("yes", "no")
    assert ids(panel)[-1] == "gpt-4", "what has ended comes last"
    eventually(lambda: "12 " in field(panel).note and "2026-" in field(panel).note)
    assert not listing(flow).is_live


def test_a_price_list_holds_at_the_providers_own_address_alone(flow, show, endpoint):
    endpoint.mode, endpoint.models = "open", [{"id": "gpt-6-luna"}]
    flow.provider = "openai"
    flow.set_base_url("openai", endpoint.base_url)
    flow.key_store.save("openai", endpoint.host, fake_key("openai"), backend="session")
    panel = show(flow)
    flow.config.notify("key")
    eventually(lambda: listing(flow).is_live and field(panel).note == listing(flow).source)
    settled()
    assert rows(panel)[0][2] == "structured output: yes"


def test_a_key_that_has_words_in_it_masks_nothing_that_is_said_of_the_list(flow, show, endpoint):
    endpoint.mode = "open"
    flow.provider = "compatible"
    flow.set_base_url("compatible", endpoint.base_url)
    flow.key_store.save("compatible", endpoint.host, f"endpoint-{fake_key('compatible')}", backend="session")
    panel = show(flow)
    eventually(lambda: "the endpoint's own list" in field(panel).note)
    settled()
    endpoint.mode = "broken"
    ModelLists.of(flow).refresh(EndpointTarget.of(flow))
    eventually(lambda: "The endpoint's own list could not be loaded" in field(panel).note)


def test_refresh_asks_again_and_says_what_came_of_it(router, browser, flow, endpoint):
    eventually(lambda: field(router).action == "Refresh")
    browser.custom(field(router), {"kind": "action"})
    eventually(lambda: listing(flow).fault == "no_key" and listing(flow).trouble in field(router).note)
    assert (listing(flow).is_live, len(listing(flow).models)) == (False, 6)
    assert "2026-" in field(router).note
    flow.key_store.save("openrouter", endpoint.host, fake_key("openrouter"), backend="session")
    flow.config.notify("key")
    eventually(lambda: ids(router) == [row[0] for row in SHOWN])
    settled()
    endpoint.models = [{"id": "new/model"}]
    browser.custom(field(router), {"kind": "action"})
    eventually(lambda: ids(router) == ["new/model"])
    eventually(lambda: (field(router).action, listing(flow).fault) == ("Refresh", ""))
    endpoint.mode = "broken"
    browser.custom(field(router), {"kind": "action"})
    eventually(lambda: listing(flow).fault == "overloaded" and listing(flow).trouble in field(router).note)
    assert ids(router) == ["new/model"], "what was there stays"
    assert listing(flow).is_live


def test_a_refresh_while_the_provider_is_being_asked_is_followed_by_one_more_request(
    router, browser, flow, endpoint
):
    flow.key_store.save("openrouter", endpoint.host, fake_key("openrouter"), backend="session")
    flow.config.notify("key")
    eventually(lambda: listing(flow).is_live)
    settled()
    endpoint.held = endpoint.models = [{"id": "older/model"}]
    endpoint.asked.clear()
    browser.custom(field(router), {"kind": "action"})
    eventually(lambda: endpoint.asked)
    assert field(router).action == "Refreshing…"
    endpoint.models = [{"id": "newer/model"}]
    for _ in range(3):
        browser.custom(field(router), {"kind": "action"})
    endpoint.release.set()
    eventually(lambda: (ids(router), field(router).action) == (["newer/model"], "Refresh"))
    settled()
    assert len(endpoint.asked) == 2


def test_a_refresh_asks_again_when_the_key_is_removed_meanwhile(router, browser, flow, endpoint):
    flow.key_store.save("openrouter", endpoint.host, fake_key("openrouter"), backend="session")
    flow.config.notify("key")
    eventually(lambda: listing(flow).is_live)
    settled()
    endpoint.held = endpoint.models = [{"id": "of-the-old-account"}]
    endpoint.asked.clear()
    browser.custom(field(router), {"kind": "action"})
    eventually(lambda: endpoint.asked)
    flow.key_store.remove("openrouter", endpoint.host)
    flow.config.notify("key")
    eventually(lambda: KeyController.of(flow).known(EndpointTarget.of(flow)).configured is False)
    endpoint.release.set()
    eventually(lambda: listing(flow).fault == "no_key")
    assert "of-the-old-account" not in ids(router)


def test_why_an_older_key_got_no_list_is_not_said_of_the_next_one(flow, show, browser, endpoint):
    endpoint.held = endpoint.models
    flow.provider = "compatible"
    flow.set_base_url("compatible", endpoint.base_url)
    panel = show(flow)
    browser.save_key(parts(panel).key, fake_key("compatible"), storage="session")
    eventually(lambda: endpoint.asked)
    endpoint.models = [{"id": "of-the-next-key"}]
    browser.save_key(parts(panel).key, endpoint.key, storage="session")
    eventually(lambda: ids(panel) == ["of-the-next-key"])
    endpoint.mode = "broken"
    endpoint.release.set()
    settled()
    assert (ids(panel), listing(flow).fault) == (["of-the-next-key"], "")


def test_a_local_model_needs_no_refresh(flow, show):
    panel = show(flow)
    assert field(panel).action == ""
    assert "smollm2-135m" in ids(panel)
    assert all(row[2].startswith("free of charge") for row in rows(panel))


def test_a_list_that_was_asked_for_with_another_key_is_not_shown(flow, show, browser, endpoint):
    endpoint.mode = "open"
    endpoint.held = endpoint.models = [{"id": "of-the-first-account"}]
    flow.provider = "compatible"
    flow.set_base_url("compatible", endpoint.base_url)
    panel = show(flow)
    browser.save_key(parts(panel).key, fake_key("compatible"), storage="session")
    eventually(lambda: len(endpoint.asked) > 1)
    endpoint.models = [{"id": "of-the-second-account"}]
    browser.save_key(parts(panel).key, fake_key("compatible"), storage="session")
    eventually(lambda: ids(panel) == ["of-the-second-account"])
    endpoint.release.set()
    settled()
    assert ids(panel) == ["of-the-second-account"]


def test_the_next_kernel_of_the_same_flow_shows_the_list_at_once_with_its_date(flow, show, endpoint):
    endpoint.mode = "open"
    flow.provider = "compatible"
    flow.set_base_url("compatible", endpoint.base_url)
    panel = show(flow)
    eventually(lambda: ids(panel) == ["model-a", "model-b"])
    settled()
    endpoint.mode = "broken"
    ran = [
        subprocess.run(
            [sys.executable, "-c", NEXT_KERNEL, name, endpoint.base_url],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        for name in (flow.name, f"{flow.name} of somebody else")
    ]
    assert ran[0].stdout.startswith("['model-a', 'model-b']")
    assert ran[1].stdout == "[] overloaded\n"


def test_what_replaced_a_retired_model_is_offered_and_never_taken_by_itself(flow, show, browser):
    flow.provider, flow.model = "openai", "gpt-4o"
    panel = show(flow)
    eventually(lambda: all(fact in text(panel) for fact in ("gpt-4o", "2027-01-14", "gpt-6-astra")))
    settled()
    assert (flow.model, field(panel).value) == ("gpt-4o", "gpt-4o")
    button = successor(panel)
    assert button.description == "Use gpt-6-astra"
    browser.click(button)
    assert (flow.model, field(panel).value) == ("gpt-6-astra", "gpt-6-astra")
    assert successor(panel) is None
    flow.provider, flow.model = "anthropic", "claude-haiku"
    assert successor(panel).description == "Use claude-haiku-5-5"
    flow.model = "claude-haiku-5-5"
    assert successor(panel) is None
    flow.provider, flow.model = "openrouter", "openai/gpt-4o"
    assert successor(panel) is None, "nothing is known of its end there"
