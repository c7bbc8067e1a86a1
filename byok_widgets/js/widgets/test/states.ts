// States of widgets as the kernel sends them.

import type {
  BoardState,
  ChatState,
  KeyFieldState,
  KeyShapes,
  ModelFieldState,
  ModelRowsState,
  NodeFacts,
  PanelHeadState,
  SettingFacts,
  TroubleshootingFacts,
} from "../src/common/messages";

export const SHAPES: KeyShapes = {
  edges: ' "',
  wrapping: "bearer\\s+",
  flaws: [["\\s", "There is a space in the key."]],
  variable: ["^[A-Z]+_KEY$", "This is the name of a variable."],
  key: ["^one-", "This is a key."],
  owners: [
    { prefix: "one-", name: "one", label: "One", text: "" },
    { prefix: "two-", name: "two", label: "Two", text: "This looks like a key of Two." },
  ],
};

export const keyField = (): KeyFieldState => ({
  place: "One",
  hint: "one-…",
  variable_hint: "ONE_API_KEY",
  shapes: SHAPES,
  target: "one@host",
  storage_options: [
    { id: "session", label: "Memory", note: "Gone when the kernel stops.", asks: "key" },
    { id: "file", label: "Encrypted file", note: "Kept.", asks: "key" },
    { id: "env", label: "Environment variable", note: "Only its name.", asks: "variable" },
  ],
  storage: "session",
  needs_key: true,
  has_key: false,
  can_check: true,
  other_flows: [],
  status: { state: "none", reason: "no_key", text: "No API key is saved.", link: "", link_text: "" },
  public_key: "",
  in_page: false,
  takes_typed: false,
});

export const rows = (): ModelRowsState => ({
  rows: [
    ["maker/alpha-5.5", "Alpha", "$1 in", ""],
    ["other/beta", "", "", "ends 2030-01-01"],
    ["maker/gamma", "", "", ""],
  ],
  provider: "one",
  key_patterns: ["^secret-"],
});

export const modelField = (): ModelFieldState => ({
  description: "Default model",
  placeholder: "Pick one",
  value: "",
  rows: "IPY_MODEL_rows",
  problem: "",
  note: "3 models",
  note_at: "",
  action: "Refresh",
});

export const setting = (changes: Partial<SettingFacts> = {}): SettingFacts => ({
  name: "max_tokens",
  label: "Max tokens",
  kind: "whole",
  help: "",
  options: [],
  value: "",
  unset: "the model's default",
  reset: "",
  ...changes,
});

export const node = (id: string, changes: Partial<NodeFacts> = {}): NodeFacts => ({
  id,
  name: `node ${id}`,
  kind: "conversation",
  model: "one:alpha",
  source: "flow default",
  override: "",
  notes: [],
  for_all: "",
  settings_text: "",
  settings: [setting(), setting({ name: "effort", label: "Effort", kind: "choice", options: ["low", "high"] })],
  more: "",
  incompatible: "",
  incompatible_settings: [],
  ...changes,
});

export const trouble = (changes: Partial<TroubleshootingFacts> = {}): TroubleshootingFacts => ({
  state: "unchecked",
  said: "",
  count: "",
  note: "",
  findings: [],
  rows: [],
  ...changes,
});

export const head = (): PanelHeadState => ({ title: "Settings · one", notice: "", note: "", questions: [] });

export const chat = (): ChatState => ({ title: "dentist", saved_form: "byok-saved-1" });

export const board = (): BoardState => ({ title: "Node read, 2 cases", saved_form: "byok-saved-2" });
