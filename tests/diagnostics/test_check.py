"""`flow.check()`: what would go wrong with keys, models and addresses, found without a request."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.diagnostics.check import Check, check_settings
from byok_widgets.findings import Fix
from byok_widgets.flow.flow_settings import FlowSettings
from byok_widgets.graph import FlowGraph
from byok_widgets.providers import catalog
from byok_widgets.providers.local.default_model import default_model
from tests.fake_keys import fake_key
from tests.scripted_server import ScriptedServer

ENDING = "gpt-4o-mini"


@pytest.fixture
def talk(flow: Flow) -> Flow:
    """Two nodes on OpenAI, with its key."""
    flow.model = "openai:gpt-6-luna"
    flow.key_store.save("openai", "api.openai.com", fake_key())
    flow.conversation("ask", "Ask.")
    flow.conversation("tell", "Tell.")
    flow.connect("ask", "tell", when="they ask")
    return flow


def kinds(found: Check) -> list[tuple[str, str, str]]:
    return [(finding.kind, finding.level, finding.where) for finding in found]


def test_a_flow_with_its_key_has_nothing_to_fix(talk: Flow) -> None:
    assert kinds(talk.check()) == []


def test_a_missing_key_is_reported_once_with_all_nodes_that_need_it(flow: Flow) -> None:
    flow.model = "openai:gpt-6-luna"
    flow.conversation("ask", "Ask.")
    found = flow.check()
    assert kinds(found) == [("no_key", "error", "ask")]
    assert all(fact in found[0].problem for fact in ("OpenAI", "'ask'"))
    assert "flow.settings()" in found[0].fix
    assert found[0].by == Fix("save_key", "openai")
    flow.conversation("tell", "Tell.")
    assert "'ask', 'tell'" in flow.check()[0].problem


def test_an_override_whose_provider_has_no_key(talk: Flow) -> None:
    talk.conversation("claude", "x", model="anthropic:claude-haiku-5-5", enter="they want Claude")
    found = talk.check()
    assert kinds(found) == [("no_key", "error", "claude")]
    assert "'claude'" in found[0].problem
    assert found[0].by == Fix("save_key", "anthropic")
    talk.key_store.save("anthropic", "api.anthropic.com", fake_key("anthropic"))
    assert kinds(talk.check()) == []


def test_the_judge_counts_if_it_is_used(talk: Flow) -> None:
    talk.judge_model = "anthropic:claude-haiku-5-5"
    found = talk.check()
    assert kinds(found) == [("no_key", "error", "")]
    assert "judge" in found[0].problem
    assert found[0].by == Fix("save_key", "anthropic")
    talk.node("tell").model = "anthropic:claude-haiku-5-5"
    assert all(who in talk.check()[0].problem for who in ("'tell'", "judge"))
    talk.node("tell").model = None
    talk.connect("ask", "tell")
    assert kinds(talk.check()) == [], "no prompt condition is left to be judged"
    talk.conversation("help", "x", enter="they need help")
    assert kinds(talk.check()) == [("no_key", "error", "")]


def test_a_key_of_another_flow_or_host_does_not_count(talk: Flow, name: str) -> None:
    talk.set_base_url("openai", "https://proxy.example.org/v1")
    found = talk.check()
    assert kinds(found) == [("no_key", "error", "ask"), ("other_address", "warning", "")]
    assert "https://proxy.example.org/v1" in found[1].problem
    assert "flow.set_base_url('openai', None)" in found[1].fix
    assert found[1].by == Fix("use_own_address", "openai")
    other = Flow(f"{name} other")
    other.model = "openai:gpt-6-luna"
    other.conversation("ask", "x")
    assert kinds(other.check()) == [("no_key", "error", "ask")]


def test_an_endpoint_without_an_address(flow: Flow, server: ScriptedServer) -> None:
    flow.model = "compatible:some-model"
    flow.conversation("ask", "Ask.")
    assert kinds(flow.check()) == [("no_address", "error", "")]
    assert 'flow.set_base_url("compatible"' in flow.check()[0].fix
    assert flow.check()[0].by == Fix("fill_address", "compatible")
    flow.set_base_url("compatible", server.base_url)
    assert kinds(flow.check()) == []


def test_no_model_is_chosen(flow: Flow) -> None:
    flow.provider = "openai"
    flow.conversation("ask", "Ask.")
    flow.conversation("own", "x", model="local:smollm2-135m", enter="they want their own")
    found = flow.check()
    assert kinds(found) == [("no_key", "error", "ask"), ("no_model", "error", "ask")]
    assert all("'ask'" in finding.problem and "'own'" not in finding.problem for finding in found)
    assert "flow.model" in found[1].fix
    assert found[1].by == Fix("use_model", f"openai:{catalog.presets('openai')['balanced']}")
    flow.provider = "compatible"
    flow.set_base_url("compatible", "https://llm.example.org/v1")
    flow.conversation("tell", "Tell.", enter="they want to hear")
    assert "'ask', 'tell'" in flow.check()[0].problem
    assert len(flow.check().errors) == 1
    assert flow.check()[0].by == Fix("choose_model")


def test_models_that_have_ended_or_soon_will(talk: Flow) -> None:
    talk.model = "openai:gpt-4"
    talk.node("tell").model = f"openai:{ENDING}"
    found = talk.check()
    assert kinds(found) == [("model_ends", "error", "ask"), ("model_ends", "warning", "tell")]
    assert all(fact in found[0].problem for fact in ("openai:gpt-4", "'ask'", "2026-10-23"))
    assert all(fact in found[1].problem for fact in (ENDING, "'tell'", "2027-01-14"))
    assert found[0].by == Fix(
        "use_model", f"openai:{catalog.replacement('openai', 'gpt-4')}", instead="openai:gpt-4"
    )
    talk.model = f"openai:{ENDING}"
    assert ["'ask', 'tell'" in finding.problem for finding in talk.check()] == [True]


def test_whether_a_model_has_ended_depends_on_the_day(talk: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    talk.model = f"openai:{ENDING}"
    assert [level for _, level, _ in kinds(talk.check())] == ["warning"]
    monkeypatch.setattr(catalog, "_today", lambda: datetime.date(2027, 1, 15))
    assert [level for _, level, _ in kinds(talk.check())] == ["error"]


def test_a_name_that_is_not_an_id(talk: Flow) -> None:
    talk.key_store.save("anthropic", "api.anthropic.com", fake_key("anthropic"))
    talk.node("tell").model = "anthropic:claude-haiku"
    found = talk.check()
    assert kinds(found) == [("model_unknown", "warning", "tell")]
    assert "anthropic:claude-haiku" in found[0].problem
    assert found[0].by is not None


def test_without_a_replacement_the_user_chooses_a_model(talk: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "replacement", lambda *_: None)
    talk.node("tell").model = f"openai:{ENDING}"
    talk.judge_model = "openai:gpt-4"
    assert [found.by for found in talk.check()] == [
        Fix("paste", "flow.judge_model = None"),
        Fix("choose_model", "tell"),
    ]
    talk.model = "gpt-4"
    assert talk.check()[0].by == Fix("choose_model")


def test_a_setting_that_the_model_lacks_can_be_removed(talk: Flow) -> None:
    talk.node("tell").settings["temperature"] = 0.5
    (found,) = talk.check()
    assert (found.kind, found.where, found.by) == ("setting", "tell", Fix("remove_setting", "temperature"))


def test_extraction_on_a_model_without_structured_output(talk: Flow) -> None:
    talk.extraction("data", word=str, model="openai:gpt-4", end=True)
    talk.connect("tell", "data", when="they said it")
    talk.node("ask").model = "openai:gpt-4"
    found = talk.check()
    assert ("no_structured_output", "warning", "data") in kinds(found)
    assert ("no_structured_output", "warning", "ask") not in kinds(found), "it only speaks"
    assert [each.by for each in found if each.kind == "no_structured_output"] == [Fix("choose_model", "data")]
    talk.node("data").model = "openai:gpt-6-luna"
    assert [kind for kind, _, _ in kinds(talk.check())] == ["model_ends"]


def test_a_silent_start_that_should_speak_first(flow: Flow) -> None:
    flow.extraction("data", word=str, end=True)
    assert kinds(flow.check()) == []
    flow.speaks_first = True
    assert kinds(flow.check()) == [("silent_start", "error", "data")]
    assert flow.check()[0].by == Fix("paste", "flow.speaks_first = False"), "there is no node that speaks"
    flow.conversation("ask", "Ask.", enter="they ask")
    assert flow.check()[0].by == Fix("paste", "flow.speaks_first = False"), (
        "from the other nothing leads to this one"
    )
    flow.connect("ask", "data", when="they answer")
    assert flow.check()[0].by == Fix("paste", "flow.start_node = 'ask'")


def test_the_notice_of_a_flow_is_a_finding(flow: Flow, tmp_path: Path) -> None:
    flow.conversation("ask", "Ask.")
    file = tmp_path / "newer.flow.json"
    flow.save(file)
    file.write_text(file.read_text(encoding="utf-8").replace('"version": 1', '"version": 2'), encoding="utf-8")
    found = Flow.load(file).check()
    assert kinds(found) == [("notice", "warning", "")]
    assert found[0].problem == Flow.load(file).notice


def test_errors_come_first_and_everything_is_shown(talk: Flow) -> None:
    talk.conversation("<b>lost</b>", "{{nmae}}")
    found = talk.check()
    assert [finding.level for finding in found] == ["error", "warning"]
    assert [finding.kind for finding in found.errors] == ["unknown_variable"]
    assert found[0].kind == "unknown_variable"
    assert [finding.kind for finding in found[1:]] == ["unreachable"]
    assert repr(found).splitlines() == [str(finding) for finding in found]
    assert "<b>" not in found._repr_html_()
    assert "&lt;b&gt;lost&lt;/b&gt;" in found._repr_html_()


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("B {{ b", "{{"),
        ("{% if b", "{%"),
        ("{{ b | nofilter }}", "'nofilter'"),
    ],
)
def test_a_prompt_that_is_not_a_template(talk: Flow, prompt: str, named: str) -> None:
    talk.conversation("tell", prompt)
    talk.global_prompt = prompt
    found = talk.check()
    assert kinds(found) == [("template", "error", ""), ("template", "error", "tell")]
    assert all(named in finding.problem and "{{name}}" in finding.fix for finding in found)
    assert ["'tell'" in finding.problem for finding in found] == [False, True]


def test_a_local_model_that_does_not_exist(talk: Flow) -> None:
    talk.node("tell").model = "local:nope"
    found = talk.check()
    assert kinds(found) == [("local_model_unknown", "error", "tell")]
    assert all(fact in found[0].problem for fact in ("nope", "'tell'"))
    assert "GGUF" in found[0].fix
    assert found[0].by == Fix("use_model", f"local:{default_model()}", instead="local:nope")
    talk.provider, talk.model = "local", "gpt-4"
    assert '"openai:gpt-4"' in talk.check()[0].fix, "the names that people know are told whose they are"
    settings = check_settings(FlowSettings.of(talk.name))
    assert kinds(settings) == [("local_model_unknown", "error", "")]
    assert "gpt-4" in settings[0].problem


def test_it_sends_nothing(talk: Flow, server: ScriptedServer, no_network: list[object]) -> None:
    talk.set_base_url("compatible", server.base_url)
    for provider in (
        "openai:gpt-4",
        "anthropic:claude-haiku-5-5",
        "openrouter:openai/gpt-6-luna",
        "local:smollm2-135m",
    ):
        talk.conversation(provider, "x", model=provider, enter=provider)
    talk.extraction("data", word=str, model="compatible:some-model", enter="they said it")
    assert len(talk.check()) > 2
    assert no_network == []
    assert server.requests == []


def test_without_nodes_the_key_the_address_and_the_default_model_are_looked_at(flow: Flow) -> None:
    settings = FlowSettings.of(flow.name)
    assert list(check_settings(settings)) == []
    flow.provider = "openai"
    assert kinds(check_settings(settings)) == [("no_key", "error", ""), ("no_model", "error", "")]
    assert sorted(kinds(flow.check())) == sorted([("empty", "error", ""), *kinds(check_settings(settings))])
    flow.model = "gpt-4"
    flow.set_base_url("openai", "https://proxy.example.org/v1")
    flow.key_store.save("openai", "proxy.example.org", fake_key())
    found = check_settings(settings)
    assert kinds(found) == [("model_ends", "error", ""), ("other_address", "warning", "")]
    assert "openai:gpt-4" in found[0].problem


def test_an_environment_variable_without_the_key_is_named(talk: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", fake_key("anthropic"))
    talk.node("tell").model = "anthropic:claude-haiku-5-5"
    talk.use_key("env:MY_KEY", provider="anthropic")
    assert kinds(talk.check()) == []
    monkeypatch.delenv("MY_KEY")
    assert kinds(talk.check()) == [("no_key", "error", "tell")]
    assert "MY_KEY" in talk.check()[0].problem


def test_it_contains_no_key(flow: Flow) -> None:
    key = fake_key()
    flow.key_store.save("openai", "api.openai.com", key)
    flow.model = "openai:gpt-4"
    flow.conversation("ask", "{{nmae}}")
    found = flow.check()
    assert key[8:20] not in f"{found!r}{found._repr_html_()}"


def test_what_could_not_be_looked_at_is_said(flow: Flow) -> None:
    settings = FlowSettings.of(flow.name)
    note = check_settings(settings).note
    assert note
    assert all(note in shown for shown in (repr(check_settings(settings)), check_settings(settings)._repr_html_()))
    flow.conversation("ask", "Ask.")
    assert flow.check().note == ""


@pytest.mark.parametrize(
    ("provider", "model", "meant"),
    [
        ("openai", "antropic:claude-haiku-5-5", "anthropic:claude-haiku-5-5"),
        ("openai", "Opneai:gpt-6-luna", "openai:gpt-6-luna"),
        ("openai", "ft:gpt-4o:me", ""),
        ("openrouter", "mistralai/mixtral:free", ""),
        ("compatible", "mixtral:8x7b", ""),
    ],
)
def test_a_mistyped_provider_is_said(provider: str, model: str, meant: str) -> None:
    flow = Flow("mistyped")
    flow.provider = provider
    flow.model = model
    flow.conversation("ask", "Hi.", end=True)
    found = [finding for finding in flow.check() if finding.kind == "mistyped_provider"]
    assert [finding.by.argument for finding in found] == ([meant] if meant else [])


def test_the_way_back_to_a_node_is_looked_for_only_where_it_could_be_left_for_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = Flow("long", fresh=True)
    for number in range(30):
        flow.conversation(f"n{number}", "{{missing}}", static=True)
    for number in range(29):
        flow.connect(f"n{number}", f"n{number + 1}", when="they go on")
    walked: list[object] = []
    walk = FlowGraph.reachable

    def counted(graph: FlowGraph, start: Iterable[str]) -> set[str]:
        walked.append(start)
        return walk(graph, start)

    monkeypatch.setattr(FlowGraph, "reachable", counted)
    assert [finding for finding in flow.check() if "missing" in str(finding)]
    assert len(walked) < 10, "one for each node, so that a large flow would take minutes"
