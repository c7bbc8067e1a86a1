"""Settings made before there is a flow: the first one takes them over, or the person is asked; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.flow import flow as flow_module
from byok_widgets.flow import flow_contexts, flow_registry
from byok_widgets.flow.incoming.earlier import EarlierSettings
from byok_widgets.keys import KeyStore
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import MemoryKeyring

HOST = "api.openai.com"


@pytest.fixture(autouse=True)
def waiting(monkeypatch: pytest.MonkeyPatch) -> EarlierSettings:
    """A kernel in which no flow was met yet."""
    monkeypatch.setattr(flow_contexts, "_made", {})
    monkeypatch.setattr(flow_registry, "_made", [])
    made = EarlierSettings()
    monkeypatch.setattr(flow_module, "EARLIER", made)
    return made


@pytest.fixture
def key(waiting: EarlierSettings) -> str:
    """The key that was saved with provider and model before any flow."""
    typed = fake_key()
    waiting.context.config.model = "openai:gpt-6-luna"
    waiting.context.key_store.save("openai", HOST, typed, backend="keyring")
    return typed


def key_of(flow: Flow, host: str = HOST) -> str:
    found = flow.key_store.get("openai", host)
    return found.reveal() if found else ""


def kinds(waiting: EarlierSettings, flow: Flow) -> list[str]:
    return [question.kind for question in waiting.questions(flow.context)]


def answer(waiting: EarlierSettings, flow: Flow, number: int) -> None:
    (question,) = waiting.questions(flow.context)
    question.choices[number].act()


@pytest.fixture
def saved(config_folder: Path) -> Callable[[], str]:
    def read() -> str:
        return "".join(path.read_text("utf-8") for path in config_folder.rglob("*.json"))

    return read


@pytest.mark.usefixtures("key")
def test_what_waits_is_in_no_file_no_keyring_and_no_list(
    waiting: EarlierSettings, keyring_in_memory: MemoryKeyring, config_folder: Path
) -> None:
    assert not keyring_in_memory.kept
    assert not config_folder.exists()
    assert flow_contexts.all_made() == ()
    assert not waiting.is_empty


def test_the_first_flow_takes_it_over_with_the_chosen_storage(
    waiting: EarlierSettings, key: str, saved: Callable[[], str]
) -> None:
    flow = Flow("dentist")
    assert (flow.provider, flow.model, key_of(flow)) == ("openai", "gpt-6-luna", key)
    assert flow.key_store.status("openai", HOST).backend == "keyring"
    assert KeyStore("dentist").get("openai", HOST).reveal() == key, "it is in the keyring, under the flow's name"
    assert flow.key_store.get("openai", "elsewhere.example") is None, "it is bound to its host"
    assert (waiting.is_empty, kinds(waiting, flow)) == (True, ["taken"])
    assert '"flow": "dentist"' in saved()
    assert saved().count('"flow"') == 1
    answer(waiting, flow, 0)
    assert kinds(waiting, flow) == []
    flow.model = "openai:other"
    assert Flow("dentist").model == "other", "running the cell again changes nothing"


def test_a_key_that_its_storage_refuses_stays_in_memory(
    waiting: EarlierSettings, key: str, keyring_in_memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("locked")

    monkeypatch.setattr(type(keyring_in_memory), "set_password", refuse)
    flow = Flow("dentist")
    assert (key_of(flow), flow.key_store.status("openai", HOST).backend) == (key, "session")
    assert kinds(waiting, flow) == ["taken"]


@pytest.mark.parametrize(
    "own",
    [
        lambda flow: setattr(flow, "model", "anthropic:claude"),
        lambda flow: setattr(flow, "model", "openai:gpt-other"),
        lambda flow: (
            setattr(flow, "model", "openai:gpt-6-luna"),
            flow.set_base_url("openai", "https://proxy.example/v1"),
        ),
        lambda flow: flow.key_store.save("openai", HOST, fake_key(), backend="session"),
    ],
    ids=["provider", "model", "address", "key"],
)
def test_a_flow_with_settings_of_its_own_is_asked_about_and_nothing_is_lost(
    waiting: EarlierSettings, own: Callable[[Flow], object]
) -> None:
    own(Flow("dentist"))
    typed = fake_key()
    waiting.context.config.model = "openai:gpt-6-luna"
    waiting.context.key_store.save("openai", HOST, typed)
    before = dict(Flow("dentist").config.current.document)
    flow = Flow("dentist")
    assert kinds(waiting, flow) == ["conflict"]
    assert flow.config.current.document == before
    answer(waiting, flow, 1)
    assert (flow.config.current.document, kinds(waiting, flow)) == (before, ["kept"])
    assert not waiting.is_empty
    answer(waiting, flow, 0)
    assert (flow.provider, flow.model, key_of(flow)) == ("openai", "gpt-6-luna", typed)
    assert kinds(waiting, flow) == ["taken"]


def test_settings_of_its_own_that_say_the_same_are_no_conflict(waiting: EarlierSettings) -> None:
    Flow("dentist").model = "openai:gpt-6-luna"
    waiting.context.config.provider = "openai"
    waiting.context.key_store.save("openai", HOST, typed := fake_key())
    flow = Flow("dentist")
    assert (flow.model, key_of(flow), kinds(waiting, flow)) == ("gpt-6-luna", typed, ["taken"])


def test_what_waits_can_be_discarded(waiting: EarlierSettings) -> None:
    Flow("other").model = "anthropic:claude"
    waiting.context.config.provider = "openai"
    waiting.context.key_store.save("openai", HOST, fake_key())
    flow = Flow("other")
    answer(waiting, flow, 1)
    answer(waiting, flow, 1)
    assert (waiting.is_empty, kinds(waiting, flow), waiting.context.key_store.held()) == (True, [], ())


def test_of_several_flows_the_person_says_which_get_it(waiting: EarlierSettings, key: str) -> None:
    first, second, third = Flow("first"), Flow("second"), Flow("third")
    assert [kinds(waiting, flow) for flow in (first, second, third)] == [["also"]] * 3
    assert (second.provider, key_of(second)) == ("local", "")
    (question,) = waiting.questions(first.context)
    assert len(question.choices) == 3, "one for each other flow, and that this one is enough"
    question.choices[0].act()
    assert (second.provider, second.model, key_of(second)) == ("openai", "gpt-6-luna", key)
    first.key_store.remove("openai", HOST)
    assert key_of(second) == key
    answer(waiting, third, 1)
    assert (third.provider, kinds(waiting, third)) == ("local", [])
    answer(waiting, first, -1)
    assert [kinds(waiting, flow) for flow in (first, second, third)] == [[]] * 3
    own = Flow("own")
    own.model = "anthropic:claude"
    assert kinds(waiting, Flow("own")) == ["also"], "it was empty when it was made"


def test_a_flow_from_a_file_has_the_settings_of_the_file(
    waiting: EarlierSettings, key: str, tmp_path: Path
) -> None:
    made = Flow("made", fresh=True)
    waiting.discard()
    made.conversation("ask", "Be brief.")
    made.model = "anthropic:claude"
    made.save(tmp_path / "f.flow.json")
    again = EarlierSettings()
    flow_module.EARLIER = again
    again.context.config.provider = "openai"
    again.context.key_store.save("openai", HOST, key)
    flow = Flow.load(tmp_path / "f.flow.json")
    assert (flow.provider, flow.model, kinds(again, flow)) == ("anthropic", "claude", ["conflict"])


def test_a_fresh_flow_takes_it_over_into_memory(
    key: str, keyring_in_memory: MemoryKeyring, config_folder: Path
) -> None:
    flow = Flow("lesson", fresh=True)
    assert (flow.model, key_of(flow)) == ("gpt-6-luna", key)
    assert flow.key_store.status("openai", HOST).backend == "session"
    assert not keyring_in_memory.kept
    assert not config_folder.exists()


def test_a_reference_to_a_variable_goes_along(waiting: EarlierSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYOK_TEST_KEY", fake_key())
    waiting.context.config.provider = "openai"
    waiting.context.key_store.refer("openai", HOST, "env:BYOK_TEST_KEY")
    assert Flow("dentist").config.key_references[f"openai|{HOST}"] == "env:BYOK_TEST_KEY"
