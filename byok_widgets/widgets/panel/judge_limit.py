"""The panel's advanced setting of a flow: how many tokens its judge may write."""

from __future__ import annotations

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

_NOTE = (
    "The most tokens, thinking included, with which a model judges the prompt conditions of a node. Empty leaves "
    "it to the provider."
)


class JudgeLimit:
    """The limit of the judge, folded until it is wanted."""

    def __init__(self, flow: PanelFlow) -> None:
        self._flow, self._shown = flow, ""
        self._field = TextField(description="Judge max tokens", placeholder="the provider's default")
        self._field.observe(self._typed, "value")
        self._problem = ipywidgets.HTML()
        note = ipywidgets.HTML(f"<small>{_NOTE}</small>")
        inside = ipywidgets.VBox([self._field, self._problem, note])
        self.view = ipywidgets.Accordion([inside], titles=("Advanced",), selected_index=None)

    def refresh(self) -> None:
        """Show the limit; refused input stays until the limit changes."""
        limit = "" if self._flow.judge_max_tokens is None else str(self._flow.judge_max_tokens)
        if limit != self._shown:
            self._shown = self._field.value = limit
            self._complain("")

    def _typed(self, change: Any) -> None:
        text = change["new"].strip()
        if text == self._shown:
            self._complain("")
            return
        try:
            self._flow.judge_max_tokens = _limit(text)
        except ByokError as fault:
            if fault.kind == "misplaced_key":
                self._field.value = self._shown
            self._complain(sanitize(error_text(fault)))

    def _complain(self, text: str) -> None:
        self._problem.value = problem_html(text)
        self._problem.layout.display = None if text else "none"


def _limit(text: str) -> int | None:
    """Return the limit that was typed; `None` for none.

    Raises:
        ConfigError: It is an API key, or not a positive whole number.
    """
    if not text:
        return None
    reject_key(text)
    try:
        limit: int = SETTINGS[LIMIT].read(text)
    except ValueError as fault:
        problem = str(fault)
    else:
        return limit
    raise ConfigError(f"Not set: {problem}", kind="bad_setting")
