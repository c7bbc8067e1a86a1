"""Simulated callers: a model plays a person who talks to a flow; its own errors are kept apart from the flow's."""
