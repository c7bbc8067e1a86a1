"""`FlowSettings`: what the panel shows and what cells use, under the name of a flow.

All flows of the same name share them in this process: a click and a line of code write the same settings.
"""

from __future__ import annotations

import threading

from byok_widgets.config import FlowConfig, checked_name
from byok_widgets.errors import ConfigError
from byok_widgets.keys import KeyStore
from byok_widgets.nodes.model_call import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.local import models
from byok_widgets.strict_attributes import StrictAttributes

_states: dict[str, FlowContext] = {}
_lock = threading.Lock()


class FlowSettings(StrictAttributes):
    """Provider, models, addresses and keys of a flow."""

    def __init__(self, name: str) -> None:
        self._context = _state(name)

    @property
    def name(self) -> str:
        """The flow's name."""
        return self.config.name

    @property
    def config(self) -> FlowConfig:
        """The flow's settings, observable."""
        return self._context.config

    @property
    def context(self) -> FlowContext:
        """What the nodes of this flow share."""
        return self._context

    @property
    def key_store(self) -> KeyStore:
        """Where this flow's keys are stored. It never reveals a key."""
        return self._context.key_store

    @property
    def notice(self) -> str:
        """A notice for the user, such as that settings are not saved; empty if all is well."""
        return str(self.config.notice or "")

    @property
    def provider(self) -> str:
        """Name of the provider used for bare model ids, one of `PROVIDERS`, ignoring case."""
        return self.config.provider

    @provider.setter
    def provider(self, name: str) -> None:
        self.config.provider = name

    @property
    def model(self) -> str | None:
        """Default model, used by every node without an override."""
        return self.config.model

    @model.setter
    def model(self, text: str | None) -> None:
        self.config.model = text

    @property
    def global_prompt(self) -> str:
        """Precedes the prompt of every conversation node; may contain `{{variables}}`."""
        return self._context.global_prompt

    @global_prompt.setter
    def global_prompt(self, text: str) -> None:
        if not isinstance(text, str):
            raise ConfigError(f"The global prompt must be text, not {text!r}.", fix='Write "" for none.')
        self._context.global_prompt = text

    def set_base_url(self, provider: str, url: str | None) -> None:
        """Send this flow's calls for `provider` to another address; `None` restores the default.

        A key is bound to its address: a key saved for one host is never sent to another.

        Raises:
            ConfigError: No such provider, or neither an https address nor http to this machine.
            KeyFormatError: The address contains an API key.
        """
        self.config.set_base_url(self.config.known_provider(provider), url)

    def use_key(self, reference: str, *, provider: str | None = None) -> None:
        """Use the API key in an environment variable, given as `env:NAME`.

        Only the name is kept. The key itself cannot be passed in code: a key typed in a cell would be saved with
        the notebook. Paste it in `flow.settings()`.

        Raises:
            KeyFormatError: Not the name of a variable that is set to a possible key of this provider.
            ConfigError: No such provider.
        """
        chosen = PROVIDERS[self.config.known_provider(provider or self.provider)]
        host = chosen.address(self.config.base_url(chosen.name)).host
        self.key_store.refer(chosen.name, host, reference)
        self.config.notify("key")

    @property
    def judge_model(self) -> str | None:
        """Model that judges prompt conditions; `None` to use the model of the node whose edges are judged."""
        return self.config.judge_model

    @judge_model.setter
    def judge_model(self, text: str | None) -> None:
        self.config.judge_model = text


def _state(name: str) -> FlowContext:
    """Return the state that all flows of this name share in this process."""
    name = checked_name(name)
    with _lock:
        if name not in _states:
            start = {"local": models.default_model()}
            config = FlowConfig(name, providers=tuple(PROVIDERS), start_models=start)
            _states[name] = FlowContext(config, KeyStore(name, config.key_references))
        return _states[name]
