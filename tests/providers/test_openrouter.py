"""What is OpenRouter's own: costs that it reports, its model list, and a check of the key that checks the key."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from byok_widgets import Flow, ProviderError
from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS
from tests.fake_keys import fake_key
from tests.providers.asking import ask, endpoint, shape, talk
from tests.providers.fault_server import FaultServer, Reply, page, says

ROUTER = PROVIDERS["openrouter"]
TOKENS = {"prompt_tokens": 10, "completion_tokens": 5}


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        ({"cost": 0.00014}, "0.00014"),
        ({"cost": "0.25"}, "0.25"),
        ({"cost": 0}, "0"),
        ({"cost": 0.01, "is_byok": False, "cost_details": {"upstream_inference_cost": None}}, "0.01"),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}, "0.21"),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": None}}, None),
        ({"cost": 0.01, "is_byok": True}, None),
        *(
            ({"cost": odd}, None)
            for odd in (None, "much", "", -1, "-0.5", True, [0.2], {"total": 1}, {"usd": 0.2})
        ),
        *(({"cost": odd}, None) for odd in ("nan", "sNaN", "inf", 1e300, "1e300", 10**30, 1_000_001)),
        *(({"cost": odd}, None) for odd in ("0,25", "$0.25", "1_000", "１", "0x1", "0" * 99)),
        *(({"cost": 0.01, "is_byok": True, "cost_details": odd}, None) for odd in ([1], "x", {})),
        *(
            ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": odd}}, None)
            for odd in (-5, "nan", 1e300, [1])
        ),
        ({}, None),
    ],
)
def test_a_reported_cost_is_taken_as_it_is_and_never_made_up(
    faulty: FaultServer, usage: dict[str, Any], usd: str | None
) -> None:
    answer = ask(faulty, talk("Hi", usage={**TOKENS, **usage}), of="openrouter")
    assert answer.reported_cost_usd == (None if usd is None else Decimal(usd))


def test_a_reported_cost_reaches_the_reply(faulty: FaultServer) -> None:
    flow = Flow("router")
    flow.set_base_url("openrouter", f"{faulty.url}/v1")
    flow.model = "openrouter:meta/some-model:free"
    provider = PROVIDERS["openrouter"]
    destination = provider.key_destination(provider.address(f"{faulty.url}/v1"))
    flow.key_store.save("openrouter", destination, fake_key("openrouter"), backend="session")
    faulty.script(talk("Hi", usage={**TOKENS, "cost": 0.5}))
    reply = flow.conversation("ask", "Be brief.").run("Hi")
    assert (reply.cost.usd, reply.cost.source) == (Decimal("0.5"), "provider")
    assert faulty.asked[0].body["model"] == "meta/some-model:free"


@pytest.mark.parametrize(
    ("mode", "only_those_who_honour_it"),
    [("json_schema", True), ("tool", True), ("json_object", True), ("prompt", False)],
)
def test_a_shape_goes_only_to_those_who_honour_it(
    faulty: FaultServer, mode: str, only_those_who_honour_it: bool
) -> None:
    ask(faulty, talk("{}"), of="openrouter", output=shape(mode))
    required = {"require_parameters": True} if only_those_who_honour_it else None
    assert faulty.asked[0].body.get("provider") == required


def test_it_is_told_which_software_calls(faulty: FaultServer) -> None:
    ask(faulty, talk("Hi"), of="openrouter")
    assert faulty.asked[0].headers["x-openrouter-title"] == "byok_widgets"
    ask(faulty, talk("Hi"), of="openai")
    assert "x-openrouter-title" not in faulty.asked[0].headers


def test_the_key_is_checked_where_a_key_is_needed(faulty: FaultServer) -> None:
    faulty.script(says({"data": {"label": "mine", "limit_remaining": None}}))
    ENGINE.run(ROUTER.check_key(endpoint(ROUTER, faulty)))
    assert faulty.asked[0].path == "/v1/key"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (says({"error": {"code": 401, "message": "User not found."}}, 401), "auth"),
        (says({"error": {"code": 401, "message": "User not found."}}), "auth"),
        (says({"error": {"code": 403, "message": "Key limit exceeded"}}, 403), "key_limit"),
        (page(), "page"),
        (Reply(b""), "unreadable"),
    ],
)
def test_a_check_that_finds_anything_else_does_not_pass(faulty: FaultServer, reply: Reply, kind: str) -> None:
    faulty.script(reply)
    with pytest.raises(ProviderError) as caught:
        ENGINE.run(ROUTER.check_key(endpoint(ROUTER, faulty)))
    assert caught.value.kind == kind


def test_models_are_listed_with_prices_and_what_they_can(faulty: FaultServer) -> None:
    rows = [
        {
            "id": "openai/gpt-6-luna",
            "name": "OpenAI: GPT-6 Luna",
            "context_length": 1_050_000,
            "pricing": {"prompt": "0.0000001", "completion": "0.0000005"},
            "supported_parameters": ["temperature", "structured_outputs"],
            "expiration_date": "2027-03-01",
        },
        {"id": "meta/x:free", "pricing": {"prompt": "0", "completion": "0"}, "supported_parameters": []},
        {"id": "auto", "pricing": {"prompt": "-1", "completion": "free"}, "context_length": None},
        {"id": "odd", "pricing": None, "supported_parameters": None, "expiration_date": 1893456000},
    ]
    faulty.script(says({"data": rows}))
    luna, free, auto, odd = ENGINE.run(ROUTER.list_models(endpoint(ROUTER, faulty)))
    assert (luna.label, luna.context_tokens) == ("OpenAI: GPT-6 Luna", 1_050_000)
    assert (luna.input_usd_per_mtok, luna.output_usd_per_mtok) == (Decimal("0.1"), Decimal("0.5"))
    assert (luna.structured_output, luna.ends_on) == (True, "2027-03-01")
    assert (free.input_usd_per_mtok, free.structured_output) == (0, False)
    assert (auto.input_usd_per_mtok, auto.output_usd_per_mtok, auto.structured_output) == (None, None, None)
    assert (odd.input_usd_per_mtok, odd.context_tokens, odd.ends_on) == (None, None, None)
