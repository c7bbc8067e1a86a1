"""`Grounding`: the setting that says what becomes of a value that nobody said."""

from __future__ import annotations

from typing import Any, Literal, get_args

from byok_widgets.errors import ConfigError

Grounding = Literal["flag", "require", "off"]
"""What becomes of a text that is not in the dialogue: it stands and is marked, counts as not stated, or stands."""
GROUNDINGS: tuple[Grounding, ...] = get_args(Grounding)


def checked_grounding(choice: Any, who: str) -> Grounding:
    """Return a choice of grounding.

    Raises:
        ConfigError: There is no such choice.
    """
    if choice in GROUNDINGS:
        return choice  # type: ignore[no-any-return]
    known = ", ".join(map(repr, GROUNDINGS))
    raise ConfigError(f"{who}: grounding is one of {known}, not {choice!r}.", kind="bad_setting")
