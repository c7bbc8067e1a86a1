// The chat: what the kernel sends is shown as text, and what the user typed is never lost.

import { afterEach, beforeEach, expect, it } from "vitest";

import type { ChatMessage, Standing, TurnFacts } from "../src/shared/messages";
import { FakeModel } from "./fake_model";
import { press, render, type Rendered, type as typeInto } from "./render";
import { chat } from "./states";

const standing: Standing = { node: "ask", closed: false, variables: [], totals: "" };
const turn = (number: number, changes: Partial<TurnFacts> = {}): TurnFacts => ({
  ...{ number, text: "Hi", node: "ask", reply: "Hello.", notices: [], summary: "moved", why: "because" },
  ...changes,
});
let view: Rendered;
let model: FakeModel<object>;
const text = (): HTMLTextAreaElement => view.find("textarea");
const tell = (message: ChatMessage): void => model.tell("msg:custom", message);
const log = (): HTMLElement => view.find("[role=log]");
const say = (words: string): void => {
  typeInto(text(), words);
  press(text(), "Enter");
};

beforeEach(() => {
  model = new FakeModel(chat());
  view = render("chat", model);
  tell({ kind: "all", sessions: ["First session"], shown: 0, turns: [], under_way: null, ...standing });
});
afterEach(() => {
  view.end();
  document.body.replaceChildren();
});

it("asks for everything, and shows a turn as it arrives", () => {
  expect(model.sent[0]?.content).toEqual({ kind: "hello" });
  say("Hi");
  expect(model.sent.at(-1)?.content).toEqual({ kind: "say", text: "Hi" });
  tell({ kind: "begin", text: "Hi" });
  tell({ kind: "node", node: "ask" });
  tell({ kind: "text", text: "<b>Hel" });
  tell({ kind: "text", text: "lo</b>." });
  expect(view.find(".byok-under-way .byok-flow .byok-words").textContent).toBe("<b>Hello</b>.");
  expect(view.find(".byok-flow .byok-who").textContent).toBe("ask");
  tell({ kind: "turn", turn: turn(1), ...standing });
  expect(view.panel.querySelector(".byok-under-way")).toBeNull();
  expect(log().querySelectorAll("[data-turn]")).toHaveLength(1);
  expect(view.panel.querySelector("b")).toBeNull();
});

it("keeps the text when the kernel is gone", () => {
  model.isGone = true;
  say("Hi");
  expect(text().value).toBe("Hi");
});

it("restores the text, and leaves the current turn alone, when a second message is refused", () => {
  tell({ kind: "begin", text: "Hi" });
  tell({ kind: "failed", text: "again", words: { kind: "busy", problem: "Busy.", more: "", link: "" } });
  expect(text().value).toBe("again");
  expect(view.panel.querySelector(".byok-under-way")).not.toBeNull();
  tell({ kind: "failed", text: "Hi", words: { kind: "auth", problem: "No.", more: "", link: "" }, standing });
  expect(view.panel.querySelector(".byok-under-way")).toBeNull();
  expect(text().value).toBe("Hi");
});

it("forks from a turn, and cannot send in a session that has ended", () => {
  tell({ kind: "turn", turn: turn(3), ...standing, closed: true });
  expect(view.find<HTMLButtonElement>(".byok-chat-composer button").disabled).toBe(true);
  view.find(".byok-back").click();
  expect(model.sent.at(-1)?.content).toEqual({ kind: "fork", turn: 3 });
});
