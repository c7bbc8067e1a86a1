"""Rating by hand: a person marks replies from 1 to 5 without knowing which variant wrote them.

Ratings are scores in the store, by whom they are. Equal replies of variants to a case are rated once.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.scoring import Score
from byok_widgets.compare.results.results import Results
from byok_widgets.compare.storage.cell_rows import as_plain
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.errors import ConfigError
from byok_widgets.hashing import hashed
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.secrets.quoting import as_given

LOWEST, HIGHEST = 1, 5
PREFIX = "rating by "
"""What a metric of the store is called that holds the ratings of one person, before the name."""
_NAME_CHARS = 60


@dataclass(frozen=True)
class RatedReply:
    """A reply, without the name of its author.

    Attributes:
        case: What was said.
        output: The result: `text`, `values`, `turns` and more.
        keys: The cells that hold it.
    """

    case: Case
    output: Mapping[str, Any]
    keys: tuple[Key, ...]


class Rating:
    """The replies of a comparison, one after another, for one person to rate.

    Attributes:
        by: Whose ratings these are.
    """

    def __init__(self, results: Results, store: CellStore, by: str) -> None:
        """Take the replies that this person has not rated yet.

        Raises:
            ConfigError: The name is none, or the store cannot be used.
        """
        self.by = _named(by)
        self._store, self._metric = store, f"{PREFIX}{self.by}"
        rated = ratings_of(store, results).get(self.by, {})
        replies = list(_shuffled(results, store))
        self._left = [each for each in replies if not all(key in rated for key in each.keys)]
        self.total = len(replies)
        self._gone: list[tuple[RatedReply, bool]] = []

    @property
    def current(self) -> RatedReply | None:
        """The reply to rate now; `None` when there is none left."""
        return self._left[0] if self._left else None

    @property
    def left(self) -> int:
        """How many replies are left, this one included."""
        return len(self._left)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step that can be undone."""
        return bool(self._gone)

    def rate(self, mark: int) -> None:
        """Rate the reply, from 1 (poor) to 5 (excellent), and go on to the next one.

        Raises:
            ConfigError: It is no such mark, or it could not be stored; then the reply stays.
        """
        if type(mark) is not int or not LOWEST <= mark <= HIGHEST:
            raise ConfigError(
                f"A rating is a number from {LOWEST} to {HIGHEST}, not {as_given(mark)}.",
                kind="rating",
                fix=f"{LOWEST} is poor, {HIGHEST} excellent.",
            )
        if self._left:
            value = (mark - LOWEST) / (HIGHEST - LOWEST)
            scored = Score(value, json.dumps({"at": round(time.time())}))
            self._store.scored((key, self._metric, scored) for key in self._left[0].keys)
            self._gone.append((self._left.pop(0), True))

    def skip(self) -> None:
        """Go on without a rating; the reply comes again when this person rates the next time."""
        if self._left:
            self._gone.append((self._left.pop(0), False))

    def undo(self) -> None:
        """Go back to the reply before, and take back its rating.

        Raises:
            ConfigError: It could not be taken back.
        """
        if self._gone:
            reply, was_rated = self._gone[-1]
            if was_rated:
                self._store.unscored(reply.keys, self._metric)
            self._gone.pop()
            self._left.insert(0, reply)


def ratings_of(store: CellStore, results: Results) -> dict[str, dict[Key, float]]:
    """Return all ratings of cells of a comparison, from 0 to 1, by person and cell."""
    own = {cell.key for cell in results.distinct()}
    found = store.scores_named(PREFIX, [variant.id for variant in results.variants])
    by: dict[str, dict[Key, float]] = {}
    for metric, key, value in found:
        if key in own:
            by.setdefault(metric.removeprefix(PREFIX), {})[key] = value
    return by


def _shuffled(results: Results, store: CellStore) -> Iterator[RatedReply]:
    """Yield the replies case by case, in an order of the variants that is shuffled once and then stays."""
    ids = sorted(variant.id for variant in results.variants)
    seed = store.seed_of(hashed(["rating", ids]), secrets.randbits(31))
    seen: set[tuple[str, int]] = set()
    for repeat in range(1, results.repeat + 1):
        for case in results.cases:
            if (case.input_id, repeat) in seen:
                continue  # equal cases share their cells
            seen.add((case.input_id, repeat))
            cells = [results.cell(variant, case, repeat) for variant in results.variants]
            order = random.Random(f"{seed} {case.input_id} {repeat}")  # noqa: S311 - an order, not a secret
            yield from _distinct(case, order, [cell for cell in cells if cell and cell.status == "done"])


def _distinct(case: Case, order: random.Random, cells: Sequence[ResultCell]) -> Iterator[RatedReply]:
    alike: dict[str, list[ResultCell]] = {}
    for cell in order.sample(cells, len(cells)):
        alike.setdefault(_content(cell), []).append(cell)
    for same in alike.values():
        yield RatedReply(case, same[0].output, tuple(cell.key for cell in same))


def _content(cell: ResultCell) -> str:
    """Return what a person sees of a reply."""
    turns = [[turn["said"], turn["reply"]] for turn in cell.output.get("turns") or ()]
    shown = [cell.output.get("text") or "", dict(cell.output.get("values") or {}), turns]
    return json.dumps(as_plain(shown), sort_keys=True)


def means(ratings: Iterable[Mapping[Key, float]]) -> dict[Key, float]:
    """Return the mean over persons of the rating of each cell."""
    found: dict[Key, list[float]] = {}
    for own in ratings:
        for key, value in own.items():
            found.setdefault(key, []).append(value)
    return {key: sum(values) / len(values) for key, values in found.items()}


def _named(by: str) -> str:
    name = " ".join(by.split()) if isinstance(by, str) else ""
    if not name or len(name) > _NAME_CHARS:
        raise ConfigError(
            "Ratings need the name of who rates.", kind="rating", fix=f"Give one of 1 to {_NAME_CHARS} characters."
        )
    reject_any_key(name)
    return name
