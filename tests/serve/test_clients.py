"""The official SDK asks a served flow."""

from __future__ import annotations

import openai

from tests.serve.conftest import END_CALL, Served
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
