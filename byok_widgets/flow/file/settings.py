"""Settings in a flow file: those that would change where calls go take effect only after the user agrees.

Whoever sends a file may call its flow like one of yours. So the provider, the model, an address, a lower limit or
a local file that differs from what holds here waits, until the person takes it in the panel or loads it with
`trust=True`. So does a model that costs money and that the flow has not used here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from byok_widgets.config import FlowConfig, ModelRef
from byok_widgets.config.settings import START_PROVIDER
from byok_widgets.config.turn_limits import TurnLimits
from byok_widgets.flow.file.limits import lower_limits
from byok_widgets.graph import AnyNode
from byok_widgets.keys.scope import KeyScope
from byok_widgets.nodes import model_nodes
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.models_in_use import models_in_use
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.look_alikes import shown_address

_CHOSEN = ("provider", "models", "base_urls", "key_references", "overrides", "judge_model", "tuning")


@dataclass(frozen=True)
class OpenFlows:
    """What the other flows of a name have that are open in this kernel, with nodes that code has made.

    Attributes:
        models: The model that was given to each of their nodes, by name; `None` for one that uses the default.
        in_use: All models that they use.
    """

    models: Mapping[str, str | None]
    in_use: frozenset[str]

    @classmethod
    def of(cls, config: FlowConfig, graphs: Iterable[Mapping[str, AnyNode]]) -> OpenFlows:
        """Return what there is in the nodes of some flows."""
        found = list(graphs)
        models = {name: node.model for nodes in found for name, node in model_nodes(nodes).items()}
        return cls(models, frozenset(str(ref) for nodes in found for ref in models_in_use(config, nodes)))

    def __bool__(self) -> bool:
        return bool(self.models)


@dataclass(frozen=True)
class FileSettings:
    """What a file says of provider, models and addresses.

    Attributes:
        provider: The provider.
        model: The default model, with its provider.
        judge_model: The model that judges.
        urls: The addresses of providers that do not use their own.
        overrides: The model of each node.
        limits: The limits of a turn.
        tuned: The nodes of the file that have settings of their own here.
    """

    provider: str
    model: str | None
    judge_model: str | None
    urls: dict[str, str]
    overrides: dict[str, str | None]
    limits: TurnLimits
    tuned: tuple[str, ...] = ()

    def differences(self, context: FlowContext, others: OpenFlows) -> list[str]:
        """Return what would lead elsewhere than now, in words; nothing where the flow is new here.

        Args:
            context: What the flows of this name share.
            others: Those that are open.
        """
        config, now = context.config, context.config.current
        chosen = {f"{provider}:{model}" for provider, model in now.models.items()}
        own = {f"{START_PROVIDER}:{now.model_of(START_PROVIDER)}", now.judge_model, *now.overrides.values()}
        models = dict.fromkeys([self.model, self.judge_model, *self.overrides.values()])
        new = [text for text in models if text and text not in {*others.in_use, *chosen, *own}]
        found = list(self._from_chosen(config, set(new), others)) if others or _is_known(context) else []
        return [*found, *lower_limits(config.turn_limits, self.limits), *_local_files(new)]

    def _from_chosen(self, config: FlowConfig, new: Collection[str], others: OpenFlows) -> Iterator[str]:
        """Yield what differs from what was chosen; of the rest, models that are new here and cost money.

        Where a flow is open, what it was given by default counts as chosen: it would go on elsewhere.
        """
        now = config.current
        paid = {text for text in new if not PROVIDERS[_ref(text).provider].free_of_charge}
        if now.provider != self.provider and (others or "provider" in now.document):
            yield f"provider: {PROVIDERS[self.provider].label} instead of {PROVIDERS[now.provider].label}"
        chosen = now.model_of(self.provider) if others else now.models.get(self.provider)
        before = f"{self.provider}:{chosen}" if chosen else None
        if before != self.model and (before or others or self.model in paid):
            yield f"model: {self.model or 'none'} instead of {before or 'none'}"
        for name in PROVIDERS:
            if now.base_urls.get(name) != self.urls.get(name):
                after, before = _address(self.urls.get(name)), _address(now.base_urls.get(name))
                yield f"address of {PROVIDERS[name].label}: {after} instead of {before}{_key_there(config, name)}"
        if now.judge_model != self.judge_model and (now.judge_model or others or self.judge_model in paid):
            each = "the model of each node"
            yield f"judge: {self.judge_model or each} instead of {now.judge_model or each}"
        known = {**others.models, **now.overrides}
        for node, model in self.overrides.items():
            before = known.get(node)
            if before != model and (before or node in known):
                yield f"model of {node}: {model or 'the default'} instead of {before or 'the default'}"
        for model in sorted(paid):
            nodes = [node for node, its in self.overrides.items() if its == model and node not in known]
            if nodes:
                more = f" and {len(nodes) - 1} more" if len(nodes) > 1 else ""
                yield f"model of {nodes[0]}{more}: {model}, which is not in use here"
        for node in self.tuned:
            yield f"settings of {node}: those of the file instead of yours"


def _is_known(context: FlowContext) -> bool:
    document = context.config.current.document
    return any(document.get(section) for section in _CHOSEN) or bool(context.key_store.held())


def _local_files(new: Iterable[str]) -> Iterator[str]:
    """Yield the local model files among the models that nobody has chosen here. Looks at none of them."""
    for ref in map(_ref, new):
        if PROVIDERS[ref.provider].runs_file(ref.model):
            yield f"local model file: {ref.model}"


def _ref(text: str) -> ModelRef:
    return ModelRef.parse(text, default_provider=START_PROVIDER, providers=PROVIDERS)


def _address(url: str | None) -> str:
    return shown_address(url) if url else "its own"


def _key_there(config: FlowConfig, provider: str) -> str:
    scopes = (KeyScope.named(config.name, name) for name in config.key_references)
    has_key = any(scope.provider == provider for scope in scopes)
    return " (your saved key is not used there)" if has_key else ""
