"""The rows of a model list, in any of the shapes that servers send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from byok_widgets.surrogates import without_surrogates

_HOLDERS = ("data", "models", "result")
_IDS = ("id", "model", "model_id", "modelId")
_MAX_DEPTH = 3


def rows_of(answer: Any, depth: int = 0) -> list[Any] | None:
    """Return the rows of a model list; `None` if it is not one.

    A server that has no model yet may send nothing in place of the rows.
    """
    if isinstance(answer, list):
        return answer
    if not isinstance(answer, Mapping) or depth == _MAX_DEPTH:
        return None
    held = [answer[name] for name in _HOLDERS if name in answer]
    found = [rows for value in held if (rows := rows_of(value, depth + 1)) is not None]
    if found:
        return next(filter(None, found), [])
    for value in held:
        if isinstance(value, Mapping) and value and all(isinstance(row, Mapping) for row in value.values()):
            return [{"id": name, **row} for name, row in value.items()]
    is_list = answer.get("object") == "list" or any(value is None for value in held)
    return [] if is_list else None


def named_rows(rows: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows that name a model, each model once, with the name in the field `id`.

    A field `name` is for people, except where no model has an id.
    """
    known = set()
    given_rows = [{"id": row} if isinstance(row, str) else row for row in rows]
    has_ids = any(isinstance(row, Mapping) and not row.keys().isdisjoint(_IDS) for row in given_rows)
    fields = _IDS if has_ids else ("name",)
    for given in given_rows:
        found = (given.get(name) for name in fields) if isinstance(given, Mapping) else ()
        name = next((without_surrogates(str(value)) for value in found if _is_id(value)), "")
        if name and name not in known:
            known.add(name)
            yield {**given, "id": name}


def _is_id(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)
