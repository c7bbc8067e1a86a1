"""The messages of `flow.check()`, one by one: the only place to change when one is reworded."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from byok_widgets import Flow, FlowError
from byok_widgets.findings import FINDING_KINDS
from byok_widgets.providers import catalog

Build = Callable[[Flow], object]


def _nodes(flow: Flow, *silent: str) -> Flow:
    """Give a flow a conversation node and silent ones that lead to it."""
    flow.conversation("ask", "Ask.")
    for name in silent:
        flow.extraction(name, age=int, day=["Mon", "Tue"])
        flow.connect("ask", name, when=name)
        flow.connect(name, "ask")
    return flow


def _unfit_example(flow: Flow) -> None:
    flow.extraction("data", age=str)
    flow.node("data").teach("I'm x", {"age": "x"})
    flow.extraction("data", age=int)


def _on(model: str) -> Build:
    return lambda flow: (_nodes(flow), setattr(flow, "model", model))


def _many_calls(flow: Flow) -> None:
    _nodes(flow, "a", "b").connect("a", "b", if_="age is None")
    flow.max_calls_per_turn = 2


def _two_else(flow: Flow) -> None:
    _nodes(flow, "data").connect("data", "data")


def _edges_after_end(flow: Flow) -> None:
    _nodes(flow).conversation("bye", "Bye.", end=True)
    flow.connect("ask", "bye", when="they are done")
    flow.connect("bye", "ask", when="they are not")


def _unreachable(flow: Flow) -> None:
    _nodes(flow, "data").conversation("lost", "Lost.")


def _silent_loop(flow: Flow) -> None:
    _nodes(flow, "one", "two")
    flow.connect("one", "two")
    flow.connect("two", "one")
    flow.disconnect("one", "ask")
    flow.disconnect("two", "ask")


def _silent_start(flow: Flow) -> None:
    _nodes(flow, "data")
    flow.start_node, flow.speaks_first = "data", True


def _reads(prompt: str) -> Build:
    return lambda flow: (_nodes(flow, "data"), flow.conversation("ask", prompt, start=True))


def _unset(flow: Flow) -> None:
    _nodes(flow, "data").conversation("hello", "Hello {{age}}.", start=True)
    flow.connect("hello", "ask")


def _unstated(flow: Flow) -> None:
    _nodes(flow, "data").conversation("bye", "You are {{age}}.", static=True, end=True)
    flow.connect("data", "bye", if_="day is not None")


def _dead_end(flow: Flow) -> None:
    _nodes(flow, "data").disconnect("data", "ask")


def _no_structured_output(flow: Flow) -> None:
    _nodes(flow, "data").node("data").model = "openai:gpt-4"


def _weak_judge(flow: Flow) -> None:
    _nodes(flow, "data").model = "local:smollm2-135m"
    flow.judge_model = None


def _setting(flow: Flow) -> None:
    _nodes(flow).node("ask").settings["temperature"] = 0.5
    flow.model = "openai:gpt-6-luna"


def _other_address(flow: Flow) -> None:
    _on("openai:gpt-6-luna")(flow)
    flow.set_base_url("openai", "https://proxy.example.org/v1")


def _no_address(flow: Flow) -> None:
    _on("compatible:some-model")(flow)
    flow.set_base_url("compatible", None)


def _no_model(flow: Flow) -> None:
    _nodes(flow).provider = "openai"


def _if(condition: str) -> Build:
    return lambda flow: _nodes(flow, "data").connect("ask", "data", if_=condition)


def _unbound(flow: Flow) -> None:
    flow.action("look", lambda: 1).function = None


def _overdue(flow: Flow) -> None:
    def wait() -> None:
        time.sleep(1)

    with pytest.raises(FlowError):
        flow.action("look", wait, deadline_s=0.05).run()


SAID: dict[str, tuple[Build, str]] = {
    "empty": (
        lambda flow: None,
        ('error: The flow has no nodes. Make one, like flow.conversation("ask", "...").'),
    ),
    "unconnected": (
        lambda flow: (_nodes(flow), flow.conversation("tell", "Tell.")),
        (
            "warning: The nodes are not connected yet: each can run alone. Connect them to talk to "
            "the flow: flow.connect('ask', 'tell')."
        ),
    ),
    "two_else": (
        _two_else,
        (
            "error: Node 'data' has 2 edges without a condition: to 'ask', 'data'. Give all but one of "
            "them a condition, like flow.connect('data', 'data', when='...')."
        ),
    ),
    "unreachable": (
        _unreachable,
        (
            "warning: Node 'lost' cannot be reached from the start node 'ask'. Connect a node to it, "
            "like flow.connect('ask', 'lost', when='...'); or give it enter=."
        ),
    ),
    "dead_end": (
        _dead_end,
        (
            "error: The silent node 'data' has no edges: a turn that ends there gets no reply. Add "
            "one, like flow.connect('data', 'ask'); or end=True."
        ),
    ),
    "edges_after_end": (
        _edges_after_end,
        (
            "warning: Node 'bye' is an end node, and its edges are never taken. Remove them, like "
            "flow.disconnect('bye', 'ask'); or create it again without end=True."
        ),
    ),
    "silent_loop": (
        _silent_loop,
        (
            "error: The silent nodes one → two → one form a loop: the dialogue stays the same, so a "
            "turn that goes round in it is stopped with an error. Let one of these edges lead to a "
            "conversation node."
        ),
    ),
    "silent_start": (
        _silent_start,
        (
            "error: The flow is to speak first, and its start node 'data' is silent. Start at a "
            "conversation node, or let the person speak first, like flow.start_node = 'ask'."
        ),
    ),
    "braces": (
        lambda flow: _nodes(flow).connect("ask", "ask", when="{{age}} is known"),
        (
            "warning: The prompt condition '{{age}} is known' of node 'ask' names a variable in braces. "
            "Write its name without braces: the judge sees its value. Or use a logic condition: "
            'if_="...".'
        ),
    ),
    "single_braces": (
        _reads("You know {age}, a frac{age} and {other}."),
        (
            "warning: The prompt of node 'ask' has {age}: in single braces it is text, and not the variable. "
            "Write {{age}} for its value."
        ),
    ),
    "unknown_variable": (
        _reads("{{aeg}}"),
        (
            "error: The prompt of node 'ask' reads the variable 'aeg', which nothing sets. Did you mean"
            " 'age'? Let an extraction node read it, or set it by code and say so: "
            "flow.check(variables=['aeg'])."
        ),
    ),
    "unset_variable": (
        _unset,
        (
            "warning: The prompt of node 'hello' reads the variable 'age' before any path to it sets "
            'it: the model would read "not stated". Put the extraction node that reads it before, or '
            "give a default, {{ age | default('not stated') }}."
        ),
    ),
    "unstated_variable": (
        _unstated,
        (
            "error: The sentence of node 'bye' reads the variable 'age', which may not be stated yet, "
            "and the turn would fail. Give a default, {{ age | default('...') }}, or lead there only "
            "where age is not None."
        ),
    ),
    "types": (
        _if("age > 'x'"),
        (
            "error: The condition \"age > 'x'\" of node 'ask' compares age, a number, with 'x', a text. "
            "Compare values of one kind."
        ),
    ),
    "template": (
        _reads("{{ age"),
        (
            "error: The prompt of node 'ask' has {{ without }} (line 1, column 1). Write variables as {{name}}. "
            "To keep the braces as text, write {{ '{{' }} for the two that open."
        ),
    ),
    "no_model": (
        _no_model,
        (
            "error: No model is chosen for node 'ask'. Pick a default model in Settings, or write "
            "flow.model = 'gpt-6.1-sol'."
        ),
    ),
    "model_ends": (
        _on("openai:gpt-4"),
        (
            "error: The model openai:gpt-4 is used by node 'ask'. gpt-4 ended on 2026-10-23; "
            "use gpt-6-astra instead. Choose another model in Settings, or replace it everywhere: "
            "flow.replace_model('openai:gpt-4', 'openai:gpt-6-astra')."
        ),
    ),
    "model_unknown": (
        _on("anthropic:claude-haiku"),
        (
            "warning: The model anthropic:claude-haiku is used by node 'ask'. claude-haiku is not a "
            "model id here; use claude-haiku-5-5 instead. Choose another model in Settings, or "
            "replace it everywhere: flow.replace_model('anthropic:claude-haiku', "
            "'anthropic:claude-haiku-5-5')."
        ),
    ),
    "no_structured_output": (
        _no_structured_output,
        (
            "warning: The model openai:gpt-4 of the extraction node 'data' does not support structured "
            "output. Its answers are checked anyway, but fail more often: choose another model "
            "for this node."
        ),
    ),
    "weak_judge": (
        _weak_judge,
        (
            "warning: A small local model judges the prompt conditions (when=, enter=) of 'ask', and is"
            " right little more often than a coin toss. Write logic conditions where variables tell: "
            'if_="...". Or let a better model judge (flow.judge_model), once the key of its provider is'
            " saved."
        ),
    ),
    "setting": (
        _setting,
        (
            "warning: Node 'ask': gpt-6-luna takes no temperature while it reasons. Remove it in "
            'Settings or with flow.node("ask").settings["temperature"] = None, or choose another '
            "model."
        ),
    ),
    "no_key": (
        _on("openai:gpt-6-luna"),
        (
            "error: No API key configured for OpenAI, which node 'ask' would use. Open Settings "
            "(click the gear, or run flow.settings()), choose the provider and save its key."
        ),
    ),
    "no_address": (
        _no_address,
        (
            'error: The OpenAI-compatible endpoint needs an address. Fill in "Base URL" in Settings, or '
            'write flow.set_base_url("compatible", "http://127.0.0.1:8080/v1").'
        ),
    ),
    "other_address": (
        _other_address,
        (
            "warning: Calls for OpenAI go to https://proxy.example.org/v1, not to its own address. "
            "If you did not choose that: flow.set_base_url('openai', None)."
        ),
    ),
    "grounding": (
        lambda flow: setattr(_nodes(flow, "data").node("data"), "grounding", "require"),
        (
            "warning: Node 'data' has grounding=\"require\", and no field that it refuses a value of. "
            "Choices and numbers may be conclusions, and are marked at most; read them with care."
        ),
    ),
    "unbound_action": (
        _unbound,
        (
            "error: The action node 'look' has no function. A file holds no code. Give the function here, or with "
            "Flow.load(..., functions={...})."
        ),
    ),
    "unfit_example": (
        _unfit_example,
        (
            "warning: Node 'data': an example does not fit: The values do not fit the fields: age: Input should "
            "be a valid integer; got 'x'. It is no longer used. Teach the node another one, with its "
            "current fields."
        ),
    ),
    "few_examples": (
        lambda flow: (_nodes(flow, "data"), setattr(flow.node("data"), "model", "local:smollm2-135m")),
        (
            "suggestion: The extraction node 'data' runs on a local model and has no examples. Two of your own "
            "help a small model much: press Teach in the chat, or write "
            "flow.node('data').teach('...', {'age': ..., 'day': ...})."
        ),
    ),
    "many_calls": (
        _many_calls,
        (
            "warning: A turn through a → b can make 4 model calls, and is stopped after 2. Let one of these "
            "edges lead to a conversation node, or allow more calls."
        ),
    ),
    "cost_unknown": (
        lambda flow: (_nodes(flow), setattr(flow, "max_cost_per_turn", 1.0)),
        (
            "warning: The price of compatible:judge is not known, so flow.max_cost_per_turn does not limit its "
            "calls. flow.max_calls_per_turn limits them in any case."
        ),
    ),
    "unread_variable": (
        lambda flow: _nodes(flow).action("look", lambda: 1, writes=["time"]),
        (
            "warning: Node 'look' writes the variable 'time', and nothing in the flow reads it. Read it, like "
            "{{time}} in a prompt, or leave it out of writes=[...]."
        ),
    ),
    "speculation": (
        lambda flow: _nodes(flow).action("book", lambda: None),
        (
            "suggestion: If the flow is served, 'book' runs for each request, and some clients ask for words "
            "that the caller has not finished. Switch speculative or preemptive requests off in the client, let "
            "it send the id of the session, and let the function take turn_key to tell a repeated request."
        ),
    ),
    "shared_state": (
        lambda flow: (_nodes(flow), setattr(flow, "_is_served", True)),
        (
            "suggestion: Callers who say the same thing share one conversation if the client sends no session "
            "id. Let it send one: the header X-Byok-Session, user, or metadata.session_id."
        ),
    ),
    "unknown_part": (
        lambda flow: _nodes(flow, "data").conversation("tell", "On {{day.name}}.", static=True),
        (
            "error: The sentence of node 'tell' reads {{ day.name }}, and 'day' has no part 'name'. Read the "
            "whole: {{day}}."
        ),
    ),
    "overdue_function": (
        _overdue,
        (
            "warning: A function is still running although nothing is waiting for it: wait of node 'look'. A "
            "running function cannot be stopped; restart the kernel to end it."
        ),
    ),
}
NOTHING = "No problems found. This check is free: it sends nothing."


@pytest.fixture
def flow(judged_flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Flow:
    monkeypatch.setattr(catalog, "_today", lambda: datetime.date(2026, 11, 24))
    return judged_flow


@pytest.mark.parametrize("kind", SAID)
def test_each_kind_has_its_message(flow: Flow, kind: str) -> None:
    build, said = SAID[kind]
    build(flow)
    found = flow.check()
    assert next(str(finding) for finding in (*found, *found.suggestions) if finding.kind == kind) == said


def test_the_notice_of_a_file_is_passed_on(flow: Flow, tmp_path: Path) -> None:
    file = tmp_path / "newer.flow.json"
    _nodes(flow).save(file)
    file.write_text(file.read_text(encoding="utf-8").replace('"version": 1', '"version": 2'), encoding="utf-8")
    newer = Flow.load(file)
    assert [str(finding) for finding in newer.check() if finding.kind == "notice"] == [f"warning: {newer.notice} "]


def test_what_a_target_cannot_say_is_passed_on(flow: Flow) -> None:
    found = [finding for finding in _nodes(flow).check(targets=["retell"]) if finding.kind == "not_exported"]
    told = [f"warning: Retell: {loss.problem} {loss.instead}" for loss in flow.export("retell").losses]
    assert [str(finding) for finding in found] == told


def test_every_listed_kind_has_its_message_here() -> None:
    assert {*SAID, "notice", "not_exported"} == set(FINDING_KINDS)


def test_without_findings_it_says_so_in_both_forms(flow: Flow) -> None:
    found = _nodes(flow).check()
    assert repr(found) == NOTHING
    assert NOTHING in found._repr_html_()
