"""What calls may cost: an estimate from this flow's own token counts, and the worst case of one cell."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from byok_widgets.display import markup
from byok_widgets.errors import ConfigError
from byok_widgets.messages import Message
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.providers import PROVIDERS, catalog
from byok_widgets.providers.exchange import Answer
from byok_widgets.usage import Usage

if TYPE_CHECKING:
    from byok_widgets.nodes.calls.admission import PendingCall

ATTEMPTS = 3
"""Requests of one answer that may all be charged, retries included."""
REPAIR_BYTES = 2000
_BYTES_PER_TOKEN = 2
"""Fewer than any text in ASCII has that people write: what is reserved is then enough."""
_TYPICAL_BYTES_PER_TOKEN = 4
CALLS_PER_TURN = 2
TYPICAL_WRITTEN = 100
"""Calls of a turn of a flow, and tokens of an answer, that are estimated before any were counted."""
_MESSAGE_BYTES = 20
"""What surrounds a message."""
_FRAME_BYTES = 1500
"""What surrounds a prompt: instructions, roles, the names of the schema's parts."""


@dataclass(frozen=True, repr=False)
class CostEstimate:
    """What a comparison will take, before its first call.

    Attributes:
        calls: Calls that are still to be made, those of the judge and of simulated callers included.
        finished: Cells that are there already and cost nothing more.
        usd: Expected cost; `None` if not a single model of it has a price.
        worst_usd: Highest possible cost; `None` if it has no bound, as where a model or the judge is asked what
            nobody knows yet, or has no price.
        reserved_usd: Highest possible cost of the missing cells with models that have a price, without the judge,
            each call of which is reserved by itself; `None` if it has no bound.
        unpriced: Variants and models without a price: then `usd` is a lower bound.
        from_cells: Whether the tokens were counted in this flow's earlier cells, not estimated from the texts.
        cells: Cells that are still to be run.
        is_rough: Whether the number of calls is not known beforehand: a conversation has any number of them.
    """

    calls: int
    finished: int
    usd: Decimal | None
    worst_usd: Decimal | None
    reserved_usd: Decimal | None = None
    unpriced: tuple[str, ...] = ()
    from_cells: bool = False
    cells: int = 0
    is_rough: bool = False

    def __str__(self) -> str:
        rough = "about " if self.is_rough and self.calls else ""
        parts = [f"{rough}{self.calls} call{'s' if self.calls != 1 else ''}"]
        parts += [f"{self.finished} cells are there already"] if self.finished else []
        if self.usd is not None and self.calls:
            least = "at least " if self.unpriced else "about "
            parts.append("free" if not self.usd and not self.unpriced else f"{least}${self.usd:.4f}")
        if self.worst_usd:
            parts.append(f"at most ${self.worst_usd:.4f}")
        parts += [f"not priced: {', '.join(self.unpriced)}"] if self.unpriced else []
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"CostEstimate({self})"

    def _repr_html_(self) -> str:
        return markup.text(str(self))


class ExpectedCalls(NamedTuple):
    """Calls that will probably be made besides those of the variants.

    Attributes:
        refs: The models, one of which each of them calls.
        calls: How many they are.
        read: Tokens that each reads.
        written: Tokens that each writes.
    """

    refs: tuple[str, ...]
    calls: int
    read: int
    written: int = TYPICAL_WRITTEN


class Prices:
    """The prices of the calls of a flow that does not change."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        self._own: dict[Node[Any], int] = {}
        self._known: dict[tuple[str, int, int], Decimal | None] = {}

    def usd(self, ref: str, read: int, written: int) -> Decimal | None:
        """Return what a call costs that reads and writes so many tokens; `None` without a price."""
        call = (ref, read, written)
        if call not in self._known:
            self._known[call] = self._usd(*call)
        return self._known[call]

    def _usd(self, ref: str, read: int, written: int) -> Decimal | None:
        if self._context.sends_nothing:
            return Decimal(0)
        name, _, model = ref.partition(":")
        provider = PROVIDERS[name]
        address = self._context.config.base_url(name)
        is_own = address in (None, "", provider.default_url)
        answer = Answer("", "stop", usage=Usage(read, written))
        return catalog.cost_of(name if is_own else "", model, answer, free=provider.free_of_charge).usd

    def mean_usd(self, refs: Collection[str], read: int, written: int) -> Decimal | None:
        """Return what a call of one of some models costs on average; `None` if one of them has no price."""
        known = [usd for ref in refs if (usd := self.usd(ref, read, written)) is not None]
        return sum(known, Decimal(0)) / max(1, len(known)) if len(known) == len(refs) else None

    def is_priced(self, ref: str) -> bool:
        """Whether a model has a price."""
        return self.usd(ref, 1000, 1000) is not None

    def is_free(self, ref: str) -> bool:
        """Whether a model costs nothing: as one on this machine, or in a replay."""
        return self._context.sends_nothing or PROVIDERS[ref.partition(":")[0]].free_of_charge

    def most_written(self, node: ModelNode[Any], ref: str) -> int | None:
        """Return how many tokens an answer has at most; `None` where nothing limits it."""
        return node.max_tokens or PROVIDERS[ref.partition(":")[0]].max_tokens

    def worst(self, node: ModelNode[Any], ref: str, request_bytes: int, *, attempts: int = ATTEMPTS) -> Decimal:
        """Return the most that a call of a node may cost, its retries and a repair included.

        Args:
            node: The node.
            ref: The model.
            request_bytes: A bound of what the request has, from `bytes_of`.
            attempts: Requests of one answer that may all be charged.

        Raises:
            ConfigError: The model has no price, or nothing limits how much it writes.
        """
        if self.is_free(ref):
            return Decimal(0)
        written = self.most_written(node, ref)
        if written is None:
            raise _unbounded(ref, node.name)
        read = request_bytes // _BYTES_PER_TOKEN
        usd = self.usd(ref, read, written)
        if usd is None:
            raise not_priced([ref])
        # A repair reads the answer once more, and its faults: of bytes, which are never fewer than tokens.
        again = self.usd(ref, read + written + REPAIR_BYTES, written) or usd
        return attempts * (usd + (node.most_calls - 1) * again)

    def worst_of_call(self, call: PendingCall) -> Decimal:
        """Return the most that one call may cost, its retries included; 0 for a model without a price.

        Raises:
            ConfigError: Nothing limits how much it writes.
        """
        ref = str(call.resolved.ref)
        if self.is_free(ref):
            return Decimal(0)
        written = call.max_tokens or call.provider.max_tokens
        shape = json.dumps(call.output.schema) if call.output else ""
        texts = [call.system, shape, *(message.content for message in call.messages)]
        said = sum(_bytes_in(text) + _MESSAGE_BYTES for text in texts)
        read = (said + _FRAME_BYTES) // _BYTES_PER_TOKEN
        if self.usd(ref, read, 0) is None:
            return Decimal(0)  # only the number of calls limits it
        if written is None:
            raise _unbounded(ref, call.node)
        return ATTEMPTS * (self.usd(ref, read, written) or Decimal(0))

    def has_bound(self, node: ModelNode[Any], ref: str) -> bool:
        """Whether the worst case of a node's call is known."""
        return self.is_free(ref) or (self.is_priced(ref) and self.most_written(node, ref) is not None)

    def require_bound(self, nodes: Iterable[ModelNode[Any]], refs: Mapping[str, str]) -> None:
        """Make sure that the calls of nodes with models that have a price have a bound.

        Raises:
            ConfigError: Nothing limits how much a model writes.
        """
        for node in nodes:
            ref = refs[node.name]
            if self.is_priced(ref) and not self.has_bound(node, ref):
                raise _unbounded(ref, node.name)

    def bytes_of(self, node: Node[Any], messages: Iterable[Message], known: Mapping[str, Any]) -> int:
        """Return a bound of the bytes that a request of a node has; its schema may stand in it twice."""
        said = sum(_bytes_in(message.content) + _MESSAGE_BYTES for message in messages)
        values = json.dumps(dict(known), ensure_ascii=False, default=str)
        fixed = 2 * self._own_bytes(node) + _bytes_in(self._context.global_prompt) + _bytes_in(values)
        return fixed + said + _FRAME_BYTES

    def _own_bytes(self, node: Node[Any]) -> int:
        """Return the size of a node's own texts in bytes; the nodes of a comparison do not change."""
        if node not in self._own:
            self._own[node] = _bytes_in(json.dumps(node.to_data({}), ensure_ascii=False, default=str))
        return self._own[node]


def typical_tokens(request_bytes: int) -> int:
    """Return about how many tokens a request has, from what `bytes_of` returns."""
    return request_bytes // (2 * _TYPICAL_BYTES_PER_TOKEN)


def _bytes_in(text: str) -> int:
    """Return the size of a text; bytes beyond ASCII count twice: in rare scripts each of them is a token."""
    whole = len(text.encode("utf-8", "replace"))
    return whole if text.isascii() else 2 * whole - len(text.encode("ascii", "ignore"))


def _unbounded(ref: str, node: str) -> ConfigError:
    return ConfigError(
        f"The worst case of {ref} has no bound: nothing limits how much node {node!r} writes.",
        kind="budget",
        fix=f"Write flow.node({node!r}).max_tokens = 500, or max_calls= in place of budget=.",
    )


def not_priced(refs: Iterable[str]) -> ConfigError:
    """Return the error for a budget on models without a price."""
    return ConfigError(
        f"A budget needs prices, and there is none for {', '.join(refs)}.",
        kind="not_priced",
        fix="Say how many calls may be made instead: max_calls=100.",
    )
