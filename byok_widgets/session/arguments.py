"""Checks of what a person passes to a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.attributes.strict import unknown_name_error
from byok_widgets.errors import ConfigError, FlowError
from byok_widgets.misplaced_keys import key_in_dialogue
from byok_widgets.secrets import redact_held
from byok_widgets.secrets.quoting import as_given

_OPTIONS = ("model", "repeat_effects", "show")


def check_text(text: object) -> str:
    """Return a text that can be said to a flow.

    Raises:
        FlowError: It is empty, or not text.
        KeyFormatError: Kind `misplaced_key`: there is a key in it that this process holds.
    """
    if isinstance(text, str) and text.strip():
        if redact_held(text) == text:
            return text
        del text
        raise key_in_dialogue()
    what = "the text is empty" if isinstance(text, str) else f"{as_given(text)} is not text"
    raise FlowError(f"There is nothing to say: {what}.", kind="dialogue", fix='Say something, like s.say("Hi").')


def check_variables(variables: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return values by name.

    Raises:
        ConfigError: They are not a mapping.
    """
    if variables is None or isinstance(variables, Mapping):
        return variables or {}
    raise ConfigError(
        f"The variables are values by name, not {as_given(variables)}.",
        kind="variable",
        fix='Give them like variables={"name": "Ana"}.',
    )


def reject_options(unknown: Mapping[str, Any]) -> None:
    """Reject arguments that `say` does not take.

    Raises:
        ConfigError: There are any.
    """
    for name, value in unknown.items():
        problem = f"say takes a text, model= and show=, but not {name!r}: settings belong to the nodes."
        raise unknown_name_error(problem, name, _OPTIONS, value)
