"""The head of the panel, and the code to copy."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from byok_widgets.widgets.page_messages.every_view import Wait


class QuestionFacts(TypedDict):
    """Something that a person decides, with the texts of the answers' buttons."""

    kind: str
    text: str
    choices: list[str]


class PanelHeadState(TypedDict):
    """The traits of `PanelHead`."""

    title: str
    notice: str
    note: str
    questions: list[QuestionFacts]


class WaitOver(TypedDict):
    """No call waits any more."""

    kind: Literal["wait_over"]


PanelHeadMessage = Wait | WaitOver


class AnswerQuestion(TypedDict):
    """One of the answers was chosen."""

    kind: Literal["answer_question"]
    question: str
    choice: str


class CopyCodeState(TypedDict):
    """The trait of `CopyCode`."""

    code: str
