"""A provider that is known to enforce schemas, at the scripted server."""

from __future__ import annotations

from byok_widgets.providers.compatible import CompatibleProvider
from byok_widgets.providers.model_facts import ModelFacts


class EnforcingProvider(CompatibleProvider):
    """Needs no key, and enforces the schema with its one model."""

    name = "enforcing"
    label = "A provider that enforces schemas"
    named = "a provider that enforces schemas"
    models = ModelFacts(presets={"balanced": "sure-1"}, offline=("sure-1",), without_structured_output=frozenset())
