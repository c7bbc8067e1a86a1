// What the field shows for what it asks for: a key, the name of a variable, or a passphrase.

import type { AnyModel } from "@anywidget/types";

import { options } from "../common/dom";
import type { KeyFieldState } from "../common/messages";
import type { Parts } from "./parts";

export type Asked = "key" | "name" | "passphrase" | "new passphrase";

export function askedBy(model: AnyModel<KeyFieldState>): Asked {
  const [storage, lock] = [model.get("storage"), model.get("lock")];
  if (storage === "env") return "name";
  if (storage === "file" && lock) return lock === "new" ? "new passphrase" : "passphrase";
  return "key";
}

export const isPassphrase = (asked: Asked): boolean => asked === "passphrase" || asked === "new passphrase";

export function inputFor({ inputs }: Parts, asked: Asked): HTMLInputElement {
  return isPassphrase(asked) ? inputs.passphrase : inputs[asked === "name" ? "name" : "key"];
}

export function paintFields({ fields, inputs, eye }: Parts, model: AnyModel<KeyFieldState>, asked: Asked): void {
  const isNew = asked === "new passphrase";
  fields.key.label.textContent = model.get("label");
  inputs.key.placeholder = model.get("hint");
  eye.hidden = !inputs.key.value;
  inputs.name.placeholder = model.get("variable_hint");
  fields.passphrase.label.textContent = `${isNew ? "New passphrase" : "Passphrase"} for the encrypted file`;
  fields.key.box.hidden = asked !== "key";
  fields.name.box.hidden = asked !== "name";
  fields.passphrase.box.hidden = !isPassphrase(asked);
  fields.repeated.box.hidden = !isNew;
}

export function paintStorage({ storage, note, others, fields }: Parts, model: AnyModel<KeyFieldState>): void {
  const places = model.get("storage_options");
  list(storage, places.map(({ id, label }) => ({ value: id, text: label })));
  storage.value = model.get("storage");
  note.textContent = places.find(({ id }) => id === storage.value)?.note ?? "";
  const flows = model.get("other_flows");
  list(others, flows.map(({ name, label }) => ({ value: name, text: label })));
  fields.others.box.hidden = !flows.length;
}

export function paintControls(
  { buttons, inputs, storage }: Parts,
  model: AnyModel<KeyFieldState>,
  asked: Asked,
  isWaiting: boolean,
): void {
  const { save, check, remove, switchTo, move, anyway, useOther, removeNow } = buttons;
  for (const control of [save, switchTo, move, anyway, useOther, removeNow, storage]) control.disabled = isWaiting;
  for (const input of Object.values(inputs)) input.readOnly = isWaiting;
  save.textContent = asked === "new passphrase" ? "Set passphrase" : asked === "passphrase" ? "Unlock" : "Save";
  check.disabled = isWaiting || !model.get("can_check") || model.get("status").state === "working";
  remove.disabled = isWaiting || !model.get("has_key");
}

// Lists entries only when they have changed: an open drop-down closes when its entries are replaced.
function list(select: HTMLSelectElement, entries: { value: string; text: string }[]): void {
  const shown = JSON.stringify(entries);
  if (shown === select.dataset["shown"]) return;
  select.replaceChildren(...options(entries));
  select.dataset["shown"] = shown;
}
