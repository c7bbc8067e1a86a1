// Renders a view into the page, as anywidget does.

import widgets from "../src/index";
import type { FakeModel } from "./fake_model";

// jsdom has none.
(globalThis as { ResizeObserver?: unknown }).ResizeObserver ??= class {
  observe = (): undefined => undefined;
  disconnect = (): undefined => undefined;
};

export interface Rendered {
  el: HTMLElement;
  // The panel around it.
  panel: HTMLElement;
  end: () => void;
  find: Find;
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as in `querySelector`
type Find = <Found extends HTMLElement = HTMLElement>(selector: string) => Found;

export function render(view: string, model: FakeModel<object>, place: HTMLElement = document.body): Rendered {
  const panel = place.appendChild(document.createElement("div"));
  panel.className = "byok-panel";
  const el = panel.appendChild(document.createElement("div"));
  Object.assign(model.state, { view });
  const end = widgets.render({ model: model.asModel() as never, el });
  const find: Find = (selector) => {
    const found = panel.querySelector(selector);
    if (!found) throw new Error(`There is no ${selector}.`);
    return found as never;
  };
  return { el, panel, end, find };
}

export function type(input: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  input.focus();
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

export function press(element: HTMLElement, key: string): void {
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
