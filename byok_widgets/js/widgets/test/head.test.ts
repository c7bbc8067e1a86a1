// The panel's head: its questions, answered by buttons, and where the keyboard is afterwards.

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { make } from "../src/common/dom";
import { FakeModel } from "./fake_model";
import { render, type Rendered } from "./render";
import { head } from "./states";

const QUESTION = { kind: "conflict", text: "Which ones?", choices: ["New ones", "Its own"] };
let view: Rendered;
let model: FakeModel<ReturnType<typeof head>>;

const buttons = (): HTMLButtonElement[] => [...view.el.querySelectorAll("button")];

beforeEach(() => {
  model = new FakeModel(head());
  view = render("head", model);
});
afterEach(() => {
  view.end();
  document.body.replaceChildren();
});

it("asks a question and sends the answer that was pressed", () => {
  expect(buttons()).toHaveLength(0);
  model.change({ questions: [QUESTION] });
  expect(buttons().map(({ textContent }) => textContent)).toEqual(["New ones", "Its own"]);
  expect(view.find(".byok-question").getAttribute("aria-label")).toBe("Which ones?");
  buttons()[1]?.click();
  expect(model.sent.map(({ content }) => content)).toEqual([
    { kind: "answer_question", question: "conflict", choice: "Its own" },
  ]);
});

it("gives the keyboard to the title when the question that held it has gone", () => {
  model.change({ questions: [QUESTION] });
  buttons()[0]?.focus();
  model.change({ questions: [] });
  expect(document.activeElement).toBe(view.find("h3"));
  expect(view.find(".byok-questions").hidden).toBe(true);
});

it("counts a wait of the flow's calls down, until none waits any more", () => {
  vi.useFakeTimers();
  const wait = view.find(".byok-wait");
  const seconds = (): string | undefined => /\d+/.exec(wait.textContent)?.[0];
  expect(wait.hidden).toBe(true);
  model.tell("msg:custom", { kind: "wait", text: "A call waits.", seconds: 4.2 });
  expect([wait.hidden, seconds()]).toEqual([false, "5"]);
  vi.advanceTimersByTime(2000);
  model.tell("msg:custom", { kind: "pong" });
  expect([wait.hidden, seconds()]).toEqual([false, "3"]);
  model.tell("msg:custom", { kind: "wait_over" });
  vi.advanceTimersByTime(2000);
  expect([wait.hidden, wait.textContent]).toEqual([true, ""]);
  vi.useRealTimers();
});

it("makes the head of an accordion a button, also one that is inserted later", async () => {
  const opened = "jupyter-widget-Collapse-open";
  const fold = make("div", {}, make("div", { className: "jupyter-widget-Collapse-header", textContent: "Advanced" }));
  const heading = fold.firstElementChild as HTMLElement;
  heading.onclick = () => fold.classList.toggle(opened);
  view.panel.append(fold);
  const key = (name: string): boolean =>
    heading.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  await vi.waitFor(() => expect(heading.getAttribute("aria-expanded")).toBe("false"));
  expect([heading.tabIndex, heading.getAttribute("role")]).toEqual([0, "button"]);
  expect(key("Enter")).toBe(false);
  await vi.waitFor(() => expect(heading.getAttribute("aria-expanded")).toBe("true"));
  expect(key("a")).toBe(true);
  expect(key(" ")).toBe(false);
  await vi.waitFor(() => expect(heading.getAttribute("aria-expanded")).toBe("false"));
});

it("does not draw again what has not changed", () => {
  model.change({ questions: [QUESTION] });
  const [before] = buttons();
  model.change({ questions: [{ ...QUESTION }], notice: "x" });
  expect(buttons()[0]).toBe(before);
});
