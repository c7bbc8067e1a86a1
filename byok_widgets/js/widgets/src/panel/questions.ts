// The questions that are open for the flow, each with a button for every answer.

import type { AnyModel } from "@anywidget/types";

import { button, make } from "../common/dom";
import { exchange } from "../common/exchange";
import type { AnswerQuestion, PanelHeadState, QuestionFacts } from "../common/messages";

export interface Questions {
  el: HTMLElement;
  paint: (questions: readonly QuestionFacts[]) => void;
}

// `next` takes the keyboard when the question that held it has gone.
export function makeQuestions(model: AnyModel<PanelHeadState>, next: HTMLElement, signal: AbortSignal): Questions {
  const el = make("div", { className: "byok-questions", attributes: { role: "status" } });
  let shown = "[]";

  function answer(question: string, choice: string): void {
    const request: AnswerQuestion = { kind: "answer_question", question, choice };
    exchange(model, { request, gone: () => undefined }, signal)();
  }

  function one({ kind, text, choices }: QuestionFacts): HTMLElement {
    const buttons = choices.map((choice) => {
      const made = button(choice);
      made.addEventListener("click", () => answer(kind, choice), { signal });
      return made;
    });
    const row = make("div", { className: "byok-row byok-actions" }, ...buttons);
    const said = make("p", { textContent: text });
    const attributes = { role: "group", "aria-label": text };
    return make("div", { className: "byok-question", dataset: { kind }, attributes }, said, row);
  }

  function paint(questions: readonly QuestionFacts[]): void {
    const now = JSON.stringify(questions);
    if (now === shown) return; // what is not new is not read out again
    shown = now;
    const held = el.contains(document.activeElement);
    el.replaceChildren(...questions.map(one));
    el.hidden = !questions.length;
    if (held) (el.querySelector("button") ?? next).focus();
  }

  el.hidden = true;
  return { el, paint };
}
