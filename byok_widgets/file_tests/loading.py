"""Opens a flow file for a test: with the settings of the file, and the keys that a person allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.flow import Flow
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
        KeyFormatError: A variable is not set, or holds no key of its provider.
    """
    flow = Flow.load(path, fresh=True, trust=allowed.trust or None)
    waiting = flow.notice if not allowed.trust else ""
    if waiting:
        raise ConfigError(f"{path.name}: {waiting}", kind="flow_file", fix="Look at it, and add --trust.")
    for provider, url in map(_pair, allowed.base_urls):
        flow.set_base_url(provider, url)
    given = dict(map(_pair, allowed.keys))
    for provider, reference in given.items():
        flow.use_key(reference, provider=provider)
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


def _pair(text: str) -> tuple[str, str]:
    provider, equals, value = text.partition("=")
    if not equals or provider not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise ConfigError(
            "Give a provider, an equals sign, and its value.",
            kind="argument",
            fix=f"Write PROVIDER=env:NAME. The providers are: {known}.",
        )
    return provider, value
