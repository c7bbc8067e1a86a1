"""Bring your own key to a notebook, and go from an idea to a tested conversation flow."""

__version__ = "0.1.0"
