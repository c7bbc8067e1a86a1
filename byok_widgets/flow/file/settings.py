"""Settings in a flow file: those that would change where calls go take effect only after the user agrees.

Whoever sends a file may call its flow like one of yours. So the provider, the model, an address, a lower limit or
a local file that differs from what holds here waits, until the person takes it in the panel or loads it with
`trust=True`. So does a model that costs money and that the flow has not used here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from byok_widgets.config import FlowConfig, ModelRef
from byok_widgets.config.settings import START_PROVIDER
from byok_widgets.config.turn_limits import TurnLimits
from byok_widgets.flow.file.limits import lower_limits
from byok_widgets.keys.scope import KeyScope
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.look_alikes import shown_address

_CHOSEN = ("provider", "models", "base_urls", "key_references", "overrides", "judge_model", "tuning")


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

    def differences(self, context: FlowContext, in_use: Collection[str]) -> list[str]:
        """Return what would lead elsewhere than now, in words; nothing where the flow is new here.

        Args:
            context: What the flows of this name share.
            in_use: The models that they use.
        """
        config, now = context.config, context.config.current
        chosen = {f"{provider}:{model}" for provider, model in now.models.items()}
        own = {f"{START_PROVIDER}:{now.model_of(START_PROVIDER)}", now.judge_model, *now.overrides.values()}
        models = dict.fromkeys([self.model, self.judge_model, *self.overrides.values()])
        new = [text for text in models if text and text not in {*in_use, *chosen, *own}]
        found = list(self._from_chosen(config, set(new))) if _is_known(context) else []
        return [*found, *lower_limits(config.turn_limits, self.limits), *_local_files(new)]

    def _from_chosen(self, config: FlowConfig, new: Collection[str]) -> Iterator[str]:
        """Yield what differs from what was chosen; of the rest, models that are new here and cost money."""
        now = config.current
        paid = {text for text in new if not PROVIDERS[_ref(text).provider].free_of_charge}
        if "provider" in now.document and now.provider != self.provider:
            yield f"provider: {PROVIDERS[self.provider].label} instead of {PROVIDERS[now.provider].label}"
        chosen = now.models.get(self.provider)
        before = f"{self.provider}:{chosen}" if chosen else None
        if before != self.model and (before or self.model in paid):
            yield f"model: {self.model or 'none'} instead of {before or 'none'}"
        for name in PROVIDERS:
            if now.base_urls.get(name) != self.urls.get(name):
                after, before = _address(self.urls.get(name)), _address(now.base_urls.get(name))
                yield f"address of {PROVIDERS[name].label}: {after} instead of {before}{_key_there(config, name)}"
        if now.judge_model != self.judge_model and (now.judge_model or self.judge_model in paid):
            each = "the model of each node"
            yield f"judge: {self.judge_model or each} instead of {now.judge_model or each}"
        for node, model in self.overrides.items():
            before = now.overrides.get(node)
            if before and before != model:
                yield f"model of {node}: {model or 'the default'} instead of {before}"
        for model in sorted(paid):
            nodes = [node for node, its in self.overrides.items() if its == model and not now.overrides.get(node)]
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
