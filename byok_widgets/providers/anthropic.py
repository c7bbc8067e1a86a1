"""Anthropic.

Sources, compared on 2026-11-24: its pages on models, deprecations and effort.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from byok_widgets.providers.base import Links
from byok_widgets.providers.model_facts import ModelFacts, Role
from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.providers.protocols.messages import MessagesProvider
from byok_widgets.schema.profile import SchemaProfile
from byok_widgets.secrets.key_formats import KeyFormat

if TYPE_CHECKING:
    from byok_widgets.providers.batches import BatchForm

_LOW_TO_HIGH = ("low", "medium", "high")
_LOW_TO_MAX = (*_LOW_TO_HIGH, "xhigh", "max")
_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})\Z")
_CLAUDE = re.compile(r"claude-(?P<line>[a-z]+)-(?P<major>\d+)(-(?P<minor>\d{1,2}))?(-latest)?")
_CLAUDE_3 = re.compile(r"claude-3[-\w]*")

_SAMPLES_UP_TO = {"haiku": (4, 5), "sonnet": (4, 6), "opus": (4, 6)}
"""The last version of each model line that accepts `temperature` and similar settings."""

_EFFORTS: Mapping[str, Mapping[tuple[int, int], tuple[str, ...]]] = {
    "haiku": {(5, 5): _LOW_TO_MAX},
    "sonnet": {(5, 0): _LOW_TO_MAX, (4, 6): (*_LOW_TO_HIGH, "max")},
    "opus": {(4, 7): _LOW_TO_MAX, (4, 6): (*_LOW_TO_HIGH, "max"), (4, 5): _LOW_TO_HIGH},
    "fable": {(5, 0): _LOW_TO_MAX},
    "mythos": {(5, 0): _LOW_TO_MAX},
}
"""Efforts of each model line, by the version that introduced them, newest first."""


def _succeeded_by(role: Role, *models: str) -> dict[str, Role]:
    return dict.fromkeys(models, role)


_MODELS = ModelFacts(
    presets={
        "low latency (voice)": "claude-haiku-5-5",
        "balanced": "claude-sonnet-5-5",
        "complex reasoning": "claude-opus-5-5",
    },
    offline=(
        *("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-2", "claude-sonnet-5"),
        *("claude-opus-5", "claude-sonnet-4-6", "claude-haiku-4-5", "claude-sonnet-4-5"),
    ),
    ends={
        "2024-11-06": (
            *("claude-1.0", "claude-1.1", "claude-1.2", "claude-1.3"),
            *("claude-instant-1.0", "claude-instant-1.1", "claude-instant-1.2"),
        ),
        "2025-07-21": ("claude-2.0", "claude-2.1", "claude-3-sonnet"),
        "2025-10-28": ("claude-3-5-sonnet", "claude-3-5-sonnet-latest"),
        "2026-01-05": ("claude-3-opus", "claude-3-opus-latest"),
        "2026-02-19": (
            *("claude-3-7-sonnet", "claude-3-7-sonnet-latest", "claude-3-5-haiku", "claude-3-5-haiku-latest"),
        ),
        "2026-04-20": ("claude-3-haiku",),
        "2026-06-15": ("claude-opus-4", "claude-opus-4-0", "claude-sonnet-4", "claude-sonnet-4-0"),
        "2026-06-30": ("claude-mythos-preview",),
        "2026-08-05": ("claude-opus-4-1",),
        "2026-11-30": ("claude-sonnet-4-5",),
        "2027-01-22": ("claude-opus-4-5",),
    },
    without_structured_output=frozenset(
        {"claude-3-5-haiku", "claude-3-7-sonnet", "claude-opus-4-0", "claude-sonnet-4-0"}
    ),
    aliases={
        "claude-haiku": "low latency (voice)",
        "claude-sonnet": "balanced",
        "claude-opus": "complex reasoning",
        "claude-sonnet-4-5": "balanced",
        **_succeeded_by(
            "low latency (voice)", "claude-instant-1.2", "claude-3-5-haiku", "claude-3-5-haiku-latest"
        ),
        **_succeeded_by(
            "balanced", "claude-2.0", "claude-2.1", "claude-3-sonnet-20240229", "claude-3-5-sonnet-latest"
        ),
        **_succeeded_by("balanced", "claude-3-5-sonnet-20240620", "claude-3-5-sonnet-20241022"),
        **_succeeded_by("complex reasoning", "claude-3-opus-20240229", "claude-3-opus-latest"),
    },
    families=frozenset({"claude-haiku", "claude-sonnet", "claude-opus"}),
    price_list="anthropic",
)

_KEY_FORMAT = KeyFormat(
    owner="anthropic",
    label="Anthropic",
    prefixes=("sk-ant-",),
    exact=r"sk-ant-[a-z]+[0-9]{2}-(?:[\w-]{93}|[\w-]{80,200})AA",
    shortest=90,
)


class AnthropicProvider(MessagesProvider):
    """Anthropic's own API."""

    name = "anthropic"
    label = "Anthropic"
    models = _MODELS
    key_format = _KEY_FORMAT
    key_hint = "sk-ant-…"
    default_url = "https://api.anthropic.com"
    highest_temperature = 1
    thought_tags = ()
    tab_headers: ClassVar[Mapping[str, str]] = {"anthropic-dangerous-direct-browser-access": "true"}
    schema_profile = SchemaProfile(unstated_is_null=False, takes_bounds=False)
    links = Links(
        keys="https://console.anthropic.com/settings/keys",
        billing="https://console.anthropic.com/settings/billing",
        usage="https://console.anthropic.com/settings/limits",
        models="https://docs.claude.com/en/docs/about-claude/models",
        status="https://status.claude.com",
        errors="https://docs.claude.com/en/api/errors",
    )

    @property
    def batches(self) -> BatchForm:
        """Half the price, within a day."""
        from byok_widgets.providers.protocols.batch_forms import MessageBatches

        return MessageBatches(self)

    def _known_settings(self, model: str) -> SupportedSettings:
        base = _SNAPSHOT.sub("", model)
        if _CLAUDE_3.fullmatch(base):
            return {"temperature": (), "effort": None}
        found = _CLAUDE.fullmatch(base)
        if found is None or found["line"] not in _EFFORTS:
            return {}
        line, version = found["line"], (int(found["major"]), int(found["minor"] or 0))
        effort = next((known for since, known in _EFFORTS[line].items() if version >= since), None)
        if version <= _SAMPLES_UP_TO.get(line, (0, 0)):
            return {"effort": effort, "temperature": ()}
        return {"effort": effort, "temperature": None, "top_p": None, "top_k": None}
