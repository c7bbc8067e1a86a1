"""Opens the store of a comparison: the flow's own private file, one that was named, or memory."""

from __future__ import annotations

from pathlib import Path

from byok_widgets.compare.cells.shard import WHOLE, Shard
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.config.own_database import own_database
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.nodes.flow_context import FlowContext


def open_store(context: FlowContext, path: str | Path | None, shard: Shard = WHOLE) -> CellStore:
    """Return the store in which a comparison on a flow finds and keeps its cells.

    A recorded or replayed flow has no file for them: cells of another time would be taken for its own, and the
    recording would lack their answers.

    Raises:
        ConfigError: The file cannot be used, or the flow is recorded or replayed and has one.
    """
    if context.tape is not None and (path is not None or shard is not WHOLE):
        raise ConfigError(
            "This flow is recorded or replayed, so its cells are kept apart from all others, in memory.",
            kind="cassette",
            fix="Leave store= and shard= out, or call flow.live() first.",
        )
    return store_at(context, path, shard)


def store_at(context: FlowContext, path: str | Path | None, shard: Shard = WHOLE) -> CellStore:
    """Return the store of a flow's cells: a private file of its own, or the one that was named.

    A flow that saves nothing keeps them in memory. So does one that is recorded or replayed: its cells run again,
    and replayed ones must not be taken for answers of today.

    Raises:
        ConfigError: The file cannot be used.
    """
    if path is not None:
        reject_any_key(str(path))
        return CellStore.at(shard.path(Path(path)))
    keeps_none = context.config.path is None or context.tape is not None
    if keeps_none and shard is not WHOLE:
        raise ConfigError(
            "This flow saves nothing, and a shard needs a file.", kind="shard", fix='Write store="cells.sqlite".'
        )
    return _in_memory(context) if keeps_none else CellStore.at(shard.path(own_file(context)))


def own_file(context: FlowContext) -> Path:
    """Return the private file of a flow's cells, whose folder exists then.

    Raises:
        ConfigError: The folder cannot be used.
    """
    return own_database(context.config.name, "comparisons", kind="store", fix='Give a file: store="cells.sqlite".')


_memory: dict[int, tuple[object, CellStore]] = {}


def _in_memory(context: FlowContext) -> CellStore:
    """Return the store of a flow; its key store is that of the flow, whether its settings are frozen or not."""
    own = context.tape or context.key_store
    return _memory.setdefault(id(own), (own, CellStore(None)))[1]  # held, so that no other object gets its id
