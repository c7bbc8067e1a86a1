// One setting of a node: a text field for a number, a list for a choice. What is typed goes to the kernel on Enter, or
// when the field loses the focus. Refused input stays, with the reason.

import { button, make, options, randomId } from "../common/dom";
import { looksLikeKey } from "../common/key_rules";
import type { SettingFacts } from "../common/messages";
import { MISPLACED } from "../model_field/model_field";
import type { AskNode, NodeChange, Outcome } from "./ask";

export interface SettingView {
  el: HTMLElement;
  paint: (facts: SettingFacts) => void;
}

function inputFor(kind: SettingFacts["kind"], id: string): HTMLInputElement | HTMLSelectElement {
  const about = { "aria-describedby": `${id}-help ${id}-problem` };
  if (kind === "choice") return make("select", { id, className: "byok-input", attributes: about });
  const off = { autocomplete: "off", inputmode: kind === "whole" ? "numeric" : "decimal" };
  return make("input", { id, type: "text", className: "byok-input", attributes: { ...about, ...off } });
}

export function makeSetting(
  initial: SettingFacts,
  keyPatterns: () => readonly string[],
  ask: AskNode,
  signal: AbortSignal,
): SettingView {
  const { name, kind } = initial;
  const id = `byok-${randomId()}`;
  const input = inputFor(kind, id);
  const label = make("label", { htmlFor: id, className: "byok-label" });
  const back = button("", "byok-quiet");
  const help = make("p", { id: `${id}-help`, className: "byok-note" });
  const alert = { role: "alert" };
  const problem = make("p", { id: `${id}-problem`, className: "byok-bad", hidden: true, attributes: alert });
  const row = make("div", { className: "byok-row" }, input, back);
  const el = make("div", { className: "byok-setting", dataset: { setting: name } }, label, row, help, problem);

  let facts = initial;
  let typed = false;
  let listed = "";

  function say(text: string): void {
    problem.textContent = text;
    problem.hidden = !text;
  }

  function showValue(): void {
    typed = false;
    input.value = facts.value;
  }

  function settled({ outcome, text }: Outcome): void {
    if (outcome === "taken") {
      if (!typed) showValue();
      return;
    }
    say(text);
    if (outcome === "misplaced" || kind === "choice") showValue();
  }

  function send(change: NodeChange["kind"], value: string): void {
    say("");
    if (looksLikeKey(value, keyPatterns())) settled({ outcome: "misplaced", text: MISPLACED });
    else ask({ kind: change, name, value }, settled);
  }

  function commit(): void {
    if (!typed) return;
    typed = false;
    if (input.value.trim() === facts.value) showValue();
    else send("set", input.value);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter") commit();
    if (event.key === "Escape") {
      showValue();
      say("");
    }
  }

  function onInput(): void {
    typed = true;
    say("");
  }

  function listen(): void {
    back.addEventListener("click", () => send("reset", ""), { signal });
    if (input instanceof HTMLSelectElement) {
      input.addEventListener("change", () => send("set", input.value), { signal });
      return;
    }
    input.addEventListener("input", onInput, { signal });
    input.addEventListener("blur", commit, { signal });
    input.addEventListener("keydown", onKey, { signal });
  }

  function paintOptions(): void {
    const own = facts.value && !facts.options.includes(facts.value) ? [facts.value] : [];
    const known = [...own, ...facts.options].map((value) => ({ value, text: value }));
    const all = [{ value: "", text: facts.unset }, ...known];
    if (listed === JSON.stringify(all)) return;
    listed = JSON.stringify(all);
    input.replaceChildren(...options(all));
    showValue();
  }

  function paint(now: SettingFacts): void {
    const isOther = now.value !== facts.value;
    facts = now;
    label.textContent = facts.label;
    help.textContent = facts.help;
    back.textContent = facts.reset;
    back.setAttribute("aria-label", `${facts.reset}: ${facts.label}`);
    const held = document.activeElement === back;
    back.hidden = !facts.reset;
    if (held && back.hidden) input.focus();
    if (input instanceof HTMLSelectElement) paintOptions();
    else input.placeholder = facts.unset;
    if (!isOther) return;
    say("");
    if (!typed) showValue();
  }

  listen();
  showValue();
  paint(initial);
  return { el, paint };
}
