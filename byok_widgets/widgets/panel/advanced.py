"""The panel's advanced settings of a flow: the limit of its judge, and the locale of its dialogues."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.misplaced_keys import reject_key
from byok_widgets.nodes.node_settings import LIMIT
from byok_widgets.providers.model_settings import SETTINGS
from byok_widgets.widgets.panel.model_picker import problem_html
from byok_widgets.widgets.panel.text_field import TextField, error_text
from byok_widgets.widgets.sanitize import sanitize

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_JUDGE = (
    "The most tokens, thinking included, with which a model judges the prompt conditions of a node. Empty leaves "
    "it to the provider."
)
_LOCALE = (
    "How numbers and dates are written in the dialogues: a language and a country, such as en-US or de-DE. Empty "
    "reads only what means the same everywhere. A node may have its own: flow.node(…).locale."
)


class Advanced:
    """The advanced settings, folded until they are wanted."""

    def __init__(self, flow: PanelFlow) -> None:
        def set_limit(text: str) -> None:
            flow.judge_max_tokens = _limit(text)

        def set_locale(text: str) -> None:
            flow.locale = _plain(text) or None

        self._fields = (
            _Field(
                lambda: "" if flow.judge_max_tokens is None else str(flow.judge_max_tokens),
                set_limit,
                note=_JUDGE,
                description="Judge max tokens",
                placeholder="the provider's default",
            ),
            _Field(
                lambda: flow.locale or "",
                set_locale,
                note=_LOCALE,
                description="Locale",
                placeholder="such as en-US",
            ),
        )
        inside = ipywidgets.VBox([part for field in self._fields for part in field.parts])
        self.view = ipywidgets.Accordion([inside], titles=("Advanced",), selected_index=None)

    def refresh(self) -> None:
        """Show the settings; refused input stays until its setting changes."""
        for field in self._fields:
            field.refresh()


class _Field:
    """One setting that is typed.

    Attributes:
        parts: Its widgets.
    """

    def __init__(self, read: Callable[[], str], write: Callable[[str], None], *, note: str, **looks: str) -> None:
        self._read, self._write, self._shown = read, write, ""
        self._input = TextField(**looks)
        self._input.observe(self._typed, "value")
        self._problem = ipywidgets.HTML()
        self.parts = (self._input, self._problem, ipywidgets.HTML(f"<small>{note}</small>"))

    def refresh(self) -> None:
        value = self._read()
        if value != self._shown:
            self._shown = self._input.value = value
            self._complain("")

    def _typed(self, change: Any) -> None:
        text = change["new"].strip()
        if text == self._shown:
            self._complain("")
            return
        try:
            self._write(text)
        except ByokError as fault:
            if fault.kind == "misplaced_key":
                self._input.value = self._shown
            self._complain(sanitize(error_text(fault)))

    def _complain(self, text: str) -> None:
        self._problem.value = problem_html(text)
        self._problem.layout.display = None if text else "none"


def _plain(text: str) -> str:
    reject_key(text)
    return text


def _limit(text: str) -> int | None:
    """Return the limit that was typed; `None` for none.

    Raises:
        ConfigError: It is an API key, or not a positive whole number.
    """
    if not _plain(text):
        return None
    try:
        limit: int = SETTINGS[LIMIT].read(text)
    except ValueError as fault:
        problem = str(fault)
    else:
        return limit
    raise ConfigError(f"Not set: {problem}", kind="bad_setting")
