"""The functions of action nodes, from the modules that a person names on the command line, and from no others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.foreign_exceptions import describe_exception


def functions_of(nodes: Mapping[str, Any], modules: Iterable[str]) -> dict[str, Callable[..., Any]]:
    """Return the function of each action node that one of the modules has: by the function's name in the file.

    A flow file imports nothing by itself; naming a module here is the person's word for it.

    Raises:
        ConfigError: A module cannot be imported.
    """
    loaded = [_loaded(name) for name in modules]
    found: dict[str, Callable[..., Any]] = {}
    for name, node in nodes.items():
        wanted = getattr(node, "function_name", "")
        for module in loaded:
            function = getattr(module, wanted, None) if wanted.isidentifier() else None
            if callable(function):
                found[name] = function
    return found


def _loaded(name: str) -> Any:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return import_module(name)
    except Exception as error:  # noqa: BLE001 - a person's module may raise anything
        problem = describe_exception(error)
    finally:
        sys.path.remove(str(Path.cwd()))
    raise ConfigError(
        f"The module {name!r} of action functions cannot be imported: {problem}.",
        kind="function",
        fix="Name a module in this folder, or one that is installed, as in --functions bookings.",
    )
