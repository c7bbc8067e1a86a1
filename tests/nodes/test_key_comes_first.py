"""With neither key nor model the key is told first: the model is chosen after it."""

from __future__ import annotations

import itertools

import pytest

from byok_widgets import ConfigError, Flow, MissingKeyError, ProviderError
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

_numbers = itertools.count()


@pytest.fixture
def bare() -> Flow:
    flow = Flow(f"bare {next(_numbers)}")
    flow.provider = "openai"
    flow.conversation("ask", "Ask.")
    flow.extraction("data", size=str)
    return flow


@pytest.mark.parametrize("call", ["conversation", "extraction", "session", "judge"])
def test_a_call_tells_the_key_first_and_the_model_beside_it(bare: Flow, call: str) -> None:
    if call == "judge":
        bare.connect("ask", "data", when="they agree")
    calls = {
        "conversation": lambda: bare.node("ask").run("Hi"),
        "extraction": lambda: bare.node("data").run("Hi"),
        "session": lambda: bare.start().say("Hi"),
        "judge": lambda: bare.start().say("Hi"),
    }
    with pytest.raises(MissingKeyError) as caught:
        calls[call]()
    assert caught.value.kind == "no_key"
    assert "odel" in caught.value.fix
    bare.key_store.save("openai", "api.openai.com", fake_key())
    with pytest.raises(ConfigError) as without_model:
        calls[call]()
    assert without_model.value.kind == "no_model"


def test_the_check_tells_them_in_this_order(bare: Flow) -> None:
    kinds = [found.kind for found in bare.check() if found.level == "error"]
    assert [kind for kind in kinds if kind in ("no_key", "no_model")] == ["no_key", "no_model"]


def test_an_endpoint_that_asks_for_a_key_where_none_is_saved_says_so(flow: Flow, server: ScriptedServer) -> None:
    server.script(Say('{"error": {"message": "Unauthorized"}}', status=401))
    node = flow.conversation("ask", "x")
    with pytest.raises(ProviderError) as caught:
        node.run("Hi")
    assert (caught.value.kind, "rejected" in str(caught.value)) == ("auth", False)
    assert "flow.settings()" in caught.value.fix
    host = server.base_url.split("/")[2]
    flow.key_store.save("compatible", host, "endpoint-" + fake_key("elsewhere"))
    with pytest.raises(ProviderError) as with_key:
        node.run("Hi")
    assert (with_key.value.kind, "rejected" in str(with_key.value)) == ("auth", True)
