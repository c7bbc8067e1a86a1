"""The extension points, in one place: the base classes of node kinds, conditions, providers and others.

.github/CONTRIBUTING.md has a recipe for each. A class of your own is registered with `register_node_kind`,
`register_condition` or `register_provider`, also from a notebook; a storage backend goes into the list `BACKENDS`,
best first.
"""

from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.sync_runner import Work
from byok_widgets.export.base import Export, ExportedFlow, Exporter, Loss
from byok_widgets.findings import Finding, Fix
from byok_widgets.graph.conditions import Condition, register_condition
from byok_widgets.keys.backends.base import Availability, KeyBackend, StoredKey
from byok_widgets.keys.backends.registry import BACKENDS
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.keys.status import KeyStatus
from byok_widgets.nodes.base import Node, NodeInput
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.nodes.own_setting import OwnSetting
from byok_widgets.nodes.registry import register_node_kind
from byok_widgets.nodes.teachable import Teachable
from byok_widgets.providers import register_provider
from byok_widgets.providers.base import Links, Provider
from byok_widgets.providers.exchange import Answer, Endpoint, ModelInfo, Request
from byok_widgets.providers.model_facts import ModelFacts
from byok_widgets.providers.model_settings import Setting
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider
from byok_widgets.providers.protocols.messages import MessagesProvider
from byok_widgets.reply import LearnedValue, NodeResult, Reading
from byok_widgets.secrets.key_formats import KeyFormat

__all__ = [
    "BACKENDS",
    "Answer",
    "Availability",
    "ChatCompletionsProvider",
    "Condition",
    "Deadline",
    "Endpoint",
    "Export",
    "ExportedFlow",
    "Exporter",
    "Finding",
    "Fix",
    "FlowContext",
    "KeyBackend",
    "KeyFormat",
    "KeyScope",
    "KeyStatus",
    "LearnedValue",
    "Links",
    "Loss",
    "MessagesProvider",
    "ModelFacts",
    "ModelInfo",
    "ModelNode",
    "Node",
    "NodeInput",
    "NodeResult",
    "OnProgress",
    "OnText",
    "OwnSetting",
    "Provider",
    "Reading",
    "Request",
    "Setting",
    "StoredKey",
    "Teachable",
    "Work",
    "register_condition",
    "register_node_kind",
    "register_provider",
]
