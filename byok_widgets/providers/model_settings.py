"""The model settings of a call: each setting's name, its values, and what it does in one sentence."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from byok_widgets.secrets.quoting import as_given

SupportedSettings = Mapping[str, tuple[str, ...] | None]
"""What is known of a model's settings: the values of a choice, `()` for a number, `None` if it is not supported.

A setting that is missing here is unknown.
"""

TOKEN_LIMITS = ("max_tokens", "max_completion_tokens")
"""The names that servers of one protocol give to the maximum number of tokens."""


@dataclass(frozen=True)
class Setting:
    """One setting that can be tuned.

    Attributes:
        name: Its name in a request and in code.
        label: Its name on screen.
        kind: A number, a whole number, or a choice of one of the `options`.
        help: What it does, in one sentence.
        lowest: Lowest number; `None` for no limit.
        highest: Highest number; `None` for no limit.
        options: Known values of a choice. Code can set others, since providers add some.
        default: Value if nothing is set; `None` if the provider does not say.
        is_costly: Whether it decides how much a model writes, and so what a call costs.
    """

    name: str
    label: str
    kind: Literal["number", "whole", "choice"]
    help: str
    lowest: float | None = None
    highest: float | None = None
    options: tuple[str, ...] = ()
    default: Any = None
    is_costly: bool = False

    @property
    def values(self) -> str:
        """Its values in words."""
        if self.kind == "choice":
            return f"one of {', '.join(self.options)}" if self.options else "a word"
        noun = "a whole number" if self.kind == "whole" else "a number"
        if self.highest is not None:
            return f"{noun} from {self.lowest:g} to {self.highest:g}"
        return noun if self.lowest is None else f"{noun} of at least {self.lowest:g}"

    def checked(self, value: object) -> Any:
        """Return a value in the form in which it is sent.

        Raises:
            ValueError: It is not valid; the message says what it must be.
        """
        if self.kind == "choice":
            taken: Any = value if isinstance(value, str) and value.strip() else None
        else:
            taken = _number(value, whole=self.kind == "whole")
            if taken is not None and not self._is_within(taken):
                taken = None
        if taken is None:
            raise ValueError(f"{self.name} must be {self.values}, not {as_given(value)}.")
        return taken

    def offers(self, value: object) -> bool:
        """Whether a value is among those that are offered."""
        try:
            taken = self.checked(value)
        except ValueError:
            return False
        return self.kind != "choice" or taken in self.options

    def read(self, text: str) -> Any:
        """Return the value that the user typed or picked, which must be among those that are offered.

        Raises:
            ValueError: It is not; the message says what it must be.
        """
        try:
            value: Any = text if self.kind == "choice" else float(text) if self.kind == "number" else int(text)
        except ValueError:
            value = text
        if not self.offers(value):
            raise ValueError(f"{self.label} must be {self.values}, not {as_given(text)}.")
        return value

    def _is_within(self, number: float) -> bool:
        low = -math.inf if self.lowest is None else self.lowest
        high = math.inf if self.highest is None else self.highest
        return low <= number <= high


_ALL = (
    Setting(
        "temperature",
        "Temperature",
        "number",
        "At 0 answers vary least; higher values make them more varied.",
        lowest=0,
        highest=2,
    ),
    Setting(
        "reasoning_effort",
        "Reasoning effort",
        "choice",
        "How long it thinks before it answers. More costs more.",
        is_costly=True,
    ),
    Setting("effort", "Effort", "choice", "How much it thinks and writes. More costs more.", is_costly=True),
    Setting("verbosity", "Verbosity", "choice", "How long its answers are.", is_costly=True),
    Setting(
        "max_tokens",
        "Max tokens",
        "whole",
        "A longer answer is cut off. Thinking counts, too.",
        lowest=1,
        is_costly=True,
    ),
    Setting("seed", "Seed", "whole", "The same seed gives the same answer to the same input."),
    Setting("top_p", "Top p", "number", "Uses only the likeliest words up to this share.", lowest=0, highest=1),
)

SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in _ALL}
"""What is known about settings for any model, in the order in which they are shown."""

MOST_LEVELS = 100
"""Most lists and mappings in each other in a value: it is copied, shown and written as code."""


def checked(name: str, value: object) -> Any:
    """Return the value of a setting in the form in which it is sent.

    Raises:
        ValueError: It is not valid; the message says what it must be.
    """
    if name in SETTINGS:
        return SETTINGS[name].checked(value)
    try:
        plain = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        plain = None
    if plain is None and value is not None:
        raise ValueError(f"{name} must consist of strings, numbers, lists and mappings, not {as_given(value)}.")
    if _is_deep(plain):
        raise ValueError(f"{name} is nested too deeply: more than {MOST_LEVELS} levels.")
    return plain


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        outer = [part for part in level if isinstance(part, (dict, list))]
        level = [part for each in outer for part in (each.values() if isinstance(each, dict) else each)]
        if not outer:
            return False
    return True


def _number(value: Any, *, whole: bool) -> float | None:
    if isinstance(value, (bool, str, bytes)):
        return None
    try:
        number: float = operator.index(value) if whole or isinstance(value, int) else float(value)
        return number if math.isfinite(number) else None
    except (TypeError, ValueError, OverflowError):
        return None
