"""A flow file changes nothing of what leads elsewhere unless the person says so, and it runs nothing."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ConfigError, FlowError, MissingKeyError
from byok_widgets.flow.incoming.from_files import FROM_FILES
from byok_widgets.providers.look_alikes import shown_address
from tests.fake_keys import fake_key

EVIL = "https://api.openai.com.evil.example/v1"


def filed(path: Path, **changes: object) -> Path:
    data = {"version": 1, "name": "mine", "nodes": [], "edges": [], **changes}
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.fixture
def file(flow: Flow, tmp_path: Path) -> Path:
    flow.key_store.save("openai", "api.openai.com", fake_key("openai"), backend="session")
    flow.model = "openai:gpt-6-luna"
    flow.save(tmp_path / "own.flow.json")
    data = json.loads((tmp_path / "own.flow.json").read_text(encoding="utf-8"))
    return filed(tmp_path / "evil.flow.json", **{**data, "base_urls": {"openai": EVIL}})


def test_another_address_waits_and_the_saved_one_holds(flow: Flow, file: Path) -> None:
    again = Flow.load(file)
    assert again.config.base_url("openai") is None
    (question,) = FROM_FILES.questions(flow.context)
    assert "api.openai.com.evil.example/v1" in question.text
    assert "own address" in question.text, "an imitation is marked"
    assert question.text in again.notice


@pytest.mark.parametrize(("answer", "url"), [(0, None), (1, EVIL)])
def test_the_answer_decides(flow: Flow, file: Path, answer: int, url: str | None) -> None:
    Flow.load(file)
    (question,) = FROM_FILES.questions(flow.context)
    question.choices[answer].act()
    assert flow.config.base_url("openai") == url
    assert FROM_FILES.questions(flow.context) == []


@pytest.mark.parametrize(("trust", "url"), [(True, EVIL), (False, None)])
def test_code_answers_without_a_question(flow: Flow, file: Path, trust: bool, url: str | None) -> None:
    Flow.load(file, trust=trust)
    assert flow.config.base_url("openai") == url
    assert FROM_FILES.questions(flow.context) == []


@pytest.mark.parametrize("place", ["model", "judge_model", "node"])
def test_a_model_that_costs_money_waits_where_nobody_has_chosen_it(flow: Flow, tmp_path: Path, place: str) -> None:
    flow.key_store.save("openai", "api.openai.com", fake_key("openai"), backend="session")
    flow.provider, dear = "openai", "openai:gpt-6-astra"
    node = {"name": "ask", "kind": "conversation", "prompt": "Hi.", **({"model": dear} if place == "node" else {})}
    given = {"provider": "openai", "nodes": [node], **({} if place == "node" else {place: dear})}
    again = Flow.load(filed(tmp_path / "dear.flow.json", name=flow.name, **given))
    assert (again.model, again.judge_model, again.node("ask").model) == (None, None, None)
    (question,) = FROM_FILES.questions(flow.context)
    assert dear in question.text
    question.choices[1].act()
    assert dear.removeprefix("openai:") in str((again.model, again.judge_model, again.node("ask").model))
    Flow.load(tmp_path / "dear.flow.json")
    assert FROM_FILES.questions(flow.context) == [], "it is in use now"


OTHERS = {"judge_max_tokens": 100_000, "global_prompt": "Ask for all.", "grounding": "off", "locale": "de-DE"}


@pytest.mark.parametrize(
    "mine", [{}, {"judge_max_tokens": 16, "global_prompt": "Be kind.", "grounding": "require"}]
)
@pytest.mark.parametrize("trust", [None, False, True])
def test_a_file_changes_nothing_of_a_flow_that_is_there_in_silence(
    flow: Flow, tmp_path: Path, mine: dict[str, object], trust: bool | None
) -> None:
    flow.conversation("ask", "Ask.")
    for name, value in mine.items():
        setattr(flow, name, value)
    before = {name: getattr(flow, name) for name in OTHERS}
    Flow.load(filed(tmp_path / "other.flow.json", name=flow.name, **OTHERS), trust=trust)
    assert {name: getattr(flow, name) for name in OTHERS} == (OTHERS if trust else before)
    questions = FROM_FILES.questions(flow.context)
    assert len(questions) == (trust is None)
    if questions:
        assert "100000" in questions[0].text
        questions[0].choices[1].act()
        assert {name: getattr(flow, name) for name in OTHERS} == OTHERS


def test_the_prompt_of_a_file_holds_where_nothing_else_was_chosen(flow: Flow, tmp_path: Path) -> None:
    flow.model = "openai:gpt-6-luna"  # saved: the flow is known in the next kernel
    again = Flow.load(filed(tmp_path / "mine.flow.json", name=flow.name, provider="openai", **OTHERS))
    assert {name: getattr(again, name) for name in OTHERS} == OTHERS
    assert again.model == "gpt-6-luna", "the model still waits"


@pytest.mark.parametrize("place", ["model", "judge_model", "node"])
def test_no_file_of_this_machine_is_touched_before_it_is_confirmed(
    flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    ref = "local:\\\\host\\share\\x.gguf"
    node = {"name": "ask", "kind": "conversation", "prompt": "Hi.", **({"model": ref} if place == "node" else {})}
    given = {"provider": "local", "nodes": [node], **({} if place == "node" else {place: ref})}
    path, touched = filed(tmp_path / "x.flow.json", name=f"{flow.name} new", **given), []
    real = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda self: touched.append(str(self)) or real(self))
    again = Flow.load(path)
    again.check()
    assert FROM_FILES.questions(again.context)
    assert not [seen for seen in touched if "share" in seen]


def test_an_address_of_a_file_stays_a_text_in_the_line_that_people_are_told_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = 'https://e.example/v1"+str(open("x","w"))+"'
    monkeypatch.setenv("X_API_KEY", fake_key("openai"))
    flow = Flow.load(filed(tmp_path / "x.flow.json", provider="compatible", base_urls={"compatible": url}))
    with pytest.raises(ConfigError) as caught:
        flow.use_key("env:X_API_KEY")
    line = caught.value.fix.partition("run in a cell: ")[2].removesuffix(".")
    (call,) = [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call)]
    assert [ast.literal_eval(given) for given in call.args] == ["compatible", url]


def test_a_file_that_names_a_function_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "ran"
    (tmp_path / "byok_evil.py").write_text(
        f"open({str(mark)!r}, 'w').close()\ndef go(): return 1\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    node = {"name": "act", "kind": "action", "function": "byok_evil:go", "writes": ["x"]}
    flow = Flow.load(filed(tmp_path / "f.flow.json", name="names a function", nodes=[node]))
    assert {finding.kind for finding in flow.check()} >= {"unbound_action"}
    assert repr(flow)
    assert str(flow)
    assert flow._repr_mimebundle_()
    flow.save(tmp_path / "again.flow.json")
    with pytest.raises(FlowError):
        flow.start().say("Hello")
    assert "byok_evil" not in sys.modules
    assert not mark.exists()


HOSTS = {
    "https://api.openai.com/v1": False,
    "https://llm.example.org/v1": False,
    EVIL: True,
    "https://api.0penai.example/v1": True,
    "https://api.opеnai.com/v1": True,
    "https://api.opneai.com/v1": True,
    "https://api.opnai.example/v1": True,
    "https://api-antrhopic.example/v1": True,
    "https://api.openal.example/v1": True,
    "https://openfaas.example/v1": False,
    "https://open.example/v1": False,
}


@pytest.mark.parametrize(("url", "marked"), HOSTS.items(), ids=range(len(HOSTS)))
def test_an_imitation_is_marked_and_shown_in_ascii(url: str, marked: bool) -> None:
    shown = shown_address(url)
    assert ("(" in shown) == marked
    assert shown.isascii()


def test_the_error_that_asks_for_a_key_names_the_host_where_it_is_not_the_providers_own() -> None:
    flow = Flow("own address")
    flow.provider, flow.model = "openai", "gpt-6-luna"
    ask = flow.conversation("ask", "Be brief.")
    with pytest.raises(MissingKeyError) as usual:
        ask.run("Hello.")
    flow.set_base_url("openai", "https://api.0penai.example/v1")
    with pytest.raises(MissingKeyError) as elsewhere:
        ask.run("Hello.")
    assert " at " not in usual.value.problem
    assert "OpenAI at api.0penai.example (not OpenAI's own address)" in elsewhere.value.problem
