"""Batches, in terms that are the same for all providers: many requests at once, answered within a day."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from byok_widgets.providers.exchange import Endpoint


class BatchItem(NamedTuple):
    """One request of a batch.

    Attributes:
        id: What identifies it in the results, which come in any order.
        body: The request, as it would be sent alone, but not streamed.
    """

    id: str
    body: Mapping[str, Any]


class BatchResult(NamedTuple):
    """The outcome of one request: the answer or the error, as if the request had been sent by itself.

    Attributes:
        id: What identifies the request.
        body: The answer; `None` if the batch ended before the request was run, which is then not charged.
    """

    id: str
    body: Mapping[str, Any] | None


class BatchState(NamedTuple):
    """How far a batch is.

    Attributes:
        is_ended: Whether its results are there.
        files: Where they are.
        problem: Why the requests without a result have none; empty if that is not known.
        said: What the provider said about that.
        charges_results_only: Whether a request without a result was not run, and so is not charged.
    """

    is_ended: bool
    files: tuple[str, ...] = ()
    problem: str = ""
    said: str = ""
    charges_results_only: bool = False


class BatchForm(ABC):
    """How batches are submitted, looked after and read.

    Attributes:
        max_items: Most requests of one batch.
        max_bytes: Most bytes of one batch.
        one_model: Whether all requests of a batch have to go to one model.
    """

    max_items: ClassVar[int]
    max_bytes: ClassVar[int]
    one_model: ClassVar[bool] = False

    @abstractmethod
    def line(self, item: BatchItem) -> bytes:
        """Return a request as a batch holds it."""

    @abstractmethod
    async def submit(self, lines: Sequence[bytes], endpoint: Endpoint) -> str:
        """Submit a batch, and return its id.

        Raises:
            ProviderError: It was refused; or it is not known whether it arrived, and then it may be charged.
        """

    @abstractmethod
    async def state(self, batch: str, endpoint: Endpoint) -> BatchState:
        """Ask how far a batch is.

        Raises:
            ProviderError: Any error, in plain words.
        """

    @abstractmethod
    async def results(self, state: BatchState, endpoint: Endpoint) -> list[BatchResult]:
        """Return all results of a batch that has ended.

        Raises:
            ProviderError: Any error, in plain words; also if they came incomplete.
        """

    @abstractmethod
    async def cancel(self, batch: str, endpoint: Endpoint) -> None:
        """Ask for the end of a batch: what was done until then is charged.

        Raises:
            ProviderError: Any error, in plain words.
        """

    def split(self, items: Iterable[BatchItem]) -> Iterator[tuple[list[str], list[bytes]]]:
        """Yield the ids and the lines of each batch, within the bounds of count and bytes."""
        ids, lines, size, model = list[str](), list[bytes](), 0, None
        for item in sorted(items, key=lambda each: str(each.body.get("model"))) if self.one_model else items:
            line = self.line(item)
            is_full = len(lines) >= self.max_items or size + len(line) + 1 > self.max_bytes
            if lines and (is_full or (self.one_model and item.body.get("model") != model)):
                yield ids, lines
                ids, lines, size = [], [], 0
            ids.append(item.id)
            lines.append(line)
            size, model = size + len(line) + 1, item.body.get("model")
        if lines:
            yield ids, lines
