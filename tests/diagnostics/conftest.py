"""A flow to check, and a network that reports any attempt to use it."""

from tests.flow.conftest import flow, name, no_network
from tests.graph.conftest import flow as judged_flow

__all__ = ["flow", "judged_flow", "name", "no_network"]
