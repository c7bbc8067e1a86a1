"""Everything that travels between the widgets and the page: the one place where its form is written down.

The page's `messages.ts` is generated from this module: `python -m tests.js.page_types`. The kernel's side imports
these types for the type checker alone.
"""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

# Every view


class Ping(TypedDict):
    """Where a page sees no kernel, a view asks whether it is there."""

    kind: Literal["ping"]


class Pong(TypedDict):
    """The kernel is there; told again and again, also while a cell runs."""

    kind: Literal["pong"]


# Key field: its state


class StorageOption(TypedDict):
    """One way to store a key."""

    id: str
    label: str
    note: str


class KeyStatusLine(TypedDict):
    """The line below the key field; `reason` is its kind, `pasted` what to say of a key before it is saved.

    `{at}` in the text stands for the moment `at` (ISO 8601), which the page writes in the person's own time.
    """

    state: Literal["none", "saved", "working", "verified", "unverified", "rejected"]
    reason: str
    text: str
    link: str
    link_text: str
    pasted: NotRequired[str]
    at: NotRequired[str]


class KeyOwner(TypedDict):
    """A prefix that tells whose key it is; `text` is empty where such a key is in its place."""

    prefix: str
    name: str
    label: str
    text: str


class KeyShapes(TypedDict):
    """The rules by which the page sees that something is no key; in each list the first match counts.

    `flaws`, `variable` and `key` pair a pattern with what to say of a text that it matches.
    """

    edges: str
    wrapping: str
    flaws: list[tuple[str, str]]
    variable: tuple[str, str]
    key: tuple[str, str]
    owners: list[KeyOwner]


class OtherFlow(TypedDict):
    """Another flow that has a key for this provider and host: its name, and how that is shown."""

    name: str
    label: str


class KeyFieldState(TypedDict):
    """The traits of `KeyField`."""

    label: str
    hint: str
    variable_hint: str
    shapes: KeyShapes
    target: str
    storage_options: list[StorageOption]
    storage: str
    lock: Literal["", "locked", "new"]
    needs_key: bool
    has_key: bool
    can_check: bool
    other_flows: list[OtherFlow]
    status: KeyStatusLine
    public_key: str


# Key field: its messages


class SaveKey(TypedDict):
    """Save the key, or the name of a variable, that is sealed: three parts in base64."""

    kind: Literal["save"]
    id: str
    sealed: list[str]
    target: str
    storage: str
    override: bool


class UnlockKeyFile(TypedDict):
    """Open the encrypted file by the passphrase that is sealed, as in `SaveKey`, or begin it."""

    kind: Literal["unlock"]
    id: str
    sealed: list[str]
    new: bool


class CheckKey(TypedDict):
    """Ask the provider whether the key is good."""

    kind: Literal["check"]
    target: str


class RemoveKey(TypedDict):
    """Remove the key."""

    kind: Literal["remove"]
    target: str


class UseKeyOf(TypedDict):
    """Copy the key of another flow into this one's own entry."""

    kind: Literal["use_key_of"]
    id: str
    target: str
    flow: str


class SwitchProvider(TypedDict):
    """Use the provider whose key was pasted."""

    kind: Literal["switch"]
    provider: str


class ProviderName(TypedDict):
    """A provider to switch to."""

    name: str
    label: str


class KeyOutcome(TypedDict):
    """What came of a request that was sent sealed; where it was refused, `reason` is the kind of `text`."""

    outcome: Literal["saved", "unlocked", "refused"]
    reason: NotRequired[str]
    text: NotRequired[str]
    clear: NotRequired[bool]
    switch_to: NotRequired[ProviderName]
    anyway: NotRequired[bool]


class KeyAnswer(KeyOutcome):
    """The answer to `SaveKey`, `UseKeyOf` or `UnlockKeyFile`."""

    kind: Literal["answer"]
    id: str


KeyFieldRequest = SaveKey | UseKeyOf | UnlockKeyFile | CheckKey | RemoveKey | SwitchProvider

# Model field


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
    """What came of a choice; where it was not taken, `reason` is the kind of the problem."""

    outcome: Literal["taken", "refused", "misplaced"]
    reason: NotRequired[str]


class ModelAnswer(ModelOutcome):
    """The answer to `ChooseModel`."""

    kind: Literal["answer"]
    id: str


ModelFieldRequest = ChooseModel | PressModelAction

# Node list


class SettingFacts(TypedDict):
    """One setting of a node."""

    name: str
    label: str
    kind: Literal["whole", "number", "choice"]
    help: str
    options: list[str]
    value: str
    unset: str
    back: str


class Misfit(TypedDict):
    """A setting that the node's model does not have."""

    name: str
    text: str


class NodeFacts(TypedDict):
    """One row of the list of nodes."""

    id: str
    name: str
    kind: str
    model: str
    source: str
    override: str
    notes: list[str]
    for_all: str
    tuned: str
    settings: list[SettingFacts]
    more: str
    unfit: str
    misfits: list[Misfit]


class NodeListState(TypedDict):
    """The traits of `NodeList`; `models` refers to a `ModelRows`."""

    nodes: list[NodeFacts]
    models: str


class NodeRequest(TypedDict):
    """Change something of a node."""

    kind: Literal["choose", "for_all", "set", "give_back"]
    id: str
    node: str
    name: NotRequired[str]
    value: NotRequired[str]


class NodeOutcome(ModelOutcome):
    """What came of a `NodeRequest`, in words."""

    text: str


class NodeAnswer(NodeOutcome):
    """The answer to a `NodeRequest`."""

    kind: Literal["answer"]
    id: str


# Troubleshooting


class FindingFacts(TypedDict):
    """One problem, with the button or the line of code that solves it; `dots` marks code to complete.

    `kind`, `by` and `argument` tell programs what it is, and what solves it.
    """

    id: str
    kind: str
    level: Literal["error", "warning"]
    problem: str
    fix: str
    by: str
    argument: str
    button: str
    code: str
    dots: bool


class PageLink(TypedDict):
    """A link to a page of a provider."""

    text: str
    url: str


HelpFocus = Literal["", "key", "address", "model"]
HelpRequest = Literal["", "check_key"]


class HelpRow(TypedDict):
    """What often goes wrong, and what helps: links, and a button that moves to a field or asks the kernel."""

    id: str
    issue: str
    text: str
    links: list[PageLink]
    button: str
    focus: HelpFocus
    ask: HelpRequest


CheckState = Literal["unchecked", "checking", "checked", "failed"]


class TroubleshootingFacts(TypedDict):
    """Everything the section shows."""

    state: CheckState
    said: str
    count: str
    note: str
    findings: list[FindingFacts]
    rows: list[HelpRow]


class TroubleshootingState(TypedDict):
    """The traits of `Troubleshooting`."""

    facts: TroubleshootingFacts


class CheckFlow(TypedDict):
    """Check the flow."""

    kind: Literal["check"]
    id: str


class CheckKeyHere(TypedDict):
    """Check the key of the panel."""

    kind: Literal["check_key"]
    id: str


class ApplyFix(TypedDict):
    """Do what the finding's button says."""

    kind: Literal["apply_fix"]
    id: str
    finding: str


class Focus(TypedDict):
    """Where the keyboard goes next; `name` is the node's, for the field `node`."""

    field: NotRequired[Literal["key", "address", "model", "node"]]
    name: NotRequired[str]


class TroubleshootingAnswer(TypedDict):
    """What came of a request, in words."""

    kind: Literal["answer"]
    id: str
    text: str
    focus: Focus


TroubleshootingRequest = CheckFlow | CheckKeyHere | ApplyFix

# Panel head, code to copy


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


class AnswerQuestion(TypedDict):
    """One of the answers was chosen."""

    kind: Literal["answer_question"]
    question: str
    choice: str


class CopyCodeState(TypedDict):
    """The trait of `CopyCode`."""

    code: str


# Chat


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

    `target` is where the flow moved, empty where it stayed; `line` says what happened.
    """

    node: str
    target: str
    line: str
    verdicts: list[VerdictFacts]


class TurnFacts(TypedDict):
    """One turn. `text` is null for what the flow says first, `reply` where nothing was said."""

    number: int
    text: str | None
    node: str
    reply: str | None
    notices: list[str]
    summary: str
    model: str
    path: list[str]
    steps: list[StepFacts]


class VariableFacts(TypedDict):
    """One variable; `stated` is its value as it can be typed, `about` what to say of its status."""

    name: str
    value: str
    stated: str
    status: Literal["found", "ungrounded", "set", "not_stated"]
    about: str


class Standing(TypedDict):
    """Where a session stands."""

    node: str
    closed: bool
    variables: list[VariableFacts]
    totals: str


class UnderWay(TypedDict):
    """What of a turn that is under way has come so far; `instead_of` as in `ChatBegin`."""

    text: str
    node: str
    reply: str
    instead_of: int | None


class FailureWords(TypedDict):
    """Why a turn did not end well; `calm` where that is what the person wanted, `settings` where they can help."""

    kind: str
    problem: str
    more: str
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


class ChatAll(Standing):
    """Everything that was said, and all that can be chosen."""

    kind: Literal["all"]
    sessions: list[str]
    shown: int
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


class ChatNode(TypedDict):
    """A node begins to work."""

    kind: Literal["node"]
    node: str


class ChatProgress(TypedDict):
    """Something is being fetched."""

    kind: Literal["progress"]
    text: str


class ChatWait(TypedDict):
    """A request failed, as `text` says, and is sent again after so many seconds."""

    kind: Literal["wait"]
    text: str
    seconds: float


class ChatText(TypedDict):
    """A piece of the reply."""

    kind: Literal["text"]
    text: str


class ChatTurn(Standing):
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


class ChatStanding(Standing):
    """A variable was corrected."""

    kind: Literal["standing"]
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


class ChatFailed(TypedDict):
    """A turn or a click did not work; `text` goes back to its field. `standing` is told after a turn."""

    kind: Literal["failed"]
    text: str
    words: FailureWords
    standing: NotRequired[Standing]


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


class ChatStop(TypedDict):
    """Stop the turn that is under way."""

    kind: Literal["stop"]


class ChatReset(TypedDict):
    """Begin a new session."""

    kind: Literal["reset"]


class ChatFork(TypedDict):
    """Begin a session that goes on after a turn."""

    kind: Literal["fork"]
    turn: int


class ChatShow(TypedDict):
    """Show another session."""

    kind: Literal["show"]
    session: int


ChatMessage = (
    ChatAll
    | ChatBegin
    | ChatNode
    | ChatProgress
    | ChatWait
    | ChatText
    | ChatTurn
    | ChatAlternative
    | ChatStanding
    | ChatSentences
    | ChatCopy
    | ChatFailed
)
ChatRequest = (
    ChatHello
    | ChatSay
    | ChatEdit
    | ChatRegenerate
    | ChatCorrect
    | ChatSentence
    | ChatAskCopy
    | ChatStop
    | ChatReset
    | ChatFork
    | ChatShow
)
