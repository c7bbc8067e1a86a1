"""Which settings a model has: from the tables, from the provider's own list, and what values they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS, ModelInfo, catalog
from byok_widgets.providers.model_settings import MOST_LEVELS, SETTINGS, checked
from tests.providers.asking import ask, endpoint, letter, talk
from tests.providers.fault_server import FaultServer, says

ALL = ("low", "medium", "high", "xhigh", "max")


def offered(ref: str, info: ModelInfo | None = None) -> dict[str, tuple[str, ...]]:
    """Return the settings that a model has, with the values of its choices."""
    provider, _, model = ref.partition(":")
    return {setting.name: setting.options for setting in PROVIDERS[provider].supported_settings(model, info)}


@pytest.mark.parametrize(
    ("models", "settings"),
    [
        ("openai:gpt-4o gpt-4o-mini gpt-4o-mini-2024-07-18 gpt-4.1 gpt-4 gpt-3.5-turbo", {"temperature": ()}),
        ("openai:ft:gpt-4o-mini:acme::abc", {"temperature": ()}),
        ("openai:o3 o4-mini o1-2024-12-17", {"reasoning_effort": ALL[:3]}),
        ("openai:gpt-5 gpt-5-nano-2025-08-07", {"reasoning_effort": ("minimal", *ALL[:3]), "verbosity": ALL[:3]}),
        ("openai:gpt-5.1", {"reasoning_effort": ("none", *ALL[:3]), "verbosity": ALL[:3]}),
        ("openai:gpt-5.2 gpt-5.4-mini", {"reasoning_effort": ("none", *ALL[:4]), "verbosity": ALL[:3]}),
        ("openai:gpt-6-luna gpt-5.6-terra", {"reasoning_effort": ("none", *ALL), "verbosity": ALL[:3]}),
        ("openai:gpt-6.1-sol gpt-6-astra", {"reasoning_effort": ALL, "verbosity": ALL[:3]}),
        ("openai:gpt-6.9-nova", {"reasoning_effort": ALL[:3], "verbosity": ALL[:3]}),
        ("anthropic:claude-haiku-4-5 claude-sonnet-4-5 claude-3-5-haiku-latest", {"temperature": ()}),
        ("anthropic:claude-sonnet-4-20250514 claude-opus-4-1", {"temperature": ()}),
        ("anthropic:claude-opus-4-5-20251101", {"temperature": (), "effort": ALL[:3]}),
        ("anthropic:claude-sonnet-4-6 claude-opus-4-6", {"temperature": (), "effort": (*ALL[:3], "max")}),
        ("anthropic:claude-haiku-5-5 claude-sonnet-5 claude-opus-4-7 claude-fable-5-2", {"effort": ALL}),
        ("compatible:anything", {"temperature": ()}),
        ("local:smollm2-135m", {"temperature": (), "seed": ()}),
        ("openai:gpt-5-chat-latest gpt-4o-search-preview my-own", {}),
        ("anthropic:claude-next claude-poet-1", {}),
        ("openrouter:openai/gpt-4o", {}),
    ],
)
def test_a_model_has_what_is_known_of_it_and_no_more(models: str, settings: dict[str, tuple[str, ...]]) -> None:
    provider, _, ids = models.partition(":")
    for model in ids.split():
        assert offered(f"{provider}:{model}") == {**settings, "max_tokens": ()}, model


@pytest.mark.parametrize("outer", [lambda part: [part], lambda part: {"part": part}])
def test_a_value_that_is_nested_too_deeply_to_be_copied_is_refused(outer: Callable[[Any], Any]) -> None:
    value: Any = "x"
    for _ in range(MOST_LEVELS):
        value = outer(value)
    assert checked("extra", value) == value
    with pytest.raises(ValueError, match="nested"):
        checked("extra", outer(value))


def test_each_preset_can_be_tuned() -> None:
    for provider in ("openai", "anthropic"):
        for model in catalog.presets(provider).values():
            assert offered(f"{provider}:{model}").keys() & {"effort", "reasoning_effort"}, model


def test_what_the_providers_own_list_says_wins(faulty: FaultServer) -> None:
    levels = {level: {"supported": level in ("low", "max")} for level in ALL}
    rows = [
        {"id": "claude-haiku-4-5", "capabilities": {"effort": {"supported": True, **levels}}},
        {"id": "claude-opus-5-5", "capabilities": {"effort": {"supported": False}}},
        {"id": "claude-opus-4-7", "capabilities": None},
        {"id": "claude-opus-4-8", "capabilities": {"effort": {"supported": "yes"}}},
    ]
    claude = PROVIDERS["anthropic"]
    faulty.script(says({"data": rows}))
    infos = {info.id: info for info in ENGINE.run(claude.list_models(endpoint(claude, faulty)))}
    found = {model: offered(f"anthropic:{model}", info) for model, info in infos.items()}
    assert found["claude-haiku-4-5"] == {"temperature": (), "effort": ("low", "max"), "max_tokens": ()}
    assert found["claude-opus-5-5"] == {"max_tokens": ()}
    assert found["claude-opus-4-7"] == found["claude-opus-4-8"] == {"effort": ALL, "max_tokens": ()}


def test_openrouters_list_says_it_for_each_model(faulty: FaultServer) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a/plain", "supported_parameters": ["temperature", "max_tokens", "logit_bias"]},
        {"id": "a/thinks", "supported_parameters": ["reasoning", "verbosity"], "reasoning": {"mandatory": True}},
        {
            "id": "a/few",
            "supported_parameters": ["reasoning_effort"],
            "reasoning": {"mandatory": False, "supported_efforts": ["high", "low", "none"]},
        },
        {"id": "a/nothing", "supported_parameters": []},
        {"id": "a/odd", "supported_parameters": "all", "reasoning": ["high"]},
    ]
    router = PROVIDERS["openrouter"]
    faulty.script(says({"data": rows}))
    infos = {info.id: info for info in ENGINE.run(router.list_models(endpoint(router, faulty)))}
    found = {model: offered(f"openrouter:{model}", info) for model, info in infos.items()}
    assert found["a/plain"] == {"temperature": (), "max_tokens": ()}
    assert found["a/thinks"] == {
        "reasoning_effort": ("minimal", *ALL[:4]),
        "verbosity": ALL[:3],
        "max_tokens": (),
    }
    assert found["a/few"] == {"reasoning_effort": ("none", "low", "high"), "max_tokens": ()}
    assert found["a/nothing"] == found["a/odd"] == {"max_tokens": ()}
    assert router.supports("a/nothing", infos["a/nothing"])["temperature"] is None
    assert "temperature" not in router.supports("a/odd", infos["a/odd"])


@pytest.mark.parametrize(
    ("provider", "model", "answer"),
    [
        ("openai", "gpt-6-luna", talk("Hi")),
        ("openai", "gpt-4o", talk("Hi")),
        ("anthropic", "claude-opus-4-6", letter("Hi")),
        ("compatible", "some-model", talk("Hi")),
    ],
)
def test_whatever_is_offered_is_also_sent(faulty: FaultServer, provider: str, model: str, answer: Any) -> None:
    values = {
        setting.name: setting.options[0] if setting.options else 1
        for setting in PROVIDERS[provider].supported_settings(model)
    }
    assert set(values) <= PROVIDERS[provider].settings | {"max_tokens"}
    limit = values.pop("max_tokens")
    ask(faulty, answer, of=provider, model=model, max_tokens=limit, settings=values)
    body = faulty.asked[0].body
    body |= body.get("output_config", {})
    assert {name: body[name] for name in values} == values
    assert limit in (body.get("max_tokens"), body.get("max_completion_tokens"))


def test_every_offered_name_is_one_that_can_be_sent() -> None:
    for provider in PROVIDERS.values():
        names = {setting.name for setting in provider.supported_settings("any-model")}
        assert names <= provider.settings | {"max_tokens"}


def test_openrouter_asks_only_those_who_honour_a_setting(faulty: FaultServer) -> None:
    for asked, only_those in (({"settings": {"temperature": 0.2}}, True), ({"max_tokens": 5}, False)):
        ask(faulty, talk("Hi"), of="openrouter", **asked)
        assert ("provider" in faulty.asked[0].body) == only_those


def test_limits_and_defaults_are_the_providers() -> None:
    found = {
        provider: {setting.name: setting for setting in PROVIDERS[provider].supported_settings(model)}
        for provider, model in (("openai", "gpt-4o"), ("anthropic", "claude-haiku-4-5"), ("local", "smollm2-135m"))
    }
    assert found["openai"]["temperature"].values == "a number from 0 to 2"
    assert found["anthropic"]["temperature"].values == "a number from 0 to 1"
    assert found["anthropic"]["max_tokens"].default == PROVIDERS["anthropic"].max_tokens
    assert {name: setting.default for name, setting in found["local"].items()} == {
        "temperature": 0,
        "max_tokens": 512,
        "seed": 1,
    }


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("temperature", 0, 0),
        ("temperature", 0.5, 0.5),
        ("max_tokens", 1, 1),
        ("seed", -3, -3),
        ("reasoning_effort", "brand-new", "brand-new"),
        ("stop", ("a", "b"), ["a", "b"]),
        ("thinking", {"type": "adaptive"}, {"type": "adaptive"}),
    ],
)
def test_a_good_value_is_sent(name: str, value: Any, sent: Any) -> None:
    assert checked(name, value) == sent
    assert type(checked(name, value)) is type(sent)


@pytest.mark.parametrize(
    ("name", "value", "must_be"),
    [
        ("temperature", "hot", "temperature must be a number from 0 to 2, not 'hot'."),
        ("temperature", "0.5", "temperature must be a number from 0 to 2, not '0.5'."),
        ("temperature", 5, "temperature must be a number from 0 to 2, not 5."),
        ("temperature", -0.1, "temperature must be a number from 0 to 2, not -0.1."),
        ("temperature", float("nan"), "temperature must be a number from 0 to 2, not nan."),
        ("temperature", True, "temperature must be a number from 0 to 2, not True."),
        ("temperature", [1], "temperature must be a number from 0 to 2, not [1]."),
        ("max_tokens", 0, "max_tokens must be a whole number of at least 1, not 0."),
        ("max_tokens", 2.0, "max_tokens must be a whole number of at least 1, not 2.0."),
        ("seed", 1.5, "seed must be a whole number, not 1.5."),
        ("seed", 10**400, "seed must be a whole number, not 1000"),
        ("effort", "", "effort must be a word, not ''."),
        ("effort", 3, "effort must be a word, not 3."),
        ("stop", {"a"}, "stop must consist of strings, numbers, lists and mappings, not {'a'}."),
        ("logit_bias", {"a": float("inf")}, "logit_bias must consist of"),
    ],
)
def test_a_bad_value_is_told_with_what_it_has_to_be(name: str, value: Any, must_be: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        checked(name, value)
    assert str(caught.value).startswith(must_be)


def test_what_is_typed_is_read_within_what_is_offered() -> None:
    effort, *_ = PROVIDERS["anthropic"].supported_settings("claude-opus-4-5")[1:]
    temperature = SETTINGS["temperature"]
    assert (temperature.read("0.2"), SETTINGS["max_tokens"].read(" 20 "), effort.read("low")) == (0.2, 20, "low")
    for setting, text, said in (
        (temperature, "hot", "not 'hot'"),
        (temperature, "nan", "not 'nan'"),
        (SETTINGS["max_tokens"], "1e3", "not '1e3'"),
        (effort, "max", "Effort must be one of low, medium, high, not 'max'"),
    ):
        with pytest.raises(ValueError, match=said):
            setting.read(text)


def test_a_long_value_is_quoted_in_part() -> None:
    with pytest.raises(ValueError, match="temperature") as caught:
        checked("temperature", "x" * 500)
    assert len(str(caught.value)) < 120
