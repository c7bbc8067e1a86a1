// What can be told of a key before it is sent: whose it looks like, and what cannot be one. The rules and the words
// are the kernel's own (`shapes`, from keys/formats.py); what they are applied to stays here.

function bare(text, edges) {
  let start = 0;
  let end = text.length;
  while (start < end && edges.includes(text[start])) start += 1;
  while (end > start && edges.includes(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function unwrapped(text, { edges, wrapping }) {
  const before = new RegExp(`^(?:${wrapping})`, "i");
  for (;;) {
    const inner = bare(text, edges);
    const key = before.test(inner) ? inner.replace(before, "").trimEnd().replace(/[;,]+$/, "") : inner;
    if (key === text) return key;
    text = key;
  }
}

// Returns what to say of a text in the key's field, with the provider to switch to or the place to move it to; null
// when there is nothing to say yet.
export function keyHint(typed, shapes) {
  const text = unwrapped(typed, shapes);
  const flaw = shapes.flaws.find(([pattern]) => new RegExp(pattern).test(text));
  if (flaw) return { text: flaw[1] };
  const [variable, isVariable] = shapes.variable;
  if (new RegExp(variable).test(text)) return { text: isVariable, move_to: "env" };
  const mayGoOn = shapes.owners.some(({ prefix }) => prefix.startsWith(text) && prefix !== text);
  const owner = shapes.owners.find(({ prefix }) => text.startsWith(prefix));
  return owner?.text && !mayGoOn ? { text: owner.text, switch_to: owner } : null;
}

// The same for a text in the field of a variable's name.
function nameHint(typed, shapes) {
  const [key, isKey] = shapes.key;
  return new RegExp(key).test(unwrapped(typed, shapes)) ? { text: isKey, move_to: "key" } : null;
}

// The bare name in `NAME`, `env:NAME`, `$NAME` and `${NAME}`.
const nameIn = (typed, shapes) => unwrapped(typed, shapes).replace(/^env:|[${}]/g, "");

