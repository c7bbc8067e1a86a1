"""What is known of models without asking anyone: prices that are never made up, ends, roles, and names of old."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from pathlib import Path
from typing import get_args

import openai.types.shared.chat_model as openai_models
import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS
from openai.types import ChatModel

from byok_widgets import Flow, ProviderError
from byok_widgets.providers import PROVIDERS, catalog
from byok_widgets.providers.exchange import Answer, ModelInfo
from byok_widgets.providers.model_facts import Role, all_facts
from byok_widgets.usage import Cost, Usage
from byok_widgets.widgets.panel.text_summary import as_text
from tests.fake_keys import fake_key
from tests.providers.asking import letter, talk
from tests.providers.fault_server import FaultServer, says

NOW = datetime.date(2026, 11, 24)


WITH_PRESETS = tuple(name for name in PROVIDERS if catalog.presets(name))


def cost(provider: str, model: str, **usage: int | None) -> Cost:
    return catalog.cost_of(provider, model, Answer("x", "stop", usage=Usage(**usage)))


@pytest.mark.parametrize(
    ("provider", "model", "usage", "usd"),
    [
        ("openai", "gpt-4o", {"input_tokens": 1000, "output_tokens": 100}, "0.0035"),
        ("openai", "gpt-4o", {"input_tokens": 1000, "output_tokens": 0, "cached_input_tokens": 1000}, "0.00125"),
        ("openai", "gpt-4o-mini", {"input_tokens": 1000, "output_tokens": 1000}, "0.00075"),
        ("anthropic", "claude-haiku-4-5", {"input_tokens": 1000, "output_tokens": 100}, "0.0015"),
        (
            "anthropic",
            "claude-haiku-4-5",
            {"input_tokens": 1000, "output_tokens": 0, "cached_input_tokens": 500, "cache_write_tokens": 400},
            "0.00065",
        ),
        ("openrouter", "anthropic/claude-haiku-5.5", {"input_tokens": 1000, "output_tokens": 1000}, "0.0006"),
    ],
)
def test_a_cost_is_what_the_price_list_says(provider: str, model: str, usage: dict[str, int], usd: str) -> None:
    assert cost(provider, model, **usage) == Cost(Decimal(usd), "price list")


@pytest.mark.parametrize(
    ("provider", "model", "usage"),
    [
        ("openai", "no-such-model", {"input_tokens": 1, "output_tokens": 1}),
        ("openai", "gpt-6-luna-and-more", {"input_tokens": 1, "output_tokens": 1}),
        ("openai", "gpt-live-1", {"input_tokens": 1, "output_tokens": 1}),
        ("openrouter", "meta-llama/llama-3.1-8b-instruct:free", {"input_tokens": 1, "output_tokens": 1}),
        ("compatible", "gpt-4o", {"input_tokens": 1, "output_tokens": 1}),
        ("", "gpt-4o", {"input_tokens": 1, "output_tokens": 1}),
        ("openai", "gpt-4o", {"input_tokens": None, "output_tokens": 1}),
        ("openai", "gpt-4o", {"input_tokens": 1, "output_tokens": None}),
        ("openai", "gpt-4o", {}),
        ("openai", "gpt-4o", {"input_tokens": 1, "output_tokens": 1, "cached_input_tokens": 5}),
        ("anthropic", "claude-haiku", {"input_tokens": 1, "output_tokens": 1}),
    ],
)
def test_an_unknown_cost_is_unknown_and_never_zero(
    provider: str, model: str, usage: dict[str, int | None]
) -> None:
    assert cost(provider, model, **usage) == Cost(None, "unknown")
    assert str(cost(provider, model, **usage)) == "not priced"


def test_what_a_provider_reports_wins_and_this_machine_charges_nothing() -> None:
    answer = Answer("x", "stop", usage=Usage(1000, 100), reported_cost_usd=Decimal("0.5"))
    assert catalog.cost_of("openai", "gpt-4o", answer) == Cost(Decimal("0.5"), "provider")
    assert catalog.cost_of("local", "any", answer, free=True) == Cost(Decimal(0), "local")


def test_a_call_to_another_address_is_not_priced(faulty: FaultServer) -> None:
    flow = Flow("elsewhere")
    flow.set_base_url("openai", f"{faulty.url}/v1")
    flow.model = "openai:gpt-4o"
    flow.key_store.save("openai", faulty.host, fake_key("openai"), backend="session")
    faulty.script(talk("Hi", usage={"prompt_tokens": 1000, "completion_tokens": 100}))
    reply = flow.conversation("ask", "Be brief.").run("Hi")
    assert reply.usage == Usage(1000, 100)
    assert reply.cost == Cost(None, "unknown")


def test_the_cost_of_half_an_answer_is_unknown(faulty: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(PROVIDERS["anthropic"]), "default_url", faulty.url)
    flow = Flow("half priced")
    flow.model = "anthropic:claude-haiku-4-5"
    flow.key_store.save("anthropic", faulty.host, fake_key("anthropic"), backend="session")
    ask = flow.conversation("ask", "Be brief.")
    faulty.script(letter("Hello", None), letter("Hello"))
    assert ask.run("Hi").cost == Cost(None, "unknown")
    assert ask.run("Hi").cost.source == "price list"


def test_presets_are_in_the_lists_that_are_offered_and_have_prices() -> None:
    for provider, roles in ((name, catalog.presets(name)) for name in WITH_PRESETS):
        offered = {info.id: info for info in catalog.offline_models(provider)}
        assert list(roles) == list(get_args(Role))
        for model in roles.values():
            assert offered[model].input_usd_per_mtok > 0
            assert offered[model].output_usd_per_mtok > 0
            assert (offered[model].context_tokens or 200_000) > 100_000
            assert catalog.lifecycle_note(provider, model) == ""
            assert catalog.structured_output(provider, model) is not False


def test_presets_of_openai_are_models_of_its_sdk() -> None:
    known = {model for part in get_args(ChatModel) for model in get_args(part) or (part,)}
    assert set(catalog.presets("openai").values()) <= known


def test_list_prices_are_those_of_a_short_request() -> None:
    luna = catalog.enrich("openai", ModelInfo(id="gpt-6-luna"))
    assert (luna.input_usd_per_mtok, luna.output_usd_per_mtok) == (Decimal("0.1"), Decimal("0.5"))
    assert luna.context_tokens == 1_050_000


def test_what_is_described_says_unknown_for_what_nobody_knows() -> None:
    for provider, model in (("openai", "no-such"), ("compatible", "gpt-4o"), ("openai", "gpt-live-1")):
        info = catalog.enrich(provider, ModelInfo(id=model))
        assert (info.input_usd_per_mtok, info.output_usd_per_mtok) == (None, None)


def test_at_another_address_nobody_knows_the_price() -> None:
    info = catalog.enrich("openai", ModelInfo(id="gpt-4"), elsewhere=True)
    assert (info.input_usd_per_mtok, info.output_usd_per_mtok, info.context_tokens) == (None, None, None)
    assert (info.structured_output, info.ends_on) == (False, "2026-10-23")


@pytest.mark.parametrize(
    ("model", "known"), [("gpt-6-luna", True), ("gpt-4-0613", False), ("somebody-elses", None)]
)
def test_structured_output_is_yes_no_or_unknown(model: str, known: bool | None) -> None:
    assert catalog.enrich("openai", ModelInfo(id=model)).structured_output is known
    assert catalog.enrich("openai", ModelInfo(id=model, structured_output=not known)).structured_output is (
        not known
    )
    assert catalog.enrich("openrouter", ModelInfo(id=model)).structured_output is None


def test_what_the_provider_said_itself_is_kept() -> None:
    given = ModelInfo("gpt-4o", input_usd_per_mtok=Decimal(7), context_tokens=5, ends_on="2030-01-01")
    info = catalog.enrich("openai", given)
    assert (info.input_usd_per_mtok, info.context_tokens, info.ends_on) == (7, 5, "2030-01-01")
    assert info.output_usd_per_mtok == 10


@pytest.mark.parametrize(
    ("provider", "model", "note"),
    [
        ("openai", "gpt-4", "gpt-4 ended on 2026-10-23; use gpt-6-astra instead."),
        ("openai", "gpt-4o", "gpt-4o ends on 2027-01-14; use gpt-6-astra instead."),
        ("openai", "gpt-4o-mini", "gpt-4o-mini ends on 2027-01-14; use gpt-6-luna instead."),
        ("openai", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06 ends on 2027-01-14."),
        ("openai", "gpt-4o-2024-05-13", "gpt-4o-2024-05-13 ended on 2026-10-23."),
        ("openai", "gpt-5-nano", "gpt-5-nano ends on 2026-12-11."),
        (
            "anthropic",
            "claude-sonnet-4-5",
            "claude-sonnet-4-5 ends on 2026-11-30; use claude-sonnet-5-5 instead.",
        ),
        ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929 ends on 2026-11-30."),
        ("anthropic", "claude-haiku", "claude-haiku is not a model id here; use claude-haiku-5-5 instead."),
        (
            "anthropic",
            "claude-sonnet",
            "claude-sonnet is not a model id here; use claude-sonnet-5-5 instead.",
        ),
        ("openrouter", "gpt-4o", "gpt-4o is not a model id here; use openai/gpt-6-astra instead."),
        (
            "openrouter",
            "anthropic/claude-haiku",
            "anthropic/claude-haiku is not a model id here; use anthropic/claude-haiku-5.5 instead.",
        ),
        ("openrouter", "openai/gpt-4o", ""),
        ("openai", "gpt-6-luna", ""),
        ("anthropic", "gpt-4o", ""),
        ("compatible", "gpt-4", ""),
        ("compatible", "claude-haiku", ""),
        ("local", "gpt-4o-mini", ""),
    ],
)
def test_a_person_who_types_a_name_of_old_is_told(provider: str, model: str, note: str) -> None:
    assert catalog.lifecycle_note(provider, model, today=NOW) == note


def test_a_model_has_ended_the_day_after() -> None:
    day = datetime.date(2027, 1, 14)
    assert not catalog.has_ended("openai", "gpt-4o", today=day)
    assert catalog.has_ended("openai", "gpt-4o", today=day + datetime.timedelta(days=1))
    assert not catalog.has_ended("openai", "gpt-6-luna", today=day)


def test_successors_are_models_that_are_offered() -> None:
    names = [
        known
        for vendor, facts in all_facts().items()
        for name in facts.aliases
        for known in (name, f"{vendor}/{name}")
    ]
    for provider in ("openai", "anthropic", "openrouter"):
        offered = {info.id for info in catalog.offline_models(provider)}
        newer_ids = {newer for name in names if (newer := catalog.replacement(provider, name))}
        assert newer_ids
        assert newer_ids <= offered


def test_ends_agree_with_what_the_sdks_say() -> None:
    text = " ".join(Path(openai_models.__file__).read_text(encoding="utf-8").split())
    said = {}
    for names, day in re.findall(r'- ((?:"[^"]+",? ?)+): Announced shutdown date: (\d{4}-\d\d-\d\d)', text):
        said |= dict.fromkeys(re.findall(r'"([^"]+)"', names), day)
    assert len(said) > 20
    known = {model: catalog.ends_on("openai", model) for model in said}
    assert {model: day for model, day in known.items() if day and day != said[model]} == {}
    assert known["gpt-4o"] == "2027-01-14"
    for model, day in DEPRECATED_MODELS.items():
        plain = re.sub(r"(?<=\d)(st|nd|rd|th)", "", day)
        date = datetime.datetime.strptime(plain, "%B %d, %Y").date().isoformat()
        assert catalog.ends_on("anthropic", model) in (None, date), model


@pytest.mark.parametrize(
    ("provider", "model", "words"),
    [
        ("openai", "gpt-6-lunar", "Similar: gpt-6-luna"),
        ("anthropic", "claude-haiku-5.5", "Similar: claude-haiku-5-5"),
        ("openrouter", "gpt-6-luna", "Similar: openai/gpt-6-luna"),
        ("openrouter", "anthropic/claude-haiku-5-5", "Similar: anthropic/claude-haiku-5.5"),
        ("openai", "claude-haiku", '"anthropic:claude-haiku-5-5"'),
        ("openai", "openai/gpt-6-luna", '"openrouter:openai/gpt-6-luna"'),
        ("anthropic", "gpt-6-luna", '"openai:gpt-6-luna"'),
        ("local", "gpt-6-luna", '"openai:gpt-6-luna"'),
        ("anthropic", "openia:gpt-6", 'There is no provider "openia": did you mean "openai:gpt-6"?'),
        ("local", "Opnai:gpt-6-luna", '"openai:gpt-6-luna"'),
    ],
)
def test_advice_for_a_model_that_is_not_there(provider: str, model: str, words: str) -> None:
    assert words in catalog.advice(provider, model)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        *(("openai", "zzz"), ("compatible", "gpt-6-lunar"), ("local", "x"), ("local", "openai:")),
        *(("compatible", model) for model in ("qwen3:8b", "openchat:7b", "meta/llama-4:free", "ft:gpt-x:me")),
    ],
)
def test_no_advice_is_better_than_bad_advice(provider: str, model: str) -> None:
    assert catalog.advice(provider, model) == ""


@pytest.mark.parametrize(
    ("of", "model", "told"),
    [
        ("openai", "gpt-4o-mini", "ends on 2027-01-14; use gpt-6-luna"),
        ("anthropic", "claude-haiku", "claude-haiku-5-5"),
    ],
)
def test_a_flow_tells_what_replaced_a_name_and_changes_nothing_by_itself(
    faulty: FaultServer, of: str, model: str, told: str
) -> None:
    flow = Flow(f"names of old {of}")
    flow.set_base_url(of, faulty.url)
    flow.model = f"{of}:{model}"
    assert told in as_text(flow)
    flow.conversation("ask", "Be brief.")
    assert told in str(flow.check())
    assert flow.model == model
    destination = PROVIDERS[of].key_destination(PROVIDERS[of].address(faulty.url))
    flow.key_store.save(of, destination, fake_key(of), backend="session")
    faulty.script(says({"error": {"type": "not_found_error", "message": f"model: {model}"}}, 404))
    with pytest.raises(ProviderError) as caught:
        flow.node("ask").run("Hi")
    assert told in str(caught.value)
    assert faulty.asked[0].body["model"] == model
