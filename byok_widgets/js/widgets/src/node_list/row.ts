// One row of the list: a node's kind and model; when open, what can be changed. That part is built when
// the row is first opened, so that a flow with many nodes appears as fast as one with three.

import { button, make } from "../common/dom";
import type { IncompatibleSetting, NodeFacts } from "../common/messages";
import type { Manager } from "../common/model_reference";
import { renderModelField } from "../model_field/model_field";
import type { AskNode, NodeChange } from "./ask";
import { nodeFieldModel } from "./field_model";
import { type SettingView, makeSetting } from "./setting";

export interface RowContext {
  rows: () => string;
  keyPatterns: () => readonly string[];
  manager: Manager;
  ask: AskNode;
  signal: AbortSignal;
}

interface Painted {
  el: HTMLElement;
  paint: (facts: NodeFacts) => void;
}

export interface NodeRow {
  el: HTMLDetailsElement;
  // A few rows are open from the start; one that the user has opened or closed stays that way.
  paint: (facts: NodeFacts, isOneOfFew: boolean) => void;
}

const SUMMARY = ["name", "kind", "model", "source", "settings_text", "incompatible"] as const;

export function makeRow(context: RowContext): NodeRow {
  const spans = SUMMARY.map((name) => make("span", { className: `byok-node-${name}` }));
  const summary = make("summary", {}, ...spans.flatMap((span) => [span, " "]));
  const body = make("div", { className: "byok-node-body" });
  const el = make("details", { className: "byok-node" }, summary, body);
  let facts: NodeFacts | null = null;
  let opened: Painted | null = null;
  let isChosen = false;

  function build(): void {
    if (opened || !facts || !el.open) return;
    opened = makeBody(context);
    body.append(opened.el);
    opened.paint(facts);
  }

  function paint(now: NodeFacts, isOneOfFew: boolean): void {
    facts = now;
    SUMMARY.forEach((name, at) => {
      const span = spans[at];
      if (span) span.textContent = now[name];
      if (span && name === "model") span.title = now.model;
    });
    el.dataset["node"] = now.name;
    if (!isChosen && !el.contains(document.activeElement)) el.open = isOneOfFew;
    build();
    opened?.paint(now);
  }

  el.addEventListener("toggle", build, { signal: context.signal });
  summary.addEventListener("click", () => (isChosen = true), { signal: context.signal });
  return { el, paint };
}

function makeBody({ rows, keyPatterns, manager, ask, signal }: RowContext): Painted {
  const notes = make("div", { className: "byok-node-notes" });
  const field = make("div", { dataset: { part: "model" } });
  const back = button("Back to default");
  const all = button("");
  const incompatible = make("div", { className: "byok-node-incompatible-settings", attributes: { role: "alert" } });
  const settings = make("div", { className: "byok-settings", attributes: { role: "group" } });
  const more = make("p", { className: "byok-note" });
  const override = make("div", { className: "byok-override" }, field, back, all);
  const title = make("summary", { textContent: "Advanced" });
  const advanced = make("details", { className: "byok-advanced" }, title, settings, more);
  const el = make("div", {}, notes, override, incompatible, advanced);
  const model = nodeFieldModel(rows, manager, ask);
  const views = new Map<string, SettingView>();
  let incompatibleShown = "[]";
  let isRendered = false;

  const press = (pressed: HTMLButtonElement, change: NodeChange): void => {
    pressed.addEventListener("click", () => ask(change, () => undefined), { signal });
  };
  press(back, { kind: "choose", value: "" });
  press(all, { kind: "for_all" });

  // A button disappears when it is no longer needed; if it had the focus, the field gets it.
  function show(shown: HTMLButtonElement, isShown: boolean): void {
    const held = document.activeElement === shown;
    shown.hidden = !isShown;
    if (held && !isShown) field.querySelector("input")?.focus();
  }

  function paintSettings(facts: NodeFacts): void {
    const shown = facts.settings.map((setting) => {
      const view = views.get(setting.name) ?? makeSetting(setting, keyPatterns, ask, signal);
      views.set(setting.name, view);
      view.paint(setting);
      return view.el;
    });
    const isSame = shown.length === settings.children.length && shown.every((view, at) => settings.children[at] === view);
    if (!isSame) settings.replaceChildren(...shown);
  }

  function incompatibleSetting({ name, text }: IncompatibleSetting): HTMLElement {
    const remove = button(`Remove ${name}`);
    press(remove, { kind: "set", name, value: "" });
    return make("div", { className: "byok-bad byok-row" }, make("span", { textContent: text }), remove);
  }

  function paintIncompatible(facts: NodeFacts): void {
    const now = JSON.stringify(facts.incompatible_settings);
    if (now === incompatibleShown) return;
    incompatibleShown = now;
    incompatible.replaceChildren(...facts.incompatible_settings.map(incompatibleSetting));
  }

  function paint(facts: NodeFacts): void {
    notes.replaceChildren(...facts.notes.map((text) => make("p", { className: "byok-note", textContent: text })));
    model.set("description", `Model for ${facts.name}`);
    model.set("value", facts.override);
    back.setAttribute("aria-label", `Back to default for ${facts.name}`);
    all.textContent = facts.for_all;
    show(back, Boolean(facts.override));
    show(all, Boolean(facts.for_all));
    settings.setAttribute("aria-label", `Settings for ${facts.name}`);
    more.textContent = facts.more;
    more.hidden = !facts.more;
    paintSettings(facts);
    paintIncompatible(facts);
    if (!isRendered) renderModelField({ model, el: field, signal });
    isRendered = true;
  }

  return { el, paint };
}
