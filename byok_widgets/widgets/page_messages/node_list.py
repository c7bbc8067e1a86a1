"""The list of nodes: its state, what it asks for, and the answer."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from byok_widgets.widgets.page_messages.model_field import ModelOutcome


class SettingFacts(TypedDict):
    """One setting of a node."""

    name: str
    label: str
    kind: Literal["whole", "number", "choice"]
    help: str
    options: list[str]
    value: str
    unset: str
    reset: str


class IncompatibleSetting(TypedDict):
    """A setting that the node's model does not have."""

    name: str
    text: str


class NodeFacts(TypedDict):
    """One row of the list of nodes."""

    id: str
    name: str
    kind: str
    model: str
    source: str
    override: str
    notes: list[str]
    for_all: str
    settings_text: str
    settings: list[SettingFacts]
    more: str
    incompatible: str
    incompatible_settings: list[IncompatibleSetting]


class NodeListState(TypedDict):
    """The traits of `NodeList`; `models` refers to a `ModelRows`."""

    nodes: list[NodeFacts]
    models: str


class NodeRequest(TypedDict):
    """Change something of a node."""

    kind: Literal["choose", "for_all", "set", "reset"]
    id: str
    node: str
    name: NotRequired[str]
    value: NotRequired[str]


class NodeOutcome(ModelOutcome):
    """The result of a `NodeRequest`, in words."""

    text: str


class NodeAnswer(NodeOutcome):
    """The answer to a `NodeRequest`."""

    kind: Literal["answer"]
    id: str
