// For which provider and host something was typed. The settings may change under a typed key: a cell may choose
// another provider, or make the flow whose field takes the key over. It is then sent only if the person says so.

export interface Destination {
  // What a key is bound to: provider and host, which is empty behind the "@" until an address is entered.
  target: string;
  // The same in words.
  place: string;
}

const typedFor = new WeakMap<HTMLInputElement, Destination>();

// Something was typed. A letter goes on with what is there; anything else begins again.
export function bindTyped(input: HTMLInputElement, here: Destination, event: Event): void {
  const { inputType, data } = event as Partial<InputEvent>;
  const isLetter = inputType === "insertText" && data?.length === 1 && input.value.length > 1;
  if (!isLetter || !typedFor.has(input)) typedFor.set(input, here);
}

// The text of one field has become the text of another.
export function moveTyped(from: HTMLInputElement, to: HTMLInputElement): void {
  const before = typedFor.get(from);
  if (before) typedFor.set(to, before);
}

// The person wants it to be used here.
export function allowTyped(input: HTMLInputElement, here: Destination): void {
  typedFor.set(input, here);
}

// The settings have changed: what is for a provider without an address yet is for the one that is entered then.
export function completeTyped(input: HTMLInputElement, here: Destination): void {
  const before = typedFor.get(input)?.target;
  if (before?.endsWith("@") && here.target.startsWith(before)) typedFor.set(input, here);
}

// Returns for what else it was typed, in words; empty if it may be sent.
export function typedElsewhere(input: HTMLInputElement, { target }: Destination): string {
  const before = typedFor.get(input);
  return input.value && before && before.target !== target ? before.place : "";
}
