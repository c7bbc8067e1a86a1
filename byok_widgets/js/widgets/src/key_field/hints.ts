// Hints about a key before it is sent: whose it looks like, and what cannot be one. The rules and the messages
// are the kernel's own (`shapes`, from keys/formats.py); the text they are applied to stays here.

import type { KeyOwner, KeyShapes } from "../common/messages";

export interface Hint {
  text: string;
  switch_to?: KeyOwner;
  move_to?: "variable" | "key";
}

const matches = (pattern: string, text: string): boolean => new RegExp(pattern).test(text);

function trimmed(text: string, edges: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && edges.includes(text.charAt(start))) start += 1;
  while (end > start && edges.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function unwrapped(text: string, { edges, wrapping }: KeyShapes): string {
  const before = new RegExp(`^(?:${wrapping})`, "i");
  for (let outer = text; ; ) {
    const inner = trimmed(outer, edges);
    const key = before.test(inner) ? inner.replace(before, "").trimEnd().replace(/[;,]+$/, "") : inner;
    if (key === outer) return key;
    outer = key;
  }
}

// Returns the hint about a text in the key field, with the provider to switch to or the field to move it to; null
// if there is nothing to say yet.
export function keyHint(typed: string, shapes: KeyShapes): Hint | null {
  const text = unwrapped(typed, shapes);
  const flaw = shapes.flaws.find(([pattern]) => matches(pattern, text));
  if (flaw) return { text: flaw[1] };
  const [variable, isVariable] = shapes.variable;
  if (matches(variable, text)) return { text: isVariable, move_to: "variable" };
  const isUnfinished = shapes.owners.some(({ prefix }) => prefix.startsWith(text) && prefix !== text);
  const owner = shapes.owners.find(({ prefix }) => text.startsWith(prefix));
  if (!owner?.text || isUnfinished) return null;
  return owner.name ? { text: owner.text, switch_to: owner } : { text: owner.text };
}

// The same for a text in the field for a variable's name.
export function nameHint(typed: string, shapes: KeyShapes): Hint | null {
  const [key, isKey] = shapes.key;
  return matches(key, unwrapped(typed, shapes)) ? { text: isKey, move_to: "key" } : null;
}

// The bare name in `NAME`, `env:NAME`, `$NAME` and `${NAME}`.
export const nameIn = (typed: string, shapes: KeyShapes): string =>
  unwrapped(typed, shapes).replace(/^env:|[${}]/g, "");
