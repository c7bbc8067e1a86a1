"""Checks the fields of a case one by one. A `ValueError` says what is wrong; the caller adds where."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, get_args

from byok_widgets.attributes.strict import nearest
from byok_widgets.nodes.extraction.status import Status
from byok_widgets.secrets.quoting import as_given
from byok_widgets.session.variables import VariableStatus


def require_known(entry: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Reject a name that is not among those of a case or a turn."""
    for name in entry:
        if name not in names:
            hint = "the nearest is 'values'" if name in ("expected", "gold") else hint_at(name, names)
            where = "" if nearest(str(name), names) else f"; {_WHERE_VALUES_GO}"
            raise ValueError(f"there is no field {as_given(name)}; {hint}{where}")


_WHERE_VALUES_GO = "what a variable should be goes into values, in a table into a column such as values.weekday"


def hint_at(name: object, known: Collection[str]) -> str:
    """Return the known name that was probably meant, in words; all of them where none is similar."""
    meant = nearest(str(name), known)
    return f"the nearest is {meant!r}" if meant else f"known names: {', '.join(known) or 'none'}"


def turn_number(turn: Any) -> int:
    """Return the number of a turn; in JSON it is a text."""
    text = str(turn)
    if isinstance(turn, bool) or not (text.isascii() and text.isdigit() and len(text) < 5):
        raise ValueError(f"turns: {as_given(turn)} is not the number of a turn; the caller's first is 1")
    return int(text)


def stubs(entry: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return what actions give in place of their functions, by the names of their nodes."""
    found = mapping(entry, "stubs")
    return {name: mapping(found, name) for name in found}


def statuses(entry: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the statuses that are expected, by variable."""
    found = mapping(entry, "status")
    if not all(isinstance(status, str) for status in found.values()):
        raise ValueError(f"status must be a mapping from names to texts, not {as_given(found)}")
    for status in found.values():
        if status not in _STATUSES:
            raise ValueError(f"there is no status {as_given(status)}; {hint_at(status, _STATUSES)}")
    return found


_STATUSES = tuple(dict.fromkeys([*get_args(Status), *get_args(VariableStatus)]))
"""What a variable of a session may be, and what a field of an extraction may be."""


def limit(entry: Mapping[str, Any], name: str) -> Any:
    """Return a limit, a number of at least 0; `None` without one."""
    given, kinds = entry.get(name), (int,) if name == "max_calls" else (int, float)
    if given is None or (type(given) in kinds and 0 <= given < math.inf):
        return given
    whole = "" if float in kinds else "whole "
    raise ValueError(f"{name} must be a {whole}number of at least 0, not {as_given(given)}")


def text(entry: Mapping[str, Any], name: str) -> str:
    """Return one text; empty without one."""
    given = entry.get(name) or ""
    if not isinstance(given, str):
        several = "; what is said turn by turn is caller=[...]" if name == "text" and _is_list(given) else ""
        raise ValueError(f"{name} must be one text, not {as_given(given)}{several}")  # noqa: TRY004 - the place is added
    return given


def texts(entry: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return texts, of which one may stand alone."""
    given = entry.get(name) or ()
    listed = (given,) if isinstance(given, str) else given
    if not _is_list(listed) or not all(isinstance(text, str) and text for text in listed):
        raise ValueError(f"{name} must be a text or a list of texts, not {as_given(given)}")
    return tuple(listed)


def _is_list(given: Any) -> bool:
    return isinstance(given, (list, tuple))


def mapping(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a mapping from names to values."""
    given = entry.get(name)
    if not given:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise ValueError(f"{name} must be a mapping from names to values, not {as_given(given)}")
    return dict(given)


def weight(given: Any) -> float:
    """Return a weight, a number above 0."""
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < math.inf:
        raise ValueError(f"weight must be a number above 0, not {as_given(given)}")
    return float(given)
