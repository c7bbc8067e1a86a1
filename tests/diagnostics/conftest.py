"""A flow to check, and a network that tells when somebody wants to use it."""

from tests.flow.conftest import flow, name, no_network
from tests.graph.conftest import flow as judged_flow

__all__ = ["flow", "judged_flow", "name", "no_network"]
