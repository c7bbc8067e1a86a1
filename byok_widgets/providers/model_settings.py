"""Tuning of a call: what each setting is called, which values it has, and what it does, in one sentence."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SupportedSettings = Mapping[str, tuple[str, ...] | None]
"""What is known of a model's tuning: the values of a choice, `()` for a number, `None` where it does not take it.

What is not in it is not known.
"""


@dataclass(frozen=True)
class Setting:
    """One thing that can be tuned.

    Attributes:
        name: Its name in a request and in code.
        label: Its name on screen.
        kind: A number, a whole number, or a choice of one of the `options`.
        help: What it does, in one sentence.
        lowest: Least number; `None` for no limit.
        highest: Greatest number; `None` for no limit.
        options: Values of a choice that are known. In code others can be set: providers add some.
        default: Value where nothing is set; `None` where the provider does not say.
    """

    name: str
    label: str
    kind: Literal["number", "whole", "choice"]
    help: str
    lowest: float | None = None
    highest: float | None = None
    options: tuple[str, ...] = ()
    default: Any = None

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
            ValueError: It is none; the message says what it has to be.
        """
        if self.kind == "choice":
            taken: Any = value if isinstance(value, str) and value.strip() else None
        else:
            taken = _number(value, whole=self.kind == "whole")
            if taken is not None and not self._is_within(taken):
                taken = None
        if taken is None:
            raise ValueError(f"{self.name} is {self.values}, not {_short(value)}.")
        return taken

    def offers(self, value: object) -> bool:
        """Whether a value is one of those that are offered."""
        try:
            taken = self.checked(value)
        except ValueError:
            return False
        return self.kind != "choice" or taken in self.options

    def read(self, text: str) -> Any:
        """Return the value that a person typed or picked, which has to be one of those that are offered.

        Raises:
            ValueError: It is none; the message says what it has to be.
        """
        try:
            value: Any = text if self.kind == "choice" else float(text) if self.kind == "number" else int(text)
        except ValueError:
            value = text
        if not self.offers(value):
            raise ValueError(f"{self.label} is {self.values}, not {_short(text)}.")
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
        "At 0 it answers alike each time; more is more varied.",
        lowest=0,
        highest=2,
    ),
    Setting(
        "reasoning_effort", "Reasoning effort", "choice", "How long it thinks before it answers. More costs more."
    ),
    Setting("effort", "Effort", "choice", "How much it thinks and writes. More costs more."),
    Setting("verbosity", "Verbosity", "choice", "How much it says."),
    Setting("max_tokens", "Max tokens", "whole", "A longer answer is cut off. Thinking counts, too.", lowest=1),
    Setting("seed", "Seed", "whole", "The same seed gives the same answer to the same words."),
    Setting("top_p", "Top p", "number", "Only the likeliest words that make up this share.", lowest=0, highest=1),
)

SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in _ALL}
"""What is known of settings whatever the model, in the order in which they are shown."""


def checked(name: str, value: object) -> Any:
    """Return the value of a setting in the form in which it is sent.

    Raises:
        ValueError: It cannot be one; the message says what it has to be.
    """
    if name in SETTINGS:
        return SETTINGS[name].checked(value)
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        pass
    raise ValueError(f"{name} is made of texts, numbers, lists and mappings, not {_short(value)}.")


def _number(value: Any, *, whole: bool) -> float | None:
    if isinstance(value, (bool, str, bytes)):
        return None
    try:
        number: float = operator.index(value) if whole or isinstance(value, int) else float(value)
        return number if math.isfinite(number) else None
    except (TypeError, ValueError, OverflowError):
        return None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
