// A chat in a page, and what the kernel tells it: what the tests of its parts begin with.

import { afterEach, beforeEach, vi } from "vitest";

import type { ChatAll, ChatMessage, SessionFacts, TurnFacts } from "../src/common/messages";
import { FakeModel } from "./fake_model";
import { press, render, type Rendered, type as typeInto } from "./render";
import { chat } from "./states";

export const session: SessionFacts = { node: "ask", closed: false, variables: [], totals: "" };
export const turn = (number: number, changes: Partial<TurnFacts> = {}): TurnFacts => ({
  ...{ number, text: "Hi", node: "ask", speaks: true, reply: "Hello.", reasoning: "", cut_off: false, notices: [], summary: "moved" },
  ...{ model: "m", path: ["ask"], steps: [], requests: 1, readers: [], took: { spans: [], figures: [] } },
  ...changes,
});
export const NO_MORE = { where: "", cause: "", quote: "", fix: "", link: "" };
export const graph = { svg: "", colors: {} };
export const everything = (changes: Partial<ChatAll> = {}): ChatAll => ({
  ...{ kind: "all", sessions: ["First session"], shown: 0, visited: false, turns: [], alternatives: [], under_way: null },
  ...{ sentences: [], models: ["one:alpha"], graph, ...session, ...changes },
});
export const begin = (text: string, insteadOf: number | null = null): void =>
  tell({ kind: "begin", text, instead_of: insteadOf });
export const end = (ended: TurnFacts, changes: Partial<SessionFacts> = {}): void =>
  tell({ kind: "turn", turn: ended, changed: [], graph: null, ...session, ...changes });
export let view: Rendered;
export let model: FakeModel<object>;
export const text = (): HTMLTextAreaElement => view.find(".byok-chat-composer textarea");
export const tell = (message: ChatMessage): void => model.tell("msg:custom", message);
export const log = (): HTMLElement => view.find("[role=log]");
export const lastSent = (): unknown => model.sent.at(-1)?.content;
export const buttonNamed = (words: string): HTMLButtonElement => {
  const found = [...view.panel.querySelectorAll("button")].find(({ textContent }) => textContent === words);
  if (!found) throw new Error(`There is no button ${words}.`);
  return found;
};
export const clickOn = (words: string): void => buttonNamed(words).click();
export const say = (words: string): void => {
  typeInto(text(), words);
  press(text(), "Enter");
};

export let resizes: (() => void)[];
export const resized = (): void => resizes.forEach((resize) => resize());

beforeEach(() => {
  resizes = [];
  vi.stubGlobal("ResizeObserver", class {
    constructor(callback: () => void) {
      resizes.push(callback);
    }
    observe = (): undefined => undefined;
    disconnect = (): undefined => undefined;
  });
  Element.prototype.scrollIntoView = () => undefined; // jsdom has none
  model = new FakeModel(chat());
  view = render("chat", model);
  tell(everything());
});
afterEach(() => {
  view.end();
  document.body.replaceChildren();
});
