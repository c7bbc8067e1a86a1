"""`Grounding`: the setting that says what happens to a value that the dialogue does not support."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, get_args

from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given

Grounding = Literal["auto", "flag", "require", "literal", "off"]
"""What happens to a value that the dialogue does not support.

`flag`: a text or a date stands and is marked. `require`: it counts as not stated. `literal`: so does a choice, a
number, or a yes or no of which nobody said a word, also as a part of a list or object. `off`: the dialogue is not
searched. `auto`: `flag`, or `literal` with a model that is known to invent values.
"""
GROUNDINGS: tuple[Grounding, ...] = get_args(Grounding)
NodeGrounding = Grounding | Mapping[str, Grounding]
"""A node's: one for all of its fields, or some by name, where the other fields are as the flow says."""


def checked_grounding(choice: Any, who: str) -> Grounding:
    """Return a choice of grounding.

    Raises:
        ConfigError: There is no such choice.
    """
    if isinstance(choice, str) and choice in GROUNDINGS:
        return choice
    known = ", ".join(map(repr, GROUNDINGS))
    raise ConfigError(f"{who}: grounding is one of {known}, not {as_given(choice)}.", kind="bad_setting")


def checked_node_grounding(choice: Any, who: str, fields: Collection[str]) -> NodeGrounding:
    """Return a node's choice of grounding.

    Raises:
        ConfigError: There is no such choice, or no such field.
    """
    if not isinstance(choice, Mapping):
        return checked_grounding(choice, who)
    for name in choice:
        if name not in fields:
            known = ", ".join(map(repr, fields))
            raise ConfigError(
                f"{who} has no field {as_given(name)}, for which grounding was given.",
                kind="bad_setting",
                fix=f"Its fields: {known}.",
            )
    return {name: checked_grounding(each, f"{who}, field {name!r}") for name, each in choice.items()}
