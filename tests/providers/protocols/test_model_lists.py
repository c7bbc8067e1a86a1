"""Model lists in each of their shapes."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets import ProviderError
from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.protocols import sdk_provider
from tests.providers.asking import endpoint
from tests.providers.fault_server import FaultServer, Reply, says
from tests.providers.protocols.writing import BOTH


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ([{"id": "a"}, {"id": "b"}], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        ({"models": [{"id": "a"}]}, ["a"]),
        ({"data": None}, []),
        ({"object": "list", "data": None, "models": [{"id": "a"}]}, ["a"]),
        ({"data": [], "models": [{"id": "a"}]}, ["a"]),
        ({"models": None}, []),
        ({"object": "list"}, []),
        ({"data": {"a": {"owner": "x"}, "b": {}}}, ["a", "b"]),
        ({"data": {"models": [{"id": "a"}]}}, ["a"]),
        ({"result": [{"model": "a"}, {"modelId": "b"}]}, ["a", "b"]),
        ({"data": [{"id": "a"}, "a", {"id": 5}, {"id": ["x"]}, {"id": True}]}, ["a", "5"]),
        ({"data": [{"id": "a\ud83d"}]}, ["a\ufffd"]),
        ({"data": []}, []),
        ([], []),
        ({"models": [{"name": "models/a", "displayName": "A"}, {"name": "b"}]}, ["models/a", "b"]),
        ({"data": [{"id": "a"}, 7, None, {"id": ""}, {"name": "x"}]}, ["a"]),
    ],
)
@BOTH
def test_model_lists_have_several_shapes(faulty: FaultServer, of: str, body: Any, ids: list[str]) -> None:
    faulty.script(says(body))
    models = ENGINE.run(PROVIDERS[of].list_models(endpoint(PROVIDERS[of], faulty)))
    assert [model.id for model in models] == ids


@pytest.mark.parametrize(
    "body",
    [
        {"success": False, "message": "No models are set up"},
        {"base_resp": {"status_code": 5, "status_msg": "No models are set up"}},
        {"error": "No models are set up"},
    ],
    ids=str,
)
def test_why_there_is_no_list_is_told(faulty: FaultServer, body: Any) -> None:
    faulty.script(says(body))
    provider = PROVIDERS["compatible"]
    with pytest.raises(ProviderError, match="No models are set up"):
        ENGINE.run(provider.list_models(endpoint(provider, faulty)))


def test_a_list_that_drips_is_not_waited_for_for_ever(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk_provider, "LIST_DEADLINE_S", 0.2)
    provider = PROVIDERS["compatible"]
    faulty.script(Reply(b'{"data": []}', sent=4, then="stall"))
    with pytest.raises(ProviderError) as caught:
        ENGINE.run(provider.list_models(endpoint(provider, faulty)))
    assert caught.value.kind == "timeout"
    assert faulty.gone.wait(5)
