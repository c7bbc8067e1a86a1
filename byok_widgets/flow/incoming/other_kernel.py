"""Tells the user that another kernel has changed the settings of a flow that is open here."""

from __future__ import annotations

from byok_widgets.config import ChangeElsewhere, FlowConfig
from byok_widgets.frontend import frontend
from byok_widgets.providers import PROVIDERS

_WORDS = {
    "provider": "the provider",
    "base_url": "an address",
    "model": "the default model",
    "override": "the model of a node",
    "model_settings": "the settings of a node",
}
_CHOOSE = "Choose in the settings panel, or with flow.take_theirs() or flow.keep_mine()."


def tell(config: FlowConfig) -> None:
    """Say it in the running cell."""
    change = config.elsewhere
    if change is not None:
        frontend().tell(f"{sentence(config, change)} {_CHOOSE}")


def sentence(config: FlowConfig, change: ChangeElsewhere) -> str:
    """Say what was changed, what holds here, and whether the other choice costs money."""
    what = _listed([_WORDS[name] for name in change.changes])
    if not {"provider", "model"} & set(change.changes):
        return f"Another kernel changed {what} of flow {config.name!r}. Here nothing has changed yet."
    theirs = _choice(change.theirs.provider, change.theirs.model)
    cost = "" if PROVIDERS[change.theirs.provider].free_of_charge else ", which costs money"
    mine = _choice(config.provider, config.model)
    return (
        f"Another kernel changed {what} of flow {config.name!r} to {theirs}{cost}. This kernel stays with {mine}."
    )


def _choice(provider: str, model: str | None) -> str:
    return f"{PROVIDERS[provider].label} ({model})" if model else PROVIDERS[provider].label


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
