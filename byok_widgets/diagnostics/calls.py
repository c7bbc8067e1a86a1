"""What would go wrong in the calls of a flow, found without a request: models that end, keys, addresses.

It reads the flow's settings, and which node would call which model; it needs no graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from byok_widgets.attributes.strict import nearest
from byok_widgets.config import ModelRef
from byok_widgets.diagnostics.checked_flow import CheckedFlow, CheckedSettings
from byok_widgets.errors import ByokError, ConfigError, LocalModelError
from byok_widgets.findings import Finding, Fix, Level
from byok_widgets.nodes import model_nodes
from byok_widgets.providers import PROVIDERS, Provider, catalog
from byok_widgets.providers.local import models
from byok_widgets.providers.local.default_model import default_model

JUDGE = ""
"""Stands for the judge of prompt conditions among the names of nodes."""


@dataclass(frozen=True)
class Users:
    """Which nodes would call what, by name; an empty list means the flow as a whole.

    Attributes:
        of_models: By model.
        of_providers: By the provider's name.
    """

    of_models: Mapping[ModelRef, Sequence[str]]
    of_providers: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, flow: CheckedFlow) -> Users:
        """Ask each node, and the judge, which model it would call."""
        models: dict[ModelRef, list[str]] = {}
        undecided: list[str] = []
        for name, node in model_nodes(flow.nodes).items():
            try:
                models.setdefault(node.resolve().ref, []).append(name)
            except ByokError as fault:  # reported elsewhere
                if fault.kind == "no_model":
                    undecided.append(name)
        if flow.judge_model and any(edge.condition.is_judged for edge in flow.graph.edges):
            models.setdefault(flow.config.ref(flow.judge_model), []).append(JUDGE)
        providers: dict[str, list[str]] = {}
        for ref, users in models.items():
            providers.setdefault(ref.provider, []).extend(users)
        if undecided:  # the flow's provider is chosen, even if no model is
            providers.setdefault(flow.provider, []).extend(undecided)
        return cls(models, providers)

    @classmethod
    def of_default(cls, settings: CheckedSettings) -> Users:
        """Use the provider and the default model, if there is no node to ask."""
        model = settings.model
        models: Mapping[ModelRef, Sequence[str]] = {ModelRef(settings.provider, model): []} if model else {}
        return cls(models, {settings.provider: []})


def findings(settings: CheckedSettings, users: Users) -> Iterator[Finding]:
    """Yield what would go wrong with the models, the keys and the addresses that are used; a replay uses none."""
    if settings.context.sends_nothing:
        return
    for ref, names in users.of_models.items():
        yield from _lifecycle(settings, ref, names)
        yield from _mistyped_provider(ref, names)
        if PROVIDERS[ref.provider].free_of_charge:
            yield from _no_local_model(ref, names)
    for provider, names in users.of_providers.items():
        if not PROVIDERS[provider].free_of_charge:
            yield from _account(settings, PROVIDERS[provider], names)


def no_model(settings: CheckedSettings, names: Sequence[str]) -> Finding:
    """Return the finding that no model is chosen for these nodes, or for the flow as a whole."""
    preset = catalog.presets(settings.provider).get("balanced")
    by = Fix("use_model", f"{settings.provider}:{preset}") if preset else Fix("choose_model")
    line = f", or write flow.model = {preset!r}" if preset else ""
    fix = f"Pick a default model in Settings{line}."
    return Finding("no_model", "error", _first(names), f"No model is chosen for {_who(names)}.", fix, by)


def _lifecycle(settings: CheckedSettings, ref: ModelRef, names: Sequence[str]) -> Iterator[Finding]:
    note = catalog.lifecycle_note(ref.provider, ref.model)
    if not note:
        return
    kind = "model_ends" if catalog.ends_on(ref.provider, ref.model) else "model_unknown"
    level: Level = "error" if catalog.has_ended(ref.provider, ref.model) else "warning"
    problem = f"The model {ref} is used by {_who(names)}. {note}"
    by = _instead(settings, ref, names)
    everywhere = f", or replace it everywhere: flow.replace_model({str(ref)!r}, {by.argument!r})"
    fix = f"Choose another model in Settings{everywhere if by.instead else ''}."
    yield Finding(kind, level, _first(names), problem, fix, by)


def _mistyped_provider(ref: ModelRef, names: Sequence[str]) -> Iterator[Finding]:
    """An id of a vendor's own that begins like `antropic:`; an endpoint that may be anyone's can have such ids."""
    head, colon, rest = ref.model.partition(":")
    meant = nearest(head.lower(), PROVIDERS) if colon and "/" not in head else ""
    if not meant or not PROVIDERS[ref.provider].default_url:
        return
    problem = f"The model {ref.model!r} of {_who(names)} is read as an id of {PROVIDERS[ref.provider].label}."
    fix = f"There is no provider {head!r}: if you mean {meant!r}, write {f'{meant}:{rest}'!r}."
    by = Fix("use_model", f"{meant}:{rest}", instead=str(ref))
    yield Finding("mistyped_provider", "warning", _first(names), problem, fix, by)


def _instead(settings: CheckedSettings, ref: ModelRef, names: Sequence[str]) -> Fix:
    newer = catalog.replacement(ref.provider, ref.model)
    if newer:
        return Fix("use_model", f"{ref.provider}:{newer}", instead=str(ref))
    if list(names) == [JUDGE]:  # the node's own model then judges
        return Fix("paste", "flow.judge_model = None")
    is_default = settings.model == ref.model and settings.provider == ref.provider
    return Fix("choose_model", "" if is_default else _first(names))


def _no_local_model(ref: ModelRef, names: Sequence[str]) -> Iterator[Finding]:
    try:
        models.resolve(ref.model)
    except LocalModelError as fault:
        problem = f"{fault.problem} It is used by {_who(names)}."
        by = Fix("use_model", f"local:{default_model()}", instead=str(ref))
        yield Finding(fault.kind, "error", _first(names), problem, fault.fix, by)


def _account(settings: CheckedSettings, provider: Provider, names: Sequence[str]) -> Iterator[Finding]:
    url = settings.config.base_url(provider.name)
    try:
        address = provider.address(url)
    except ConfigError as fault:
        yield Finding("no_address", "error", "", fault.problem, fault.fix, Fix("fill_address", provider.name))
        return
    if provider.needs_key:
        yield from _key(settings, provider, provider.key_destination(address), names)
    if url and provider.default_url and url != provider.default_url:
        problem = f"Calls for {provider.in_text} go to {url}, not to its own address."
        fix = f"If you did not choose that: flow.set_base_url({provider.name!r}, None)."
        yield Finding("other_address", "warning", "", problem, fix, Fix("use_own_address", provider.name))


def _key(settings: CheckedSettings, provider: Provider, host: str, names: Sequence[str]) -> Iterator[Finding]:
    status = settings.key_store.status(provider.name, host)
    if status.available:
        return
    problem = f"No API key configured for {provider.in_text}, which {_who(names)} would use."
    if status.configured:
        problem = f"{problem} {status.sentence}"
    fix = "Open Settings (click the gear, or run flow.settings()), choose the provider and save its key."
    yield Finding("no_key", "error", _first(names), problem, fix, Fix("save_key", provider.name))


def _first(names: Sequence[str]) -> str:
    return names[0] if names else ""


def _who(names: Sequence[str]) -> str:
    if not names:
        return "this flow"
    quoted = [repr(name) for name in names if name != JUDGE]
    nodes = f"{'node' if len(quoted) == 1 else 'nodes'} {', '.join(quoted)}"
    return " and ".join(([nodes] if quoted else []) + (["the judge"] if JUDGE in names else []))
