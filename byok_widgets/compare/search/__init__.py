"""Looks for the cheapest assignment of models that is good enough."""
