// The panel's head: its questions, answered by buttons, and where the keyboard is afterwards.

import { afterEach, beforeEach, expect, it } from "vitest";

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

it("does not draw again what has not changed", () => {
  model.change({ questions: [QUESTION] });
  const [before] = buttons();
  model.change({ questions: [{ ...QUESTION }], notice: "x" });
  expect(buttons()[0]).toBe(before);
});
