"""The panel's advanced settings of a flow: limits of a turn and of its judge, and the locale of its dialogues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ipywidgets

from byok_widgets.config.turn_limits import MAX_CALLS
from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.nodes.node_settings import LIMIT
from byok_widgets.providers.model_settings import SETTINGS
from byok_widgets.widgets.panel import visitor
from byok_widgets.widgets.panel.model_picker import note_html, problem_html
from byok_widgets.widgets.panel.text_field import TextField, error_text

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_JUDGE = (
    "The maximum number of tokens, thinking included, for judging the prompt conditions of a node. Empty leaves "
    "it to the provider."
)
_LOCALE = (
    "How numbers and dates are written in the dialogues: a language and a country, such as en-US or de-DE. Empty "
    "reads only what means the same everywhere. A node may have its own: flow.node(…).locale."
)
_CALLS = "A turn that would make more model calls, including the judge's calls and repairs, is stopped."
_COST = (
    "In US dollars: a turn that has cost as much makes no further call. A call without a known price counts "
    "nothing. Empty sets no limit."
)
_LONGEST = 24
"""Maximum length, in characters, of a number or a locale."""
_OPENING = "Shown as soon as the kernel is free."


class Advanced:
    """The advanced settings, folded until they are wanted. The fields are made when somebody unfolds them."""

    def __init__(self, flow: PanelFlow) -> None:
        self._flow = flow
        self._limits: list[_Field] = []  # they protect the owner's money
        self._others: list[_Field] = []
        self._inside = ipywidgets.VBox([ipywidgets.HTML(note_html(_OPENING))])
        self.view = ipywidgets.Accordion([self._inside], titles=("Advanced",), selected_index=None)
        self.view.observe(self._unfold, "selected_index")

    def refresh(self) -> None:
        """Show the settings; refused input stays until its setting changes."""
        for field in (*self._limits, *self._others):
            field.refresh()
        for limit in self._limits:
            limit.view.layout.display = "none" if visitor.is_one(self._flow) else None

    def _unfold(self, _: object) -> None:
        self.view.unobserve(self._unfold, "selected_index")
        self._limits, self._others = _limits_of_a_turn(self._flow), [_locale(self._flow)]
        self.refresh()
        (opening,) = self._inside.children
        self._inside.children = [field.view for field in (*self._limits, *self._others)]
        opening.close()


def _limits_of_a_turn(flow: PanelFlow) -> list[_Field]:
    def set_calls(text: str) -> None:
        visitor.require_owner(flow)
        with _without_code():
            flow.max_calls_per_turn = _number(text, int)

    def set_cost(text: str) -> None:
        visitor.require_owner(flow)
        with _without_code():
            flow.max_cost_per_turn = _number(text.removeprefix("$"), float)

    def set_judge(text: str) -> None:
        visitor.require_owner(flow)
        flow.judge_max_tokens = _limit(text)

    return [
        _Field(
            lambda: _shown(flow.config.turn_limits.calls),
            set_calls,
            note=_CALLS,
            description="Max calls per turn",
            placeholder=f"{MAX_CALLS}, the usual limit",
        ),
        _Field(
            lambda: _shown(flow.config.turn_limits.cost),
            set_cost,
            note=_COST,
            description="Max cost per turn",
            placeholder="no limit; such as 0.10",
        ),
        _Field(
            lambda: _shown(flow.judge_max_tokens),
            set_judge,
            note=_JUDGE,
            description="Judge max tokens",
            placeholder="the provider's default",
        ),
    ]


def _locale(flow: PanelFlow) -> _Field:
    def set_locale(text: str) -> None:
        flow.locale = text or None

    return _Field(
        lambda: flow.locale or "",
        set_locale,
        note=_LOCALE,
        description="Locale",
        placeholder="such as en-US",
    )


class _Field:
    """One setting that is typed.

    Attributes:
        view: Its widgets.
    """

    def __init__(self, read: Callable[[], str], write: Callable[[str], None], *, note: str, **looks: str) -> None:
        self._read, self._write, self._note, self._shown = read, write, note, ""
        self._input = TextField(**looks)
        self._input.observe(self._typed, "value")
        self._below = ipywidgets.HTML()
        self._complain("")
        self.view = ipywidgets.VBox([self._input, self._below])

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
            _require_setting(text)
            self._write(text)
        except ByokError as fault:
            if fault.kind in ("misplaced_key", "text_too_long"):
                self._input.value = self._shown
            self._complain(sanitize(error_text(fault)))
        else:
            self._shown = self._read()
            self._input.value = self._shown
            self._complain("")

    def _complain(self, text: str) -> None:
        self._below.value = problem_html(text) + note_html(self._note)


def _shown(limit: float | None) -> str:
    return "" if limit is None else str(limit)


def _number(text: str, read: Callable[[str], float]) -> Any:
    """Return what was typed as a number; text that is none goes to the setting, which knows what to say of it."""
    if not text:
        return None
    try:
        return read(text)
    except ValueError:
        return text


@contextmanager
def _without_code() -> Iterator[None]:
    """Say what is wrong with a setting without the code that would fix it: a person is typing into a field."""
    try:
        yield
    except ConfigError as fault:
        raise ConfigError(fault.problem, kind=fault.kind) from None


def _require_setting(text: str) -> None:
    """Make sure that what was typed may be shown: a key that nobody knows to be one is longer than any setting.

    Raises:
        ByokError: It is an API key, or as long as one.
    """
    reject_any_key(text)
    if len(text) > _LONGEST:
        raise ConfigError("This is longer than any of these settings can be.", kind="text_too_long")


def _limit(text: str) -> int | None:
    """Return the limit that was typed; `None` for none.

    Raises:
        ConfigError: It is not a positive whole number.
    """
    if not text:
        return None
    try:
        limit: int = SETTINGS[LIMIT].read(text)
    except ValueError as fault:
        problem = str(fault)
    else:
        return limit
    raise ConfigError(problem, kind="bad_setting")
