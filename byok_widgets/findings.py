"""`Finding`: one mistake in a flow, in words, with a fix that a click can apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from byok_widgets.display.cards import Card, Cards
from byok_widgets.secrets import redact_quotes

Level = Literal["error", "warning", "suggestion"]
FixKind = Literal[
    "save_key", "use_model", "choose_model", "fill_address", "use_own_address", "remove_setting", "paste"
]


@dataclass(frozen=True)
class Fix:
    """The fix for a finding, as data. It is never applied automatically: a panel offers it as a button.

    Attributes:
        kind: What to do. `"save_key"`, `"fill_address"` and `"use_own_address"` are for the provider `argument`.
            `"use_model"` selects the model `argument` wherever the model `instead` is chosen, or as the default
            model if `instead` is empty. `"choose_model"` asks the user to choose a model for the node `argument`
            or, if that is empty, the default model. `"remove_setting"` leaves the setting `argument` of the
            finding's node to the provider. `"paste"` offers the line of code `argument`.
        argument: The provider, model, node, setting or code.
        instead: The model ref that is replaced.
    """

    kind: FixKind
    argument: str = ""
    instead: str = ""


@dataclass(frozen=True, repr=False)
class Finding(Card):
    """One mistake, or a possible one.

    Attributes:
        kind: Stable machine-readable name: one of `FINDING_KINDS`, or the kind of the error that a call raises.
        level: `"error"`: it will fail. `"warning"`: it may be intended. `"suggestion"`: it works, and could be
            better.
        where: The node or edge concerned; empty for the flow as a whole.
        problem: What is wrong, in a sentence.
        fix: What to do.
        by: The fix as data, if a click or one line of code can apply it.
    """

    kind: str
    level: Level
    where: str
    problem: str
    fix: str
    by: Fix | None = None

    def __post_init__(self) -> None:
        for name in ("problem", "fix"):
            object.__setattr__(self, name, redact_quotes(getattr(self, name)))

    def __str__(self) -> str:
        return f"{self.level}: {self.problem} {self.fix}"

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield the columns of the table of a check."""
        yield "level", self.level
        yield "where", self.where or "flow"
        yield "what is wrong", self.problem
        yield "what to do", self.fix


class Findings(Cards[Finding]):
    """Several findings."""

    __slots__ = ()
    nothing = "No findings."


FINDING_KINDS: Mapping[str, str] = {
    "empty": "the flow has no nodes",
    "unconnected": "there are nodes, and no edge",
    "two_else": "a node has several edges without a condition",
    "unreachable": "no path leads from the start node to a node",
    "dead_end": "a silent node may have nowhere to go",
    "edges_after_end": "an end node has edges",
    "silent_loop": "silent nodes form a loop",
    "silent_start": "the flow should speak first, but its start node is silent",
    "braces": "a prompt condition has a variable in braces, as prompts do",
    "single_braces": "a prompt has the name of a variable in single braces",
    "unknown_variable": "nothing sets a variable that is read",
    "unknown_part": "a prompt reads a part that no value of its field has",
    "unset_variable": "no path sets a variable before it is read",
    "unstated_variable": "a variable may not be stated where a prompt reads it",
    "grounding": "an extraction node requires words of the dialogue, and has no field for any",
    "unfit_example": "an example that an extraction node was taught no longer fits its fields",
    "few_examples": "an extraction node on a local model has fewer than two examples",
    "unbound_action": "an action node has no function",
    "unread_variable": "nothing reads a variable that an action writes",
    "overdue_function": "a function that exceeded its time limit is still running",
    "types": "a logic condition compares values that can never match",
    "template": "a prompt is not a valid template",
    "no_model": "no model is chosen",
    "many_calls": "a turn can make more calls than `flow.max_calls_per_turn` allows",
    "cost_unknown": "a model has no price, so `flow.max_cost_per_turn` does not limit its calls",
    "model_ends": "a model has ended, or will end",
    "model_unknown": "a model is not known by this name",
    "no_structured_output": "the model of an extraction node does not support structured output",
    "weak_judge": "a small local model judges prompt conditions",
    "setting": "a model does not have a setting of a node, or not with this value",
    "no_key": "a provider that would be called has no usable key",
    "no_address": "an endpoint that would be called has no address",
    "other_address": "calls for a provider go to an address other than its own",
    "not_exported": "a target of `flow.export` cannot express a part of the flow, or an import left it out",
    "speculation": "a flow with actions may be asked for words that a caller has not finished, if it is served",
    "shared_state": "callers without the id of a session share a conversation where they say the same",
    "notice": "something to know about this flow or its file",
}
"""The kinds of findings that `flow.check()` makes itself, with their meanings. These kinds are stable."""
