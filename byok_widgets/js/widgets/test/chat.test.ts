// The chat: what the kernel tells is shown as text, and what the person typed is never lost.

import { afterEach, beforeEach, expect, it, vi } from "vitest";

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

it("asks for everything, and shows a turn as it comes", () => {
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

it("keeps the text in its field until the kernel has begun with it", () => {
  say("Hi");
  press(text(), "Enter");
  expect(model.sent.filter(({ content }) => content["kind"] === "say")).toHaveLength(1);
  expect([text().value, text().readOnly]).toEqual(["Hi", true]);
  tell({ kind: "begin", text: "Hi" });
  expect(text().value).toBe("");
});

it("gives back what was sent when the kernel goes before it has answered", () => {
  say("Hi");
  tell({ kind: "begin", text: "Hi" });
  model.kernel.become("dead");
  expect(text().value).toBe("Hi");
});

it("counts down a wait, until the reply comes", () => {
  vi.useFakeTimers();
  tell({ kind: "begin", text: "Hi" });
  tell({ kind: "wait", text: "Busy.", seconds: 3.5 });
  const status = view.find(".byok-chat-status");
  const told = [status.textContent];
  for (let second = 0; second < 2; second += 1) {
    vi.advanceTimersByTime(1000);
    told.push(status.textContent);
  }
  expect(told.map((words) => /\d+/.exec(words)?.[0])).toEqual(["4", "3", "2"]);
  tell({ kind: "text", text: "Hello" });
  vi.advanceTimersByTime(5000);
  expect(status.textContent).not.toMatch(/\d/);
  vi.useRealTimers();
});

it("hides what the notebook file keeps of it once the kernel has answered", () => {
  expect(view.find("style").textContent).toContain(".byok-saved-1");
  const lost = render("chat", new FakeModel(chat()));
  expect(lost.find("style").textContent).toBe("");
  lost.end();
});

it("keeps the text when the kernel is gone", () => {
  model.isGone = true;
  say("Hi");
  expect(text().value).toBe("Hi");
});

it("gives the text back, and leaves the turn that is under way, when a second message is refused", () => {
  tell({ kind: "begin", text: "Hi" });
  tell({ kind: "failed", text: "again", words: { kind: "busy", problem: "Busy.", more: "", link: "" } });
  expect(text().value).toBe("again");
  expect(view.panel.querySelector(".byok-under-way")).not.toBeNull();
  tell({ kind: "failed", text: "Hi", words: { kind: "auth", problem: "No.", more: "", link: "" }, standing });
  expect(view.panel.querySelector(".byok-under-way")).toBeNull();
  expect(text().value).toBe("Hi");
});

it("forks from a turn, and says nothing more in a session that has ended", () => {
  tell({ kind: "turn", turn: turn(3), ...standing, closed: true });
  expect(view.find<HTMLButtonElement>(".byok-chat-composer button").disabled).toBe(true);
  view.find(".byok-back").click();
  expect(model.sent.at(-1)?.content).toEqual({ kind: "fork", turn: 3 });
});
