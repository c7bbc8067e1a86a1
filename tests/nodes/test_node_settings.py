"""A node's settings: initial, changed later, given with a call; and those that do not fit a model."""

from __future__ import annotations

import json
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest

from byok_widgets import ByokError, ConfigError, Flow, KeyFormatError
from byok_widgets.diagnostics.fit import incompatible_settings
from byok_widgets.flow import flow_contexts
from byok_widgets.providers import ModelInfo
from tests.fake_keys import fake_key
from tests.scripted_server import ScriptedServer

NewKernel = Callable[[], Flow]


@pytest.fixture
def new_kernel(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> NewKernel:
    """Open the flow of this name as another kernel would: from its file."""

    def open_it() -> Flow:
        monkeypatch.setattr(flow_contexts, "_made", {})
        return Flow(flow.name)

    return open_it


def sent(server: ScriptedServer) -> dict[str, Any]:
    """Return the settings of the last request."""
    beside = ("model", "messages", "stream", "stream_options", "response_format")
    return {name: value for name, value in server.requests[-1].items() if name not in beside}


def test_a_call_wins_over_later_settings_which_win_over_initial_ones(flow: Flow, server: ScriptedServer) -> None:
    ask = flow.conversation("ask", "Be brief.", temperature=0.1, top_p=0.5, max_tokens=10)
    ask.run("Hi")
    assert sent(server) == {"temperature": 0.1, "top_p": 0.5, "max_tokens": 10}
    ask.settings["temperature"] = 0.2
    ask.max_tokens = 20
    ask.run("Hi")
    assert sent(server) == {"temperature": 0.2, "top_p": 0.5, "max_tokens": 20}
    ask.run("Hi", temperature=0.3, max_tokens=30, seed=4)
    assert sent(server) == {"temperature": 0.3, "top_p": 0.5, "seed": 4, "max_tokens": 30}
    del ask.settings["temperature"]
    del ask.max_tokens
    ask.run("Hi")
    assert sent(server) == {"temperature": 0.1, "top_p": 0.5, "max_tokens": 10}
    ask.settings["temperature"] = ask.max_tokens = None
    ask.run("Hi")
    assert sent(server) == {"top_p": 0.5}


def test_an_extraction_node_has_settings_too(flow: Flow, server: ScriptedServer) -> None:
    read = flow.extraction("read", name=str, settings={"temperature": 0.1})
    read.settings["seed"], read.max_tokens = 7, 40
    server.script('{"name": "Ana"}')
    read.run("I am Ana")
    assert sent(server) == {"temperature": 0.1, "seed": 7, "max_tokens": 40}


def test_settings_survive_the_cell_and_the_kernel(flow: Flow, new_kernel: NewKernel) -> None:
    ask = flow.conversation("ask", "Be brief.", temperature=0.1)
    ask.settings.update(temperature=0.2, stop=["."])
    ask.max_tokens = 20
    again = flow.conversation("ask", "Be very brief.", temperature=0.9)
    assert (again.settings, again.max_tokens) == ({"temperature": 0.2, "stop": ["."]}, 20)
    other = new_kernel().conversation("ask", "Be brief.")
    assert (other.settings, other.max_tokens) == ({"temperature": 0.2, "stop": ["."]}, 20)
    other.settings.clear()
    other.max_tokens = None
    assert json.loads(flow.config.path.read_text(encoding="utf-8"))["tuning"] == {}
    assert new_kernel().conversation("ask", "Be brief.", seed=1).settings == {"seed": 1}


def test_leaving_it_to_the_provider_survives_them_too(flow: Flow, new_kernel: NewKernel) -> None:
    flow.conversation("ask", "Be brief.", temperature=0.1, max_tokens=5).settings["temperature"] = None
    flow.node("ask").max_tokens = None
    ask = new_kernel().conversation("ask", "Be brief.", temperature=0.1, max_tokens=5)
    assert (ask.settings, ask.max_tokens) == ({}, None)
    del ask.settings["temperature"], ask.max_tokens
    assert (ask.settings, ask.max_tokens) == ({"temperature": 0.1}, 5)


def test_settings_are_a_mapping(flow: Flow) -> None:
    settings = flow.conversation("ask", "Be brief.", temperature=0.1, max_tokens=5).settings
    assert isinstance(settings, MutableMapping)
    assert (repr(settings), len(settings), list(settings)) == ("{'temperature': 0.1}", 1, ["temperature"])
    settings["stop"] = ["a"]
    settings["stop"].append("b")  # a copy: what is not set is not saved
    assert settings == {"temperature": 0.1, "stop": ["a"]}
    assert (settings.pop("stop"), settings.pop("stop", None), settings.get("max_tokens")) == (["a"], None, None)
    with pytest.raises(KeyError):
        del settings["stop"]
    with pytest.raises(ConfigError, match=r"'ask'.*'temperature'") as caught:
        del settings["temperature"]
    assert 'flow.node("ask").settings["temperature"] = None' in caught.value.fix
    flow.node("ask").settings = {"seed": 3}
    assert (settings, flow.node("ask").max_tokens) == ({"seed": 3}, 5)
    flow.node("ask").settings = {}
    assert settings == {}
    settings.clear()
    assert settings == {"temperature": 0.1}


def test_every_flow_of_the_name_and_every_observer_sees_it(flow: Flow) -> None:
    ask, other = (Flow(flow.name).conversation("ask", "Be brief.") for _ in range(2))
    announced: list[tuple[str, Any]] = []
    flow.config.observe(lambda what: announced.append((what, dict(other.settings))))
    ask.settings["temperature"] = 0.2
    ask.max_tokens = 5
    del ask.settings["temperature"]
    assert announced == [
        (("model_settings",), {"temperature": 0.2}),
        (("model_settings",), {"temperature": 0.2}),
        (("model_settings",), {}),
    ]
    assert other.max_tokens == 5


BAD = [
    ("temperature", "hot", ("0 to 2", "'hot'")),
    ("temperature", 5, ("0 to 2", "5")),
    ("temperature", float("nan"), ("0 to 2", "nan")),
    ("max_tokens", 0, ("1", "0")),
    ("stop", {"a"}, ("{'a'}",)),
]
"""Settings, invalid values, and what the error says about them: the bounds, and the value."""


@pytest.mark.parametrize(("name", "value", "facts"), BAD)
def test_an_invalid_value_is_rejected_everywhere_with_the_node_named(
    flow: Flow, server: ScriptedServer, name: str, value: Any, facts: tuple[str, ...]
) -> None:
    ask = flow.conversation("ask", "Be brief.", seed=1)
    ask.settings["top_p"] = 0.5
    before = json.loads(flow.config.path.read_text(encoding="utf-8"))
    wrongs = [
        lambda: flow.conversation("ask", "Be brief.", **{name: value}),
        lambda: ask.run("Hi", **{name: value}),
    ]
    if name == "max_tokens":
        wrongs += [lambda: setattr(ask, name, value)]
    else:
        wrongs += [
            lambda: ask.settings.update(seed=9, **{name: value}),
            lambda: setattr(ask, "settings", {name: value}),
            lambda: flow.extraction("ask again", who=str, settings={name: value}),
        ]
    for wrong in wrongs:
        with pytest.raises(ConfigError) as caught:
            wrong()
        assert "'ask" in caught.value.problem, "the node"
        assert all(fact in caught.value.problem for fact in (name, *facts))
    assert (ask.settings, not server.requests) == ({"seed": 1, "top_p": 0.5}, True)
    assert json.loads(flow.config.path.read_text(encoding="utf-8")) == before


def test_a_limit_is_not_a_setting_and_a_misspelt_one_is_reported(flow: Flow) -> None:
    ask = flow.conversation("ask", "Be brief.")
    with pytest.raises(ConfigError, match="max_tokens") as caught:
        ask.settings["max_tokens"] = 5
    assert 'flow.node("ask").max_tokens = 5' in caught.value.fix
    with pytest.raises(ConfigError, match="'temprature'"):
        ask.settings["temprature"] = 0.2
    ask.settings["warmth"] = 3  # checked when a call has chosen its provider
    with pytest.raises(ConfigError, match="'warmth'"):
        ask.run("Hi")


def test_no_setting_of_a_node_accepts_a_key(flow: Flow) -> None:
    key, ask = fake_key(), flow.conversation("ask", "Be brief.")
    for put in (
        lambda: ask.settings.update(stop=[key]),
        lambda: ask.settings.update(thinking={"a": {"b": key}}),
        lambda: ask.settings.update({key: 1}),
        lambda: ask.settings.update(effort=key),
        lambda: ask.settings.update(temperature=key),
        lambda: flow.conversation("other", "Be brief.", stop=[key]),
        lambda: flow.config.update_settings("ask", {"stop": (key,)}),
        lambda: flow.config.update_settings(key, {"seed": 1}),
        lambda: ask.run("Hi", stop=[key]),
    ):
        with pytest.raises((ConfigError, KeyFormatError), match="API key") as caught:
            put()
        assert key[8:24] not in f"{caught.value}{caught.value!r}{caught.value._repr_html_()}"
    assert (dict(ask.settings), dict(flow.config.node_settings("ask"))) == ({}, {})
    with pytest.raises(KeyFormatError):
        ask.settings["stop"] = [key]


def test_an_invalid_value_in_an_edited_file_is_reported_by_the_call(flow: Flow, server: ScriptedServer) -> None:
    flow.config.update_settings("ask", {"temperature": "hot"})
    with pytest.raises(ConfigError, match=r"'ask': temperature .*0 to 2.*'hot'"):
        flow.conversation("ask", "Be brief.").run("Hi")
    assert not server.requests


@pytest.mark.parametrize(
    ("model", "tuning", "expected"),
    [
        ("openai:gpt-4o", {"temperature": 0.2, "max_tokens": 5}, {}),
        ("openai:gpt-4o", {"reasoning_effort": "low"}, {"reasoning_effort": "gpt-4o"}),
        ("openai:gpt-6-luna", {"temperature": 0.2}, {"temperature": "gpt-6-luna"}),
        ("openai:gpt-6-luna", {"temperature": 0.2, "reasoning_effort": "none"}, {}),
        ("openai:gpt-6.1-sol", {"reasoning_effort": "none"}, {"reasoning_effort": "low, medium"}),
        ("openai:gpt-6.1-sol", {"temperature": 0.2}, {"temperature": "gpt-6.1-sol"}),
        ("openai:gpt-6-luna", {"effort": "low"}, {"effort": "OpenAI"}),
        ("openai:my-own", {"temperature": 0.2, "reasoning_effort": "low", "stop": ["."]}, {}),
        ("anthropic:claude-haiku-4-5", {"temperature": 1.5}, {"temperature": "0 to 1, not 1.5"}),
        ("anthropic:claude-haiku-5-5", {"temperature": 0.2, "effort": "max"}, {"temperature": "claude-haiku-5-5"}),
        ("openrouter:a/b", {"temperature": 0.2}, {}),
        ("local:smollm2-135m", {"reasoning_effort": "low"}, {"reasoning_effort": "local model"}),
    ],
)
def test_a_setting_that_a_model_lacks_is_reported(
    flow: Flow, model: str, tuning: dict[str, Any], expected: dict[str, str]
) -> None:
    ask = flow.conversation("ask", "Be brief.", **tuning)
    ask.model = model
    found = incompatible_settings(ask)
    assert found.keys() == expected.keys()
    assert all(words in found[name] for name, words in expected.items()), found
    findings = [finding for finding in flow.check() if finding.kind == "setting"]
    assert [finding.where for finding in findings] == ["ask"] * len(expected)
    for name in expected:
        code = 'flow.node("ask").' + ("max_tokens" if name == "max_tokens" else f'settings["{name}"]') + " = None"
        assert code in findings[0].fix
        exec(code, {"flow": flow})  # the suggested code has to work
    assert incompatible_settings(ask) == {}


def test_the_providers_own_list_is_used(flow: Flow) -> None:
    ask = flow.conversation("ask", "Be brief.", model="openrouter:a/b", temperature=0.2)
    found = incompatible_settings(ask, ModelInfo("a/b", supported_settings={"temperature": None}))
    assert list(found) == ["temperature"]
    assert "a/b" in found["temperature"]


def test_without_a_model_nothing_is_reported_about_settings(flow: Flow) -> None:
    flow.model = None
    ask = flow.conversation("ask", "Be brief.", temperature=0.2)
    assert incompatible_settings(ask) == {}
    with pytest.raises(ByokError) as caught:
        ask.run("Hi")
    assert caught.value.kind == "no_model"
