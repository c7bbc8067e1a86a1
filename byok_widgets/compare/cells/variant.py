"""`Variant`: one column of a comparison: a model on a node, or an assignment of models to the nodes of a flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from byok_widgets.compare.cells.frozen import FrozenFlow
from byok_widgets.compare.cells.identity import (
    RECORDED,
    addresses,
    flow_definition,
    model_of,
    node_definition,
    shared_definition,
)
from byok_widgets.display.cards import Card, Cards
from byok_widgets.errors import ConfigError
from byok_widgets.graph import AnyNode
from byok_widgets.hashing import hashed
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.nodes.unknown_model import tell_if_unknown
from byok_widgets.providers import PROVIDERS, model_settings
from byok_widgets.secrets import redact

MOST_REPEATS = 1000
"""More could only be a slip: each says less than the one before, and all are counted before the first call."""
REPEAT_TEMPERATURE = 0.7
"""Temperature of repeats where neither the node nor the call states one: at 0 they could not differ."""


@dataclass(frozen=True, repr=False)
class Variant(Card):
    """One column.

    Attributes:
        name: Its name in tables.
        id: What identifies what it does: node, prompt, settings, address and models.
        models: Model refs by node.
    """

    name: str
    id: str
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """Its models in one line."""
        return ", ".join(dict.fromkeys(self.models.values()))

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield its name and its models."""
        yield "variant", redact(self.name, words=False)
        yield "models", redact(", ".join(f"{node}: {ref}" for node, ref in self.models.items()), words=False)


class Variants(Cards[Variant]):
    """The columns of a comparison."""

    __slots__ = ()
    nothing = "There are no variants."


@dataclass(frozen=True)
class Sampling:
    """How repeats are sampled.

    Attributes:
        repeat: How many times each case is run.
        temperature: The temperature that is set; `None` leaves it as it is.
        run: Of a test, what tells its cells from those of other runs; its repeats leave all settings as they are.
        own: Nodes that keep the temperature that they state.
    """

    repeat: int = 1
    temperature: float | None = None
    run: str = ""
    own: frozenset[str] = frozenset()

    @property
    def data(self) -> list[Any]:
        """What identifies it."""
        return [self.run] if self.run else [self.repeat > 1, self.temperature]

    def settings(self, number: int, ref: str, node: str) -> dict[str, Any]:
        """Return the settings of a node in a repeat, as far as its model has them; none in the only one."""
        if self.run or (self.repeat == 1 and self.temperature is None):
            return {}
        provider, _, model = ref.partition(":")
        taken = PROVIDERS[provider].supports(model)
        temperature = None if node in self.own else self.temperature
        wanted = {"temperature": temperature, "seed": number if self.repeat > 1 else None}
        has = PROVIDERS[provider].settings
        return {
            name: value
            for name, value in wanted.items()
            if value is not None and name in has and taken.get(name, ()) is not None
        }


def sampling_of(nodes: Iterable[AnyNode], repeat: int, temperature: float | None) -> Sampling:
    """Return how repeats of nodes are sampled.

    Raises:
        ConfigError: `repeat` is below 1 or above `MOST_REPEATS`, repeats could not differ, or there is no such
            temperature.
    """
    if isinstance(repeat, bool) or not isinstance(repeat, int) or not 1 <= repeat <= MOST_REPEATS:
        raise ConfigError(
            f"repeat is a whole number from 1 to {MOST_REPEATS}.", kind="repeat", fix="Write repeat=3."
        )
    if temperature is not None:
        temperature = _temperature(temperature)
    called = [node for node in nodes if isinstance(node, ModelNode)]
    deciding = [node for node in called if not node.is_static] or called
    stated = {node.name for node in called if node.settings.get("temperature") is not None}
    at_zero = bool(deciding) and all(node.settings.get("temperature") == 0 for node in deciding)
    if repeat > 1 and (at_zero if temperature is None else temperature == 0):
        raise ConfigError(
            "At temperature 0 repeats give the same answer again: they would prove nothing.",
            kind="repeat",
            fix=f"Leave repeat out, or write temperature={REPEAT_TEMPERATURE}.",
        )
    if repeat > 1 and temperature is None and len(stated) < len(called):
        return Sampling(repeat, REPEAT_TEMPERATURE, own=frozenset(stated))
    return Sampling(repeat, temperature)


def _temperature(given: float) -> float:
    """Return a temperature that a model may have.

    Raises:
        ConfigError: It is none.
    """
    try:
        return model_settings.checked("temperature", given)  # type: ignore[no-any-return]
    except ValueError as fault:
        problem = str(fault)
    raise ConfigError(problem, kind="temperature", fix=f"Write temperature={REPEAT_TEMPERATURE}.")


def node_variant(node: ModelNode[Any], flow: FrozenFlow, model: str, sampling: Sampling) -> Variant:
    """Return a model on a node as a variant.

    Raises:
        ConfigError: It is no model.
    """
    ref = str(flow.context.config.ref(model))
    tell_if_unknown(flow.context.config, model)
    own = [node_definition(node), shared_definition(flow.context)]
    return Variant(ref, _id(own, {node.name: ref}, flow, sampling), {node.name: ref})


def flow_variant(
    name: str,
    flow: FrozenFlow,
    assigned: Mapping[str, str],
    sampling: Sampling,
    *,
    stubs: Mapping[str, Mapping[str, Any]],
) -> Variant:
    """Return an assignment as a variant; nodes that it does not name keep their models.

    Raises:
        ConfigError: It names a node that is not there or calls no model, or what is no model.
    """
    for node in assigned:
        if not isinstance(flow.graph.node(node), ModelNode):
            raise ConfigError(
                f"Variant {name!r} gives node {node!r} a model, which calls none.",
                kind="variant",
                fix="Leave it out.",
            )
    given = {node: str(flow.context.config.ref(model)) for node, model in assigned.items()}
    for model in assigned.values():
        tell_if_unknown(flow.context.config, model)
    now = {node.name: given.get(node.name) or model_of(node) for node in flow.graph.nodes.values()}
    models = {node: ref for node, ref in now.items() if ref is not None}
    stubbed = {node: dict(stub) for node, stub in stubs.items()}
    own = [flow_definition(flow.graph, flow.context, opens=flow.speaks_first), stubbed, RECORDED]
    return Variant(name, _id(own, models, flow, sampling), models)


def _id(definition: Any, models: Mapping[str, str], flow: FrozenFlow, sampling: Sampling) -> str:
    return hashed([definition, dict(models), addresses(models.values(), flow.context), sampling.data])
