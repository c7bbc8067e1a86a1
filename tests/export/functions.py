"""Functions of actions and conditions that can be imported, also where nothing else of the tests can."""

from __future__ import annotations

from typing import Any


def look_up(name: Any = None) -> str:
    return f"room for {name or 'somebody'}"


def many(variables: Any) -> Any:
    return (variables.get("people") or 0) > 3
