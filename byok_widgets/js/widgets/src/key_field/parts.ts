// The elements of the key field, without behaviour: inputs with labels, buttons, and the status line.

import { NO_AUTOFILL, button, make, randomId } from "../common/dom";
import type { KeyStatusLine, ProviderName } from "../common/messages";
import { withMoment } from "../common/moments";

export interface ShownStatus {
  state: KeyStatusLine["state"] | "hint" | "refused";
  text: string;
  at?: string;
  link?: string;
  link_text?: string;
  switch_to?: ProviderName;
  move_to?: "variable" | "key";
  anyway?: boolean;
  // Where to use what was typed for another place.
  use_for?: string;
}

const ICONS: Record<ShownStatus["state"], string> = {
  none: "○",
  hint: "!",
  saved: "●",
  working: "…",
  verified: "✓",
  unverified: "?",
  rejected: "✕",
  refused: "✕",
};
const MOVES = { variable: "Use as a variable name", key: "Use as the key" };
const OFF = {
  ...NO_AUTOFILL,
  autocomplete: "new-password", // browsers ignore "off" for a password
  "data-lpignore": "true",
  "data-bwignore": "true",
  "data-form-type": "other",
};

// Neither the name nor the id would match a password manager's rules.
function secretInput(type: "password" | "text", id: string, className = ""): HTMLInputElement {
  const input = make("input", { type, id, className: `byok-input ${className}`.trim(), attributes: OFF });
  input.spellcheck = false;
  return input;
}

function field(label: string, input: HTMLInputElement | HTMLSelectElement, ...rest: HTMLElement[]) {
  const labelled = make("label", { htmlFor: input.id, className: "byok-label", textContent: label });
  return { label: labelled, box: make("div", { className: "byok-field" }, labelled, input, ...rest) };
}

export type Parts = ReturnType<typeof buildParts>;

export function buildParts() {
  const id = `byok-${randomId()}`;
  const key = secretInput("password", `${id}-key`);
  const name = secretInput("text", `${id}-name`, "byok-code");
  const passphrase = secretInput("password", `${id}-passphrase`);
  const repeated = secretInput("password", `${id}-repeated`);
  const storage = make("select", { id: `${id}-storage`, className: "byok-input" });
  const note = make("p", { id: `${id}-note`, className: "byok-note" });
  const eye = button("Show", "byok-quiet");
  const others = make("select", { id: `${id}-others`, className: "byok-input" });
  const buttons = {
    save: button("Save", "byok-primary"),
    check: button("Check"),
    remove: button("Remove"),
    switchTo: button(""),
    move: button(""),
    anyway: button("Save anyway", "byok-quiet"),
    useHere: button("", "byok-quiet"),
    useOther: button("Use this key"),
    removeNow: button("Remove it"),
    keep: button("Keep it"),
  };
  const { save, check, remove, switchTo, move, anyway, useHere, useOther, removeNow, keep } = buttons;
  check.title = "Ask the provider whether the key is valid, free of charge";
  remove.title = "Remove the stored key";
  storage.setAttribute("aria-describedby", note.id);

  const inputs = { key, name, passphrase, repeated };
  for (const [part, element] of Object.entries({ ...inputs, storage, others, eye, ...buttons })) element.dataset["part"] = part;
  const fields = {
    key: field("", key),
    name: field("Variable name", name),
    passphrase: field("", passphrase),
    repeated: field("Repeat the passphrase", repeated),
    storage: field("Store the key in", storage, note),
    others: field("Use the key of flow", others),
  };
  fields.key.box.append(make("div", { className: "byok-row byok-one-line" }, key, eye));
  const icon = make("span", { className: "byok-icon", attributes: { "aria-hidden": "true" } });
  const text = make("span");
  const link = make("a", { target: "_blank", rel: "noopener noreferrer" });
  const said = make("span", {}, text, " ", link);
  const status = make("div", { className: "byok-status", attributes: { role: "status" } }, icon, said);
  const actions = make("div", { className: "byok-row byok-actions" }, save, check, remove);
  const offers = make("div", { className: "byok-row byok-actions byok-offers" }, switchTo, move, useHere, anyway);
  const sure = make("span", { textContent: "Remove this key?" });
  const confirm = make(
    "div",
    { className: "byok-row byok-actions byok-confirm", attributes: { role: "group", "aria-label": "Remove this key?" } },
    ...[sure, removeNow, keep],
  );
  fields.others.box.append(make("div", { className: "byok-row byok-actions" }, useOther));
  const boxes = [fields.key, fields.name, fields.passphrase, fields.repeated, fields.storage].map(({ box }) => box);
  return {
    all: [...boxes, actions, confirm, status, offers, fields.others.box],
    ...{ inputs, fields, storage, others, note, eye, buttons, confirm, status, icon, text, link, offers },
  };
}

// Unchanged text is not written again, so that it is not announced again.
export function showStatus(part: Parts, shown: ShownStatus): void {
  const { switchTo, move, anyway, useHere } = part.buttons;
  part.status.dataset["state"] = shown.state;
  part.icon.textContent = shown.text ? ICONS[shown.state] : "";
  const text = withMoment(shown.text, shown.at);
  if (part.text.textContent !== text) part.text.textContent = text;
  part.link.hidden = !shown.link;
  part.link.href = shown.link ?? "#";
  part.link.textContent = shown.link_text ?? "";
  switchTo.hidden = !shown.switch_to;
  switchTo.textContent = shown.switch_to ? `Switch to ${shown.switch_to.label}` : "";
  move.hidden = !shown.move_to;
  move.textContent = shown.move_to ? MOVES[shown.move_to] : "";
  anyway.hidden = !shown.anyway;
  useHere.hidden = !shown.use_for;
  useHere.textContent = shown.use_for ? `Use it for ${shown.use_for}` : "";
  part.offers.hidden = [switchTo, move, anyway, useHere].every(({ hidden }) => hidden);
}
