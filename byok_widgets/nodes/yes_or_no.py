"""A setting of a node or a flow that is true or false, checked: the text "no" would count as true."""

from __future__ import annotations

from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given


def yes_or_no(what: str, value: Any) -> bool:
    """Return a setting that is true or false.

    Args:
        what: The setting, as the beginning of a sentence.
        value: What it is set to.

    Raises:
        ConfigError: It is neither.
    """
    if isinstance(value, bool):
        return value
    raise ConfigError(f"{what} is True or False, not {as_given(value)}.", kind="bad_setting")
