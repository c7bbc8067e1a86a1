"""`OwnSetting`: a setting of a node itself, as opposed to its model's settings, as the panel shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from byok_widgets.errors import ConfigError

if TYPE_CHECKING:
    from byok_widgets.providers.model_settings import Setting


class NamedNode(Protocol):
    """A node, as far as a setting needs to know it."""

    @property
    def name(self) -> str:
        """The node's name."""


@dataclass(frozen=True)
class OwnSetting:
    """A setting of a node, which is an attribute of it.

    The panel sets the attribute to what a person picks, or to `None`, and deletes it to restore what the node was
    created with. The node checks what it is given.

    Attributes:
        setting: Name of the attribute, its label, its values and what it does.
        value: The node's own value; `None` if it has none.
        created: The value that it was created with; `None` for none.
        is_set: Whether it was set since the node was created.
        inherited: What holds where it has no value, in a few words.
    """

    setting: Setting
    value: Any
    created: Any
    is_set: bool
    inherited: str

    @property
    def name(self) -> str:
        """Name of the node's attribute."""
        return self.setting.name

    def put(self, node: NamedNode, text: str) -> None:
        """Set it at the node as a person typed or picked it; an empty text is no value.

        Raises:
            ByokError: It is not a number where one belongs, or the node refuses it.
        """
        setattr(node, self.name, self._read(node, text) if text else None)

    def _read(self, node: NamedNode, text: str) -> Any:
        if self.setting.kind == "choice":
            return text
        try:
            return self.setting.read(text)
        except ValueError as fault:
            problem = str(fault)
        raise ConfigError(f"Node {node.name!r}: {problem}", kind="bad_setting")

    def reset(self, node: NamedNode) -> None:
        """Restore what the node was created with."""
        delattr(node, self.name)


def find_own_setting(settings: Sequence[OwnSetting], name: str) -> OwnSetting | None:
    """Return the setting of this name."""
    return next((own for own in settings if own.name == name), None)
