// Why a turn did not end well, each part for itself: what the provider wrote is told from its cause and from what to do.

import { button, externalLink, make } from "../common/dom";
import type { FailureFacts } from "../common/messages";
import { foldedReasoning } from "./reasoning";

const GEAR = "[data-byok-gear]"; // the button itself is elsewhere in a narrow window
const OPEN_SETTINGS = "byok-open-settings";

// `reasoning` is what a model had thought before it came to nothing; `retry` says once more what was said.
export function showFailure(
  box: HTMLElement,
  flow: string,
  failure: FailureFacts,
  reasoning = "",
  retry?: () => void,
): void {
  const { link, calm = false, settings = false } = failure;
  const links = link ? [make("div", {}, externalLink(link, link))] : [];
  const buttons = [...(settings ? settingsButton(box, flow) : []), ...(retry ? [retryButton(retry)] : [])];
  const row = buttons.length ? [make("div", { className: "byok-row" }, ...buttons)] : [];
  const thoughts = foldedReasoning(reasoning, "the answer that did not come");
  box.replaceChildren(...failureParts(failure), ...links, ...row, ...thoughts);
  box.classList.toggle("byok-bad", !calm);
  box.classList.toggle("byok-chat-notice", calm);
  box.hidden = false;
}

function failureParts({ problem, where, cause, quote, fix, calm = false }: FailureFacts): HTMLElement[] {
  const parts = [make("strong", { textContent: problem })];
  if (where) parts.push(make("small", { className: "byok-failure-where", textContent: where }));
  if (cause) parts.push(make("div", { textContent: cause }));
  if (quote) parts.push(make("blockquote", { className: "byok-failure-quote", textContent: quote }));
  if (fix) parts.push(make("div", { className: calm ? "" : "byok-failure-fix", textContent: fix }));
  return parts;
}

// Where this notebook has a gear, the gear hears this and shows the settings of the flow beside the chat.
function settingsButton(box: HTMLElement, flow: string): HTMLElement[] {
  if (!box.closest(GEAR)) return [];
  const open = button("Open Settings");
  open.onclick = () => box.dispatchEvent(new CustomEvent(OPEN_SETTINGS, { bubbles: true, detail: flow }));
  return [open];
}

function retryButton(retry: () => void): HTMLButtonElement {
  const again = button("Try again");
  again.onclick = retry;
  return again;
}
