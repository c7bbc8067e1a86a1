"""A kind of node that nobody here knows: panel, copied code, chat and advice show what it declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.engine.sync_runner import Work
from byok_widgets.grounding.evidence import Evidence
from byok_widgets.messages import Message
from byok_widgets.nodes.base import NodeInput
from byok_widgets.nodes.examples import Examples
from byok_widgets.nodes.extraction.layered_examples import LayeredExamples
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.nodes.own_setting import OwnSetting
from byok_widgets.nodes.registry import NODE_KINDS, register_node_kind
from byok_widgets.providers.model_settings import Setting
from byok_widgets.reply import LearnedValue, NodeResult, Reply
from byok_widgets.schema import ExtractionSchema
from byok_widgets.widgets.chat.chat import Chat
from byok_widgets.widgets.chat.where_said import where_said
from tests.scripted_server import ScriptedServer
from tests.widgets.parts import parts
from tests.widgets.wire import Browser, Wire, eventually

DEPTH = Setting("depth", "Depth", "whole", "How deep it looks.", lowest=1, highest=9)


@dataclass(frozen=True)
class Tagged(NodeResult):
    """A tag, where it was said, and the answer it comes from."""

    field_name = "tagged"
    verb = "tags"

    node: str
    reply: Reply
    transcript: tuple[Message, ...]

    @property
    def reading(self) -> Tagged:
        return self

    @property
    def model_reply(self) -> Reply:
        return self.reply

    @property
    def values(self) -> Mapping[str, Any]:
        return {"tag": self.reply.text}

    @property
    def evidence(self) -> Mapping[str, Evidence]:
        start = self.transcript[0].content.index(self.reply.text)
        return {"tag": Evidence(0, start, start + len(self.reply.text), self.reply.text)}

    @property
    def learned(self) -> tuple[LearnedValue, ...]:
        return (LearnedValue("tag", self.reply.text),)


class TaggerNode(ModelNode[Tagged]):
    """Finds a tag; has a depth, and can be taught."""

    kind = "tagger"
    result = Tagged

    def __init__(self, context: FlowContext, name: str, depth: int | None = None) -> None:
        super().__init__(context, name)
        self._created, self._depth = depth, depth
        self._examples = LayeredExamples(self.schema, name, ())

    schema = ExtractionSchema.of({"type": "object", "properties": {"tag": {"type": "string"}}}, name="tagger")

    @property
    def depth(self) -> int | None:
        return self._depth

    @depth.setter
    def depth(self, depth: int | None) -> None:
        if depth == 7:
            raise ConfigError("Not seven.", kind="depth")
        self._depth = depth

    @depth.deleter
    def depth(self) -> None:
        self._depth = self._created

    @property
    def own_settings(self) -> tuple[OwnSetting, ...]:
        is_set = self._depth != self._created
        return (OwnSetting(DEPTH, self._depth, self._created, is_set=is_set, inherited="as deep as it goes"),)

    @property
    def teachable(self) -> TaggerNode:
        return self

    @property
    def examples(self) -> Examples:
        return self._examples.all

    def teach(self, dialogue: Any, values: Mapping[str, Any]) -> None:
        self._examples.teach(dialogue, values)

    def forget(self, number: int) -> None:
        self._examples.forget(number)

    @property
    def writes(self) -> tuple[str, ...]:
        return ("tag",)

    def prepare(self, given: NodeInput) -> Work[Tagged]:
        async def work(*_: object) -> Tagged:
            return Tagged(self.name, await self.ask_model(given), given.messages)

        return work

    @classmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> TaggerNode:
        return cls(context, name)


@pytest.fixture
def tagger(flow: Flow) -> Iterator[TaggerNode]:
    register_node_kind(TaggerNode)
    yield flow.add(TaggerNode(flow.context, "tags", depth=3))
    NODE_KINDS.pop("tagger")


@pytest.fixture
def chat(flow: Flow, tagger: TaggerNode, server: ScriptedServer, browser: Browser, wire: Wire) -> Iterator[Chat]:
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.connect(tagger, flow.conversation("ask", "Ask."))
    server.script("blue", "Fine.")
    widget = Chat(flow.start(), mode="owner")
    browser.custom(widget, {"kind": "say", "text": "It was blue, I think"})
    eventually(lambda: [message for message in wire.custom(widget) if message["kind"] == "turn"])
    yield widget
    widget.close()


def test_the_panel_shows_and_sets_its_own_setting(
    flow: Flow, tagger: TaggerNode, show: Any, browser: Browser, wire: Wire
) -> None:
    panel = parts(show(flow))
    nodes = panel.nodes

    def shown() -> dict[str, Any]:
        nodes.refresh()
        return nodes.nodes[0]["settings"][0]

    own = {"name": "depth", "label": "Depth", "kind": "whole", "help": "How deep it looks.", "options": []}
    assert shown() == {**own, "value": "3", "unset": "as deep as it goes", "reset": ""}
    browser.on_node(nodes, "tags", "set", name="depth", value="5")
    assert tagger.depth == 5
    assert (shown()["value"], shown()["reset"]) == ("5", "Back to 3")
    assert "depth: 5" in nodes.nodes[0]["settings_text"]
    for refused in ("many", "12", "7"):
        browser.on_node(nodes, "tags", "set", name="depth", value=refused)
        assert wire.custom(nodes)[-1]["outcome"] == "refused"
    assert tagger.depth == 5
    browser.on_node(nodes, "tags", "reset", name="depth")
    assert tagger.depth == 3
    browser.on_node(nodes, "tags", "set", name="depth", value="")
    assert tagger.depth is None


def test_the_copied_code_sets_it(flow: Flow, tagger: TaggerNode, show: Any) -> None:
    panel = parts(show(flow))
    tagger.depth = 4
    flow.locale = "de-DE"  # tells the panel to look again
    eventually(lambda: "depth" in panel.code.code)
    tagger.depth = 8
    exec(panel.code.code.partition("# when the nodes are made")[2], {"flow": flow})
    assert tagger.depth == 4


def test_the_chat_teaches_it_and_shows_where_a_value_was_said(
    tagger: TaggerNode, chat: Chat, browser: Browser, wire: Wire
) -> None:
    (told,) = [message for message in wire.custom(chat) if message["kind"] == "turn"]
    assert told["turn"]["readers"] == ["tags"]
    (place,) = where_said(chat.session, "tag")
    assert (place["before"], place["said"]) == ("It was ", "blue")
    browser.custom(chat, {"kind": "lesson", "turn": 1, "node": "tags"})
    assert [field["value"] for field in wire.custom(chat)[-1]["fields"]] == ["blue"]
    browser.custom(chat, {"kind": "teach", "turn": 1, "node": "tags", "values": {"tag": "navy"}})
    assert [example.values for example in tagger.examples] == [{"tag": "navy"}]
    assert "teach" in wire.custom(chat)[-1]["code"]


def test_the_advice_is_to_teach_it(flow: Flow, tagger: TaggerNode) -> None:
    flow.model = "local:smollm2-135m"

    def advised() -> list[str]:
        return [finding.problem for finding in flow.check().suggestions if finding.kind == "few_examples"]

    (problem,) = advised()
    assert "tagger" in problem
    for said in ("a red one", "a green one"):
        tagger.teach(said, {"tag": said.split()[1]})
    assert advised() == []
