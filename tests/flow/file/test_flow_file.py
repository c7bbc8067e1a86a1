"""The file of a flow: everything is restored, nothing unknown is lost, no key is in it, a damaged one is kept."""

from __future__ import annotations

import datetime as dt
import enum
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pydantic
import pytest

from byok_widgets import ConfigError, Field, Flow, MissingKeyError
from byok_widgets.flow.file.flow_file import MAX_BYTES, MOST, VERSION
from byok_widgets.nodes import NODE_KINDS
from tests.fake_keys import fake_key
from tests.scripted_server import ScriptedServer

Data = dict[str, Any]
SCHEMA = json.loads(
    resources.files("byok_widgets.flow.file").joinpath("flow.schema.json").read_text(encoding="utf-8")
)


class Kind(enum.Enum):
    NEW = "new"
    OLD = "old"


class Booking(pydantic.BaseModel):
    """A booking."""

    model_config = pydantic.ConfigDict(extra="forbid")
    name: str = pydantic.Field(description="The caller's name")
    day: dt.date
    kind: Kind = Kind.NEW
    people: int = pydantic.Field(default=2, ge=1, le=12)
    tags: list[str] = []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dentist.flow.json"


@pytest.fixture
def full(flow: Flow, server: ScriptedServer) -> Flow:
    """A flow that uses everything that a file can contain."""
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:openai:gpt-like"
    flow.judge_model = "openai:gpt-6-luna"
    flow.judge_max_tokens = 900
    flow.global_prompt = 'You work for {{ firm | default("us") }}.\nBe brief.'
    flow.speaks_first = True
    flow.conversation("ask", "Ask {{name}}.", model="anthropic:claude-haiku-5-5", max_tokens=50, temperature=0.2)
    flow.conversation("hello", "Hello!", static=True, start=True)
    flow.conversation("bye", "Bye.", end=True, enter="they want to stop")
    flow.extraction(
        "fields",
        name=Field(str, "The caller's name"),
        weekday=["Mon", "Tue"],
        note=Field(str, required=False),
        prompt="Look well.",
        examples=[
            ("I am Ana", {"name": "Ana"}),
            (
                [("user", "Hi"), ("assistant", "Who is it?"), ("user", "Leo, on Tuesday")],
                {"name": "Leo", "weekday": "Tue"},
            ),
        ],
        window=4,
        grounding="off",
        settings={"temperature": 0},
    )
    flow.extraction(
        "schema", {"type": "object", "title": "T", "properties": {"a b": {"type": ["string", "null"]}}}
    )
    flow.extraction("booking", Booking, examples=[("Ana, today", {"name": "Ana", "day": dt.date(2026, 11, 24)})])
    flow.connect("hello", "ask")
    flow.connect("ask", "fields", when="they said\n  their name")
    flow.connect("fields", "schema", if_="weekday is not None")
    flow.connect("schema", "booking", if_="1 < 2 and name in ['Ana', \"Leo\"]")
    return flow


def content(path: Path) -> Data:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def minimal(**more: object) -> Data:
    node = {"name": "ask", "kind": "conversation", "prompt": "Ask."}
    return {"version": 1, "name": "minimal", "nodes": [node], "edges": [], **more}


# Back and forth


def test_a_flow_is_restored_as_it_was(full: Flow, file: Path) -> None:
    full.save(file)
    before = content(file)
    jsonschema.Draft202012Validator(SCHEMA).validate(before)
    again = Flow.load(file, name=f"{full.name} again")
    assert again.notice == ""
    assert repr(again).replace(" again", "") == repr(full)
    assert (again.start_node, again.speaks_first, again.graph.ends) == ("hello", True, {"bye"})
    assert (again.global_prompt, again.judge_model) == (full.global_prompt, "openai:gpt-6-luna")
    for name, node in full.nodes.items():
        other = again.node(name)
        assert (other.kind, other.prompt, other.model) == (node.kind, node.prompt, node.model)
        assert (other.max_tokens, other.settings) == (node.max_tokens, node.settings)
        assert other.resolve() == node.resolve()
    assert [(e.source, e.target, e.condition.kind, e.condition.text) for e in again.graph.edges] == [
        (e.source, e.target, e.condition.kind, e.condition.text) for e in full.graph.edges
    ]
    again.save(file)
    assert content(file) == {**before, "name": f"{full.name} again"}
    assert file.read_bytes().endswith(b"}\n")


def test_later_settings_are_saved_and_the_files_settings_win_when_it_is_opened(flow: Flow, file: Path) -> None:
    ask = flow.conversation("ask", "Ask.", temperature=0.1, seed=4)
    ask.settings.update(temperature=0.2, seed=None)
    ask.max_tokens = 9
    flow.save(file)
    assert {name: content(file)["nodes"][0][name] for name in ("settings", "max_tokens")} == {
        "settings": {"temperature": 0.2},
        "max_tokens": 9,
    }
    ask.settings.update(temperature=0.7, top_p=0.5)
    ask.max_tokens = 70
    again = Flow.load(file, trust=True).node("ask")
    assert (again.settings, again.max_tokens) == ({"temperature": 0.2}, 9)
    assert flow.config.node_settings("ask") == {}
    again.settings["temperature"] = 0.3
    del again.settings["temperature"]
    assert again.settings == {"temperature": 0.2}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"settings": {"temperature": "hot"}}, "temperature"),
        ({"settings": {"temprature": 1}}, "'temprature'"),
        ({"settings": {"seed": 1, "max_tokens": 0}}, "max_tokens"),
    ],
)
def test_invalid_settings_in_a_file_leave_the_settings_unchanged(
    flow: Flow, file: Path, wrong: Data, said: str
) -> None:
    flow.conversation("ask", "Ask.").settings["seed"] = 1
    data = minimal(name=flow.name)
    data["nodes"][0] |= wrong
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        Flow.load(file)
    assert flow.config.node_settings("ask") == {"seed": 1}


def test_extraction_nodes_ask_for_the_same_and_read_the_same(full: Flow, file: Path) -> None:
    full.save(file)
    again = Flow.load(file, name=f"{full.name} again")
    for name in ("fields", "schema", "booking"):
        one, other = full.node(name), again.node(name)
        assert other.schema.json_schema() == one.schema.json_schema()
        assert [spec.required for spec in other.schema.fields] == [spec.required for spec in one.schema.fields]
        assert (other.window, other.grounding) == (one.window, one.grounding)
    assert again.node("fields").examples == full.node("fields").examples
    said = {"name": "Ana", "day": "2026-11-24", "kind": "old", "people": 99, "tags": ["x"]}
    found = again.node("booking").schema.check(said)
    assert found.status == full.node("booking").schema.check(said).status
    assert found.status["people"] == "invalid"


def test_an_empty_flow_is_restored(flow: Flow, file: Path) -> None:
    flow.save(file)
    assert dict(Flow.load(file).nodes) == {}


def test_the_model_stays_with_its_provider_whatever_its_id_looks_like(full: Flow, file: Path) -> None:
    full.save(file)
    again = Flow.load(file, name=f"{full.name} again")
    assert (again.provider, again.model) == ("compatible", "openai:gpt-like")
    again = _loaded(file, minimal(provider="openai", model="openai:gpt-6-luna"))
    assert (again.provider, again.model) == ("openai", "gpt-6-luna")
    again = _loaded(file, minimal(provider="anthropic", model="claude-haiku-5-5", judge_model="claude-sonnet-5-5"))
    assert again.judge_model == "anthropic:claude-sonnet-5-5"


def test_the_settings_of_the_name_become_those_of_the_file(flow: Flow, file: Path, server: ScriptedServer) -> None:
    flow.conversation("ask", "Ask.", model="openai:gpt-6-luna")
    flow.conversation("tell", "Tell.")
    flow.provider = "anthropic"
    flow.save(file)
    flow.model = "openai:gpt-6-astra"
    flow.judge_model = "openai:gpt-6-astra"
    flow.set_base_url("compatible", server.base_url)
    flow.node("ask").model = "openai:gpt-6-astra"
    flow.node("tell").model = "openai:gpt-6-astra"
    again = Flow.load(file, trust=True)
    assert (again.name, again.provider, again.model, again.judge_model) == (flow.name, "anthropic", None, None)
    assert again.config.base_url("compatible") is None
    assert [node.model for node in again.nodes.values()] == ["openai:gpt-6-luna", None]


NAMES = [
    "x",
    " two words ",
    "é\u0301 日本 👩‍💻",
    'a"\\/:*?<>|',
    "../../etc/passwd",
    "CON",
    "-",
    "n" * 300,
    "a\tb",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_flow_and_its_nodes(name: str, file: Path) -> None:
    flow = Flow(name)
    flow.conversation(name, name)
    flow.connect(name, name, when=name)
    flow.save(file)
    again = Flow.load(file)
    assert (again.name, list(again.nodes), again.node(name).prompt) == (flow.name, [name], name)
    assert os.listdir(file.parent) in ([file.name], ["config", file.name], [file.name, "config"])  # noqa: PTH208


def test_an_unpaired_surrogate_is_restored(flow: Flow, file: Path) -> None:
    flow.conversation("cut \ud83d", "half \udc69 of one")
    flow.save(file)
    assert Flow.load(file).node("cut \ud83d").prompt == "half \udc69 of one"


def test_it_is_readable(full: Flow, file: Path) -> None:
    full.conversation("ask", "Où êtes-vous ?")
    full.save(file)
    text = file.read_text(encoding="utf-8")
    assert '\n  "version": 1,\n' in text
    assert "Où êtes-vous ?" in text


# Unknown fields


def _loaded(file: Path, data: object) -> Flow:
    file.write_text(json.dumps(data), encoding="utf-8")
    return Flow.load(file, trust=True)


def test_unknown_fields_survive_at_every_level(full: Flow, file: Path) -> None:
    full.save(file)
    data = content(file)
    data["x"] = {"deep": [1, {"y": None}]}
    for number, node in enumerate(data["nodes"]):
        node["x"] = number
    for example in data["nodes"][3]["examples"]:
        example["x"] = "example"
        for message in example["dialogue"]:
            message["x"] = "message"
    data["nodes"][0]["schema"] = {"of a kind": "that speaks"}
    data["nodes"][4]["schema"]["x-own"] = {"z": 1}
    for edge in data["edges"]:
        edge["x"] = ["edge"]
    again = _loaded(file, data)
    again.save(file)
    assert content(file) == data
    again.conversation("ask", "Anew.")
    again.connect("hello", "ask", when="they speak")
    again.node("fields").examples = [*again.node("fields").examples[:1], ("I am Eva", {"name": "Eva"})]
    again.save(file)
    saved = content(file)
    assert saved["nodes"][0]["x"] == 0
    assert "x" not in saved["edges"][0], "this edge was recreated"
    assert saved["edges"][1]["x"] == ["edge"]
    assert [example.get("x") for example in saved["nodes"][3]["examples"]] == ["example", None]


def test_a_newer_file_opens_with_a_notice_and_is_never_written(full: Flow, file: Path) -> None:
    full.save(file)
    newer = {**content(file), "version": VERSION + 1, "news": True}
    again = _loaded(file, newer)
    assert "byok-widgets" in again.notice
    for shown in (repr(again), *again._repr_mimebundle_().values()):
        assert "read-only" in shown, "where users look"
    assert list(again.nodes) == list(full.nodes)
    before = file.read_bytes()
    for flow, place in ((again, file), (full, file), (again, file.with_name("other.json"))):
        with pytest.raises(ConfigError) as caught:
            flow.save(place)
        assert caught.value.kind == "newer_version"
        assert "pip install -U" in str(caught.value)
    assert file.read_bytes() == before
    assert not file.with_name("other.json").exists()


@pytest.mark.parametrize("version", [2, 2.0, 10**30])
def test_a_newer_file_that_cannot_be_read_here_says_why(file: Path, version: float) -> None:
    data = minimal(version=version, nodes=[{"name": "dream", "kind": "dream"}])
    with pytest.raises(ConfigError, match="pip install -U") as caught:
        _loaded(file, data)
    assert caught.value.kind == "newer_version"
    with pytest.raises(ConfigError) as caught:
        Flow("somebody else").save(file)
    assert caught.value.kind == "newer_version"


# Damaged files


DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  \n",
    "a truncated file": json.dumps(minimal()).encode()[:-20],
    "zeros": bytes(500),
    "noise": bytes(range(256)),
    "another encoding": json.dumps(minimal()).encode("utf-16"),
    "endlessly nested": b"[" * 100_000,
    "an endless number": b'{"version": ' + b"9" * 5000 + b"}",
    "not a number": json.dumps(minimal()).replace('"version": 1', '"version": 1, "x": NaN').encode(),
    "a number beyond all": json.dumps(minimal()).replace('"version": 1', '"version": 1, "x": 1e999').encode(),
}
KINDS = " or ".join(f'"{kind}"' for kind in NODE_KINDS)
WRONG: dict[str, tuple[object, str]] = {
    "a list": ([], "the file must be an object, not a list"),
    "a string": ("x", 'the file must be an object, not "x"'),
    "nothing": (None, "the file must be an object, not null"),
    "no version": (
        {"name": "x", "nodes": [], "edges": []},
        'the file has no "version"; it must be a whole number of at least 1',
    ),
    "an invalid version": (minimal(version="1"), '"version" must be a whole number of at least 1, not "1"'),
    "version true": (minimal(version=True), '"version" must be a whole number of at least 1, not true'),
    "version 0": (minimal(version=0), '"version" must be a whole number of at least 1, not 0'),
    "no name": ({"version": 1, "nodes": [], "edges": []}, 'the file has no "name"; it must be text of 1 to 300'),
    "an empty name": (minimal(name=""), '"name" must be text of 1 to 300 characters, not ""'),
    "a blank name": (minimal(name=" "), "needs a name"),
    "an endless name": (minimal(name="n" * 301), '"name" must be text of 1 to 300 characters, not "nnn'),
    "nodes as an object": (minimal(nodes={}), '"nodes" must be a list, not an object'),
    "a node without a kind": (minimal(nodes=[{"name": "a"}]), "node 'a' has no \"kind\"; it must be"),
    "an unknown kind": (
        minimal(nodes=[{"name": "a", "kind": "x", "prompt": "y"}]),
        f'"kind" of node \'a\' must be {KINDS}, not "x"',
    ),
    "a conversation without a prompt": (
        minimal(nodes=[{"name": "a", "kind": "conversation"}]),
        "node 'a' has no \"prompt\"; it must be text",
    ),
    "an extraction without fields": (
        minimal(nodes=[{"name": "a", "kind": "extraction"}]),
        "node 'a' has no \"schema\"; it must be an object (JSON Schema of the fields",
    ),
    "an empty prompt": (minimal(nodes=[{"name": "a", "kind": "conversation", "prompt": " "}]), "'a'"),
    "a prompt that is not text": (
        minimal(nodes=[{"name": "a", "kind": "conversation", "prompt": 5}]),
        "\"prompt\" of node 'a' must be text, not 5",
    ),
    "a schema of nothing": (
        minimal(nodes=[{"name": "a", "kind": "extraction", "schema": {}}]),
        "\"schema\" of node 'a'",
    ),
    "a schema with an invalid type": (
        minimal(nodes=[{"name": "a", "kind": "extraction", "schema": {"properties": {"n": {"type": "strong"}}}}]),
        "properties.n.type cannot be 'strong'",
    ),
    "a window of 0": (
        minimal(nodes=[{"name": "a", "kind": "extraction", "schema": {}, "window": 0}]),
        "\"window\" of node 'a' must be a whole number of at least 1 or null, not 0",
    ),
    "an example that does not fit": (
        minimal(
            nodes=[
                {
                    "name": "a",
                    "kind": "extraction",
                    "schema": {"type": "object", "properties": {"n": {"type": "integer"}}},
                    "examples": [{"dialogue": [], "values": {"n": "many"}}],
                }
            ]
        ),
        "'a'",
    ),
    "a setting that makes a node": (
        minimal(nodes=[{"name": "a", "kind": "conversation", "prompt": "x", "settings": {"prompt": "y"}}]),
        "'prompt'",
    ),
    "a node without a name": (
        minimal(nodes=[{"kind": "conversation", "prompt": "x"}]),
        'node 1 has no "name"; it must be text that is not empty',
    ),
    "a line of an example": (
        minimal(
            nodes=[
                {
                    "name": "a",
                    "kind": "extraction",
                    "schema": {},
                    "examples": [
                        {
                            "dialogue": [{"role": "user", "content": "Hi"}, {"role": "me", "content": "x"}],
                            "values": {},
                        }
                    ],
                }
            ]
        ),
        """"role" of message 2 of example 1 of node 'a' must be "system" or "user" or "assistant", not "me\"""",
    ),
    "an edge without a target": (minimal(edges=[{"source": "ask"}]), 'edge 1 has no "target"; it must be text'),
    "one name twice": (minimal(nodes=minimal()["nodes"] * 2), "2 nodes 'ask'"),
    "one edge twice": (minimal(edges=[{"source": "ask", "target": "ask"}] * 2), "2 edges from 'ask' to 'ask'"),
    "an edge to nowhere": (minimal(edges=[{"source": "ask", "target": "aks"}]), "no node 'aks'"),
    "an edge without a source node": (minimal(edges=[{"source": "", "target": "ask", "when": "x"}]), "no node ''"),
    "an edge with two conditions": (
        minimal(edges=[{"source": "ask", "target": "ask", "when": "x", "if": "1 > 0"}]),
        "the edge from 'ask' to 'ask' has both \"when\" and \"if\"; keep one of them",
    ),
    "an edge that runs code": (
        minimal(edges=[{"source": "ask", "target": "ask", "if": "__import__('os').system('x')"}]),
        "len(...)",
    ),
    "a start that does not exist": (minimal(start="zz"), "no node 'zz'"),
    "an unknown provider": (minimal(provider="no such one"), "'no such one'"),
    "an address of an unknown provider": (
        minimal(base_urls={"no such one": "https://x.example"}),
        "'no such one'",
    ),
    "an address without encryption": (minimal(base_urls={"openai": "http://x.example"}), "http://x.example"),
    "an invalid model": (minimal(model=""), "no model"),
    "an invalid override": (
        minimal(nodes=[{"name": "a", "kind": "conversation", "prompt": "x", "model": "openai:"}]),
        "openai:",
    ),
    "an invalid judge": (minimal(judge_model="openai: "), "openai:"),
}


def _refused(file: Path, said: str) -> ConfigError:
    before = file.read_bytes()
    settings = sorted((path.name, path.read_bytes()) for path in _settings())
    with pytest.raises(ConfigError) as caught:
        Flow.load(file)
    assert said in str(caught.value)
    assert caught.value.kind == "flow_file"
    assert str(file) in caught.value.problem
    assert caught.value.fix
    assert len(str(caught.value)) < 1000
    assert file.read_bytes() == before
    assert sorted((path.name, path.read_bytes()) for path in _settings()) == settings, "no setting was changed"
    return caught.value


def _settings() -> list[Path]:
    folder = Path(os.environ["BYOK_WIDGETS_CONFIG_DIR"])
    return [path for path in folder.rglob("*.json") if path.is_file()]


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_reported_and_left_unchanged(file: Path, damage: str) -> None:
    file.write_bytes(DAMAGED[damage])
    _refused(file, "JSON")


@pytest.mark.parametrize("wrong", WRONG)
def test_a_mistake_in_a_file_is_reported_and_nothing_is_changed(file: Path, wrong: str) -> None:
    data, said = WRONG[wrong]
    mine = Flow("minimal")
    mine.model = "openai:gpt-6-luna"
    file.write_text(json.dumps(data), encoding="utf-8")
    error = _refused(file, said)
    assert error.fix
    assert (mine.provider, mine.model) == ("openai", "gpt-6-luna")


def test_a_session_is_distinguished_from_a_flow(flow: Flow, file: Path) -> None:
    flow.conversation("hello", "Hello!", static=True)
    flow.start().save(file)
    error = _refused(file, repr(flow.name))
    assert "flow.load_session(...)" in error.fix


def test_a_key_in_a_damaged_file_is_not_in_the_message(file: Path) -> None:
    for key in (fake_key(), fake_key("anthropic")):
        for data in (minimal(speaks_first=key), minimal(base_urls={key: 5}), minimal(nodes=[{"name": key}])):
            file.write_text(json.dumps(data), encoding="utf-8")
            assert key[8:24] not in str(_refused(file, ""))


def test_a_truncated_file_is_reported_and_left_unchanged(full: Flow, file: Path) -> None:
    full.save(file)
    whole = file.read_bytes().rstrip()
    for length in range(0, len(whole), len(whole) // 25):
        file.write_bytes(whole[:length])
        _refused(file, "JSON")


def test_a_huge_file_is_not_read(file: Path) -> None:
    with file.open("wb") as huge:
        huge.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match=str(MAX_BYTES // 1_000_000)):
        Flow.load(file)
    file.write_text(json.dumps(minimal(x="y" * (MAX_BYTES // 2))), encoding="utf-8")
    assert list(Flow.load(file).nodes) == ["ask"]


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for place, said in (
        (tmp_path / "no.json", "no.json"),
        (tmp_path, tmp_path.name),
        (tmp_path / "x\0y", ""),
    ):
        with pytest.raises(ConfigError) as caught:
            Flow.load(place)
        assert caught.value.kind == "flow_file"
        assert said in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        Flow.load(tmp_path / "no.json")
    assert str(tmp_path / "no.json") in caught.value.fix


def test_a_byte_order_mark_does_no_harm(full: Flow, file: Path) -> None:
    full.save(file)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert list(Flow.load(file).nodes) == list(full.nodes)


# Saving


def test_a_failed_save_leaves_the_existing_file(full: Flow, file: Path) -> None:
    full.save(file)
    before = file.read_bytes()
    breaks: list[tuple[Callable[[], object], Callable[[], object], str]] = [
        (
            lambda: full.connect("ask", "bye", if_=max),
            lambda: full.disconnect("ask", "bye"),
            "'ask' to 'bye'",
        ),
        (
            lambda: setattr(full.node("ask"), "_static", {"a"}),
            lambda: setattr(full.node("ask"), "_static", False),
            "JSON",
        ),
        (
            lambda: setattr(full._members, "_speaks_first", float("nan")),
            lambda: setattr(full._members, "_speaks_first", True),
            "JSON",
        ),
        (
            lambda: setattr(full._members, "_speaks_first", "yes"),
            lambda: setattr(full._members, "_speaks_first", True),
            '"speaks_first".*"yes"',
        ),
    ]
    for break_it, fix_it, said in breaks:
        break_it()
        with pytest.raises(ConfigError, match=said) as caught:
            full.save(file)
        assert caught.value.fix
        assert file.read_bytes() == before
        fix_it()
    full.save(file)
    assert [path.name for path in file.parent.iterdir() if path.is_file()] == [file.name]


def test_a_condition_that_is_a_function_is_refused_with_the_fix(full: Flow, file: Path) -> None:
    full.connect("ask", "bye", if_=lambda variables: True)
    with pytest.raises(ConfigError, match="'ask' to 'bye'") as caught:
        full.save(file)
    assert 'if_="weekday is not None"' in caught.value.fix
    assert not file.exists()


def test_a_path_that_cannot_be_written(full: Flow, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "no" / "x.json", tmp_path / "folder", tmp_path / "x\0y"):
        with pytest.raises(ConfigError, match=re.escape(repr(str(place)))) as caught:
            full.save(place)
        assert caught.value.kind == "flow_file"


def test_a_file_that_is_not_a_flow_is_replaced_as_the_user_chose(full: Flow, file: Path) -> None:
    file.write_text("my notes", encoding="utf-8")
    full.save(file)
    assert content(file)["name"] == full.name


_KILLED = """
import os, pathlib, random, signal, sys, time
from byok_widgets import Flow

file = pathlib.Path(sys.argv[1])
flow = Flow("killed")
flow.conversation("ask", "x" * 300_000)
flow.save(file)
for _ in range(10):
    child = os.fork()
    if not child:
        while True:
            flow.save(file)
    time.sleep(random.uniform(0.001, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(Flow.load(file).node("ask").prompt) == 300_000
"""


def test_a_program_that_is_killed_while_it_saves_leaves_a_whole_file(file: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# Keys


@pytest.mark.parametrize("before", ["", "Use this one:\n", "key\t", '"', "\\n"])
@pytest.mark.parametrize("held", [True, False])
def test_no_key_gets_into_the_file(flow: Flow, file: Path, before: str, held: bool) -> None:
    flow.conversation("ask", "Ask.")
    flow.save(file)
    saved = file.read_bytes()
    key = fake_key("anthropic")
    if held:
        flow.key_store.save("anthropic", "api.anthropic.com", key)
    flow.conversation("ask", f"{before}{key}")
    with pytest.raises(ConfigError) as caught:
        flow.save(file)
    assert caught.value.kind == "key_in_text"
    assert "node 'ask'" in caught.value.fix
    assert key[10:25] not in f"{caught.value}{caught.value!r}"
    assert file.read_bytes() == saved


def test_no_key_gets_into_the_file_from_anywhere(flow: Flow, file: Path) -> None:
    key = fake_key()
    flow.key_store.save("openai", "api.openai.com", key)
    flow.conversation("ask", "Ask.")
    places: list[Callable[[str], object]] = [
        lambda text: setattr(flow, "global_prompt", text),
        lambda text: flow.connect("ask", "ask", when=text or "x"),
        lambda text: flow.connect("ask", "ask", if_=f"name == '{text}'"),
        lambda text: flow.conversation("ask", "Ask.", enter=text or None),
    ]
    for put in places:
        put(key)
        with pytest.raises(ConfigError) as caught:
            flow.save(file)
        assert caught.value.kind == "key_in_text"
        put("")
    flow.save(file)
    assert key[10:25] not in file.read_text(encoding="utf-8")


def test_a_saved_flow_holds_no_key_of_its_own(full: Flow, file: Path) -> None:
    keys = {"openai": fake_key(), "anthropic": fake_key("anthropic"), "compatible": fake_key("compatible")}
    for provider, key in keys.items():
        host = "api.openai.com" if provider == "openai" else "api.anthropic.com"
        full.key_store.save(provider, "127.0.0.1" if provider == "compatible" else host, key)
    full.save(file)
    text = file.read_text(encoding="utf-8")
    assert not [key for key in keys.values() if key[8:20] in text]


def test_a_key_that_is_a_plain_word_does_not_prevent_saving(flow: Flow, file: Path) -> None:
    flow.key_store.save("compatible", "word.example.org", "conversation", backend="session")
    flow.conversation("ask", "Keep the conversation going.")
    flow.save(file)
    flow.key_store.remove("compatible", "word.example.org")
    assert Flow.load(file).node("ask").prompt == "Keep the conversation going."


def test_a_file_that_points_elsewhere_finds_no_key_there(flow: Flow, file: Path, no_network: list[object]) -> None:
    flow.key_store.save("openai", "api.openai.com", fake_key())
    flow.conversation("ask", "Ask.")
    flow.model = "openai:gpt-6-luna"
    flow.save(file)
    again = _loaded(file, {**content(file), "base_urls": {"openai": "https://collector.example.org/v1"}})
    assert again.name == flow.name
    with pytest.raises(MissingKeyError, match=re.escape(flow.name)):
        again.start().say("Hello")
    assert no_network == []
    assert [finding.kind for finding in again.check()] == ["no_key", "other_address"]


# The published schema


def test_the_schema_is_valid_draft_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_is_what_load_checks(full: Flow, file: Path) -> None:
    full.save(file)
    good = content(file)
    judge = jsonschema.Draft202012Validator(SCHEMA)
    changes: list[tuple[str, object]] = [
        ("version", None),
        ("nodes", 5),
        ("global_prompt", []),
        ("speaks_first", 1),
        ("start", None),
        ("base_urls", {"openai": 1}),
        ("edges", [{}]),
        ("unknown", 1),
    ]
    for name, value in changes:
        data = {**good, name: value}
        file.write_text(json.dumps(data), encoding="utf-8")
        if judge.is_valid(data):
            assert Flow.load(file).nodes
        else:
            _refused(file, name.rstrip("s"))
    assert not judge.is_valid({**good, "nodes": 5})


@pytest.mark.parametrize("part", ["nodes", "edges"])
def test_a_file_with_more_parts_than_any_flow_has_is_refused_at_once(part: str, tmp_path: Path) -> None:
    file = tmp_path / "big.flow.json"
    made = {
        "nodes": {"kind": "conversation", "name": "n", "prompt": "x"},
        "edges": {"source": "n", "target": "n"},
    }
    data = {**minimal(), part: [made[part]] * (MOST[part] + 1)}
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"{MOST[part]:,}"):
        Flow.load(file)
