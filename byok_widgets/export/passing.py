"""A node that only branches, for flows of builders that have one: an action that does nothing."""

from __future__ import annotations


def pass_on() -> None:
    """Do nothing: the edges of the node decide where the flow goes."""
