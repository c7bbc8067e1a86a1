"""`Exporter`: writes a flow for another builder. `Export`: its files, and what they cannot express."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from byok_widgets.config import FlowConfig
from byok_widgets.display import markup
from byok_widgets.display.cards import Card, Cards
from byok_widgets.files.saved_file import make_folder, save_file
from byok_widgets.findings import Finding
from byok_widgets.graph import FlowGraph
from byok_widgets.secrets import redact_quotes

LOSS = "not_exported"
"""The kind of the findings that losses become."""


class ExportedFlow(Protocol):
    """What an exporter reads of a flow."""

    @property
    def name(self) -> str:
        """The flow's name."""

    @property
    def config(self) -> FlowConfig:
        """Provider, models, addresses and limits."""

    @property
    def graph(self) -> FlowGraph:
        """The nodes and the edges between them."""

    @property
    def provider(self) -> str:
        """Name of the provider."""

    @property
    def model(self) -> str | None:
        """The default model."""

    @property
    def judge_model(self) -> str | None:
        """The model that judges prompt conditions."""

    @property
    def judge_max_tokens(self) -> int | None:
        """The limit of its answers."""

    @property
    def global_prompt(self) -> str:
        """The prompt that precedes the prompt of every conversation node."""

    @property
    def grounding(self) -> str:
        """What happens to values that the dialogue does not support."""

    @property
    def locale(self) -> str | None:
        """How numbers and dates are written."""

    @property
    def speaks_first(self) -> bool | None:
        """Whether the start node speaks before the person; `None` lets it when it is a static one."""

    @property
    def fallback(self) -> str | None:
        """What a caller hears when a turn fails; `None` for the usual sentence."""

    @property
    def latency(self) -> str:
        """Whether the likeliest reply begins while the judge decides."""


@dataclass(frozen=True, repr=False)
class Loss(Card):
    """One thing that a target cannot express, or expresses differently.

    Attributes:
        feature: A stable name for programs, such as `"model"`, `"filter"` or `"function"`.
        where: The node or edge concerned; empty for the flow as a whole.
        problem: What is lost, in a sentence.
        instead: What takes its place, or what to do, in a sentence.
    """

    feature: str
    where: str
    problem: str
    instead: str = ""

    def __post_init__(self) -> None:
        for name in ("where", "problem", "instead"):
            object.__setattr__(self, name, redact_quotes(getattr(self, name)))

    def __str__(self) -> str:
        return f"{self.where or 'flow'}: {self.problem} {self.instead}".strip()

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield the columns of the table of an export."""
        yield "where", self.where or "flow"
        yield "what is lost", self.problem
        yield "instead", self.instead

    @property
    def finding(self) -> Finding:
        """The loss as `flow.check()` shows it."""
        return Finding(LOSS, "warning", self.where, self.problem, self.instead)


class Losses(Cards[Loss]):
    """Everything that a target cannot express."""

    __slots__ = ()
    nothing = "Nothing is lost."


@dataclass(frozen=True)
class Export:
    """A flow in the format of another builder. Nothing is written until `save` is called.

    Attributes:
        target: Name of the target.
        label: The target for people.
        files: The content of each file, by name.
        losses: What they cannot express, or express differently; empty if nothing is lost.
    """

    target: str
    label: str
    files: Mapping[str, str]
    losses: Losses = field(default_factory=Losses)

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Write the files into a folder, which is created if necessary, and return their paths.

        Raises:
            ConfigError: A file cannot be written; an existing one is left unchanged.
        """
        places = {Path(folder) / name: content for name, content in self.files.items()}
        for place, content in places.items():
            make_folder(place.parent, kind="export")
            save_file(place, content.encode("utf-8", "backslashreplace"), kind="export")
        return tuple(places)

    def __repr__(self) -> str:
        names = " and ".join(self.files)
        head = f"{self.label}: {names}. Write with save(folder)."
        return "\n".join([head, *(f"- {loss}" for loss in self.losses or [Losses.nothing])])

    def _repr_html_(self) -> str:
        head = markup.facts(f"{self.label}: {' and '.join(self.files)}. Write with save(folder).")
        return head + losses_as_html(self.losses, caption=f"What {self.label} cannot express")


def losses_as_html(losses: Sequence[Loss], *, caption: str) -> str:
    """Return losses as a table, or the sentence that there are none."""
    if not losses:
        return markup.text(Losses.nothing)
    rows = [(loss.where or "flow", loss.problem, loss.instead) for loss in losses]
    return markup.table(rows, caption=caption, columns=("where", "what is lost", "instead"))


class Exporter(ABC):
    """Writes flows for one target.

    Attributes:
        name: Its name in `flow.export(...)`.
        label: Its name for people.
    """

    name: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def export(self, flow: ExportedFlow) -> Export:
        """Return the flow in the target's format, with everything that this format cannot express.

        Raises:
            ConfigError: The flow has no nodes.
        """

    def result(self, files: Mapping[str, str], losses: Iterable[Loss]) -> Export:
        """Return the result of `export`; a loss that was noted twice is reported once."""
        return Export(self.name, self.label, files, Losses(dict.fromkeys(losses)))


def file_stem(name: str) -> str:
    """Return a flow's name as the beginning of a file's name, and of a Python module's."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:60]
    return stem if stem[:1].isalpha() else f"flow_{stem}".rstrip("_")
