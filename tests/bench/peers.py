"""Other libraries in the same rows, where they are installed: each makes the same calls with one reused client."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.bench.rows import Work

Messages = list[dict[str, str]]


def calls(base_url: str, messages: Messages) -> dict[str, Work]:
    """Return a call of each library for text."""
    return dict(
        _installed(
            {"aisuite": lambda: _aisuite(base_url, messages), "litellm": lambda: _litellm(base_url, messages)}
        )
    )


def extractions(base_url: str, messages: Messages, shape: type) -> dict[str, Work]:
    """Return a call of each library for a checked object."""
    return dict(_installed({"instructor": partial(_instructor, base_url, messages, shape)}))


PEERS = {"calls": ("aisuite", "litellm", "instructor"), "transports": ("aiohttp",)}
"""What the parts of the table compare with, if it is installed."""


def missing(part: str) -> list[str]:
    """Return a line for each library that a part of the table lacks, with how it is installed."""
    absent = (name for name in PEERS.get(part, ()) if not importlib.util.find_spec(name))
    return [f"{part}: not compared with {name}, which is not installed: pip install {name}" for name in absent]


def _installed(makers: dict[str, Callable[[], Work]]) -> Iterator[tuple[str, Work]]:
    return ((name, make()) for name, make in makers.items() if importlib.util.find_spec(name))


def _aisuite(base_url: str, messages: Messages) -> Work:
    import aisuite

    client = aisuite.Client({"openai": {"api_key": "none", "base_url": base_url}})
    return lambda: client.chat.completions.create(model="openai:text-10", messages=messages).choices[0].message


def _litellm(base_url: str, messages: Messages) -> Work:
    import litellm

    known: dict[str, Any] = {"api_base": base_url, "api_key": "none"}
    return lambda: litellm.completion("openai/text-10", messages, **known).choices[0].message


def _instructor(base_url: str, messages: Messages, shape: type) -> Work:
    import instructor
    import openai

    raw = openai.OpenAI(api_key="none", base_url=base_url)
    client = instructor.from_openai(raw, mode=instructor.Mode.JSON_SCHEMA)
    return lambda: client.chat.completions.create(model="record", messages=messages, response_model=shape)
