"""`FlowConfig`: what is chosen, which model runs a node, who is notified, and two kernels on one flow."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import pytest

from byok_widgets import ConfigError, KeyFormatError
from byok_widgets.config import FlowConfig, ModelRef, ResolvedModel
from tests.config.conftest import PROVIDERS, Open
from tests.fake_keys import fake_key


@pytest.fixture
def config(open_config: Open) -> FlowConfig:
    """The settings of a new flow."""
    return open_config()


def announced_by(config: FlowConfig) -> list[str]:
    announced: list[str] = []
    config.observe(announced.extend)
    return announced


# Choices


def test_a_new_flow_starts_on_the_local_model(config: FlowConfig) -> None:
    assert (config.provider, config.model) == ("local", "tiny")
    assert repr(config) == "FlowConfig('dentist', provider='local', model='tiny')"


def test_an_unknown_provider_is_rejected_with_a_list_of_known_ones(config: FlowConfig) -> None:
    with pytest.raises(ConfigError) as caught:
        config.provider = "gemini"
    assert caught.value.kind == "unknown_provider"
    assert "'gemini'" in caught.value.problem
    assert all(name in caught.value.fix for name in PROVIDERS)
    assert config.provider == "local"


@pytest.mark.parametrize("written", ["OpenAI", " openai ", "OPENAI"])
def test_the_case_of_a_providers_name_does_not_matter(config: FlowConfig, written: str) -> None:
    config.provider = written
    assert config.provider == "openai"
    config.model = f"{written.strip()}:gpt-4o"
    assert config.model == "gpt-4o"


@pytest.mark.parametrize(("typo", "meant"), [("openia", "openai"), ("Antropic", "anthropic"), ("loca", "local")])
def test_a_mistyped_provider_is_answered_with_the_one_that_was_meant(
    config: FlowConfig, typo: str, meant: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        config.provider = typo
    assert repr(meant) in caught.value.fix


@pytest.mark.parametrize(
    "paste",
    [
        lambda config, key: setattr(config, "model", key),
        lambda config, key: setattr(config, "model", f"openai:{key}"),
        lambda config, key: setattr(config, "provider", key),
        lambda config, key: setattr(config, "judge_model", key),
        lambda config, key: config.set_override("ask", key),
        lambda config, key: config.set_override(key, "gpt-4o"),
        lambda config, key: config.update_settings("ask", {"stop": ["a", {"b": key}]}),
        lambda config, key: config.update_settings("ask", {key: 1}),
        lambda config, key: config.update_settings(key, {"seed": 1}),
        lambda config, key: config.set_base_url("compatible", key),
        lambda config, key: config.set_base_url("compatible", f"https://llm.example.org/{key}/v1"),
        lambda config, key: config.set_base_url(key, "https://llm.example.org/v1"),
        lambda config, key: config.key_references.update({"openai|api.openai.com": key}),
        lambda config, key: config.resolve("ask", key),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
def test_no_setting_accepts_a_key(config: FlowConfig, folder: Path, paste, provider: str) -> None:
    config.model = "openai:gpt-4o"
    key, announced = fake_key(provider), announced_by(config)
    with pytest.raises(KeyFormatError) as caught:
        paste(config, key)
    assert caught.value.kind == "misplaced_key"
    saved = "".join(path.read_text("utf-8") for path in folder.iterdir())
    assert key[8:24] not in f"{saved} {config!r} {caught.value} {caught.value!r}"
    assert (config.provider, config.model, announced) == ("openai", "gpt-4o", [])


def test_a_key_cannot_be_the_name_of_a_flow(open_config: Open) -> None:
    with pytest.raises(KeyFormatError) as caught:
        open_config(key := fake_key())
    assert caught.value.kind == "misplaced_key"
    assert key[8:24] not in str(caught.value)


def test_each_provider_remembers_its_default_model(config: FlowConfig, open_config: Open) -> None:
    config.provider = "openai"
    assert config.model is None
    config.model = "gpt-4o"
    config.provider = "anthropic"
    config.model = "claude-haiku"
    config.provider = "openai"
    assert config.model == open_config().model == "gpt-4o"
    assert config.model_of("anthropic") == "claude-haiku"


def test_a_ref_of_another_provider_moves_the_flow_there(config: FlowConfig) -> None:
    config.model = "openrouter:meta-llama/llama-4:free"
    assert (config.provider, config.model) == ("openrouter", "meta-llama/llama-4:free")


def test_none_restores_the_default_model(config: FlowConfig, open_config: Open) -> None:
    config.model = "smollm2-135m"
    config.model = None
    assert (config.model, open_config().model) == ("tiny", "tiny")
    config.model = "openai:gpt-4o"
    config.model = None
    assert (config.provider, config.model) == ("openai", None)


@pytest.mark.parametrize("wrong", ["", " ", "openai:", "a\nb", 3])
def test_an_invalid_model_changes_nothing(config: FlowConfig, wrong) -> None:
    config.model = "openai:gpt-4o"
    announced = announced_by(config)
    with pytest.raises(ConfigError):
        config.model = wrong
    with pytest.raises(ConfigError):
        config.set_override("ask", wrong)
    assert (config.provider, config.model, config.override("ask"), announced) == ("openai", "gpt-4o", None, [])


def test_an_override_stays_the_same_model_when_the_provider_changes(config: FlowConfig, open_config: Open) -> None:
    config.provider = "openai"
    config.set_override("ask", "gpt-4o")
    config.provider = "anthropic"
    assert config.override("ask") == open_config().override("ask") == "openai:gpt-4o"
    config.set_override("ask", None)
    config.set_override("never had one", None)
    assert open_config().override("ask") is None


def test_overrides_of_several_nodes_are_set_together_or_not_at_all(config: FlowConfig, open_config: Open) -> None:
    announced = announced_by(config)
    config.set_overrides({"ask": "openai:gpt-4o", "data": "anthropic:claude-haiku"})
    assert (open_config().override("ask"), announced) == ("openai:gpt-4o", ["override"])
    with pytest.raises(ConfigError):
        config.set_overrides({"ask": None, "data": "openai:"})
    assert (config.override("ask"), config.override("data")) == ("openai:gpt-4o", "anthropic:claude-haiku")
    config.set_overrides({"ask": None, "data": None})
    assert (open_config().override("ask"), open_config().override("data")) == (None, None)


def test_model_settings_are_kept_for_each_node(config: FlowConfig, open_config: Open) -> None:
    announced = announced_by(config)
    config.update_settings("ask", {"temperature": 0.2, "stop": ["."], "seed": None})
    config.update_settings("data", {"max_tokens": 5})
    assert open_config().node_settings("ask") == {"temperature": 0.2, "stop": ["."], "seed": None}
    config.update_settings("ask", {"temperature": 0.3}, unset=["stop", "never there"])
    assert open_config().node_settings("ask") == {"temperature": 0.3, "seed": None}
    config.update_settings("ask", {}, unset=["temperature", "seed"])
    assert (open_config().node_settings("ask"), open_config().node_settings("data")) == ({}, {"max_tokens": 5})
    assert announced == ["model_settings"] * 4


def test_model_settings_are_copied_in_and_out(config: FlowConfig) -> None:
    words = ["."]
    config.update_settings("ask", {"stop": words})
    words.append("!")
    config.node_settings("ask")["stop"].append("?")
    assert config.node_settings("ask") == {"stop": ["."]}


def test_damaged_model_settings_are_ignored_and_kept_until_they_are_set(folder: Path, open_config: Open) -> None:
    open_config().model = "openai:gpt-4o"
    (file,) = folder.glob("*.json")
    saved = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**saved, "tuning": {"ask": "warm", "data": {"seed": 1}}}), "utf-8")
    config = open_config()
    assert (config.node_settings("ask"), config.node_settings("data")) == ({}, {"seed": 1})
    config.set_override("ask", "m")
    assert json.loads(file.read_text("utf-8"))["tuning"] == {"ask": "warm", "data": {"seed": 1}}
    config.update_settings("ask", {"seed": 2})
    assert open_config().node_settings("ask") == {"seed": 2}
    file.write_text(json.dumps({**saved, "tuning": 3}), "utf-8")
    assert open_config().node_settings("ask") == {}
    open_config().update_settings("ask", {"seed": 2})
    assert open_config().node_settings("ask") == {"seed": 2}


def test_an_address_is_checked_and_can_be_reset(config: FlowConfig, open_config: Open) -> None:
    config.set_base_url("openai", " https://llm.example.org/v1/ ")
    assert open_config().base_url("openai") == "https://llm.example.org/v1"
    with pytest.raises(ConfigError) as caught:
        config.set_base_url("openai", "http://llm.example.org/v1")
    assert caught.value.kind == "base_url_insecure"
    assert config.base_url("openai") == "https://llm.example.org/v1"
    assert config.base_url("anthropic") is None
    config.set_base_url("openai", None)
    assert open_config().base_url("openai") is None


def test_key_references_are_a_mapping_that_is_saved(config: FlowConfig, open_config: Open) -> None:
    references, announced = config.key_references, announced_by(config)
    references["openai@host"] = "env:MY_VARIABLE"
    assert dict(open_config().key_references) == {"openai@host": "env:MY_VARIABLE"}
    assert (len(references), "openai@host" in references) == (1, True)
    with pytest.raises(KeyError):
        del references["other"]
    references.clear()
    assert dict(open_config().key_references) == {}
    assert announced == ["key", "key"]


# Which model runs


def test_precedence_is_call_then_node_then_flow(config: FlowConfig) -> None:
    config.model = "openai:flow"

    def chosen(**given: str) -> tuple[str, str]:
        resolved: ResolvedModel = config.resolve("ask", given.get("argument"), own=given.get("own"))
        return str(resolved.ref), resolved.source

    assert chosen() == ("openai:flow", "flow default")
    assert chosen(own="anthropic:own") == ("anthropic:own", "node override")
    config.set_override("ask", "panel")
    assert chosen(own="anthropic:own") == ("openai:panel", "node override")
    assert chosen(own="anthropic:own", argument="call") == ("openai:call", "call argument")
    assert config.resolve("other").ref == ModelRef("openai", "flow")


def test_no_model_anywhere_is_an_error_that_names_the_node(config: FlowConfig) -> None:
    config.provider = "compatible"
    with pytest.raises(ConfigError) as caught:
        config.resolve("ask")
    assert caught.value.kind == "no_model"
    assert all(name in caught.value.problem for name in ("'ask'", "'dentist'"))
    assert "compatible" in caught.value.cause
    assert "flow.model = " in caught.value.fix


# Who is notified


def test_every_change_is_announced_in_order(config: FlowConfig) -> None:
    announced = announced_by(config)
    config.provider = "openai"
    config.set_base_url("openai", "https://llm.example.org")
    config.key_references["slot"] = "env:NAME"
    config.model = "gpt-4o"
    config.set_override("ask", "gpt-4o-mini")
    config.update_settings("ask", {"seed": 1})
    config.notify("nodes")
    assert announced == ["provider", "base_url", "key", "model", "override", "model_settings", "nodes"]


def test_a_model_of_another_provider_announces_both_changes(config: FlowConfig) -> None:
    announced = announced_by(config)
    config.model = "anthropic:claude-haiku"
    assert announced == ["provider", "model"]


def test_observers_are_called_in_order_after_the_change_and_in_its_thread(
    config: FlowConfig, open_config: Open
) -> None:
    seen: list[tuple[str, str | None, str | None, str]] = []
    for name in ("first", "second"):
        config.observe(
            lambda _, name=name: seen.append(
                (name, config.model, open_config().model, threading.current_thread().name)
            )
        )
    thread = threading.Thread(target=config.set_override, args=("ask", "m"), name="other")
    config.model = "openai:gpt-4o"
    assert seen[-1] == ("second", "gpt-4o", "gpt-4o", threading.current_thread().name)
    seen.clear()
    thread.start()
    thread.join()
    assert seen == [("first", "gpt-4o", "gpt-4o", "other"), ("second", "gpt-4o", "gpt-4o", "other")]


def test_an_observer_can_disconnect_even_while_it_is_called(config: FlowConfig) -> None:
    announced, others = [], announced_by(config)

    def once(changes: tuple[str, ...]) -> None:
        announced.extend(changes)
        stop()

    stop = config.observe(once)
    after = announced_by(config)
    config.provider = "openai"
    config.provider = "anthropic"
    stop()
    assert announced == ["provider"]
    assert others == after == ["provider", "provider"]


def test_an_observer_may_change_the_settings_itself(config: FlowConfig) -> None:
    def follow(changes: tuple[str, ...]) -> None:
        if "provider" in changes and config.provider == "openai":
            config.model = "gpt-4o"

    config.observe(follow)
    config.provider = "openai"
    assert config.model == "gpt-4o"


def test_an_observer_that_fails_does_not_stop_the_others(
    config: FlowConfig, open_config: Open, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_: tuple[str, ...]) -> None:
        raise RuntimeError("may hold what nobody should read")

    config.observe(failing)
    announced = announced_by(config)
    with caplog.at_level(logging.ERROR):
        config.model = "openai:gpt-4o"
    assert (open_config().model, announced) == ("gpt-4o", ["provider", "model"])
    assert "RuntimeError" in caplog.text
    assert "nobody should read" not in caplog.text


# Other flows


def test_flows_share_nothing(open_config: Open) -> None:
    one, other = open_config("one"), open_config("other")
    announced = announced_by(other)
    one.model = "openai:gpt-4o"
    one.key_references["slot"] = "env:NAME"
    other.set_override("ask", "m")
    assert (other.provider, other.model, dict(other.key_references)) == ("local", "tiny", {})
    assert announced == ["override"]


def test_without_a_file_changes_are_still_kept_and_announced(folder: Path, open_config: Open) -> None:
    folder.write_text("a file in its place", encoding="utf-8")
    config = open_config()
    announced = announced_by(config)
    config.model = "openai:gpt-4o"
    config.set_override("ask", "m")
    config.set_override("ask", None)
    config.key_references["slot"] = "env:NAME"
    config.key_references.clear()
    config.set_base_url("openai", "https://llm.example.org")
    assert (config.model, config.override("ask"), dict(config.key_references)) == ("gpt-4o", None, {})
    assert config.base_url("openai") == "https://llm.example.org"
    assert announced == ["provider", "model", "override", "override", "key", "key", "base_url"]


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, float("nan"), threading.Lock(), b"x", [{"a": object()}]],
    ids=["object", "set", "nan", "lock", "bytes", "object within"],
)
def test_a_setting_that_no_file_holds_is_refused_and_spoils_nothing(
    config: FlowConfig, open_config: Open, value: object
) -> None:
    for _ in range(2):
        with pytest.raises(ConfigError) as caught:
            config.update_settings("ask", {"stop": value})
        assert caught.value.kind == "setting_not_json"
    config.update_settings("ask", {"seed": 1})
    config.model = "openai:gpt-6-luna"
    again = open_config()
    assert (again.node_settings("ask"), again.model) == ({"seed": 1}, "gpt-6-luna")
    assert config.notice is None
