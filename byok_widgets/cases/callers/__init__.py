"""Simulated callers: a model plays a person who talks to a flow, and its own errors are told from the flow's."""
