// Why a turn did not end well, each part for itself: what the provider wrote is told from its cause and from what to do.

import { make } from "../common/dom";
import type { FailureWords } from "../common/messages";

export function failureParts({ problem, where, cause, quote, fix, calm = false }: FailureWords): HTMLElement[] {
  const parts = [make("strong", { textContent: problem })];
  if (where) parts.push(make("small", { className: "byok-failure-where", textContent: where }));
  if (cause) parts.push(make("div", { textContent: cause }));
  if (quote) parts.push(make("blockquote", { className: "byok-failure-quote", textContent: quote }));
  if (fix) parts.push(make("div", { className: calm ? "" : "byok-failure-fix", textContent: fix }));
  return parts;
}
