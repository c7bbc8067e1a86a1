"""Flows that come from elsewhere: their data as that of a flow file, and what was left out.

Each reader recognises its files by their shape; a further one is a class and a line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from byok_widgets.export.base import Loss, losses_as_html
from byok_widgets.export.retell.reader import RetellReader

Json = dict[str, Any]


@dataclass(frozen=True)
class Imported:
    """A flow that was read from another builder's file.

    Attributes:
        data: It as the data of a flow file.
        skipped: What was left out or says something else here.
        functions: The functions of its action nodes, by the node's name.
    """

    data: Json
    skipped: tuple[Loss, ...] = ()
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


class Skipped(tuple[Loss, ...]):
    """What was left out of a flow that was imported; empty if nothing was."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(f"- {loss}" for loss in self) or "Nothing was left out."

    def _repr_html_(self) -> str:
        return losses_as_html(self, caption="What was left out")


class Reader(Protocol):
    """Reads the files of another builder."""

    def recognises(self, data: Any) -> bool:
        """Whether this is one of its files."""

    def read(self, data: Json, name: str) -> tuple[Json, list[Loss], dict[str, Callable[..., Any]]]:
        """Return the data of a flow file, what was left out, and the functions of nodes."""


READERS: tuple[Reader, ...] = (RetellReader(),)


def imported(data: Any, name: str) -> Imported | None:
    """Return a flow of another builder; `None` if this is none that is known.

    Args:
        data: The content of the file.
        name: Name of the flow where the file has none.
    """
    reader = next((reader for reader in READERS if reader.recognises(data)), None)
    if reader is None:
        return None
    flow, skipped, functions = reader.read(data, name)
    return Imported(flow, tuple(dict.fromkeys(skipped)), functions)
