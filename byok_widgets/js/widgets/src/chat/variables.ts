// The variables of a session. One that has changed flashes; any of them can be corrected by hand, and one that was
// said shows where.

import { button, make } from "../common/dom";
import type { VariableFacts } from "../common/messages";
import { type Reveal, showPlaces } from "./places";
import { ofOwner } from "./quiet_button";

export type Correct = (name: string, value: string) => void;

export class VariableTable {
  readonly el = make("table", { className: "byok-variables" });
  private readonly rows = make("tbody");
  private shown = new Map<string, string>();

  constructor(
    private readonly correct: Correct,
    private readonly reveal: Reveal,
  ) {
    this.el.append(make("caption", { textContent: "Variables" }), this.rows);
  }

  show(variables: VariableFacts[], changed: string[] = []): void {
    if (this.rows.contains(document.activeElement) && this.el.querySelector("input")) return; // it is being corrected
    this.el.hidden = !variables.length;
    // A value that was only read once more has not changed.
    const isNew = ({ name, value }: VariableFacts): boolean => changed.includes(name) && this.shown.get(name) !== value;
    const focused = this.rows.contains(document.activeElement) ? document.activeElement?.closest("tr") : null;
    this.rows.replaceChildren(...variables.map((each) => this.row(each, isNew(each))));
    if (focused) this.editButton(focused.dataset["name"])?.focus({ preventScroll: true });
    this.shown = new Map(variables.map(({ name, value }) => [name, value]));
  }

  private editButton(name?: string): HTMLElement | null | undefined {
    const rows = [...this.rows.querySelectorAll("tr")];
    return rows.find(({ dataset }) => dataset["name"] === name)?.querySelector<HTMLElement>("td:last-child button");
  }

  private row(variable: VariableFacts, hasChanged: boolean): HTMLElement {
    const { name, value, status, about, places } = variable;
    const edit = ofOwner(button("Edit", "byok-quiet byok-back"));
    edit.setAttribute("aria-label", `Edit ${name}`);
    const shown = make("div", { className: "byok-value", textContent: status === "not_stated" ? about : value });
    const note = make("div", { className: "byok-note", textContent: status === "not_stated" ? "" : about });
    const cell = make("td", {}, shown, note);
    if (places.length) {
      const said = showPlaces(name, places, this.reveal);
      note.append(said.button);
      cell.append(said.el);
    }
    const head = make("th", { scope: "row", textContent: name });
    const row = make("tr", { dataset: { status, name } }, head, cell, make("td", {}, edit));
    row.classList.toggle("byok-changed", hasChanged);
    edit.onclick = () => this.open(variable, cell, edit);
    return row;
  }

  private open({ name, stated }: VariableFacts, cell: HTMLElement, edit: HTMLButtonElement): void {
    const before = [...cell.childNodes];
    const field = make("input", { className: "byok-input", type: "text", dir: "auto", value: stated });
    field.setAttribute("aria-label", `Value of ${name}`);
    const set = button("Set");
    const cancel = button("Cancel", "byok-quiet");
    const close = (): void => {
      cell.replaceChildren(...before);
      edit.hidden = false;
      edit.focus();
    };
    const submit = (): void => {
      close();
      if (field.value !== stated) this.correct(name, field.value);
    };
    set.onclick = submit;
    cancel.onclick = close;
    field.onkeydown = (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault(); // the key would press the button that has the focus then
      if (event.key === "Enter") submit();
      else close();
    };
    edit.hidden = true;
    cell.replaceChildren(field, make("div", { className: "byok-row" }, set, cancel));
    field.select();
    field.focus();
    cell.scrollIntoView({ block: "nearest" });
  }
}
