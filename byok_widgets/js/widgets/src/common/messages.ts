// Generated from byok_widgets/widgets/page_messages/ by tests/js/page_types.py: change it there.

/** Where a page sees no kernel, a view asks whether it is there. */
export interface Ping {
  kind: "ping";
}

/** The kernel is there; told again and again, also while a cell runs. */
export interface Pong {
  kind: "pong";
}

/** The output that the notebook file keeps of a view has changed; it has the class `mark` now. */
export interface Saved {
  kind: "saved";
  mark: string;
}

/** What that output holds, by MIME type. */
export interface SavedOutput {
  kind: "saved_output";
  output: Record<string, string>;
}

/** Ask for what that output holds: this page's notebook lacks it. */
export interface AskSavedOutput {
  kind: "saved_output";
}

/** A request failed, as `text` says, and is sent again after so many seconds. */
export interface Wait {
  kind: "wait";
  text: string;
  seconds: number;
}

/** One way to store a key; `asks` is what is typed for it. */
export interface StorageOption {
  id: string;
  label: string;
  note: string;
  asks: "key" | "variable" | "passphrase" | "new_passphrase";
}

/** The line below the key field; `reason` is its kind, `pasted` what to say of a key before it is saved. `{at}` in the text stands for the moment `at` (ISO 8601), which the page writes in the person's own time. */
export interface KeyStatusLine {
  state: "none" | "saved" | "working" | "verified" | "unverified" | "rejected";
  reason: string;
  text: string;
  link: string;
  link_text: string;
  pasted?: string;
  at?: string;
}

/** A prefix that tells whose key it is; `text` is empty where such a key is in its place. */
export interface KeyOwner {
  prefix: string;
  name: string;
  label: string;
  text: string;
}

/** The rules by which the page sees that something is no key; in each list the first match counts. `flaws`, `variable` and `key` pair a pattern with what to say of a text that it matches. */
export interface KeyShapes {
  edges: string;
  wrapping: string;
  flaws: [string, string][];
  variable: [string, string];
  key: [string, string];
  owners: KeyOwner[];
}

/** Another flow that has a key for this provider and host: its name, and how that is shown. */
export interface OtherFlow {
  name: string;
  label: string;
}

/** The traits of `KeyField`. */
export interface KeyFieldState {
  place: string;
  hint: string;
  variable_hint: string;
  shapes: KeyShapes;
  target: string;
  storage_options: StorageOption[];
  storage: string;
  needs_key: boolean;
  has_key: boolean;
  can_check: boolean;
  other_flows: OtherFlow[];
  status: KeyStatusLine;
  public_key: string;
  in_page: boolean;
  takes_typed: boolean;
}

/** Save the key, or the name of a variable: `sealed` for the other fields, in base64, or as it was `typed`. */
export interface SaveKey {
  kind: "save";
  id: string;
  sealed?: string;
  typed?: string;
  target: string;
  storage: string;
  override: boolean;
}

/** Open a storage backend by the passphrase, sealed or typed as in `SaveKey`, or choose its passphrase. */
export interface UnlockKeyFile {
  kind: "unlock";
  id: string;
  sealed?: string;
  typed?: string;
  storage: string;
  new: boolean;
}

/** Ask the provider whether the key is good. */
export interface CheckKey {
  kind: "check";
  target: string;
}

/** Remove the key. */
export interface RemoveKey {
  kind: "remove";
  target: string;
}

/** Copy the key of another flow into this one's own entry. */
export interface UseKeyOf {
  kind: "use_key_of";
  id: string;
  target: string;
  flow: string;
}

/** Use the provider whose key was pasted. */
export interface SwitchProvider {
  kind: "switch";
  provider: string;
}

/** A provider to switch to. */
export interface ProviderName {
  name: string;
  label: string;
}

/** The result of a request; where it was refused, `reason` is the kind of `text`. `open_first` is the storage that has to be unlocked before. */
export interface KeyOutcome {
  outcome: "saved" | "unlocked" | "refused";
  reason?: string;
  text?: string;
  clear?: boolean;
  switch_to?: ProviderName;
  anyway?: boolean;
  open_first?: string;
}

/** The answer to `SaveKey`, `UseKeyOf` or `UnlockKeyFile`. */
export interface KeyAnswer {
  outcome: "saved" | "unlocked" | "refused";
  reason?: string;
  text?: string;
  clear?: boolean;
  switch_to?: ProviderName;
  anyway?: boolean;
  open_first?: string;
  kind: "answer";
  id: string;
}

export type KeyFieldRequest = SaveKey | UseKeyOf | UnlockKeyFile | CheckKey | RemoveKey | SwitchProvider;

/** The traits of `ModelRows`. Each row is an id, a name, facts, and when the model ends. */
export interface ModelRowsState {
  rows: [string, string, string, string][];
  provider: string;
  key_patterns: string[];
}

/** The traits of `ModelField`; `rows` refers to a `ModelRows`, `{at}` in the note stands for `note_at`. */
export interface ModelFieldState {
  description: string;
  placeholder: string;
  value: string;
  rows: string;
  problem: string;
  note: string;
  note_at: string;
  action: string;
}

/** Set the model; an empty value gives the default back. */
export interface ChooseModel {
  kind: "choose";
  id: string;
  value: string;
}

/** The button beside the note was pressed. */
export interface PressModelAction {
  kind: "action";
}

/** The result of a choice; where it was not taken, `reason` is the kind of the problem. */
export interface ModelOutcome {
  outcome: "taken" | "refused" | "misplaced";
  reason?: string;
}

/** The answer to `ChooseModel`. */
export interface ModelAnswer {
  outcome: "taken" | "refused" | "misplaced";
  reason?: string;
  kind: "answer";
  id: string;
}

export type ModelFieldRequest = ChooseModel | PressModelAction;

/** One setting of a node. */
export interface SettingFacts {
  name: string;
  label: string;
  kind: "whole" | "number" | "choice";
  help: string;
  options: string[];
  value: string;
  unset: string;
  reset: string;
}

/** A setting that the node's model does not have. */
export interface IncompatibleSetting {
  name: string;
  text: string;
}

/** One row of the list of nodes. */
export interface NodeFacts {
  id: string;
  name: string;
  kind: string;
  model: string;
  source: string;
  override: string;
  notes: string[];
  for_all: string;
  settings_text: string;
  settings: SettingFacts[];
  more: string;
  incompatible: string;
  incompatible_settings: IncompatibleSetting[];
}

/** The traits of `NodeList`; `models` refers to a `ModelRows`. */
export interface NodeListState {
  nodes: NodeFacts[];
  models: string;
}

/** Change something of a node. */
export interface NodeRequest {
  kind: "choose" | "for_all" | "set" | "reset";
  id: string;
  node: string;
  name?: string;
  value?: string;
}

/** The result of a `NodeRequest`, in words. */
export interface NodeOutcome {
  outcome: "taken" | "refused" | "misplaced";
  reason?: string;
  text: string;
}

/** The answer to a `NodeRequest`. */
export interface NodeAnswer {
  outcome: "taken" | "refused" | "misplaced";
  reason?: string;
  text: string;
  kind: "answer";
  id: string;
}

/** One problem, with the button or the line of code that solves it; `dots` marks code to complete. `kind`, `by` and `argument` tell programs what it is, and what solves it. */
export interface FindingFacts {
  id: string;
  kind: string;
  level: "error" | "warning" | "suggestion";
  problem: string;
  fix: string;
  by: string;
  argument: string;
  button: string;
  code: string;
  dots: boolean;
}

/** A link to a page of a provider. */
export interface PageLink {
  text: string;
  url: string;
}

export type HelpFocus = "" | "key" | "address" | "model";

export type HelpRequest = "" | "check_key";

/** What often goes wrong, and what helps: links, and a button that moves to a field or asks the kernel. */
export interface HelpRow {
  id: string;
  issue: string;
  text: string;
  links: PageLink[];
  button: string;
  focus: "" | "key" | "address" | "model";
  ask: "" | "check_key";
}

export type CheckState = "unchecked" | "checking" | "checked" | "failed";

/** Everything the section shows. */
export interface TroubleshootingFacts {
  state: "unchecked" | "checking" | "checked" | "failed";
  said: string;
  count: string;
  note: string;
  findings: FindingFacts[];
  rows: HelpRow[];
}

/** The traits of `Troubleshooting`. */
export interface TroubleshootingState {
  facts: TroubleshootingFacts;
}

/** Check the flow. */
export interface CheckFlow {
  kind: "check";
  id: string;
}

/** Check the key of the panel. */
export interface CheckKeyHere {
  kind: "check_key";
  id: string;
}

/** Do what the finding's button says. */
export interface ApplyFix {
  kind: "apply_fix";
  id: string;
  finding: string;
}

/** Where the keyboard goes next; `name` is the node's, for the field `node`. */
export interface Focus {
  field?: "key" | "address" | "model" | "node";
  name?: string;
}

/** The result of a request, in words. */
export interface TroubleshootingAnswer {
  kind: "answer";
  id: string;
  text: string;
  focus: Focus;
}

export type TroubleshootingRequest = CheckFlow | CheckKeyHere | ApplyFix;

/** Something that a person decides, with the texts of the answers' buttons. */
export interface QuestionFacts {
  kind: string;
  text: string;
  choices: string[];
}

/** The traits of `PanelHead`. */
export interface PanelHeadState {
  title: string;
  notice: string;
  note: string;
  questions: QuestionFacts[];
}

/** No call waits any more. */
export interface WaitOver {
  kind: "wait_over";
}

export type PanelHeadMessage = Wait | WaitOver;

/** One of the answers was chosen. */
export interface AnswerQuestion {
  kind: "answer_question";
  question: string;
  choice: string;
}

/** The trait of `CopyCode`. */
export interface CopyCodeState {
  code: string;
}

/** The traits of `Chat`. */
export interface ChatState {
  title: string;
  saved_form: string;
}

/** What was found of one edge; `condition` in words. */
export interface VerdictFacts {
  target: string;
  condition: string;
  verdict: "holds" | "does not hold" | "not looked at";
  reason: string;
}

/** A node that ran, where `verdicts` is empty, or the edges of a node that were judged. `target` is where the flow moved, empty where it stayed; `line` says what happened. `reasoning` is that of a model which judged or read; that of the reply stands with the turn. */
export interface StepFacts {
  node: string;
  target: string;
  line: string;
  verdicts: VerdictFacts[];
  reasoning: string;
}

/** A part of a turn: a node that ran, or the model that judged the edges of one. */
export interface SpanFacts {
  node: string;
  name: string;
  is_judge: boolean;
  seconds: number;
}

/** What a turn took: its parts, and as texts the first words, seconds, tokens in and out, and cost. */
export interface TookFacts {
  spans: SpanFacts[];
  figures: string[];
}

/** One turn. `text` is null for what the flow says first, `reply` where nothing was said. `reasoning` is what the model thought before it answered, empty where that is not known; `cut_off` tells that there was more of the reply to come. `requests` is the number of requests that can be shown, `readers` are the extraction nodes that can be taught from it. */
export interface TurnFacts {
  number: number;
  text: string | null;
  node: string;
  reply: string | null;
  reasoning: string;
  cut_off: boolean;
  notices: string[];
  summary: string;
  model: string;
  path: string[];
  steps: StepFacts[];
  took: TookFacts;
  requests: number;
  readers: string[];
}

/** Words of the conversation that hold a value, with what stands around them. */
export interface PlaceFacts {
  turn: number;
  by: "person" | "flow";
  before: string;
  said: string;
  after: string;
}

/** One variable; `stated` is its value as it can be typed, `about` what to say of its status. `places` are where it was said, in the order of the conversation. */
export interface VariableFacts {
  name: string;
  value: string;
  stated: string;
  status: "found" | "ungrounded" | "set" | "not_stated";
  about: string;
  places: PlaceFacts[];
}

/** The current state of a session. */
export interface SessionFacts {
  node: string;
  closed: boolean;
  variables: VariableFacts[];
  totals: string;
}

/** A model is working, as `text` says, without output; its request was sent so many seconds ago. */
export interface WorkFacts {
  text: string;
  seconds: number;
}

/** The node that is running, and whether it speaks. */
export interface NodeAtWork {
  node: string;
  speaks: boolean;
}

/** What of a turn that is under way has come so far; `instead_of` as in `ChatBegin`. */
export interface UnderWay {
  node: string;
  speaks: boolean;
  text: string;
  reply: string;
  thinking: WorkFacts | null;
  instead_of: number | null;
}

/** Why a turn did not end well; `calm` where that is what the person wanted, `settings` where they can help. `quote` is what the provider wrote, `fix` is what to do. */
export interface FailureFacts {
  kind: string;
  problem: string;
  where: string;
  cause: string;
  quote: string;
  fix: string;
  link: string;
  calm?: boolean;
  settings?: boolean;
}

/** Another answer to a turn of the shown session; `session` is the one in which it was given. */
export interface AlternativeFacts {
  instead_of: number;
  session: number;
  turn: TurnFacts;
}

/** The drawing of the flow, and the colour of each node by its name. */
export interface GraphFacts {
  svg: string;
  colors: Record<string, string>;
}

/** Everything that was said, and all that can be chosen; `visited` where only the owner changes the flow. */
export interface ChatAll {
  node: string;
  closed: boolean;
  variables: VariableFacts[];
  totals: string;
  kind: "all";
  sessions: string[];
  shown: number;
  visited: boolean;
  turns: TurnFacts[];
  alternatives: AlternativeFacts[];
  under_way: UnderWay | null;
  sentences: string[];
  models: string[];
  graph: GraphFacts;
}

/** A turn begins with what the person said; `instead_of` is the turn to which another answer is given. */
export interface ChatBegin {
  kind: "begin";
  text: string;
  instead_of: number | null;
}

/** A node begins to work. */
export interface ChatNode {
  node: string;
  speaks: boolean;
  kind: "node";
}

/** Something is being fetched. */
export interface ChatProgress {
  kind: "progress";
  text: string;
}

/** The server of a model that has written nothing yet has just sent something; told once a second at most. */
export interface ChatThinking {
  text: string;
  seconds: number;
  kind: "thinking";
}

/** A piece of the reply. */
export interface ChatText {
  kind: "text";
  text: string;
}

/** All pieces of the reply so far were the model's thinking, and are no part of it. */
export interface ChatRetract {
  kind: "retract";
}

/** A turn has ended; `changed` names the variables that it set. `graph` is null while the flow is the same. */
export interface ChatTurn {
  node: string;
  closed: boolean;
  variables: VariableFacts[];
  totals: string;
  kind: "turn";
  turn: TurnFacts;
  changed: string[];
  graph: GraphFacts | null;
}

/** Another answer to a turn has ended. */
export interface ChatAlternative {
  kind: "alternative";
  alternative: AlternativeFacts;
  sessions: string[];
}

/** A variable was corrected. */
export interface ChatSession {
  node: string;
  closed: boolean;
  variables: VariableFacts[];
  totals: string;
  kind: "session";
  changed: string[];
}

/** The test sentences of the flow have changed. */
export interface ChatSentences {
  kind: "sentences";
  sentences: string[];
}

/** What was asked for, to be copied. */
export interface ChatCopy {
  kind: "copy";
  form: "transcript" | "case";
  text: string;
}

/** The conversation was saved as a case; the text says where. */
export interface ChatCaseSaved {
  kind: "case_saved";
  text: string;
}

/** A named part of a request: the system text, a message, the schema or the settings. */
export interface RequestPart {
  name: string;
  text: string;
}

/** What a model was asked, word for word. */
export interface RequestFacts {
  title: string;
  parts: RequestPart[];
}

/** What the models were asked in a turn. */
export interface ChatRequests {
  kind: "requests";
  turn: number;
  requests: RequestFacts[];
}

/** A field of an extraction node: `value` as it can be typed, `kind` in words, and its `choices`, if any. */
export interface LessonField {
  name: string;
  kind: string;
  value: string;
  choices: string[];
}

/** An example of a node: what was said, and the values that are in it. */
export interface ExampleFacts {
  id: string;
  said: string;
  values: string;
}

/** What an extraction node read in a turn, to be corrected, and the examples that it has already. */
export interface ChatLesson {
  kind: "lesson";
  turn: number;
  node: string;
  fields: LessonField[];
  examples: ExampleFacts[];
}

/** The examples of a node after one was removed. */
export interface ChatExamples {
  kind: "examples";
  turn: number;
  node: string;
  examples: ExampleFacts[];
}

/** An example was kept, as `text` says and as `code` would; or, with a `problem`, perhaps of a `field`, not. */
export interface ChatTaught {
  kind: "taught";
  turn: number;
  node: string;
  text: string;
  code: string;
  problem: string;
  field: string;
}

/** A turn or a click did not work; `text` goes back to its field. `session` is told after a turn, with the `reasoning` of a model that had thought and not begun to write. */
export interface ChatFailed {
  kind: "failed";
  text: string;
  failure: FailureFacts;
  session?: SessionFacts;
  reasoning?: string;
}

export type ChatMessage = ChatAll | ChatBegin | ChatNode | ChatProgress | Wait | ChatThinking | ChatText | ChatRetract | ChatTurn | ChatAlternative | ChatSession | ChatSentences | ChatCopy | ChatCaseSaved | ChatRequests | ChatLesson | ChatExamples | ChatTaught | Saved | SavedOutput | ChatFailed;

/** A view has appeared and wants to know everything. */
export interface ChatHello {
  kind: "hello";
}

/** Say something to the flow. */
export interface ChatSay {
  kind: "say";
  text: string;
}

/** Say something else in a turn, in a session of its own. */
export interface ChatEdit {
  kind: "edit";
  turn: number;
  text: string;
}

/** Answer a turn once more beside its first answer; `model` is empty for the same one. */
export interface ChatRegenerate {
  kind: "regenerate";
  turn: number;
  model: string;
}

/** Set a variable by hand; an empty `value` takes it away. */
export interface ChatCorrect {
  kind: "correct";
  name: string;
  value: string;
}

/** Keep a test sentence with the flow, or remove one. */
export interface ChatSentence {
  kind: "sentence";
  text: string;
  keep: boolean;
}

/** Ask for the conversation as text. */
export interface ChatAskCopy {
  kind: "copy";
  form: "transcript" | "case";
}

/** Save the conversation as a case; of a turn that is named, its beginning up to this turn. */
export interface ChatSaveCase {
  kind: "save_case";
  turn?: number;
}

/** Ask for what the models were asked in a turn. */
export interface ChatAskRequests {
  kind: "requests";
  turn: number;
}

/** Ask for what an extraction node read in a turn, to correct it. */
export interface ChatAskLesson {
  kind: "lesson";
  turn: number;
  node: string;
}

/** Keep as an example what a node should have read in a turn; an empty value was not stated. */
export interface ChatTeach {
  kind: "teach";
  turn: number;
  node: string;
  values: Record<string, string>;
}

/** Remove an example of a node, beside what it read in a turn. */
export interface ChatForget {
  kind: "forget";
  turn: number;
  node: string;
  example: string;
}

/** Stop the turn that is under way. */
export interface ChatStop {
  kind: "stop";
}

/** Begin a new session. */
export interface ChatReset {
  kind: "reset";
}

/** Begin a session that continues after a turn. */
export interface ChatFork {
  kind: "fork";
  turn: number;
}

/** Show another session. */
export interface ChatShow {
  kind: "show";
  session: number;
}

export type ChatRequest = ChatHello | ChatSay | ChatEdit | ChatRegenerate | ChatCorrect | ChatSentence | ChatAskCopy | ChatAskRequests | ChatSaveCase | ChatAskLesson | ChatTeach | ChatForget | AskSavedOutput | ChatStop | ChatReset | ChatFork | ChatShow;

/** The traits of `Board`. */
export interface BoardState {
  title: string;
  saved_form: string;
}

/** One figure of a variant: in `words`, with its interval or bound `beside` it, and what rows are sorted by. */
export interface BoardFigure {
  words: string;
  beside: string;
  value: number | null;
}

/** A row: one variant, its verdict, `baseline` for that, empty while there is none, why, and its figures. `short` is its name without what all variants share. */
export interface BoardVariant {
  name: string;
  short: string;
  verdict: string;
  reason: string;
  figures: BoardFigure[];
}

/** How far it is, in numbers of cells and in words; `left` says what time and money it will still take. */
export interface BoardProgress {
  done: number;
  total: number;
  running: boolean;
  standing: string;
  left: string;
}

/** The rows with the columns that say anything, and what a reader has to know about them. */
export interface BoardStanding {
  columns: string[];
  variants: BoardVariant[];
  notes: string[];
}

/** A variant as a column of the grid: its name, and that without what all variants share. */
export interface BoardColumn {
  name: string;
  short: string;
}

/** A case: its number, its name and the beginning of what is said in it. */
export interface BoardCase {
  number: number;
  name: string;
  said: string;
}

export type BoardCell = [number, number, number, number | null, number, number];

/** A picture, as SVG, and the same in words. */
export interface BoardPicture {
  name: string;
  title: string;
  svg: string;
  words: string;
}

/** What is compared: all that a view has known before is to be asked for again; `visited` if by visitors. */
export interface BoardAll {
  kind: "all";
  columns: BoardColumn[];
  repeat: number;
  visited: boolean;
  progress: BoardProgress;
}

/** Which cases: in the order of the run, by name, or the widest apart first; all, or those that differ. */
export interface BoardView {
  order: "run" | "name" | "gap";
  apart: boolean;
  start: number;
}

/** Cases with their cells, from the one at `start`; `chosen` of `total` are in this view. */
export interface BoardPage {
  order: "run" | "name" | "gap";
  apart: boolean;
  start: number;
  kind: "page";
  cases: BoardCase[];
  cells: [number, number, number, number | null, number, number][];
  chosen: number;
  total: number;
}

/** Cells have ended; those of cases that no page has are not told. */
export interface BoardCells {
  kind: "cells";
  cells: [number, number, number, number | null, number, number][];
  progress: BoardProgress;
}

/** The rows as they are now; while it runs there are no pictures. */
export interface BoardRows {
  columns: string[];
  variants: BoardVariant[];
  notes: string[];
  kind: "rows";
  progress: BoardProgress;
  pictures: BoardPicture[];
}

/** What was said, and by whom. */
export interface BoardUtterance {
  by: string;
  text: string;
}

/** What was expected of a case, and what was found. */
export interface BoardCheck {
  name: string;
  expected: string;
  found: string;
  holds: boolean;
}

/** A turn of a conversation that was played: what the caller said and the flow answered, and by which nodes. `apart` says what is to be told of a turn: in a comparison where the baseline goes, at the first turn that leaves its way; in a test what went wrong there. It is empty for all others. */
export interface BoardTurn {
  said: string;
  reply: string;
  path: string;
  learned: string;
  apart: string;
}

/** A cell in one repeat. `status` is empty while it has not ended, `facts` is what it took. */
export interface BoardDetail {
  kind: "cell";
  case: number;
  variant: number;
  repeat: number;
  said: BoardUtterance[];
  status: "" | "done" | "invalid" | "refused" | "failed";
  message: string;
  score: string;
  answer: string;
  reasoning: string;
  checks: BoardCheck[];
  turns: BoardTurn[];
  request: RequestPart[];
  facts: string;
}

/** A value that was read, of a reply that is rated. */
export interface BoardRatedValue {
  name: string;
  value: string;
}

/** A reply to rate, without the name of what wrote it; `number` counts steps. `left` replies of `total` are not rated yet, this one included; without any, `notes` say what the ratings show. */
export interface BoardRating {
  kind: "rating";
  by: string;
  number: number;
  left: number;
  total: number;
  can_undo: boolean;
  said: BoardUtterance[];
  answer: string;
  values: BoardRatedValue[];
  conversation: BoardUtterance[];
  notes: string[];
  problem: string;
}

export type BoardMessage = BoardAll | BoardPage | BoardCells | BoardRows | BoardDetail | BoardRating | Saved | SavedOutput;

/** A view has appeared and wants to know everything. */
export interface BoardHello {
  kind: "hello";
}

/** Ask for `count` cases of a view, or as many as a page has. */
export interface BoardAsk {
  order: "run" | "name" | "gap";
  apart: boolean;
  start: number;
  kind: "page";
  count: number;
}

/** Stop; what is finished stays. */
export interface BoardStop {
  kind: "stop";
}

/** Ask for a cell, by the numbers of its case and its variant; repeats count from 1. */
export interface BoardOpen {
  kind: "cell";
  case: number;
  variant: number;
  repeat: number;
}

/** Rate: begin as `by`, give the reply of step `number` a `mark`, skip it, or undo the step before. */
export interface BoardRate {
  kind: "rate";
  act: "begin" | "mark" | "skip" | "undo";
  by: string;
  number: number;
  mark: number;
}

export type BoardRequest = BoardHello | BoardAsk | BoardStop | BoardOpen | BoardRate | AskSavedOutput;

/** The traits of `Connection`. */
export interface ConnectionState {
  running: boolean;
}

/** Ask how clients reach the flow. */
export interface AskConnection {
  kind: "connection";
  id: string;
}

/** What to enter in a client, or the code for it. */
export interface ClientSnippet {
  client: string;
  text: string;
}

/** The access token, empty where callers have theirs, and a snippet for each client. */
export interface ConnectionAnswer {
  kind: "answer";
  id: string;
  token: string;
  snippets: ClientSnippet[];
}
