"""Settings in a flow file: those that would change where calls go take effect only after the user agrees.

Whoever sends a file may call its flow like one of yours. So the provider, the model, an address, a lower limit or
a local file that differs from what holds here waits, until the person takes it in the panel or loads it with
`trust=True`.
"""

from __future__ import annotations

from collections.abc import Iterator
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

    def differences(self, context: FlowContext) -> list[str]:
        """Return what would lead elsewhere than now, in words; nothing where the flow is new here."""
        config = context.config
        found = list(self._from_chosen(config)) if _is_known(context) else []
        return [*found, *lower_limits(config.turn_limits, self.limits), *self._local_files(config)]

    def _from_chosen(self, config: FlowConfig) -> Iterator[str]:
        now = config.current
        if "provider" in now.document and now.provider != self.provider:
            yield f"provider: {PROVIDERS[self.provider].label} instead of {PROVIDERS[now.provider].label}"
        chosen = now.models.get(self.provider)
        if chosen and f"{self.provider}:{chosen}" != self.model:
            yield f"model: {self.model or 'none'} instead of {self.provider}:{chosen}"
        for name in PROVIDERS:
            if now.base_urls.get(name) != self.urls.get(name):
                after, before = _address(self.urls.get(name)), _address(now.base_urls.get(name))
                yield f"address of {PROVIDERS[name].label}: {after} instead of {before}{_key_there(config, name)}"
        if now.judge_model and now.judge_model != self.judge_model:
            yield f"judge: {self.judge_model or 'the model of each node'} instead of {now.judge_model}"
        for node, model in self.overrides.items():
            before = now.overrides.get(node, "")
            if before and before != model:
                yield f"model of {node}: {model or 'the default'} instead of {before}"
        for node in self.tuned:
            yield f"settings of {node}: those of the file instead of yours"

    def _local_files(self, config: FlowConfig) -> Iterator[str]:
        """Yield the local model files that it picks and that were not chosen here. Looks at none of them."""
        now = config.current
        known = {*now.overrides.values(), now.judge_model, f"{START_PROVIDER}:{now.model_of(START_PROVIDER)}"}
        for text in dict.fromkeys([self.model, self.judge_model, *self.overrides.values()]):
            if text and text not in known and _is_local_file(text):
                yield f"local model file: {text.partition(':')[2]}"


def _is_known(context: FlowContext) -> bool:
    document = context.config.current.document
    return any(document.get(section) for section in _CHOSEN) or bool(context.key_store.held())


def _is_local_file(text: str) -> bool:
    ref = ModelRef.parse(text, default_provider=START_PROVIDER, providers=PROVIDERS)
    return PROVIDERS[ref.provider].runs_file(ref.model)


def _address(url: str | None) -> str:
    return shown_address(url) if url else "its own"


def _key_there(config: FlowConfig, provider: str) -> str:
    scopes = (KeyScope.named(config.name, name) for name in config.key_references)
    has_key = any(scope.provider == provider for scope in scopes)
    return " (your saved key is not used there)" if has_key else ""
