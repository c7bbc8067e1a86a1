"""`Grounding`: the setting that says what becomes of a value that nobody said."""

from __future__ import annotations

from typing import Any, Literal, get_args

from byok_widgets.errors import ConfigError

Grounding = Literal["auto", "flag", "require", "literal", "off"]
"""What becomes of a value that is not in the dialogue.

`flag`: a text or a date stands and is marked. `require`: it counts as not stated. `literal`: so does a choice, a
number, or a yes or no of which nobody said a word, also as a part of a list or object. `off`: the dialogue is not
searched. `auto`: `flag`, or `literal` with a model that is known to invent values.
"""
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
