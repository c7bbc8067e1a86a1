"""The model field: its state, what it asks for, and the answer."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class ModelRowsState(TypedDict):
    """The traits of `ModelRows`. Each row is an id, a name, facts, and when the model ends."""

    rows: list[tuple[str, str, str, str]]
    provider: str
    key_patterns: list[str]


class ModelFieldState(TypedDict):
    """The traits of `ModelField`; `rows` refers to a `ModelRows`, `{at}` in the note stands for `note_at`."""

    description: str
    placeholder: str
    value: str
    rows: str
    problem: str
    note: str
    note_at: str
    action: str


class ChooseModel(TypedDict):
    """Set the model; an empty value gives the default back."""

    kind: Literal["choose"]
    id: str
    value: str


class PressModelAction(TypedDict):
    """The button beside the note was pressed."""

    kind: Literal["action"]


class ModelOutcome(TypedDict):
    """The result of a choice; where it was not taken, `reason` is the kind of the problem."""

    outcome: Literal["taken", "refused", "misplaced"]
    reason: NotRequired[str]


class ModelAnswer(ModelOutcome):
    """The answer to `ChooseModel`."""

    kind: Literal["answer"]
    id: str


ModelFieldRequest = ChooseModel | PressModelAction
