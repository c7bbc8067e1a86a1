// One problem of the flow, with the button or the line of code that solves it.

import { button, make } from "../common/dom";
import type { FindingFacts } from "../common/messages";

const LEVELS: Record<FindingFacts["level"], { icon: string; word: string }> = {
  error: { icon: "✕", word: "Error" },
  warning: { icon: "!", word: "Warning" },
  suggestion: { icon: "→", word: "Suggestion" },
};
const COMPLETE_IT = "Complete the dots after pasting.";

export interface FindingActions {
  applyFix: (id: string) => void;
  copy: (code: HTMLElement, finding: FindingFacts) => void;
}

function pressed(text: string, act: () => void): HTMLButtonElement {
  const made = button(text);
  made.onclick = act;
  return made;
}

function codeRow(finding: FindingFacts, { copy }: FindingActions): HTMLElement {
  const code = make("code", { textContent: finding.code });
  const press = pressed("Copy", () => copy(code, finding));
  press.setAttribute("aria-label", `Copy ${finding.code}`);
  const row = make("div", { className: "byok-row" }, code, press);
  if (finding.dots) row.append(make("span", { className: "byok-note", textContent: COMPLETE_IT }));
  return row;
}

export function findingItem(finding: FindingFacts, actions: FindingActions): HTMLElement {
  const { id, level, problem, fix, button: text, code } = finding;
  const { icon, word } = LEVELS[level];
  const mark = make("span", { className: "byok-icon", textContent: icon, attributes: { "aria-hidden": "true" } });
  const severity = make("span", { className: "byok-level", textContent: `${word}: ` });
  const head = make("p", {}, mark, " ", severity, problem);
  const item = make("li", { className: "byok-finding", dataset: { level, id } }, head);
  if (fix) item.append(make("p", { className: "byok-note", textContent: fix }));
  if (text) item.append(make("div", { className: "byok-row" }, pressed(text, () => actions.applyFix(id))));
  if (code) item.append(codeRow(finding, actions));
  return item;
}
