"""Joins what shards have finished into one store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from byok_widgets.compare.cells.shard import shards_of
from byok_widgets.compare.storage.opening import store_at
from byok_widgets.compare.storage.past import PastComparisons, past_comparisons
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.nodes.flow_context import FlowContext


def merged(context: FlowContext, files: Sequence[str | Path], store: str | Path | None) -> PastComparisons:
    """Take the cells of files into a store; without files, those of the shards that stand beside it.

    Raises:
        ConfigError: There is no such file, or it holds no cells.
    """
    reject_any_key([str(file) for file in files])
    target = store_at(context, store)
    given = [Path(file) for file in files] or ([] if target.path is None else shards_of(target.path))
    if not given:
        raise ConfigError(
            "There are no files of shards beside the store.",
            kind="shard",
            fix='Name them: flow.merge_comparisons("cells.1-of-2.sqlite", "cells.2-of-2.sqlite").',
        )
    for file in given:
        target.merge(file)
    return past_comparisons(target)
