// Stands in for the widget model of a node's model field: one node's model, its changes, and answers to its choices.

import type { ModelFieldState } from "../common/messages";
import type { Manager } from "../common/model_reference";
import type { FieldModel } from "../model_field/model_field";
import type { AskNode } from "./ask";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the same as anywidget's own listener type
type Listener = (...values: any[]) => void;
type Settable = "value" | "description";

export interface NodeFieldModel extends FieldModel {
  set: (name: Settable, value: string) => void;
}

export function nodeFieldModel(rows: () => string, manager: Manager, ask: AskNode): NodeFieldModel {
  const state: Omit<ModelFieldState, "rows"> = {
    value: "",
    placeholder: "the flow's default",
    description: "",
    problem: "",
    note: "",
    note_at: "",
    action: "",
  };
  const listeners = new Map<string, Listener[]>();
  const of = (event: string): Listener[] => listeners.get(event) ?? [];
  const tell = (event: string, ...values: unknown[]): void => of(event).forEach((listener) => listener(...values));

  function change(name: keyof typeof state, value: string): void {
    if (state[name] === value) return;
    state[name] = value;
    tell(`change:${name}`);
    tell("change");
    if (name === "value") change("problem", "");
  }

  function choose({ id, value }: { id: string; value: string }): void {
    ask({ kind: "choose", value }, ({ outcome, text }) => {
      change("problem", outcome === "taken" ? "" : text);
      tell("msg:custom", { kind: "answer", id, outcome });
    });
  }

  return {
    set: change,
    get: (name) => ({ ...state, rows: rows() })[name],
    on: (event: string, listener: Listener) => listeners.set(event, [...of(event), listener]),
    off: (event?: string | null, listener?: Listener | null) => {
      if (event) listeners.set(event, of(event).filter((other) => other !== listener));
    },
    send: choose,
    widget_manager: manager,
  };
}
