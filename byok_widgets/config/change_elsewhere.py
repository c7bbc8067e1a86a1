"""`ChangeElsewhere`: what another kernel has saved for the same flow, and how it differs from what holds here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from byok_widgets.config.settings import START_PROVIDER, Settings

_SECTIONS = {
    "provider": "provider",
    "base_urls": "base_url",
    "models": "model",
    "overrides": "override",
    "judge_model": "override",
    "tuning": "model_settings",
    "turn_limits": "turn_limits",
}
"""Sections of the file that say what runs, and the name of the change. Where a key is stored is none of them."""


class ChangeElsewhere(NamedTuple):
    """Settings of this flow that another kernel has saved; they take effect here only when they are accepted.

    Attributes:
        theirs: The settings as they are saved.
        differences: What they say, by the section of the file, where that is not what holds here.
    """

    theirs: Settings
    differences: Mapping[str, str]

    @classmethod
    def between(cls, mine: Settings, theirs: Settings) -> ChangeElsewhere | None:
        """Compare two states of a flow's settings; `None` where they say the same."""
        differences = {
            section: _said(theirs.document, section)
            for section in _SECTIONS
            if _said(mine.document, section) != _said(theirs.document, section)
        }
        return cls(theirs, differences) if differences else None

    @property
    def changes(self) -> tuple[str, ...]:
        """What differs, each named once.

        These are `"provider"`, `"base_url"`, `"model"`, `"override"`, `"model_settings"` and `"turn_limits"`.
        """
        return tuple(dict.fromkeys(_SECTIONS[section] for section in self.differences))

    def is_news(self, known: ChangeElsewhere | None) -> bool:
        """Whether it differs from the one that was reported before."""
        return known is None or self.differences != known.differences


def copy_sections(source: Mapping[str, Any], target: dict[str, Any]) -> None:
    """Copy the sections of `source` to `target`; fields that neither kernel knows stay in it."""
    for section in _SECTIONS:
        target.pop(section, None)
        if section in source:
            target[section] = json.loads(json.dumps(source[section]))


def _said(document: Mapping[str, Any], section: str) -> str:
    """Return what a section says, in one form for all that is saved alike."""
    value = document.get(section) or None
    if section == "provider":
        value = value or START_PROVIDER
    return json.dumps(value, sort_keys=True, default=str)
