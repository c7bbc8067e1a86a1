"""Opens a flow file for a test: with the settings of the file, and the keys that a person allows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from byok_widgets.errors import ByokError, ConfigError, KeyFormatError, MissingKeyError
from byok_widgets.flow import Flow, flow_contexts
from byok_widgets.providers import PROVIDERS


@dataclass(frozen=True)
class Allowed:
    """What the person who runs tests allows a flow file.

    Attributes:
        keys: Environment variables with keys, each as `PROVIDER=env:NAME`.
        base_urls: Addresses of providers, each as `compatible=http://127.0.0.1:8000/v1`: a key in an environment
            variable goes to no address that only the file names.
        trust: Whether a model file on this machine is used that the flow file names.
    """

    keys: Sequence[str] = ()
    base_urls: Sequence[str] = ()
    trust: bool = False


def open_flow(path: Path, allowed: Allowed) -> Flow:
    """Return the flow of a file, with the file's settings; what is saved here for a flow of its name stays unused.

    But for its keys: a key that is saved here for a flow of this name, provider and address is used.

    Raises:
        ConfigError: The file is no flow, or an argument cannot be used.
        KeyFormatError: A variable is not set, or does not hold a key for its provider.
    """
    flow = Flow.load(path, fresh=True, trust=allowed.trust or None)
    flow_contexts.withdraw(flow.context)  # two files may call their flows alike, and each has its own settings
    waiting = flow.notice if not allowed.trust else ""
    if waiting:
        raise ConfigError(f"{path.name}: {waiting}", kind="flow_file", fix="Look at it, and add --trust.")
    for provider, url in (_pair(flow, text, "PROVIDER=URL") for text in allowed.base_urls):
        flow.set_base_url(provider, url)
    given = dict(_pair(flow, text, "PROVIDER=env:NAME") for text in allowed.keys)
    for provider, reference in given.items():
        use_variable(flow, reference, provider)
    for provider in _called(flow) - given.keys():
        _take_saved(flow, provider)
    return flow


def _called(flow: Flow) -> set[str]:
    """Return the providers that need a key and that the flow calls."""
    refs = [flow.judge_model, *(node.resolve().ref for node in flow.nodes.values() if node.calls_model)]
    names = {flow.config.ref(str(ref)).provider for ref in refs if ref}
    return {name for name in names if PROVIDERS[name].needs_key}


def _take_saved(flow: Flow, provider: str) -> None:
    """Use the key that is saved here for this flow; where there is none, the test says so."""
    try:
        flow.use_key_of(flow.name, provider=provider)
    except ByokError as error:
        if error.kind not in _NONE_THERE:
            raise


_NONE_THERE = frozenset({"unknown_flow", "same_flow", "no_key_there", "key_of_other_host", "served_page"})


def _pair(flow: Flow, text: str, form: str) -> tuple[str, str]:
    """Return a provider and what was given for it; what was given is not shown, since it may be a key.

    Raises:
        ConfigError: It has another form, or there is no such provider.
    """
    provider, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(
            "The option has no equals sign.",
            kind="argument",
            fix=f"Write {form}. The providers are: {', '.join(PROVIDERS)}.",
        )
    return flow.config.known_provider(provider), value


def use_variable(flow: Flow, reference: str, provider: str | None) -> None:
    """Let a provider's key come from an environment variable, for a command or a test run.

    Args:
        flow: The flow.
        reference: `env:NAME`.
        provider: Name of the provider; by default the flow's.

    Raises:
        MissingKeyError: The variable is not set.
        ByokError: It cannot be used.
    """
    try:
        flow.use_key(reference, provider=provider)
    except KeyFormatError as error:
        if error.kind != "key_variable_not_set":
            raise
    else:
        return
    name = reference.removeprefix("env:")
    shown = name if _VARIABLE.fullmatch(name) else "that was named"  # it may be a key all the same
    label = PROVIDERS[provider or flow.provider].label
    raise MissingKeyError(
        f"No API key configured for {label}: the variable {shown} is not set.",
        kind="key_variable_not_set",
        fix="Set it in the environment of this command, and run it again.",
    )


_VARIABLE = re.compile(r"[A-Z]{2,20}(_[A-Z]{2,20}){1,4}")
"""Names of variables that no key looks like."""
