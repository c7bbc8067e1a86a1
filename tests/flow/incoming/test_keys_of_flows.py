"""The key of another flow: listed without being read, copied by its name alone, and never for visitors."""

from __future__ import annotations

from pathlib import Path

import pytest

from byok_widgets import ByokError, Flow
from byok_widgets.flow import flow_contexts
from byok_widgets.flow.incoming.keys_of_flows import flows_with_key
from byok_widgets.keys.backends import encrypted_file
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import MemoryKeyring
from tests.keys.made_up_backend import Vault, registered

HOST = "api.openai.com"


@pytest.fixture
def flow() -> Flow:
    made = Flow("mine")
    made.model = "openai:gpt-6-luna"
    return made


def other(name: str, backend: str, *, host: str = HOST, provider: str = "openai") -> str:
    typed = fake_key(provider)
    Flow(name).key_store.save(provider, host, typed, backend=backend)
    return typed


def refused(flow: Flow, name: str) -> str:
    with pytest.raises(ByokError) as caught:
        flow.use_key_of(name)
    return caught.value.kind


@pytest.mark.parametrize("backend", ["session", "keyring", "file"])
def test_a_copy_is_stored_like_the_other_and_removing_either_leaves_the_other(flow: Flow, backend: str) -> None:
    encrypted_file.create("several words in a row")
    typed = other("theirs", backend)
    said = flow.use_key_of("theirs")
    assert repr(said) == str(said), "a cell shows a sentence"
    assert flow.key_store.status("openai", HOST).backend == backend
    assert flow.key_store.status("openai", HOST).sentence == said
    for first, second in ((flow, Flow("theirs")), (Flow("theirs"), flow)):
        assert second.key_store.get("openai", HOST).reveal() == typed
        first.provider = "openai"
        first.key_store.remove("openai", HOST)
        assert first.key_store.get("openai", HOST) is None
        assert second.key_store.get("openai", HOST).reveal() == typed
        first.use_key_of(second.name)


@pytest.mark.parametrize("backend", ["keyring", "file"])
def test_a_flow_of_another_kernel_is_found_and_listed_without_reading_a_key(
    flow: Flow, backend: str, monkeypatch: pytest.MonkeyPatch, keyring_in_memory: MemoryKeyring
) -> None:
    encrypted_file.create("several words in a row")
    typed = other("yesterday", backend)
    monkeypatch.setattr(flow_contexts, "_made", {})
    read: list[str] = []
    get = type(keyring_in_memory).get_password
    monkeypatch.setattr(
        type(keyring_in_memory), "get_password", lambda self, *names: read.append(names[0]) or get(self, *names)
    )
    monkeypatch.setattr(encrypted_file, "_opened", dict(encrypted_file._opened))
    opened = dict(encrypted_file._opened)
    encrypted_file._opened.clear()
    mine = Flow("mine")
    assert flows_with_key(mine.context, "openai", HOST) == ("yesterday",)
    assert read == [], "and the encrypted file is locked"
    encrypted_file._opened.update(opened)
    assert [context.config.name for context in flow_contexts.all_made()] == ["mine"]
    mine.use_key_of("yesterday")
    assert mine.key_store.get("openai", HOST).reveal() == typed


def test_a_backend_says_without_its_keys_whether_it_may_have_one(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with registered(Vault(), at=0) as vault:
        other("theirs", "vault")
        monkeypatch.setattr(flow_contexts, "_made", {})
        mine = Flow("mine")
        assert flows_with_key(mine.context, "openai", HOST) == ("theirs",)
        kept = dict(vault.kept)
        vault.kept.clear()
        assert flows_with_key(mine.context, "openai", HOST) == ()
        vault.kept = None  # it fails, which says nothing
        assert flows_with_key(mine.context, "openai", HOST) == ("theirs",)
        vault.kept = kept
        assert vault.reads == 0


def test_only_flows_with_a_key_for_this_provider_and_host_are_listed(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYOK_TEST_KEY", fake_key())
    other("here", "session")
    other("other host", "session", host="proxy.example")
    other("other provider", "session", provider="anthropic", host="api.anthropic.com")
    Flow("without")
    Flow("by reference").use_key("env:BYOK_TEST_KEY", provider="openai")
    assert flows_with_key(flow.context, "openai", HOST) == ("here",)
    assert flow.key_store.get("openai", HOST) is None, "none is taken silently"


def test_what_cannot_be_copied_says_why(flow: Flow) -> None:
    other("other host", "session", host="proxy.example")
    Flow("without")
    kinds = [refused(flow, name) for name in ("nobody", "without", "other host", "mine")]
    assert kinds == ["unknown_flow", "no_key_there", "key_of_other_host", "same_flow"]
    assert flow.key_store.get("openai", HOST) is None
    flow.provider = "local"
    assert refused(flow, "without") == "no_key_needed"


def test_on_a_local_model_the_line_to_write_names_the_providers_of_the_other_flow(flow: Flow) -> None:
    typed = other("theirs", "session")
    flow.provider = "local"
    with pytest.raises(ByokError, match="needs no API key") as caught:
        flow.use_key_of("theirs")
    line = "flow.use_key_of('theirs', provider=\"openai\")"
    assert line in caught.value.fix
    exec(line, {"flow": flow})
    assert flow.key_store.get("openai", HOST).reveal() == typed


def test_where_the_storage_of_the_other_does_not_work_the_copy_stays_in_memory(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, keyring_in_memory: MemoryKeyring
) -> None:
    typed = other("theirs", "keyring")

    def refuse(*_: object) -> None:
        raise RuntimeError("full")

    monkeypatch.setattr(type(keyring_in_memory), "set_password", refuse)
    flow.use_key_of("theirs")
    assert flow.key_store.status("openai", HOST).backend == "session"
    assert flow.key_store.get("openai", HOST).reveal() == typed


@pytest.mark.parametrize(("name", "value"), [("SERVER_SOFTWARE", "voila/0.5.13"), ("BYOK_WIDGETS_SERVED", "1")])
def test_a_visitor_of_a_served_page_gets_no_key_of_a_flow(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    other("theirs", "keyring")
    monkeypatch.setenv(name, value)
    assert flows_with_key(flow.context, "openai", HOST) == ()
    assert refused(flow, "theirs") == "served_page"


def test_files_that_are_no_settings_are_passed_over(flow: Flow, config_folder: Path) -> None:
    other("theirs", "keyring")
    folder = config_folder / "flows"
    (folder / f"{'0' * 32}.json").write_text("{")
    (folder / f"{'1' * 32}.json").write_text(
        '{"flow": "theirs too", "key_references": {"openai|api.openai.com": "keyring"}}'
    )
    assert flows_with_key(flow.context, "openai", HOST) == ("theirs",)
