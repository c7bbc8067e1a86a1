"""A key that is given in the wrong place is quoted in no error."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.errors import KeyFormatError
from tests.fake_keys import fake_key

KEYS = {
    **{name: fake_key(name) for name in ("openai", "openrouter", "gemini", "groq", "huggingface", "mistral")},
    "upper case": fake_key("openai").upper(),
    "short": "sk-" + "None-a1b2c3d4e5",
}


def a_flow() -> Flow:
    flow = Flow(f"arguments {secrets.token_hex(4)}")
    flow.provider, flow.model = "compatible", "some-model"
    flow.connect(flow.conversation("a", "Hello.", static=True), flow.conversation("b", "Be brief."))
    flow.extraction("e", name=str)
    return flow


def set_on(name: str, node: str = "") -> Callable[[Flow, Any], None]:
    return lambda flow, key: setattr(flow.node(node) if node else flow, name, key)


PLACES: dict[str, Callable[[Flow, str], Any]] = {
    "name of a flow": lambda flow, key: Flow(key),
    "name of a node": lambda flow, key: flow.conversation(key, "Hi"),
    "provider": set_on("provider"),
    "model": set_on("model"),
    "model of a node": set_on("model", "b"),
    "judge": set_on("judge_model"),
    "start node": set_on("start_node"),
    "grounding": set_on("grounding"),
    "global prompt": lambda flow, key: setattr(flow, "global_prompt", [key]),
    "window": set_on("window", "e"),
    "max_tokens": set_on("max_tokens", "b"),
    "new name": set_on("name", "b"),
    "unknown attribute": getattr,
    "unknown node": lambda flow, key: flow.node(key),
    "prompt": lambda flow, key: flow.conversation("p", f"{{{{ {key} }}}}").run("Hi"),
    "text": lambda flow, key: flow.node("b").run({key: 1}),
    "history": lambda flow, key: flow.node("b").run("Hi", history=key),
    "entry of the history": lambda flow, key: flow.node("b").run("Hi", history=[{"role": key, "content": "Hi"}]),
    "model of a call": lambda flow, key: flow.node("b").run("Hi", model=key),
    "setting": lambda flow, key: flow.node("b").run("Hi", temperature=key),
    "name of a setting": lambda flow, key: flow.node("b").run("Hi", **{key: 1}),
    "stored setting": lambda flow, key: flow.node("b").settings[key],
    "variables": lambda flow, key: flow.start(variables=key),
    "name of a variable": lambda flow, key: flow.start(variables={f"{key}-": 1}),
    "unknown variable": lambda flow, key: flow.start().variables[key],
    "what is said": lambda flow, key: flow.start().say([key]),
    "option of say": lambda flow, key: flow.start().say("Hi", **{key: 1}),
    "turn": lambda flow, key: flow.start().fork(turn=key),
    "file to load": lambda flow, key: Flow.load(f"/nowhere/{key}.json"),
    "file to save": lambda flow, key: flow.save(f"/nowhere/{key}/flow.json"),
    "session to load": lambda flow, key: flow.load_session(key),
    "session to save": lambda flow, key: flow.start().save(f"/nowhere/{key}/session.json"),
    "source of an edge": lambda flow, key: flow.connect(key, "b"),
    "target of an edge": lambda flow, key: flow.connect("a", key),
    "condition": lambda flow, key: flow.connect("a", "b", if_=f"{key} =="),
    "value in a condition": lambda flow, key: flow.connect("a", "b", if_=f"name.of('{key}')"),
    "condition that is none": lambda flow, key: flow.connect("a", "b", if_=[key]),
    "edge": lambda flow, key: flow.disconnect("a", key),
    "removed node": lambda flow, key: flow.remove(key),
    "address": lambda flow, key: flow.set_base_url("compatible", key),
    "variable of a key": lambda flow, key: flow.use_key(f"env:{key}"),
    "flow with a key": lambda flow, key: flow.use_key_of(key),
    "type of a field": lambda flow, key: flow.extraction("x", name=key),
    "name of a field": lambda flow, key: flow.extraction("x", **{key: "words"}),
    "schema": lambda flow, key: flow.extraction("x", key),
    "name in a schema": lambda flow, key: flow.extraction(
        "x", {"type": "object", "properties": {key: {"type": key}}}
    ),
    "reference in a schema": lambda flow, key: flow.extraction(
        "x", {"type": "object", "properties": {"a": {"$ref": f"#/{key}"}}}
    ),
    "example": lambda flow, key: flow.extraction("x", name=str, examples=[key]),
    "value in an example": lambda flow, key: flow.extraction("x", age=int, examples=[("Hi", {"age": key})]),
    "function": lambda flow, key: flow.action("x", key),
    "written variable": lambda flow, key: flow.action("x", len, writes=[f"{key}-"]),
    "time limit": lambda flow, key: flow.action("x", len, deadline_s=key),
    "effects": lambda flow, key: flow.action("x", len, effects=key),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_no_error_quotes_a_key_that_was_given_in_the_wrong_place(key: str, place: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        PLACES[place](a_flow(), key)
    error = caught.value
    render = getattr(error, "_render_traceback_", list)
    to_html = getattr(error, "_repr_html_", str)
    shown = "\n".join([str(error), repr(error), repr(error.args), to_html(), *render()])
    assert not [key[at : at + 8] for at in range(4, len(key) - 7) if key[at : at + 8] in shown]


def test_a_key_is_no_name_of_a_node() -> None:
    with pytest.raises(KeyFormatError) as caught:
        a_flow().conversation(fake_key(), "Hi")
    assert caught.value.kind == "misplaced_key"
