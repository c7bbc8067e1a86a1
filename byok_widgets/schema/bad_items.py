"""Which items of a list are at fault where a rule of the list is violated, such as a validator of all items."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from byok_widgets.schema.json_schemas.equal_values import key_of

_MOST_ITEMS = 50
"""A longer list is refused as a whole: each of its items would be tried alone, by code of a person's."""


def bad_items(values: Sequence[Any], problem_of: Callable[[Collection[int]], str]) -> Mapping[int, str]:
    """Return the items that the list would not take alone nor beside the good ones, each with its problem.

    Where each is good alone, those that repeat another one are at fault if the list takes the rest.

    Args:
        values: The items.
        problem_of: Says what is wrong with the list of these of its items alone; "" if nothing is.

    Returns:
        Nothing where no single item is at fault, as where there are too many of them, or where the rest does not
        fit either.
    """
    if not 1 < len(values) <= _MOST_ITEMS:
        return {}
    alone = {at: problem_of([at]) for at in range(len(values))}
    good = [at for at, problem in alone.items() if not problem]
    bad = {at: problem for at, problem in alone.items() if problem and problem_of(sorted([*good, at]))}
    if len(good) == len(values):
        keys = [key_of(value) for value in values]
        bad = {at: "it is in the list already" for at, key in enumerate(keys) if key in keys[:at]}
    rest = [at for at in alone if at not in bad]
    return bad if bad and rest and not problem_of(rest) else {}
