"""Models on one node: all get byte-equal requests, but for the model and what its provider makes necessary."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells import failures
from byok_widgets.compare.cells.frozen import FrozenFlow
from byok_widgets.compare.cells.identity import judge_refs, node_definition
from byok_widgets.compare.cells.left_out import left_out_of
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.variant import Sampling, Variant
from byok_widgets.compare.spending.prices import (
    ATTEMPTS,
    CALLS_PER_TURN,
    TYPICAL_WRITTEN,
    ExpectedCalls,
    Prices,
    typical_tokens,
)
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks.batching import has_batches
from byok_widgets.compare.tasks.task import request_of, service
from byok_widgets.compare.tasks.upstream import Given, record, recorded
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ConfigError
from byok_widgets.hashing import hashed
from byok_widgets.nodes.base import NodeInput
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode, model_nodes
from byok_widgets.reply import Reply
from byok_widgets.sent_request import SentRequest
from byok_widgets.templates import with_unstated

MANY = 1000
"""Cells of a variant at once where the provider decides: the governor paces them."""


class NodeTask:
    """Models on one node."""

    reserves_by_call = False
    same_input = True
    unstated: tuple[str, ...] = ()
    writes: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def __init__(
        self,
        node: ModelNode[Any],
        flow: FrozenFlow,
        *,
        variants: Sequence[Variant],
        sampling: Sampling,
        store: CellStore,
        batch: bool = False,
        unjudged: Iterable[str] = (),
    ) -> None:
        self.title = f"Node {node.name!r} of flow {flow.context.config.name!r}"
        self.node_name = node.name
        self.variants = tuple(variants)
        self.unjudged = tuple(unjudged)
        self.sampling = sampling
        self._node, self._flow, self._store = node, flow, store
        self.prices = Prices(flow.context)
        self._batch = batch
        self._given: dict[str, Given] = {}
        self._bytes: dict[str, int] = {}
        self._refs = {variant.id: flow.context.config.ref(variant.models[node.name]) for variant in variants}
        self._asked: dict[tuple[str, int], tuple[SentRequest, dict[str, Any]]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title})"

    async def ready(self, case: Case) -> str:
        """Get what the node is given in a case, and return its id."""
        if case.name not in self._given:
            self._given[case.name] = await self._recorded(case)
        return self._given[case.name].id

    async def _recorded(self, case: Case) -> Given:
        return self._direct(case) or await record(case, self._node.name, self._flow, self._store)

    def _direct(self, case: Case) -> Given | None:
        if case.name not in self._given and case.dialogue:
            self._given[case.name] = Given(case.dialogue, dict(case.variables))
        return self._given[case.name] if case.dialogue else None

    def own_id(self, case: Case) -> str | None:
        """Return the id of a case with a dialogue; `None` for one that must be played."""
        given = self._direct(case)
        return given.id if given else None

    def known_id(self, case: Case) -> str | None:
        """Return the id of a case whose input is known without a call; `None` for one that must be played."""
        given = self._known_given(case)
        return given.id if given else None

    def _known_given(self, case: Case) -> Given | None:
        given = self._given.get(case.name) or self._direct(case)
        return given or recorded(case, self._node.name, self._flow, self._store)

    @property
    def context(self) -> FlowContext:
        """What the nodes of its flow share."""
        return self._flow.context

    @property
    def parts(self) -> dict[str, str]:
        """A hash of the node."""
        return {f"node {self.node_name}": hashed(node_definition(self._node))}

    def given(self, case: Case) -> Given:
        """Return what the node is given in a case that is ready."""
        return self._given[case.name]

    def take(self, case: Case, given: Given) -> None:
        """Take over what the node is given in a case."""
        self._given[case.name] = given

    async def run(self, variant: Variant, case: Case, repeat: int, on_progress: OnProgress) -> ResultCell:
        """Run a cell; what fails is in the cell."""
        given = self._given[case.name]
        ref = variant.models[self._node.name]
        start: dict[str, Any] = {
            "variant": variant.id,
            "case": given.id,
            "repeat": repeat,
            "model": ref,
            "started_at": time.time(),
        }
        try:
            work = self._node.prepare(
                NodeInput(
                    given.messages,
                    self._known(given),
                    self._refs[variant.id],
                    first_visit=False,  # on the first one, a static node calls no model
                    settings=self.sampling.settings(repeat, ref, self._node.name),
                )
            )
            result = await work(ignore, on_progress)
        except Exception as error:  # noqa: BLE001 - whatever a person's code raises is reported in the cell
            fault = failures.of_error(error)
            nothing_read = {"values": dict.fromkeys(self._node.writes)}
            return ResultCell(**{**start, **fault, "output": fault.get("output", {}) | nothing_read})
        reply = result.model_reply
        took = service([reply] if reply else [])
        asked = self._asked_once(reply.request, given, repeat) if reply and reply.request else {}
        return ResultCell(**start, **took, **failures.of_reply(reply), output=_output(result), request=asked)

    def _asked_once(self, sent: SentRequest, given: Given, repeat: int) -> dict[str, Any]:
        """Return what was asked, made once for all variants that ask the same: it may be long, and hold keys."""
        known = self._asked.get((given.id, repeat))
        if known and sent.asks_like(known[0]):
            return known[1]
        asked = request_of(sent)
        self._asked.setdefault((given.id, repeat), (sent, asked))
        return asked

    def _known(self, given: Given) -> Mapping[str, Any]:
        return with_unstated(self._node.prompt, given.variables)

    def worst(self, variant: Variant, case: Case) -> Decimal:
        """Return the most that a cell may cost."""
        ref = variant.models[self._node.name]
        if not self.prices.is_priced(ref):
            return Decimal(0)  # only the number of calls limits it
        read = self._request_bytes(self._given[case.name])
        return self.prices.worst(self._node, ref, read, attempts=self._attempts(ref))

    def bounds(self, case: Case) -> Mapping[str, Decimal] | None:
        """Return the most that a cell of each variant with a price may cost; `None` where nobody knows yet."""
        given = self._known_given(case)
        if given is None:
            return None
        read = self._request_bytes(given)
        refs = {variant.id: variant.models[self._node.name] for variant in self.variants}
        priced = {own: ref for own, ref in refs.items() if self.prices.is_priced(ref)}
        if any(not self.prices.has_bound(self._node, ref) for ref in priced.values()):
            return None
        worst = self.prices.worst
        return {own: worst(self._node, ref, read, attempts=self._attempts(ref)) for own, ref in priced.items()}

    def _attempts(self, ref: str) -> int:
        """Return how many requests of one answer may be charged: a request in a batch is not sent again."""
        return 1 if self._batch and has_batches(ref) else ATTEMPTS

    def _request_bytes(self, given: Given) -> int:
        if given.id not in self._bytes:  # each variant asks
            self._bytes[given.id] = self.prices.bytes_of(self._node, given.messages, given.variables)
        return self._bytes[given.id]

    def beside(self, cases: Iterable[Case]) -> list[str]:
        """Return the models that are called while scripts are played up to the node."""
        before = self._before(cases)
        return [*before.values(), *(judge_refs(self._flow.graph, self._flow.context) if before else [])]

    def _before(self, cases: Iterable[Case]) -> dict[str, str]:
        """Return the models of the nodes that are played before this one, by the node's name."""
        if all(self.known_id(case) is not None for case in cases):
            return {}
        return self._others

    @cached_property
    def _others(self) -> dict[str, str]:
        """The models of the other nodes, by the node's name."""
        others = model_nodes(self._flow.graph.nodes).values()
        return {node.name: str(node.resolve().ref) for node in others if node.name != self.node_name}

    def require_bound(self, cases: Iterable[Case]) -> None:
        """Make sure that the worst case of every call that has a price is known.

        Raises:
            ConfigError: Nothing limits how much a model writes.
        """
        for variant in self.variants:
            self.prices.require_bound([self._node], variant.models)
        before, nodes = self._before(cases), model_nodes(self._flow.graph.nodes)
        self.prices.require_bound([nodes[name] for name in before], before)

    def expected(self, variant: Variant, case: Case, tokens: tuple[float, float] | None) -> Decimal | None:
        """Return what a cell will probably cost; without earlier cells, what it writes is taken to be short."""
        ref = variant.models[self._node.name]
        if tokens is None:
            read = self._request_bytes(self._direct(case) or Given((), dict(case.variables)))
            tokens = (typical_tokens(read), TYPICAL_WRITTEN)
        return self.prices.usd(ref, round(tokens[0]), round(tokens[1]))

    def expected_calls(self, case: Case) -> int:
        """Return 1: a repair is an exception."""
        del case
        return 1

    def expected_before(self, case: Case) -> ExpectedCalls | None:
        """Return what plays a script up to the node."""
        if case.simulated or not self._others:
            return None
        nodes = model_nodes(self._flow.graph.nodes)
        read = [typical_tokens(self.prices.bytes_of(nodes[name], (), case.variables)) for name in self._others]
        calls = CALLS_PER_TURN * case.most_turns
        return ExpectedCalls(tuple(self._others.values()), calls, sum(read) // len(read))

    def expected_beside(self, case: Case) -> None:
        """Return `None`: a cell calls nothing else."""

    def parallel(self, variant: Variant) -> int:
        """Return how many cells of a variant may be sent at once: this machine runs one at a time."""
        return 1 if self.prices.is_free(variant.models[self._node.name]) else MANY


def _output(result: Any) -> dict[str, Any]:
    from pydantic_core import to_jsonable_python

    reply = result.model_reply
    output: dict[str, Any] = {"text": reply.text if reply else "", "finish_reason": reply and reply.finish_reason}
    for name in () if isinstance(result, Reply) else ("values", "status", "problems"):
        found = getattr(result, name, None)
        if isinstance(found, Mapping):
            output[name] = to_jsonable_python(dict(found), fallback=str)
    if reply and reply.notices:
        output["notices"] = list(reply.notices)
    output |= left_out_of(reply.requests if reply else ())
    if reply and reply.reasoning:
        output["reasoning"] = reply.reasoning
    return output


def compared_node(node: Any) -> ModelNode[Any]:
    """Return a node that can be compared.

    Raises:
        ConfigError: It calls no model.
    """
    if isinstance(node, ModelNode):
        return node
    raise ConfigError(
        f"Node {node.name!r} calls no model: there is nothing to compare.", kind="node", fix="Take another node."
    )
