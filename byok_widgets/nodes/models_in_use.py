"""The models that a flow uses already; nobody here has chosen the others that a file or a visitor names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from byok_widgets.config import FlowConfig, ModelRef
from byok_widgets.errors import ByokError
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.model_node import model_nodes


def models_in_use(config: FlowConfig, nodes: Mapping[str, Node[Any]]) -> Iterator[ModelRef]:
    """Yield the models of the nodes, the default model and the judge. None of their files is looked at."""
    for node in model_nodes(nodes).values():
        with suppress(ByokError):  # no model is chosen
            yield node.resolve().ref
    for text in filter(None, (config.model and f"{config.provider}:{config.model}", config.judge_model)):
        yield config.ref(text)
