"""The chat: what it asks the kernel for."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from byok_widgets.widgets.page_messages.every_view import AskSavedOutput


class ChatHello(TypedDict):
    """A view has appeared and wants to know everything."""

    kind: Literal["hello"]


class ChatSay(TypedDict):
    """Say something to the flow."""

    kind: Literal["say"]
    text: str


class ChatEdit(TypedDict):
    """Say something else in a turn, in a session of its own."""

    kind: Literal["edit"]
    turn: int
    text: str


class ChatRegenerate(TypedDict):
    """Answer a turn once more beside its first answer; `model` is empty for the same one."""

    kind: Literal["regenerate"]
    turn: int
    model: str


class ChatCorrect(TypedDict):
    """Set a variable by hand; an empty `value` takes it away."""

    kind: Literal["correct"]
    name: str
    value: str


class ChatSentence(TypedDict):
    """Keep a test sentence with the flow, or remove one."""

    kind: Literal["sentence"]
    text: str
    keep: bool


class ChatAskCopy(TypedDict):
    """Ask for the conversation as text."""

    kind: Literal["copy"]
    form: Literal["transcript", "case"]


class ChatSaveCase(TypedDict):
    """Save the conversation as a case; of a turn that is named, its beginning up to this turn."""

    kind: Literal["save_case"]
    turn: NotRequired[int]


class ChatAskRequests(TypedDict):
    """Ask for what the models were asked in a turn."""

    kind: Literal["requests"]
    turn: int


class ChatAskLesson(TypedDict):
    """Ask for what an extraction node read in a turn, to correct it."""

    kind: Literal["lesson"]
    turn: int
    node: str


class ChatTeach(TypedDict):
    """Keep as an example what a node should have read in a turn; an empty value was not stated."""

    kind: Literal["teach"]
    turn: int
    node: str
    values: dict[str, str]


class ChatForget(TypedDict):
    """Remove an example of a node, beside what it read in a turn."""

    kind: Literal["forget"]
    turn: int
    node: str
    example: str


class ChatStop(TypedDict):
    """Stop the turn that is under way."""

    kind: Literal["stop"]


class ChatReset(TypedDict):
    """Begin a new session."""

    kind: Literal["reset"]


class ChatFork(TypedDict):
    """Begin a session that continues after a turn."""

    kind: Literal["fork"]
    turn: int


class ChatShow(TypedDict):
    """Show another session."""

    kind: Literal["show"]
    session: int


ChatRequest = (
    ChatHello
    | ChatSay
    | ChatEdit
    | ChatRegenerate
    | ChatCorrect
    | ChatSentence
    | ChatAskCopy
    | ChatAskRequests
    | ChatSaveCase
    | ChatAskLesson
    | ChatTeach
    | ChatForget
    | AskSavedOutput
    | ChatStop
    | ChatReset
    | ChatFork
    | ChatShow
)
