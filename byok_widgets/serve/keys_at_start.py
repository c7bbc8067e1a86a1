"""What a flow needs before it is served: a model for each node, a key for each provider, and both available."""

from __future__ import annotations

import asyncio
import contextlib

from byok_widgets.config import ModelRef
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.errors import ByokError
from byok_widgets.providers import PROVIDERS, catalog
from byok_widgets.providers.exchange import Answer
from byok_widgets.serve.turns.served_flow import ServedFlow
from byok_widgets.usage import Cost, Usage


async def fetch_models(flow: ServedFlow, spare: str | None, on_progress: OnProgress) -> None:
    """Fetch the models that run on this machine, before anybody calls; `spare` is the one that answers failures.

    Where a recording answers, perhaps none is needed: then one is fetched by the first call that is not in it.

    Raises:
        LocalModelError: One cannot be had.
    """
    tape = flow.context.tape
    if tape is not None and tape.replays:
        return
    refs = [node.resolve().ref for node in flow.graph.nodes.values() if node.calls_model]
    refs += [flow.context.config.ref(name) for name in (flow.context.config.judge_model, spare) if name]
    for ref in dict.fromkeys(refs):
        await PROVIDERS[ref.provider].fetch_model(ref.model, on_progress)


async def warm_up(flow: ServedFlow) -> None:
    """Load what the first call needs, which takes seconds: a caller would hear nothing meanwhile."""
    if flow.context.sends_nothing:
        return
    for ref in dict.fromkeys(node.resolve().ref for node in flow.graph.nodes.values() if node.calls_model):
        with contextlib.suppress(ByokError):  # the call tells what is wrong
            await PROVIDERS[ref.provider].warm_up(ref.model)
        await asyncio.to_thread(price_of, ref)


def price_of(ref: ModelRef) -> Cost:
    """Return what a call of one token costs, or that it is unknown; the first time it reads the price list."""
    answer = Answer("", "stop", usage=Usage(1, 1))
    return catalog.cost_of(ref.provider, ref.model, answer, free=PROVIDERS[ref.provider].free_of_charge)


async def require_keys(flow: ServedFlow, spare: str | None = None) -> None:
    """Reject a flow that could not answer; what is replayed, or runs on this machine, needs no key and no address.

    Args:
        flow: The flow.
        spare: The model that answers failures.

    Raises:
        MissingKeyError: "No API key configured" for a provider that a node, or the spare model, needs.
        ConfigError: No model is chosen for a node, or a provider has no address.
    """
    refs: list[ModelRef] = []
    fault: ByokError | None = None
    for node in flow.graph.nodes.values():
        if node.calls_model:
            try:
                refs.append(node.resolve().ref)
            except ByokError as error:
                fault = error
    if fault is not None:
        raise await flow.context.without_model(fault)
    if flow.context.config.judge_model and any(edge.condition.is_judged for edge in flow.graph.edges):
        refs.append(flow.context.config.ref(flow.context.config.judge_model))
    if spare:
        refs.append(flow.context.config.ref(spare))
    if flow.context.sends_nothing:
        return
    for name in dict.fromkeys(ref.provider for ref in refs):
        if not PROVIDERS[name].free_of_charge:
            await flow.context.endpoint(PROVIDERS[name])
