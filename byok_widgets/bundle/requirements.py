"""What a bundle needs, with the versions that are installed here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


def pinned(names: Iterable[str], extras: Iterable[str] = ()) -> list[str]:
    """Return packages and all that they need, each with its version.

    What is not installed here is left out: it is not needed on a machine like this one. What the extras ask for is
    named all the same, with the versions that it may have.

    Args:
        names: The packages; the first is ours, of which only the needs count.
        extras: Extras of the first.
    """
    found: dict[str, str] = {}
    first, *others = names
    own = _installed(first)
    found |= dict(_missing(own, frozenset(extras))) if own else {}
    waiting = [*_needs(own, frozenset(extras)), *((other, frozenset[str]()) for other in others)] if own else []
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, wanted = waiting.pop()
        key = (_normal(name), wanted)
        package = None if key in seen else _installed(name)
        seen.add(key)
        if package is not None and key[0] != _normal(first):
            found[key[0]] = f"{package.metadata['Name']}=={package.version}"
            waiting += _needs(package, wanted)
    return [line for _, line in sorted(found.items())]


def _missing(package: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield what extras ask for and is not installed here, as it is asked for."""
    for requirement in package.requires or ():
        what, _, marker = requirement.partition(";")
        named = _NAME.match(what)
        if named and set(_EXTRA.findall(marker)) & extras and _installed(named[1]) is None:
            yield _normal(named[1]), what.strip()


def _needs(package: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for requirement in package.requires or ():
        what, _, marker = requirement.partition(";")
        asked = set(_EXTRA.findall(marker))
        named = _NAME.match(what)
        if named and (not asked or asked & extras):
            more = frozenset(filter(None, map(str.strip, (named[2] or "").split(","))))
            yield named[1], more


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).casefold()
