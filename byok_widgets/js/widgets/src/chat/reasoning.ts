// What a model thought before it answered: folded, and shown as the text it is.

import { make } from "../common/dom";

export function foldedReasoning(text: string, of: string): HTMLElement[] {
  if (!text) return [];
  const words = make("div", { className: "byok-words byok-thoughts", textContent: text, tabIndex: 0 }); // it scrolls
  words.setAttribute("role", "region");
  words.setAttribute("aria-label", `Reasoning of ${of}`);
  return [make("details", { className: "byok-reasoning" }, make("summary", { textContent: "Reasoning" }), words)];
}
