// Why the flow moved or stayed: the path with what decided it, and behind it every edge that was looked at.

import { asTable, make } from "../common/dom";
import type { StepFacts, TurnFacts, VerdictFacts } from "../common/messages";
import type { Colors } from "./colors";
import { foldedReasoning } from "./reasoning";

const FOUND: Record<VerdictFacts["verdict"], string> = {
  holds: "✓ holds",
  "does not hold": "✗ does not hold",
  "not looked at": "– not looked at",
};

const isJudgement = ({ verdicts }: StepFacts): boolean => verdicts.length > 0;

export function explanation({ summary, steps, path }: TurnFacts, colors: Colors): HTMLElement {
  const details = make("details", { className: "byok-why" }, make("summary", { textContent: summary }));
  details.append(pathOf(steps, path, colors), ...steps.map((step) => story(step, colors)));
  details.ontoggle = () => {
    if (details.open) details.scrollIntoView({ block: "nearest" });
  };
  return details;
}

function chip(node: string, colors: Colors): HTMLElement {
  return colors.paint(make("span", { className: "byok-node-chip", textContent: node }), node);
}

function pathOf(steps: StepFacts[], path: string[], colors: Colors): HTMLElement {
  const parts: HTMLElement[] = [];
  for (const step of steps) {
    if (!isJudgement(step)) {
      parts.push(chip(step.node, colors));
      continue;
    }
    if (!parts.length) parts.push(chip(step.node, colors));
    const decided = step.verdicts.find(({ verdict }) => verdict === "holds");
    const text = decided ? `✓ ${decided.condition} →` : "✗ no edge holds: stays";
    parts.push(make("span", { className: "byok-decided", textContent: text }));
  }
  return make("div", { className: "byok-why-path", hidden: parts.length < 2 && path.length < 2 }, ...parts);
}

function story(step: StepFacts, colors: Colors): HTMLElement {
  if (!isJudgement(step)) {
    const thoughts = foldedReasoning(step.reasoning, step.node);
    return make("div", { className: "byok-step" }, chip(step.node, colors), ` ${step.line}`, ...thoughts);
  }
  const moved = step.target ? `moved to ${step.target}` : "stayed";
  const judge = step.line ? ` (${step.line})` : "";
  const caption = make("caption", { textContent: `Edges of ${step.node}: ${moved}${judge}` });
  const head = ["To", "Condition", "Result"].map((textContent) => make("th", { scope: "col", textContent }));
  const rows = step.verdicts.map(verdictRow);
  const table = make("table", {}, caption, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  return make("div", {}, asTable(table), ...foldedReasoning(step.reasoning, `the judge of ${step.node}`));
}

function verdictRow({ target, condition, verdict, reason }: VerdictFacts): HTMLElement {
  const found = [FOUND[verdict], ...(reason && verdict !== "not looked at" ? [reason] : [])].join(": ");
  const cells = [condition, found].map((textContent) => make("td", { textContent }));
  return make("tr", { dataset: { verdict } }, make("th", { scope: "row", textContent: target }), ...cells);
}
