// A key that was typed and not saved when the side panel went on to the flow that a cell has made. All the time it is
// the text of an <input>: the next field takes it over, or it is gone after a few seconds.

import { make } from "../common/dom";

const KEPT_FOR_MS = 5000;
const left = new WeakMap<Element, HTMLInputElement>();

export function leaveTyped(side: Element, { value }: HTMLInputElement): void {
  const kept = make("input", { type: "password", value });
  left.set(side, kept);
  setTimeout(() => (kept.value = ""), KEPT_FOR_MS);
}

// Returns whether there was something to take.
export function takeTyped(side: Element, input: HTMLInputElement): boolean {
  const kept = left.get(side);
  left.delete(side);
  if (!kept?.value || input.value) return false;
  input.value = kept.value;
  kept.value = "";
  return true;
}
