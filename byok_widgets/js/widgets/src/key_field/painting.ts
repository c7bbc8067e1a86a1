// What the field shows for what it asks for: a key, the name of a variable, or a passphrase.

import type { AnyModel } from "@anywidget/types";

import { options } from "../common/dom";
import type { KeyFieldState, StorageOption } from "../common/messages";
import type { Parts } from "./parts";

export type Asked = StorageOption["asks"];

export const chosenIn = (model: AnyModel<KeyFieldState>): StorageOption | undefined =>
  model.get("storage_options").find(({ id }) => id === model.get("storage"));

export const isPassphrase = (asked: Asked): boolean => asked === "passphrase" || asked === "new_passphrase";

export function inputFor({ inputs }: Parts, asked: Asked): HTMLInputElement {
  return isPassphrase(asked) ? inputs.passphrase : inputs[asked === "variable" ? "name" : "key"];
}

export function paintFields({ fields, inputs, eye }: Parts, model: AnyModel<KeyFieldState>, asked: Asked): void {
  const isNew = asked === "new_passphrase";
  fields.key.label.textContent = `API key for ${model.get("place")}`;
  inputs.key.placeholder = model.get("hint");
  eye.hidden = !inputs.key.value;
  inputs.name.placeholder = model.get("variable_hint");
  fields.passphrase.label.textContent = `${isNew ? "New passphrase" : "Passphrase"} for: ${chosenIn(model)?.label}`;
  fields.key.box.hidden = asked !== "key";
  fields.name.box.hidden = asked !== "variable";
  fields.passphrase.box.hidden = !isPassphrase(asked);
  fields.repeated.box.hidden = !isNew;
}

export function paintStorage({ storage, note, others, fields }: Parts, model: AnyModel<KeyFieldState>): void {
  list(storage, model.get("storage_options").map(({ id, label }) => ({ value: id, text: label })));
  storage.value = model.get("storage");
  note.textContent = chosenIn(model)?.note ?? "";
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
  const { save, check, remove, switchTo, move, anyway, useHere, useOther, removeNow } = buttons;
  for (const control of [save, switchTo, move, anyway, useHere, useOther, removeNow, storage]) control.disabled = isWaiting;
  for (const input of Object.values(inputs)) input.readOnly = isWaiting;
  save.textContent = asked === "new_passphrase" ? "Set passphrase" : asked === "passphrase" ? "Unlock" : "Save";
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
