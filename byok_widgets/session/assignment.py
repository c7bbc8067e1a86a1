"""`Assignment`: models and settings of nodes that hold in one session, in place of those that the flow has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Assignment:
    """Models and settings of nodes.

    Attributes:
        models: Model refs by node; a node that is not named keeps its own.
        settings: Model settings by node, which win over the node's.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


AS_THE_FLOW_HAS_IT = Assignment()
