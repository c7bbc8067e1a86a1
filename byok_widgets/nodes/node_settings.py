"""A node's model settings: those it was created with, those set since, and which values can be set at all.

A call argument wins over a value set in the panel or in code, which wins over the value the node was created with.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from byok_widgets.attributes.strict import is_key, nearest, unknown_name_error
from byok_widgets.config import FlowConfig
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_key
from byok_widgets.providers import PROVIDERS, model_settings
from byok_widgets.secrets import redact_quotes
from byok_widgets.secrets.quoting import as_given

LIMIT = "max_tokens"
"""The setting that is an attribute of the node, and not one of its `settings`."""


class LayeredSettings:
    """All settings of one node, including `max_tokens`.

    Attributes:
        defaults: The values the node was created with.
    """

    def __init__(
        self, config: FlowConfig, node: str, defaults: Mapping[str, Any], arguments: tuple[str, ...]
    ) -> None:
        self._config, self._node, self._arguments = config, node, arguments
        self.defaults = self._checked(defaults)

    def __repr__(self) -> str:
        return f"LayeredSettings({self.values()})"

    def frozen(self, config: FlowConfig) -> LayeredSettings:
        """Return them as they are now, in a flow whose settings do not change."""
        same = copy.copy(self)
        vars(same).update(_config=config, defaults=copy.deepcopy(self.defaults))
        return same

    @property
    def overrides(self) -> Mapping[str, Any]:
        """Values set in the panel or in code; `None` leaves a setting to the provider."""
        return self._config.node_settings(self._node)

    def values(self) -> dict[str, Any]:
        """Return the values that a call sends unless it gives its own."""
        own = copy.deepcopy(self.defaults) if self.defaults else {}
        merged = {**own, **self.overrides}
        return {name: value for name, value in merged.items() if value is not None}

    def set(self, values: Mapping[str, Any]) -> None:
        """Set several settings, all of them or none; `None` leaves one to the provider.

        Raises:
            ConfigError: One of them cannot be set; the message names node and setting.
            KeyFormatError: One of them contains an API key.
        """
        given = {name: value for name, value in values.items() if value is not None}
        left = {name: None for name in values if name not in given and name in self.defaults}
        put = self._checked(given) | left
        self._config.update_settings(self._node, put, unset=values.keys() - put.keys())

    def reset(self, names: Iterable[str]) -> None:
        """Restore the values the node was created with."""
        self._config.update_settings(self._node, {}, unset=tuple(names))

    def _checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        settings = {name: value for name, value in values.items() if name != LIMIT}
        reject_misspelled(settings, self._arguments)
        return {name: checked(name, value, node=self._node) for name, value in values.items()}


class NodeSettings(MutableMapping[str, Any]):
    """The `settings` of a node. A change is written to the flow's settings, like one made in the panel.

    `None` leaves a setting to the provider; deleting one restores the value the node was created with.
    """

    def __init__(self, tuned: LayeredSettings, node: str) -> None:
        self._tuned, self._node = tuned, node

    def __repr__(self) -> str:
        return repr(self._values())

    def __getitem__(self, name: str) -> Any:
        values = self._values()
        if name not in values:
            raise KeyError(redact_quotes(str(name)))
        return values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        if name in self._since():
            self._tuned.reset([name])
        elif name not in self._values():
            raise KeyError(redact_quotes(str(name)))
        else:
            raise ConfigError(
                f"Node {self._node!r} was created with {name!r}, and nothing has been set since.",
                fix=f"None leaves it to the provider: flow.{setting_as_code(self._node, name)} = None.",
            )

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def update(self, values: Any = (), /, **more: Any) -> None:
        """Set several settings, all of them or none."""
        given = {**dict(values), **more}
        if LIMIT in given:
            raise ConfigError(
                f"Node {self._node!r}: {LIMIT} is not among the settings.",
                fix=f"Set it on the node itself: flow.{setting_as_code(self._node, LIMIT)} = {given[LIMIT]!r}.",
            )
        self._tuned.set(given)

    def clear(self) -> None:
        """Restore all values the node was created with."""
        self._tuned.reset(self._since())

    def replace(self, values: Mapping[str, Any]) -> None:
        """Set these, and leave all others to the provider."""
        others = {*self._values(), *self._since()} - values.keys()
        self.update({**values, **dict.fromkeys(others)})

    def _values(self) -> dict[str, Any]:
        return _without_limit(self._tuned.values())

    def _since(self) -> dict[str, Any]:
        return _without_limit(self._tuned.overrides)


def checked(name: str, value: object, *, node: str) -> Any:
    """Return the value of a node's setting in the form in which it is sent.

    Raises:
        ConfigError: It is invalid. The message names the node, and says what is allowed.
        KeyFormatError: It contains an API key.
    """
    return _checked(name, value, owner=f"Node {node!r}")


def checked_limit(limit: object, *, owner: str) -> int:
    """Return a maximum number of tokens that is not a node's, but `owner`'s; see `checked`."""
    found: int = _checked(LIMIT, limit, owner=owner)
    return found


def _checked(name: str, value: object, *, owner: str) -> Any:
    reject_key([name, value])
    try:
        return model_settings.checked(name, value)
    except ValueError as fault:
        problem = str(fault)
    raise ConfigError(f"{owner}: {problem}", fix="Leave it out to let the provider decide.")


def yes_or_no(what: str, value: Any) -> bool:
    """Return a setting that is true or false: the text "no" would count as true.

    Args:
        what: The setting, as the beginning of a sentence.
        value: What it is set to.

    Raises:
        ConfigError: It is neither.
    """
    if isinstance(value, bool):
        return value
    raise ConfigError(f"{what} is True or False, not {as_given(value)}.", kind="bad_setting")


def setting_as_code(node: str, name: str) -> str:
    """Return the code that refers to a node's setting."""
    where = f"node({json.dumps(node, ensure_ascii=False)})"
    return f"{where}.{LIMIT}" if name == LIMIT else f"{where}.settings[{json.dumps(name, ensure_ascii=False)}]"


def reject_misspelled(settings: Mapping[str, Any], arguments: tuple[str, ...]) -> None:
    """Reject settings of a node that are a key, or very similar to an argument or an existing setting.

    Other names are checked once a call has chosen its provider.

    Raises:
        ConfigError: It suggests the name that may have been meant.
    """
    existing = frozenset[str]().union(*(provider.settings for provider in PROVIDERS.values()))
    known = existing.union(arguments)
    for name in sorted(set(settings) - existing):
        if is_key(name, settings[name]) or nearest(name, known):
            raise unknown_name_error(f"A node has no setting {name!r}.", name, known, settings[name])


def _without_limit(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != LIMIT}
