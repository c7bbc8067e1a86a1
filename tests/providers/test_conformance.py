"""What every provider does alike, each through its own SDK, protocol and errors."""

from __future__ import annotations

import pytest

from byok_widgets import Flow
from byok_widgets.cli import main
from byok_widgets.config import BaseUrl
from byok_widgets.engine import ENGINE
from byok_widgets.errors import ByokError, KeyFormatError
from byok_widgets.providers import PROVIDERS, Endpoint, catalog, register_provider, unregister_provider
from byok_widgets.providers.model_facts import ModelFacts
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider
from byok_widgets.secrets import Secret, looks_like_key, redact
from byok_widgets.secrets.key_formats import KeyFormat
from tests.fake_keys import fake_key
from tests.providers.asking import ask, endpoint, fault, letter, shape, talk
from tests.providers.fault_server import FaultServer, says

VENDORS = [name for name, provider in PROVIDERS.items() if provider.needs_key]
ANSWERS = {"anthropic": letter}
PERSON = '{"name": "Ana"}'

BAD_KEY = {
    "gemini": [
        {
            "error": {
                "code": 400,
                "message": "API key not valid. Please pass a valid API key.",
                "status": "INVALID_ARGUMENT",
                "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}],
            }
        }
    ],
    "mistral": {"message": "Unauthorized", "request_id": "r-1"},
}
TOO_MANY = {
    "gemini": [
        {
            "error": {
                "code": 429,
                "message": "You exceeded your current rate.",
                "status": "RESOURCE_EXHAUSTED",
                "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}],
            }
        }
    ],
    "mistral": {
        "object": "error",
        "message": "Requests rate limit exceeded",
        "type": "rate_limited",
        "code": "1300",
    },
}
USUAL_BAD_KEY = {"error": {"type": "authentication_error", "message": "invalid key"}}
USUAL_TOO_MANY = {"error": {"type": "rate_limit_error", "message": "slow down"}}


def answer(provider: str, text: str):
    return ANSWERS.get(provider, talk)(text)


@pytest.mark.parametrize("name", VENDORS)
def test_an_answer_is_streamed_and_the_key_travels_in_a_header_alone(name: str, faulty: FaultServer) -> None:
    key, pieces = fake_key(name), []
    said = ask(faulty, answer(name, "Hello, who is there?"), of=name, key=key, on_text=pieces.append)
    assert (said.text, said.finish_reason) == ("Hello, who is there?", "stop")
    assert "".join(pieces) == said.text
    (asked,) = faulty.asked
    assert key in " ".join(asked.headers.values())
    assert key not in asked.path
    assert key.encode() not in asked.content


@pytest.mark.parametrize("name", VENDORS)
def test_each_way_to_ask_for_a_shape_is_one_that_the_protocol_has(name: str, faulty: FaultServer) -> None:
    for mode in PROVIDERS[name].structured_modes:
        if mode != "tool":
            said = ask(faulty, answer(name, PERSON), of=name, output=shape(mode))
            assert said.text == PERSON
        assert faulty.asked == [] or faulty.asked[-1].body["model"] == "some-model"


@pytest.mark.parametrize("name", VENDORS)
def test_a_bad_key_is_told_as_that_without_the_key(name: str, faulty: FaultServer) -> None:
    key, status = fake_key(name), 400 if name == "gemini" else 401
    error = fault(faulty, says(BAD_KEY.get(name, USUAL_BAD_KEY), status), of=name, key=key)
    assert (error.kind, error.retryable, error.link) == ("auth", False, PROVIDERS[name].links.keys)
    assert key[8:20] not in str(error)


@pytest.mark.parametrize("name", VENDORS)
def test_a_rate_limit_says_when_to_try_again(name: str, faulty: FaultServer) -> None:
    headers = {} if name == "gemini" else {"retry_after": "17"}
    error = fault(faulty, says(TOO_MANY.get(name, USUAL_TOO_MANY), 429, **headers), of=name)
    assert (error.kind, error.retryable, error.retry_after_s) == ("rate_limit", True, 17.0)


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("status", [404, 500, 503])
def test_other_failures_are_errors_of_ours(name: str, status: int, faulty: FaultServer) -> None:
    assert isinstance(fault(faulty, says({"error": {"message": "no"}}, status), of=name), ByokError)


@pytest.mark.parametrize("name", VENDORS)
def test_the_model_list_is_read(name: str, faulty: FaultServer) -> None:
    provider = PROVIDERS[name]
    prefix = "models/" if name == "gemini" else ""
    faulty.script(says({"data": [{"id": f"{prefix}some-model"}], "has_more": False}))
    models = ENGINE.run(provider.list_models(endpoint(provider, faulty)))
    assert [model.id for model in models] == ["some-model"]


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_has_what_people_need(name: str) -> None:
    provider = PROVIDERS[name]
    for page in (provider.links.keys, provider.links.usage, provider.links.models):
        assert page.startswith("https://")
    assert set(catalog.presets(name)) == set(catalog.presets("openai"))
    assert BaseUrl.parse(provider.default_url).url == provider.default_url


def test_thoughts_in_typed_parts_are_not_said(faulty: FaultServer) -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    parts = [thought, {"type": "text", "text": "Good day."}]
    message = {"choices": [{"index": 0, "message": {"content": parts}, "finish_reason": "stop"}]}
    assert ask(faulty, says(message), of="mistral").text == "Good day."


def test_a_list_of_what_does_not_fit_names_the_field(faulty: FaultServer) -> None:
    rows = [{"loc": ["body", "reasoning_effort"], "msg": "Extra inputs are not permitted"}]
    error = fault(faulty, says({"object": "error", "message": {"detail": rows}}, 422), of="mistral")
    assert "Extra inputs are not permitted" in str(error)


class AcmeProvider(ChatCompletionsProvider):
    """A vendor that is made up."""

    name = "acme"
    label = "Acme"
    default_url = "https://api.acme.example/v1"
    models = ModelFacts(presets={"balanced": "acme-1"}, offline=("acme-1",))
    key_format = KeyFormat("acme", "Acme", ("acme-",), exact="acme-[0-9]{30}", shortest=35)


@pytest.fixture
def acme():
    yield register_provider(AcmeProvider())
    unregister_provider("acme")


def test_a_further_provider_is_one_class_and_one_registration(acme, faulty, tmp_path, capsys) -> None:
    key = "acme-" + "7" * 30
    flow = Flow("a flow on acme")
    flow.provider, flow.model = "acme", "acme-1"
    assert catalog.presets("acme") == {"balanced": "acme-1"}
    assert [info.id for info in catalog.offline_models("acme")] == ["acme-1"]
    flow.key_store.save("acme", "api.acme.example", key, backend="session")
    assert flow.key_store.status("acme", "api.acme.example").available
    faulty.script(talk("Good day."))
    there = Endpoint(BaseUrl.parse(f"{faulty.url}/v1"), Secret(key))
    assert ask(faulty, talk("Good day."), of=acme, key=there.key.reveal()).text == "Good day."
    other = "acme-" + "8" * 30  # one that nothing here holds
    assert looks_like_key(f"it is {other}")
    assert other not in redact(f"the key {other} was typed")
    assert not looks_like_key("acme-s, acme-1 and acme-models")
    with pytest.raises(KeyFormatError) as caught:
        flow.conversation("ask", "Hi").model = other
    assert caught.value.kind == "misplaced_key"
    assert key not in redact(f"the key {key} was typed")
    (tmp_path / "notes.txt").write_text(f"key: {key}")
    assert main(["scan", str(tmp_path)]) == 1
    assert "Acme" in capsys.readouterr().out
