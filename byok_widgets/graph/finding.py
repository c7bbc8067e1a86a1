"""`Finding`: one mistake in a flow, in words, and what a click could do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]
FixKind = Literal["save_key", "use_model", "choose_model", "fill_address", "use_own_address", "take_away", "paste"]


@dataclass(frozen=True)
class Fix:
    """What mends a finding, as data. Nothing does it by itself: a panel offers it as a button.

    Attributes:
        kind: What to do. `"save_key"`, `"fill_address"` and `"use_own_address"` are for the provider `argument`.
            `"use_model"` puts the model `argument` wherever the model `instead` is chosen, or as the default model
            where `instead` is empty. `"choose_model"` is for a person, at the node `argument` or, where that is
            empty, at the default model. `"take_away"` leaves the setting `argument` of the finding's node to the
            provider. `"paste"` is the line of code `argument`.
        argument: The provider, model, node, setting or code.
        instead: The model ref that is replaced.
    """

    kind: FixKind
    argument: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Finding:
    """One mistake, or what may be one.

    Attributes:
        kind: Stable machine-readable name, such as `"unreachable"`.
        level: `"error"`: it goes wrong. `"warning"`: it may be meant.
        where: The node or edge concerned; empty for the flow as a whole.
        problem: What is wrong, in a sentence.
        fix: What to do.
        by: The same as data, where a click or one line of code can do it.
    """

    kind: str
    level: Level
    where: str
    problem: str
    fix: str
    by: Fix | None = None

    def __str__(self) -> str:
        return f"{self.level}: {self.problem} {self.fix}"
