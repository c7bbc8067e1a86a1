"""Flows as Python modules that rebuild them with the public API."""
