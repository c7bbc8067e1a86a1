"""Fresh flows: nothing is read or saved, and what was set stays in this kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.flow import flow_contexts
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import MemoryKeyring

HOST = "api.openai.com"


def files(config_folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in config_folder.rglob("*") if path.is_file()}


def test_it_starts_afresh_and_leaves_what_is_saved_as_it_is(config_folder: Path) -> None:
    Flow("lesson").model = "openai:saved"
    before = files(config_folder)
    fresh = Flow("lesson", fresh=True)
    assert fresh.provider == "local"
    fresh.model = "anthropic:tried"
    fresh.set_base_url("compatible", "https://llm.example/v1")
    node = fresh.conversation("ask", "Be brief.", max_tokens=5)
    node.max_tokens = 7
    assert files(config_folder) == before
    assert Flow("lesson").model == "saved"


def test_what_was_set_is_there_when_the_cell_is_run_again_and_gone_in_the_next_kernel(
    monkeypatch: pytest.MonkeyPatch, keyring_in_memory: MemoryKeyring, config_folder: Path
) -> None:
    typed = fake_key()
    fresh = Flow("lesson", fresh=True)
    fresh.model = "openai:tried"
    status = fresh.key_store.save("openai", HOST, typed)
    again = Flow("lesson", fresh=True)
    assert (again.model, again.key_store.get("openai", HOST).reveal()) == ("tried", typed)
    assert (status.backend, keyring_in_memory.kept, files(config_folder)) == ("session", {}, {})
    monkeypatch.setattr(flow_contexts, "_made", {})
    later = Flow("lesson", fresh=True)
    assert (later.provider, later.key_store.get("openai", HOST)) == ("local", None)


def test_it_finds_no_key_that_a_saved_flow_of_its_name_has_stored() -> None:
    Flow("lesson").key_store.save("openai", HOST, fake_key(), backend="keyring")
    fresh = Flow("lesson", fresh=True)
    assert fresh.key_store.get("openai", HOST) is None
    with pytest.raises(Exception, match="keyring"):
        fresh.key_store.save("openai", HOST, fake_key(), backend="keyring")


def test_a_file_can_be_opened_fresh_and_leaves_what_is_saved_alone(tmp_path: Path) -> None:
    saved = Flow("opened fresh")
    saved.model = "local:smollm2-135m"
    saved.conversation("ask", "Ask.")
    saved.save(tmp_path / "a.flow.json")
    saved.model = "local:qwen2.5-coder-0.5b"
    fresh = Flow.load(tmp_path / "a.flow.json", fresh=True)
    assert fresh.model == "smollm2-135m"
    fresh.model = "other"
    assert saved.model == "qwen2.5-coder-0.5b"
    assert fresh.config.path is None
