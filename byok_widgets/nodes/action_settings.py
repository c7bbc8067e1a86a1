"""What a person sets of an action node, checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given

DEADLINE_S = 10.0
"""Default time limit for a function, in seconds."""


def variable_names(writes: Any, *, node: str) -> tuple[str, ...]:
    """Return the names of the variables that a node writes, each once; a text is one name.

    Raises:
        ConfigError: One cannot be the name of a variable.
    """
    given = [writes] if isinstance(writes, str) or not isinstance(writes, Iterable) else list(writes)
    for name in given:
        if not isinstance(name, str) or not name.isidentifier():
            raise ConfigError(
                f"Node {node!r} cannot write {as_given(name)}: it is not the name of a variable.",
                kind="variable",
                fix='Name variables like Python does: writes=["time"].',
            )
    return tuple(dict.fromkeys(given))
