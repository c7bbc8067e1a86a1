"""A node's own locale in two layers: the one it was created with, and the one that was set since."""

from __future__ import annotations

from byok_widgets.nodes.own_setting import OwnSetting
from byok_widgets.providers.model_settings import Setting
from byok_widgets.schema.values.locales import Locale, known_locales

_HELP = "How numbers and dates are written in the dialogues of this node."


class LayeredLocale:
    """The locale of one node, beside that of its flow."""

    def __init__(self, tag: str | None) -> None:
        """Create it.

        Raises:
            ConfigError: There is no such locale.
        """
        self._created = _checked(tag)
        self._since: tuple[str | None, ...] = ()

    @property
    def tag(self) -> str | None:
        """The locale, such as `"de-DE"`; `None` for that of the flow."""
        return self._since[0] if self._since else self._created

    def set(self, tag: str | None) -> None:
        """Set another locale, or `None` for that of the flow.

        Raises:
            ConfigError: There is no such locale.
        """
        self._since = (_checked(tag),)

    def reset(self) -> None:
        """Restore the locale that the node was created with."""
        self._since = ()

    def setting(self, of_flow: str | None) -> OwnSetting:
        """Return it as the panel shows it, beside the locale of the flow."""
        inherited = f"the flow's: {of_flow}" if of_flow else "none: only what means the same everywhere"
        setting = Setting("locale", "Locale", "choice", _HELP, options=known_locales())
        return OwnSetting(setting, self.tag, self._created, is_set=bool(self._since), inherited=inherited)

    def take_over(self, replaced: LayeredLocale) -> None:
        """Keep what was set since at a node that is replaced."""
        self._since = replaced._since


def _checked(tag: str | None) -> str | None:
    return None if tag is None else Locale.of(tag).tag
