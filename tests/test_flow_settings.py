"""What cells write to a flow's settings: a key as the name of a variable, and never a key itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from byok_widgets import ByokError, ConfigError, Flow, KeyFormatError, MissingKeyError
from tests.fake_keys import fake_key

VARIABLE = "BYOK_TEST_KEY"


@pytest.fixture
def flow(request: pytest.FixtureRequest) -> Flow:
    made = Flow(f"settings {request.node.nodeid}")
    made.model = "openai:gpt-6-luna"
    return made


PLACES: dict[str, Callable[[Flow, str], object]] = {
    "default model": lambda flow, key: setattr(flow, "model", key),
    "provider": lambda flow, key: setattr(flow, "provider", key),
    "judge": lambda flow, key: setattr(flow, "judge_model", key),
    "override": lambda flow, key: setattr(flow.conversation("ask", "Hi."), "model", key),
    "model of a node": lambda flow, key: flow.conversation("ask", "Hi.", model=key),
    "model of a call": lambda flow, key: flow.conversation("ask", "Hi.").run("Hello", model=key),
    "address": lambda flow, key: flow.set_base_url("compatible", f"https://{key}.example.org/v1"),
    "name of a flow": lambda flow, key: Flow(key),
    "name of a variable": lambda flow, key: flow.use_key(key),
    "provider of a variable": lambda flow, key: flow.use_key(f"env:{VARIABLE}", provider=key),
}


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
@pytest.mark.parametrize("place", PLACES)
def test_a_misplaced_key_is_rejected_and_neither_saved_nor_shown(
    flow: Flow, config_folder: Path, place: str, provider: str
) -> None:
    key = fake_key(provider)
    with pytest.raises(KeyFormatError) as caught:
        PLACES[place](flow, key)
    assert caught.value.kind == "misplaced_key"
    saved = "".join(path.read_text("utf-8") for path in config_folder.rglob("*.json"))
    assert "gpt-6-luna" in saved
    assert key[10:24] not in f"{saved} {flow!r} {flow.check()!r} {flow.settings()!r} {caught.value}"
    assert flow.model == "gpt-6-luna"


def test_a_key_reference_needs_a_variable_that_is_set_and_holds_a_key(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(KeyFormatError) as refused:
        flow.use_key(f"env:{VARIABLE}")
    assert refused.value.kind == "key_variable_not_set"
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(KeyFormatError) as refused:
        flow.use_key(f"env:{VARIABLE}")
    assert refused.value.flaw == "path"
    assert dict(flow.config.key_references) == {}
    monkeypatch.setenv(VARIABLE, fake_key())
    flow.use_key(f"env:{VARIABLE}", provider="OpenAI")
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(MissingKeyError) as caught:
        flow.conversation("ask", "Hi.").run("Hello")
    assert VARIABLE in caught.value.fix


def test_a_providers_case_is_ignored_and_a_typo_gets_a_suggestion(flow: Flow) -> None:
    flow.provider = "Anthropic"
    assert flow.provider == "anthropic"
    flow.set_base_url("Compatible", "http://127.0.0.1:9/v1")
    assert flow.config.base_url("compatible") == "http://127.0.0.1:9/v1"
    wrong: list[Callable[[], object]] = [
        lambda: setattr(flow, "provider", "opnai"),
        lambda: flow.set_base_url("opnai", None),
        lambda: flow.use_key(f"env:{VARIABLE}", provider="opnai"),
    ]
    for write in wrong:
        with pytest.raises(ConfigError) as caught:
            write()
        assert caught.value.kind == "unknown_provider"
        assert "'openai'" in caught.value.fix


def test_a_missing_key_is_reported_with_what_to_do(flow: Flow) -> None:
    with pytest.raises(ByokError) as caught:
        flow.conversation("ask", "Hi.").run("Hello")
    said = f"{caught.value} {flow.check()!r}"
    assert "No API key configured" in said
    assert "Open Settings (click the gear, or run flow.settings()) and verify that the key is saved." in said
    assert "choose the local model" in said
    assert "(the gear" not in said


def test_without_key_and_model_the_key_is_named_first_and_the_model_beside_it(flow: Flow) -> None:
    flow.provider = "openrouter"
    node = flow.conversation("ask", "Be brief.")
    data = flow.extraction("data", name=str)
    for run in (lambda: node.run("Hi"), lambda: data.run("Hi")):
        with pytest.raises(MissingKeyError) as caught:
            run()
        assert caught.value.kind == "no_key"
        assert "model" in caught.value.fix
    kinds = [finding.kind for finding in flow.check() if finding.kind in ("no_key", "no_model")]
    assert kinds == ["no_key", "no_model"]
    flow.key_store.save("openrouter", "openrouter.ai", fake_key("openrouter"), backend="session")
    with pytest.raises(ConfigError) as missing:
        node.run("Hi")
    assert missing.value.kind == "no_model"
