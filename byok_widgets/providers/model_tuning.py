"""Which tuning a model takes, by its id. Data that ages, with its date; what is not known here is left out.

Sources: OpenAI's pages on reasoning, on its latest models and on deployment; Anthropic's pages on effort and on
its models. A provider's own list, where it says more, wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from byok_widgets.providers.model_settings import SupportedSettings

CHECKED_ON = "2026-11-24"
"""The day on which the tables below were compared with the providers' pages."""

_LOW_TO_HIGH = ("low", "medium", "high")
_LOW_TO_MAX = (*_LOW_TO_HIGH, "xhigh", "max")

_OPENAI_EFFORTS: Mapping[str, tuple[str, ...]] = {
    r"o1|o3|o3-mini|o4-mini": _LOW_TO_HIGH,
    r"gpt-5(-mini|-nano)?": ("minimal", *_LOW_TO_HIGH),
    r"gpt-5\.1": ("none", *_LOW_TO_HIGH),
    r"gpt-5\.[2-5](-mini|-nano)?": ("none", *_LOW_TO_HIGH, "xhigh"),
    r"gpt-5\.6(-\w+)?|gpt-6-(sol|luna)": ("none", *_LOW_TO_MAX),
    r"gpt-6-astra|gpt-6\.1-(sol|terra)": _LOW_TO_MAX,
    r"gpt-6\.\d+-\w+": _LOW_TO_HIGH,  # newer than the table: what all of them take
}
"""Reasoning models and their efforts; the first pattern that fits the whole id counts."""

_OPENAI_WITHOUT_REASONING = re.compile(r"(gpt-3\.5|gpt-4|chatgpt-4o)(?!.*(search|audio|realtime)).*")
_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})\Z")
_CLAUDE = re.compile(r"claude-(?P<line>[a-z]+)-(?P<major>\d+)(-(?P<minor>\d{1,2}))?(-latest)?")
_CLAUDE_3 = re.compile(r"claude-3[-\w]*")

_SAMPLES_UP_TO = {"haiku": (4, 5), "sonnet": (4, 6), "opus": (4, 6)}
"""The last version of each line that takes `temperature` and the like."""

_CLAUDE_EFFORTS: Mapping[str, Mapping[tuple[int, int], tuple[str, ...]]] = {
    "haiku": {(5, 5): _LOW_TO_MAX},
    "sonnet": {(5, 0): _LOW_TO_MAX, (4, 6): (*_LOW_TO_HIGH, "max")},
    "opus": {(4, 7): _LOW_TO_MAX, (4, 6): (*_LOW_TO_HIGH, "max"), (4, 5): _LOW_TO_HIGH},
    "fable": {(5, 0): _LOW_TO_MAX},
    "mythos": {(5, 0): _LOW_TO_MAX},
}
"""Efforts from a version of each line on, the newest first."""


def of_openai(model: str) -> SupportedSettings:
    """Return the tuning that OpenAI's model takes, as far as it is known."""
    base = model.split(":")[1] if model.startswith("ft:") else model
    base = _SNAPSHOT.sub("", base)
    for pattern, efforts in _OPENAI_EFFORTS.items():
        if re.fullmatch(pattern, base):
            verbosity = None if base.startswith("o") else _LOW_TO_HIGH
            return {"reasoning_effort": efforts, "verbosity": verbosity, "temperature": None, "top_p": None}
    if _OPENAI_WITHOUT_REASONING.fullmatch(base):
        return {"temperature": (), "reasoning_effort": None, "verbosity": None}
    return {}


def of_anthropic(model: str) -> SupportedSettings:
    """Return the tuning that Anthropic's model takes, as far as it is known."""
    base = _SNAPSHOT.sub("", model)
    if _CLAUDE_3.fullmatch(base):
        return {"temperature": (), "effort": None}
    found = _CLAUDE.fullmatch(base)
    if found is None or found["line"] not in _CLAUDE_EFFORTS:
        return {}
    line, version = found["line"], (int(found["major"]), int(found["minor"] or 0))
    effort = next((known for since, known in _CLAUDE_EFFORTS[line].items() if version >= since), None)
    if version <= _SAMPLES_UP_TO.get(line, (0, 0)):
        return {"effort": effort, "temperature": ()}
    return {"effort": effort, "temperature": None, "top_p": None, "top_k": None}
