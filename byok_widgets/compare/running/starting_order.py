"""The order in which cases are started: shuffled once, and stored. Cases that are added come after the others.

Evidence while it runs bets on one case after the other. Adding cases and looking again continues the same bets:
in another order, what was shown before might not have come about.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.units import groups_of
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.hashing import hashed


def shuffled(cases: Sequence[Case], store: CellStore) -> list[Case]:
    """Return cases in the order in which they are started; those of a group stand together: they are one bet."""
    drawn = sorted(cases, key=lambda case: case.name)  # whatever order they were given in
    random.Random(secrets.randbits(64)).shuffle(drawn)  # noqa: S311 - an order, not a secret
    # 60 bits: an integer of SQLite has 63 and a sign
    ids = [int(hashed([case.name, case.input_id])[:15], 16) for case in drawn]
    # shards that were merged have each its first place: the id, which nobody draws again, decides between equals
    places = [*zip(store.places_of(ids), ids, strict=True)]
    groups = groups_of(drawn) or [None] * len(drawn)
    first: dict[object, tuple[int, int]] = {}
    for group, place in zip(groups, places, strict=True):
        first[group] = min(place, first.get(group, place))
    keys = [(place if group is None else first[group], place) for group, place in zip(groups, places, strict=True)]
    return [drawn[number] for number in sorted(range(len(drawn)), key=keys.__getitem__)]
