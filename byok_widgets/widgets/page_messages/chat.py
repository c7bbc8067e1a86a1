"""The chat: its state, and what the kernel tells it."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from byok_widgets.widgets.page_messages.every_view import Saved, SavedOutput, Wait


class ChatState(TypedDict):
    """The traits of `Chat`."""

    title: str
    saved_form: str


class VerdictFacts(TypedDict):
    """What was found of one edge; `condition` in words."""

    target: str
    condition: str
    verdict: Literal["holds", "does not hold", "not looked at"]
    reason: str


class StepFacts(TypedDict):
    """A node that ran, where `verdicts` is empty, or the edges of a node that were judged.

    `target` is where the flow moved, empty where it stayed; `line` says what happened. `reasoning` is that of
    a model which judged or read; that of the reply stands with the turn.
    """

    node: str
    target: str
    line: str
    verdicts: list[VerdictFacts]
    reasoning: str


class SpanFacts(TypedDict):
    """A part of a turn: a node that ran, or the model that judged the edges of one."""

    node: str
    name: str
    is_judge: bool
    seconds: float


class TookFacts(TypedDict):
    """What a turn took: its parts, and as texts the first words, seconds, tokens in and out, and cost."""

    spans: list[SpanFacts]
    figures: list[str]


class TurnFacts(TypedDict):
    """One turn. `text` is null for what the flow says first, `reply` where nothing was said.

    `reasoning` is what the model thought before it answered, empty where that is not known; `cut_off` tells that
    there was more of the reply to come. `requests` is the number of requests that can be shown, `readers` are the
    extraction nodes that can be taught from it.
    """

    number: int
    text: str | None
    node: str
    reply: str | None
    reasoning: str
    cut_off: bool
    notices: list[str]
    summary: str
    model: str
    path: list[str]
    steps: list[StepFacts]
    took: TookFacts
    requests: int
    readers: list[str]


class PlaceFacts(TypedDict):
    """Words of the conversation that hold a value, with what stands around them."""

    turn: int
    by: Literal["person", "flow"]
    before: str
    said: str
    after: str


class VariableFacts(TypedDict):
    """One variable; `stated` is its value as it can be typed, `about` what to say of its status.

    `places` are where it was said, in the order of the conversation.
    """

    name: str
    value: str
    stated: str
    status: Literal["found", "ungrounded", "set", "not_stated"]
    about: str
    places: list[PlaceFacts]


class SessionFacts(TypedDict):
    """The current state of a session."""

    node: str
    closed: bool
    variables: list[VariableFacts]
    totals: str


class WorkFacts(TypedDict):
    """A model is working, as `text` says, without output; its request was sent so many seconds ago."""

    text: str
    seconds: int


class NodeAtWork(TypedDict):
    """The node that is running, and whether it speaks."""

    node: str
    speaks: bool


class UnderWay(NodeAtWork):
    """What of a turn that is under way has come so far; `instead_of` as in `ChatBegin`."""

    text: str
    reply: str
    thinking: WorkFacts | None
    instead_of: int | None


class FailureFacts(TypedDict):
    """Why a turn did not end well; `calm` where that is what the person wanted, `settings` where they can help.

    `quote` is what the provider wrote, `fix` is what to do.
    """

    kind: str
    problem: str
    where: str
    cause: str
    quote: str
    fix: str
    link: str
    calm: NotRequired[bool]
    settings: NotRequired[bool]


class AlternativeFacts(TypedDict):
    """Another answer to a turn of the shown session; `session` is the one in which it was given."""

    instead_of: int
    session: int
    turn: TurnFacts


class GraphFacts(TypedDict):
    """The drawing of the flow, and the colour of each node by its name."""

    svg: str
    colors: dict[str, str]


class ChatAll(SessionFacts):
    """Everything that was said, and all that can be chosen; `visited` where only the owner changes the flow."""

    kind: Literal["all"]
    sessions: list[str]
    shown: int
    visited: bool
    turns: list[TurnFacts]
    alternatives: list[AlternativeFacts]
    under_way: UnderWay | None
    sentences: list[str]
    models: list[str]
    graph: GraphFacts


class ChatBegin(TypedDict):
    """A turn begins with what the person said; `instead_of` is the turn to which another answer is given."""

    kind: Literal["begin"]
    text: str
    instead_of: int | None


class ChatNode(NodeAtWork):
    """A node begins to work."""

    kind: Literal["node"]


class ChatProgress(TypedDict):
    """Something is being fetched."""

    kind: Literal["progress"]
    text: str


class ChatThinking(WorkFacts):
    """The server of a model that has written nothing yet has just sent something; told once a second at most."""

    kind: Literal["thinking"]


class ChatText(TypedDict):
    """A piece of the reply."""

    kind: Literal["text"]
    text: str


class ChatRetract(TypedDict):
    """All pieces of the reply so far were the model's thinking, and are no part of it."""

    kind: Literal["retract"]


class ChatTurn(SessionFacts):
    """A turn has ended; `changed` names the variables that it set. `graph` is null while the flow is the same."""

    kind: Literal["turn"]
    turn: TurnFacts
    changed: list[str]
    graph: GraphFacts | None


class ChatAlternative(TypedDict):
    """Another answer to a turn has ended."""

    kind: Literal["alternative"]
    alternative: AlternativeFacts
    sessions: list[str]


class ChatSession(SessionFacts):
    """A variable was corrected."""

    kind: Literal["session"]
    changed: list[str]


class ChatSentences(TypedDict):
    """The test sentences of the flow have changed."""

    kind: Literal["sentences"]
    sentences: list[str]


class ChatCopy(TypedDict):
    """What was asked for, to be copied."""

    kind: Literal["copy"]
    form: Literal["transcript", "case"]
    text: str


class ChatCaseSaved(TypedDict):
    """The conversation was saved as a case; the text says where."""

    kind: Literal["case_saved"]
    text: str


class RequestPart(TypedDict):
    """A named part of a request: the system text, a message, the schema or the settings."""

    name: str
    text: str


class RequestFacts(TypedDict):
    """What a model was asked, word for word."""

    title: str
    parts: list[RequestPart]


class ChatRequests(TypedDict):
    """What the models were asked in a turn."""

    kind: Literal["requests"]
    turn: int
    requests: list[RequestFacts]


class LessonField(TypedDict):
    """A field of an extraction node: `value` as it can be typed, `kind` in words, and its `choices`, if any."""

    name: str
    kind: str
    value: str
    choices: list[str]


class ExampleFacts(TypedDict):
    """An example of a node: what was said, and the values that are in it."""

    id: str
    said: str
    values: str


class ChatLesson(TypedDict):
    """What an extraction node read in a turn, to be corrected, and the examples that it has already."""

    kind: Literal["lesson"]
    turn: int
    node: str
    fields: list[LessonField]
    examples: list[ExampleFacts]


class ChatExamples(TypedDict):
    """The examples of a node after one was removed."""

    kind: Literal["examples"]
    turn: int
    node: str
    examples: list[ExampleFacts]


class ChatTaught(TypedDict):
    """An example was kept, as `text` says and as `code` would; or, with a `problem`, perhaps of a `field`, not."""

    kind: Literal["taught"]
    turn: int
    node: str
    text: str
    code: str
    problem: str
    field: str


class ChatFailed(TypedDict):
    """A turn or a click did not work; `text` goes back to its field.

    `session` is told after a turn, with the `reasoning` of a model that had thought and not begun to write.
    """

    kind: Literal["failed"]
    text: str
    failure: FailureFacts
    session: NotRequired[SessionFacts]
    reasoning: NotRequired[str]


ChatMessage = (
    ChatAll
    | ChatBegin
    | ChatNode
    | ChatProgress
    | Wait
    | ChatThinking
    | ChatText
    | ChatRetract
    | ChatTurn
    | ChatAlternative
    | ChatSession
    | ChatSentences
    | ChatCopy
    | ChatCaseSaved
    | ChatRequests
    | ChatLesson
    | ChatExamples
    | ChatTaught
    | Saved
    | SavedOutput
    | ChatFailed
)
