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

    A flow file imports nothing by itself; naming a module here is the person's word for what it offers, but not
    for what it imports for its own use, such as `rmtree`: anybody may have written the file.

    Raises:
        ConfigError: A module cannot be imported, or a function is in one that does not offer it.
    """
    loaded = [_loaded(name) for name in modules]
    found: dict[str, Callable[..., Any]] = {}
    for name, node in nodes.items():
        wanted = getattr(node, "function_name", "")
        having = [each for each in loaded if wanted.isidentifier() and callable(getattr(each, wanted, None))]
        offering = [module for module in having if _offers(module, wanted)]
        if having and not offering:
            raise _not_offered(name, wanted, having[-1].__name__)
        if offering:
            found[name] = getattr(offering[-1], wanted)
    return found


def _offers(module: Any, name: str) -> bool:
    """Whether a module offers a function: it defines it under a public name, or lists it in `__all__`."""
    is_own = getattr(getattr(module, name), "__module__", None) == module.__name__
    listed = getattr(module, "__all__", ())
    return (is_own and not name.startswith("_")) or (isinstance(listed, (list, tuple)) and name in listed)


def _not_offered(node: str, function: str, module: str) -> ConfigError:
    return ConfigError(
        f"Node {node!r} calls {function}, which {module} does not offer: it is private there, or is imported.",
        kind="function",
        fix=f'If the flow is to call it, list it in {module}: __all__ = ["{function}"].',
    )


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
