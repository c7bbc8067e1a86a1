"""A node's own locale in two layers: the one it was created with, and the one that was set since."""

from __future__ import annotations

from byok_widgets.schema.values.locales import Locale


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

    @property
    def created(self) -> str | None:
        """The locale that it was created with."""
        return self._created

    @property
    def is_set(self) -> bool:
        """Whether it was set since the node was created."""
        return bool(self._since)

    def set(self, tag: str | None) -> None:
        """Set another locale, or `None` for that of the flow.

        Raises:
            ConfigError: There is no such locale.
        """
        self._since = (_checked(tag),)

    def reset(self) -> None:
        """Restore the locale that the node was created with."""
        self._since = ()

    def take_over(self, replaced: LayeredLocale) -> None:
        """Keep what was set since at a node that is replaced."""
        self._since = replaced._since


def _checked(tag: str | None) -> str | None:
    return None if tag is None else Locale.of(tag).tag
