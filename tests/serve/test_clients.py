"""The official SDK asks a served flow, and what other clients send is understood."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import Any

import openai
import pytest

from byok_widgets.serve.http import app
from tests.scripted_server import Say
from tests.serve.conftest import END_CALL, Served
from tests.serve.talking import user
from tests.session.conftest import Script


def test_the_sdk_gets_a_flow_streamed_and_whole(served: Served, script: Script) -> None:
    script.choices, script.words = ["stay", "1"], ["Who is there?"]
    script.values = {"data": [{"name": "Ana", "weekday": "Tue"}]}
    client = openai.OpenAI(base_url=served.base_url, api_key=served.token, max_retries=0)
    said = [{"role": "user", "content": "Hi"}]
    chunks = list(client.chat.completions.create(model="served", messages=said, stream=True, user="u"))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Who is there?"
    assert chunks[-1].choices[0].finish_reason == "stop"
    said += [{"role": "assistant", "content": "Who is there?"}, {"role": "user", "content": "Ana, Tuesday"}]
    whole = client.chat.completions.create(model="served", messages=said, user="u", tools=[END_CALL])
    assert whole.choices[0].message.content == "Thanks Ana, see you on Tue."
    assert whole.choices[0].message.tool_calls[0].function.name == "end_call"
    assert whole.choices[0].finish_reason == "tool_calls"
    assert [model.id for model in client.models.list()] == [served.server.flow.name]


def test_the_sdk_gets_it_in_its_other_ways(served: Served, script: Script) -> None:
    said = [{"role": "user", "content": "Hi"}]

    async def asked() -> str:
        async with openai.AsyncOpenAI(base_url=served.base_url, api_key=served.token) as client:
            stream = await client.chat.completions.create(model="x", messages=said, stream=True, user="a")
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(asked()) == "Hm."
    client = openai.OpenAI(base_url=served.base_url, api_key=served.token)
    with client.chat.completions.stream(model="x", messages=said, user="b") as stream:
        assert stream.get_final_completion().choices[0].finish_reason == "stop"
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=served.base_url, api_key="byok-wrong").models.list()


def test_a_client_that_hears_nothing_for_a_while_is_sent_comments(
    served: Served, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "ALIVE_EVERY_S", 0.1)
    script.words = [Say("Well, then.", pause_s=0.5, piece_chars=6)]
    response = served.caller.ask([user("Hi")], stream=True)
    assert response.text == "Well, then."
    between = response.body[response.body.index(b"Well, ") : response.body.index(b"then.")]
    assert between.count(b"\n\n: keep-alive\n\n") > 1


@pytest.mark.parametrize(("reported", "total"), [({"prompt_tokens": 7, "completion_tokens": 3}, 20), (None, None)])
def test_tokens_that_no_model_has_reported_are_left_out(
    served: Served, script: Script, reported: dict[str, int] | None, total: int | None
) -> None:
    script.words = [Say("Hm.", usage=reported)]
    client = openai.OpenAI(base_url=served.base_url, api_key=served.token, max_retries=0)
    said: Any = [{"role": "user", "content": "Hi"}]
    whole = client.chat.completions.create(model="x", messages=said, user="u")
    assert (whole.usage.total_tokens if whole.usage else None) == total
    options: Any = {"include_usage": True}
    chunks = client.chat.completions.create(
        model="x", messages=said, user="u", stream=True, stream_options=options
    )
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == ([] if total is None else [total])


def test_curl_gets_it_by_the_snippet(served: Served, script: Script) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    ran = subprocess.run(
        ["bash", "-c", f"{served.server.snippet('curl', with_token=True)} -sS"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert '"content": "Hm."' in ran.stdout
    assert ran.stdout.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("headers", "sent", "session"),
    [
        ({"X-Byok-Session": "own"}, {"user": "user", "call": {"id": "vapi"}}, "own"),
        ({}, {"call": {"id": "vapi", "type": "webCall"}, "metadata": {"session_id": "meta"}}, "vapi"),
        ({"X-LiveKit-Room-ID": "room"}, {"metadata": {"session_id": "meta"}, "user": "user"}, "meta"),
        (
            {"X-LiveKit-Room-ID": "room", "X-LiveKit-Session-ID": "another each time"},
            {"elevenlabs_extra_body": {"session_id": "eleven"}},
            "room",
        ),
        ({}, {"elevenlabs_extra_body": {"conversation_id": "eleven"}, "user": "user"}, "eleven"),
        ({}, {"user": "user", "metadata": None, "call": "none", "elevenlabs_extra_body": []}, "user"),
        ({"X-LiveKit-Session-ID": "another each time"}, {}, ""),
    ],
)
def test_a_session_has_the_id_that_its_client_sends(
    served: Served, script: Script, headers: dict[str, str], sent: dict[str, Any], session: str
) -> None:
    assert served.caller.ask([user("Hi")], headers, **sent).text == "Hm."
    assert [call.name for call in served.server.sessions()] == [session]
