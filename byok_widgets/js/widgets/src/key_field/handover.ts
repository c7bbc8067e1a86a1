// A key that was typed and not saved when the side panel went on to the flow that a cell has made: the next field takes
// it over. All the time it is the text of an <input>; which of the two fields comes or goes first is not fixed.

import { moveTyped } from "./typed_for";

const KEPT_FOR_MS = 5000;
const typedIn = new WeakMap<Element, HTMLInputElement>();
// A panel may be taken out of the page before its fields hear of it: where they were is known from the typing.
const typedAtSide = new WeakSet<HTMLInputElement>();

const sideOf = (input: HTMLInputElement): Element | null => input.closest(".byok-side-panel");

// Something was typed.
export function noteTyped(input: HTMLInputElement): void {
  const side = sideOf(input);
  if (!side) return;
  typedIn.set(side, input);
  typedAtSide.add(input);
}

// The field has appeared; `isNext` where it goes on for the one before. Returns whether it took something over.
export function takeTyped(input: HTMLInputElement, isNext: boolean): boolean {
  const side = sideOf(input);
  const before = side && typedIn.get(side);
  if (!before || before === input) return false;
  typedIn.delete(side);
  const isTaken = isNext && Boolean(before.value) && !input.value;
  if (isTaken) {
    input.value = before.value;
    moveTyped(before, input);
    noteTyped(input);
  }
  before.value = "";
  return isTaken;
}

// The field goes: what was typed at the side is kept for a moment.
export function keepTyped(input: HTMLInputElement, empty: () => void): void {
  if (input.value && typedAtSide.has(input)) setTimeout(empty, KEPT_FOR_MS);
  else empty();
}
