"""The rules `enum` and `uniqueItems` of JSON Schema, in time that grows only with the length of what they compare.

Those of `jsonschema` compare each value with each other one: a long list of objects takes minutes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

_SHOWN = 20
_MAX_KEPT = 64
_kept: dict[int, tuple[Sequence[Any], frozenset[Hashable]]] = {}
"""The keys of the lists that were looked up in lately; each list is held, so that its id is no other one's."""


def enum(checker: Any, allowed: Sequence[Any], value: Any, schema: Any) -> Iterator[Any]:
    """Yield an error for a value that is none of those allowed."""
    from byok_widgets.schema.json_schemas.library import jsonschema

    del checker, schema
    if key_of(value) not in _keys_of(allowed):
        shown = ", ".join(map(repr, islice(allowed, _SHOWN)))
        more = ", …" if len(allowed) > _SHOWN else ""
        yield jsonschema.ValidationError(f"{value!r} is not one of [{shown}{more}]")


def unique_items(checker: Any, is_asked: Any, value: Any, schema: Any) -> Iterator[Any]:
    """Yield an error for an array that has a value twice."""
    from byok_widgets.schema.json_schemas.library import jsonschema

    del schema
    if is_asked and checker.is_type(value, "array") and len(set(map(key_of, value))) < len(value):
        yield jsonschema.ValidationError(f"{value!r} has non-unique elements")


def _keys_of(allowed: Sequence[Any]) -> frozenset[Hashable]:
    """Return the keys of the values of an `enum`, in which each item of an array is looked up."""
    found = _kept.get(id(allowed))
    if found is None:
        if len(_kept) >= _MAX_KEPT:
            _kept.clear()
        found = _kept[id(allowed)] = (allowed, frozenset(map(key_of, allowed)))
    return found[1]


def key_of(value: Any) -> Hashable:
    """Return what is equal for equal values of JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, Mapping):
        return (dict, frozenset((name, key_of(entry)) for name, entry in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return (list, tuple(map(key_of, value)))
    return value  # type: ignore[no-any-return]
